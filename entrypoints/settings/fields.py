"""Kinds of settings that several sections share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field


def empty_is_none(raw: object) -> object:
    """An empty value means: none."""
    return None if raw == "" else raw


OptionalPath = Annotated[Path | None, BeforeValidator(empty_is_none)]
OptionalHours = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(empty_is_none)]
