"""What the rule for passwords takes and refuses, and what it costs: ``python -m benchmarks.passwords``."""

from __future__ import annotations

import random
import string
import sys
import time
from collections.abc import Callable

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from adapters.security.zxcvbn_strength import ZxcvbnStrength
from domain.errors import InvalidRequest
from domain.identity.passwords import MAX_LENGTH, check_password

DRAWS = 300
HOSTILE = "4@8({[<369!1|7$5+%20"
CHANCE = random.Random(83)  # figures, not secrets
STRENGTH = ZxcvbnStrength()


def is_taken(password: str) -> bool:
    """Whether somebody could set it."""
    try:
        check_password(password, STRENGTH)
    except InvalidRequest:
        return False
    return True


def words() -> list[str]:
    """Words of four to eight letters that are neither rare nor the commonest."""
    return [word for word in FREQUENCY_LISTS["us_tv_and_film"][2_000:12_000] if 4 <= len(word) <= 8]


def share(draw: Callable[[], str]) -> str:
    """How many of those long enough are taken."""
    drawn = [password for password in (draw() for _ in range(DRAWS)) if len(password) >= 15]
    return f"{sum(map(is_taken, drawn)) / len(drawn):.1%}"


def milliseconds(passwords: list[str]) -> tuple[float, float]:
    """Median and longest time to judge one."""
    took = []
    for password in passwords:
        began = time.perf_counter()
        is_taken(password)
        took.append((time.perf_counter() - began) * 1_000)
    return sorted(took)[len(took) // 2], max(took)


def main() -> int:
    """Print a line for each figure."""
    known = words()
    for count, between in ((3, "-"), (4, "-"), (4, " "), (4, "")):
        taken = share(lambda count=count, between=between: between.join(CHANCE.choices(known, k=count)))  # type: ignore[misc]
        print(f"{count} words with {between!r} between them: {taken} taken")
    for name, letters in (("letters and digits", string.ascii_letters + string.digits), ("digits", string.digits)):
        print(f"15 {name}: {share(lambda letters=letters: ''.join(CHANCE.choices(letters, k=15)))} taken")  # type: ignore[misc]
    weak = [first + second + "2024!" for first, second in zip(known[:200], known[200:400], strict=True)]
    hostile = ["".join(CHANCE.choices(HOSTILE, k=MAX_LENGTH)) for _ in range(50)]
    for name, passwords in (("weak", weak), ("hostile", hostile)):
        median, longest = milliseconds(passwords)
        print(f"a {name} one is judged in {median:.1f} ms, {longest:.1f} at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
