"""The mails an account holder gets. Tokens stand in the text and go back in a body, never in an address."""

from __future__ import annotations

from domain.identity.users import User
from domain.ports.mailer import Mail

_SIGNED = "\n\nMCP Core Orchestrator\n"


def verify_letter(to: str, token: str, base_url: str) -> Mail:
    """To prove an address."""
    text = (
        f"Your confirmation token, good for 24 hours:\n\n{token}\n\n"
        f'Send it as {{"token": …}} to POST {base_url}/auth/verify-email. If you did not ask, ignore this mail.'
    )
    return Mail(to=to, subject="Confirm your address", text=text + _SIGNED)


def taken_letter(to: str, username: str) -> Mail:
    """To somebody whose address or chosen name is taken: only the mailbox learns it."""
    text = (
        f"Somebody asked for an account {username!r} with this address, but the address or the name is taken already.\n"
        "If it was you: log in, reset your password, or ask again with another name."
    )
    return Mail(to=to, subject="No new account was made", text=text + _SIGNED)


def reset_letter(user: User, token: str, base_url: str) -> Mail:
    """To set a new password."""
    code = ', "code": …' if user.has_second_factor else ""
    hint = "The code is your authenticator's or a backup code; a wrong one uses the token up. " if code else ""
    text = (
        f"Your token to set a new password for {user.username}, good for 30 minutes:\n\n{token}\n\n"
        f'Send it as {{"token": …, "password": …{code}}} to POST {base_url}/auth/reset-password. {hint}'
        "If you did not ask, ignore this mail: nothing has changed."
    )
    return Mail(to=user.email, subject="Set a new password", text=text + _SIGNED)


def locked_letter(user: User) -> Mail:
    """To somebody whose account was closed to passwords."""
    text = (
        f"Too many wrong passwords in a row were given for {user.username}. Log-in by password is closed until you set "
        "a new one through “forgot password”."
    )
    return Mail(to=user.email, subject="Your account is locked", text=text + _SIGNED)


def changed_letter(user: User, what: str) -> Mail:
    """To tell of a change of credentials that the holder may not have made."""
    text = f"{what} of your account {user.username}. If it was not you, reset your password now."
    return Mail(to=user.email, subject="Your account was changed", text=text + _SIGNED)


def key_letter(user: User) -> Mail:
    """To tell of a new key, which a new password does not take back."""
    text = (
        f"An API key of your account {user.username} was made. If it was not you, revoke it (GET and DELETE "
        "/account/api-keys) and set a new password: that alone does not take it back."
    )
    return Mail(to=user.email, subject="A new API key", text=text + _SIGNED)
