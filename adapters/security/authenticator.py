"""One-time codes, the address an authenticator scans, and its picture."""

from __future__ import annotations

import base64
import io

_ISSUER = "MCP Core Orchestrator"


def code_at(seed: bytes, step: int) -> str:
    """The six digits of a seed at a time step (RFC 6238, SHA-1, as every authenticator has it)."""
    from pyotp import HOTP

    return HOTP(base64.b32encode(seed).decode()).at(step)


def enrolment_uri(seed: bytes, username: str) -> str:
    """What an authenticator scans."""
    from pyotp import TOTP

    return TOTP(base64.b32encode(seed).decode()).provisioning_uri(name=username, issuer_name=_ISSUER)


def qr_svg(text: str) -> str:
    """A QR code as an SVG picture."""
    import segno

    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=4, xmldecl=False)
    return drawn.getvalue().decode()
