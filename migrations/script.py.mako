"""${message}"""

from __future__ import annotations

from adapters.database import ddl

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Each step may be repeated."""


def downgrade() -> None:
    """The way back."""
