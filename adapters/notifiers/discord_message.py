"""An alert as Discord shows it: one embed in the house style, within Discord's limits, and never anybody's markup."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from adapters.notifiers.plain_text import NO_SINGLE_FORECAST, heading, history, one_line, peak, score, tidy
from domain.alerts.message import AlertKind, AlertMessage
from domain.anomaly import DetectorName

# Discord's limits, in characters; counted here in UTF-16 units, which is never less.
MOST_CONTENT = 2000
MOST_TITLE = 256
MOST_VALUE = 1024
MOST_FOOTER = 2048
MOST_EMBED = 6000
MOST_URL = 2048
# Names are shown so far: with 9 of them and one text of MOST_VALUE the embed stays below MOST_EMBED.
_MOST_NAME = 300
_COLOURS = {
    AlertKind.ANOMALY: 0xD83A3A,
    AlertKind.RECOVERY: 0x2E9E5B,
    AlertKind.SUMMARY: 0xE08A1E,
    AlertKind.TEST: 0x4A78C8,
}
_MARKUP = re.compile(r"([\\`*_~|>#\-\[\]()<:@&!+./])")


def payload(message: AlertMessage, *, bot_name: str, bot_avatar: str | None) -> dict[str, object]:
    """The body of the request."""
    body: dict[str, object] = {
        "username": bot_name,
        "content": escaped(one_line(message), MOST_CONTENT),
        # Nobody is called, whatever a service is named.
        "allowed_mentions": {"parse": []},
        "embeds": [_embed(message)],
    }
    return body if bot_avatar is None else body | {"avatar_url": bot_avatar}


def _embed(message: AlertMessage) -> dict[str, object]:
    said = heading(message)
    about = f"{message.service_id} · {message.metric_name}"
    title = said if message.kind is AlertKind.TEST else f"{said}: {about}"
    embed: dict[str, object] = {
        "title": escaped(title, MOST_TITLE),
        "color": _COLOURS[message.kind],
        "timestamp": message.created_at.isoformat(),
        "fields": _fields(message),
        # A footer shows no markup, so it needs no escape.
        "footer": {"text": clipped(tidy(f"alert {message.alert_id} · {message.model_version}"), _MOST_NAME)},
    }
    link = _link(message.plan_url)
    return embed if link is None else embed | {"url": link}


def _fields(message: AlertMessage) -> list[dict[str, object]]:
    action = ("Suggested action", escaped(message.suggested_action, MOST_VALUE), False)
    rows = [action] if message.kind in NO_SINGLE_FORECAST else [*_facts(message), action]
    if message.plan_id is not None:
        link = _link(message.plan_url)
        rows.append(("Plan", code(message.plan_id) if link is None else f"[open the plan]({link})", True))
    if message.suppressed:
        rows.append(("Held back", f"{message.suppressed} more of this kind", True))
    return [{"name": name, "value": value, "inline": inline} for name, value, inline in rows]


def _facts(message: AlertMessage) -> list[tuple[str, str, bool]]:
    moment = int(message.peak_at.timestamp())
    seen = message.detector == DetectorName.OBSERVED
    cost = f"{message.expected_cost_per_day.normalize():f} USD per day"
    return [
        ("Service", code(message.service_id), True),
        ("Metric", code(message.metric_name), True),
        ("Score", code(f"{score(message)} ({message.detector})"), True),
        # Discord shows such a time in each reader's own zone.
        (
            "Seen" if seen else "Forecast peak",
            f"{code(peak(message))} {message.peak_at:%Y-%m-%d %H:%M} UTC (<t:{moment}:R>)",
            True,
        ),
        ("Was forecast" if seen else "History", code(history(message)), True),
        ("Recommended flavor", f"{code(message.recommended_flavor)} {escaped(cost, _MOST_NAME)}", True),
    ]


def code(text: str) -> str:
    """Text between backticks, where Discord reads no markup, mention or link."""
    plain = tidy(text).replace("`", "ʹ") or "none"
    return f"`{clipped(plain, _MOST_NAME)}`"


def escaped(text: str, limit: int) -> str:
    """Text whose every sign of markup has a backslash, cut so that no escape is halved."""
    plain = tidy(text) or "none"
    whole = _MARKUP.sub(r"\\\1", plain)
    if _units(whole) <= limit:
        return whole
    kept, used = [], 1
    for char in plain:
        part = _MARKUP.sub(r"\\\1", char)
        used += _units(part)
        if used > limit:
            break
        kept.append(part)
    return "".join(kept) + "…"


def clipped(text: str, limit: int) -> str:
    """At most ``limit`` UTF-16 units, the last one an ellipsis where something was cut."""
    if _units(text) <= limit:
        return text
    kept = text[: limit - 1]
    while _units(kept) > limit - 1:
        kept = kept[:-1]
    return f"{kept}…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _link(url: str | None) -> str | None:
    """An address that Discord takes, or None: one bad address and it refuses the whole message."""
    if url is None or len(url) > MOST_URL or not url.isascii() or any(char <= " " for char in url):
        return None
    try:
        parts = urlsplit(url)
        # Discord calls a host without a dot (localhost) malformed.
        fits = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and parts.username is None
    except ValueError:
        return None
    return quote(url, safe="%/:?#@!$&'*+,;=~[]") if fits else None
