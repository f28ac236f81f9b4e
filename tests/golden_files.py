"""Answers kept as files: what people see changes only on purpose."""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"
# The last digits of a sum depend on the processor.
_LONG_NUMBER = re.compile(r"\d+\.\d{6,}(e-?\d+)?")


def check_golden(name: str, text: str) -> None:
    """Hold a text against its file; with ``UPDATE_GOLDEN=1`` the file is written instead, to be read and committed."""
    path = FOLDER / name
    text = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.5g}", text)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} differs; UPDATE_GOLDEN=1 rewrites it"
