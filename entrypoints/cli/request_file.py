"""A JSON request body from a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import typer

from domain.errors import InvalidRequest


def read_request_file(file: str) -> object:
    """The decoded body.

    Args:
        file: A path, or ``-`` for standard input.

    Raises:
        InvalidRequest: It is not JSON.
    """
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}") from error
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"the request body is not valid JSON: {error}") from error
