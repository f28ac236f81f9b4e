"""Errors about who is asking.

McpCoreError
├── NotAuthenticated             not_authenticated         no credentials, or none that are valid
│   └── BadCredentials           bad_credentials           a log-in failed; never says which part was wrong
├── Forbidden                    forbidden                 known, but not allowed
│   ├── ScopeMissing             scope_missing             the key or role lacks the scope the route needs
│   ├── StepUpRequired           step_up_required          credential changes need a fresh password
│   ├── CrossSiteRefused         cross_site_refused        a browser's request that may come from another site
│   ├── RegistrationClosed       registration_closed       accounts are made by the operator
│   └── OperatorsHistory         operators_history         only administrators write what the operator brought in
├── NotFound
│   └── ServiceNotFound          service_not_found         the history is somebody else's
├── AlreadyExists                already_exists            a name, address or row is taken
├── Conflict
│   └── LastAdministrator        last_administrator        nobody would be left who may administer
├── TooManyRequests              too_many_requests         a limit is reached; says when to come back
├── InvalidRequest
│   └── TokenRefused             token_refused             a mailed token or a code is wrong, used or expired
└── Unavailable
    ├── Busy                     busy                      the queue of password checks is full
    └── EncryptionUnavailable    encryption_unavailable    ENCRYPTION_KEYS lacks the key that is needed
"""

from __future__ import annotations

from math import ceil

from domain.errors import Conflict, InvalidRequest, McpCoreError, NotFound, Unavailable


class NotAuthenticated(McpCoreError):
    """There are no credentials, or none that are valid."""

    code = "not_authenticated"


class BadCredentials(NotAuthenticated):
    """A log-in failed. One text for every cause, so that nobody learns which accounts exist."""

    code = "bad_credentials"

    def __init__(self) -> None:
        super().__init__("name, password or code is wrong, or the account is not open")


class Forbidden(McpCoreError):
    """The caller is known but may not do this."""

    code = "forbidden"


class ScopeMissing(Forbidden):
    """The key or role lacks a scope.

    Attributes:
        scope: The scope that is needed.
    """

    code = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs the scope {scope}, which the key or account does not have")
        self.scope = scope


class StepUpRequired(Forbidden):
    """Credentials are changed only shortly after the password was given."""

    code = "step_up_required"

    def __init__(self) -> None:
        super().__init__("confirm your password first: POST /auth/step-up, then repeat this within 5 minutes")


class CrossSiteRefused(Forbidden):
    """A browser's request that may come from another site."""

    code = "cross_site_refused"


class RegistrationClosed(Forbidden):
    """Accounts are made by the operator."""

    code = "registration_closed"


class OperatorsHistory(Forbidden):
    """What the operator brought in is everybody's to plan from and administrators' to write."""

    code = "operators_history"

    def __init__(self, service_id: str) -> None:
        super().__init__(
            f"the history of {service_id!r} was brought in by the operator: send yours under another name, "
            "or with a key of an administrator"
        )


class ServiceNotFound(NotFound):
    """The history is somebody else's and was not shared."""

    code = "service_not_found"

    def __init__(self, service_id: str) -> None:
        super().__init__(
            f"{service_id!r} is no service of yours: its history is somebody else's and was not shared with you; "
            "ask its owner, or use another name"
        )


class AlreadyExists(Conflict):
    """What was to be made is there already."""

    code = "already_exists"


class LastAdministrator(Conflict):
    """Without this account nobody could administer the others."""

    code = "last_administrator"


class TooManyRequests(McpCoreError):
    """A limit is reached.

    Attributes:
        retry_after_seconds: When to come back, whole seconds, at least 1.
    """

    code = "too_many_requests"

    def __init__(self, retry_after_seconds: float) -> None:
        self.retry_after_seconds = max(1, ceil(retry_after_seconds))
        super().__init__(f"too many requests, try again in {self.retry_after_seconds} seconds")


class TokenRefused(InvalidRequest):
    """A token from a mail, or a code, is wrong, used before or expired; never says which."""

    code = "token_refused"

    def __init__(self) -> None:
        super().__init__("the token or code is wrong, was used before or has expired: ask for a new one")


class Busy(Unavailable):
    """All places for password checks are taken.

    Attributes:
        retry_after_seconds: When to come back, whole seconds.
    """

    code = "busy"

    def __init__(self, retry_after_seconds: int = 1) -> None:
        super().__init__("the service is busy checking passwords, try again shortly")
        self.retry_after_seconds = retry_after_seconds


class EncryptionUnavailable(Unavailable):
    """A secret cannot be sealed or opened with the keys there are."""

    code = "encryption_unavailable"
