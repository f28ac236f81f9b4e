"""Words that passwords are guessed from first: names, keys in a row, seasons, teams, the usual jokes."""

from __future__ import annotations

_WORDS = """
password passwort passw0rd motdepasse contrasena senha parola wachtwoord haslo heslo salasana losenord
admin administrator root user guest login logon welcome willkommen bienvenue hello hallo secret secure security access
letmein changeme default master superuser service server system computer internet network oracle database cisco
qwerty qwertz azerty asdf asdfgh asdfghjkl zxcv zxcvbn zxcvbnm qazwsx qwer poiuy lkjh mnbv uiop hjkl
abc abcd abcde abcdef abcdefg abcdefgh abcdefghij alphabet
monkey dragon shadow sunshine princess football baseball basketball soccer hockey golfer tennis superman batman
spiderman ironman pokemon naruto starwars matrix trustno mustang ferrari porsche mercedes corvette harley yamaha
michael jennifer jordan hunter thomas charlie andrew michelle jessica ashley daniel robert matthew joshua anthony
george william richard joseph christopher nicole amanda melissa patrick maggie buster ginger pepper cookie cheese
summer winter spring autumn january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
love iloveyou lovely loveme forever angel flower purple orange yellow silver golden diamond chocolate butterfly
freedom whatever nothing something killer hacker ninja samurai wizard warrior phoenix thunder lightning
london paris berlin madrid seoul tokyo moscow newyork texas boston chicago dallas america england france germany
liverpool arsenal chelsea barcelona juventus yankees cowboys steelers eagles lakers
test testing tester temp temporary demo example sample
god jesus heaven blessed family mother father sister brother
company office business manager employee customer project
correcthorsebatterystaple
google facebook apple microsoft amazon azure github gitlab docker kubernetes linux ubuntu windows android
coffee banana peanut peaches chicken tigger snoopy mickey merlin gandalf frodo yoda
fuckyou asshole bitch pussy sexy
secret pass word key money bank credit
one two three four five six seven eight nine ten
"""
_DIGIT_RUNS = ["0123456789", "1234567890", "9876543210", "0987654321", "1212121212", "1313131313", "6969696969"]
_LONGEST_RUN = 10


def _runs() -> set[str]:
    return {
        digits[start:stop]
        for digits in _DIGIT_RUNS
        for start in range(_LONGEST_RUN)
        for stop in range(start + 3, _LONGEST_RUN + 1)
    }


def _years() -> set[str]:
    return {str(year) for year in range(1930, 2040)}


COMMON_WORDS = frozenset(_WORDS.split())
COMMON_PARTS = COMMON_WORDS | _runs() | _years()
