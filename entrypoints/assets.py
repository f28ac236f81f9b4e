"""Where the shipped models, data and catalogue are: at the root of a checkout, inside the package when installed."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_INSTALLED = _HERE / "_assets"
_CHECKOUT = _HERE.parent


def asset_path(relative: str) -> Path:
    """Absolute path of a shipped file or folder, for example ``data/flavors.csv``; the same from any folder."""
    root = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return root / relative
