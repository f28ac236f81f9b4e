"""Reading request bodies: JSON only, bounded in size and depth, no NaN."""

from __future__ import annotations

import re

import msgspec

from domain.errors import FieldError, InvalidRequest
from entrypoints.http.problems import BodyError

# Possessive, and a string that never ends is taken to the end of the body: otherwise each of its quotes would be tried
# as a beginning, which takes hours for a body of a megabyte.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = b"[{"
LINES_MEDIA_TYPES = ("application/x-ndjson", "application/jsonl")
_SEND_ITEMS = "send a JSON array as application/json, or lines as application/x-ndjson, in UTF-8"


def read_json(content_type: str | None, body: bytes, *, max_depth: int) -> object:
    """Decode a JSON body into plain objects.

    Args:
        content_type: The request's header; JSON sent as anything else is refused, so that a browser's form or a
            cross-site `text/plain` request never reaches the planner.
        body: The raw body.
        max_depth: Deepest nesting of arrays and objects.

    Raises:
        BodyError: 415 for another content type, 400 for malformed or too deeply nested JSON.
    """
    media_type, _, parameters = (content_type or "").partition(";")
    if media_type.strip().lower() != "application/json" or not _is_utf8(parameters):
        raise BodyError(415, "unsupported_media_type", "send the body as Content-Type: application/json in UTF-8")
    if _is_deeper(body, max_depth):
        raise BodyError(400, "json_too_deep", f"the JSON body is nested deeper than {max_depth} levels")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BodyError(400, "malformed_json", f"the body is not valid JSON: {_harmless(error)}") from None


def read_json_items(content_type: str | None, body: bytes, *, max_depth: int) -> tuple[list[object], list[int] | None]:
    """Decode a JSON array, or lines of which each is a JSON document.

    Args:
        content_type: As for ``read_json``; lines come as one of ``LINES_MEDIA_TYPES``.
        body: The raw body.
        max_depth: Deepest nesting of arrays and objects.

    Returns:
        The items; and the number of the line each stood on, or None for an array. Empty lines are skipped.

    Raises:
        BodyError: 415 for another content type, 400 for malformed or too deeply nested JSON.
        InvalidRequest: It is JSON, but no array.
    """
    media_type, _, parameters = (content_type or "").partition(";")
    if media_type.strip().lower() not in LINES_MEDIA_TYPES:
        return _array(read_json(content_type, body, max_depth=max_depth)), None
    if not _is_utf8(parameters):
        raise BodyError(415, "unsupported_media_type", _SEND_ITEMS)
    if _is_deeper(body, max_depth):
        raise BodyError(400, "json_too_deep", f"the JSON body is nested deeper than {max_depth} levels")
    items: list[object] = []
    lines: list[int] = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            items.append(msgspec.json.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            text = f"line {number} of the body is not valid JSON: {_harmless(error)}"
            raise BodyError(400, "malformed_json", text) from None
        lines.append(number)
    return items, lines


def _array(decoded: object) -> list[object]:
    if isinstance(decoded, list):
        return decoded
    field = FieldError(pointer="", expected="a JSON array, or lines sent as application/x-ndjson", code="type")
    raise InvalidRequest("the body must be a JSON array", [field])


def _is_utf8(parameters: str) -> bool:
    name, _, value = parameters.strip().partition("=")
    return not name or name.strip().lower() != "charset" or value.strip().strip('"').lower() in ("utf-8", "utf8")


def _is_deeper(body: bytes, limit: int) -> bool:
    """Whether brackets nest deeper than ``limit``; looked at before any parser recurses."""
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    depth = 0
    for bracket in _STRINGS.sub(b"", body).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in _OPENING else -1
        if depth > limit:
            return True
    return False


def _harmless(error: Exception) -> str:
    """The decoder's position and complaint; it quotes nothing of the body."""
    return str(error) if isinstance(error, msgspec.DecodeError) else "it is not UTF-8"
