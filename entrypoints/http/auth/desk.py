"""What the gate and the routes of accounts work with, from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from application.accounts.accounts import Accounts
from application.accounts.request_rates import RequestRates
from domain.identity.errors import TooManyRequests
from domain.identity.principal import Principal
from domain.identity.rates import HOUR_SECONDS, MINUTE_SECONDS, Costly, Rate
from entrypoints.http.auth.credentials import SessionCookie
from entrypoints.http.auth.hosts import ANY, LOOPBACK_HOSTS
from entrypoints.http.auth.origins import Origins
from entrypoints.http.auth.work import AccountThreads
from entrypoints.settings import Settings
from entrypoints.settings.access import is_loopback, origin_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthDesk:
    """Settings in the form they are used in; use cases are asked for at need, so that planning opens no database.

    Attributes:
        accounts: Gives the use cases.
        rates: Gives the counters of requests.
        is_required: Whether anonymous requests are refused.
        threads: Where accounts' blocking work is done.
        cookie: The session's cookie.
        session_seconds: How long a browser keeps it.
        max_depth: Deepest nesting of a request body.
        origins: Whose pages may send requests.
        trusted_proxies: Whose X-Forwarded-For is believed.
        key_rate: Requests of a key or signed-in person.
        anonymous_rate: Requests of an address.
        costly_rates: Work of an account that is limited for itself.
    """

    accounts: Callable[[], Accounts]
    rates: Callable[[], RequestRates]
    is_required: bool
    threads: AccountThreads
    cookie: SessionCookie
    session_seconds: int
    max_depth: int
    origins: Origins
    trusted_proxies: frozenset[str]
    key_rate: Rate
    anonymous_rate: Rate
    costly_rates: Mapping[Costly, Rate]

    def count(self, subject: str, rate: Rate) -> None:
        """Count one request; limits hold only where authentication is required.

        Raises:
            TooManyRequests: The limit is reached.
        """
        if self.is_required:
            wait = self.rates().wait(subject, rate)
            if wait:
                raise TooManyRequests(wait)

    def count_costly(self, principal: Principal, address: str, kind: Costly) -> None:
        """Count what is limited for itself; another key of the same account counts with the first.

        Raises:
            TooManyRequests: The limit is reached.
        """
        self.count(f"user:{principal.user_id}" if principal.user_id else f"address:{address}", self.costly_rates[kind])


def make_desk(settings: Settings, accounts: Callable[[], Accounts], rates: Callable[[], RequestRates]) -> AuthDesk:
    """The desk over the settings.

    Raises:
        ConfigurationError: AUTH=optional on an address that others can reach.
    """
    public = settings.public_url or ""
    own = {origin_of(public)} if public else set()
    return AuthDesk(
        accounts=accounts,
        rates=rates,
        is_required=settings.requires_authentication(settings.host),
        threads=AccountThreads(),
        session_seconds=settings.session_hours * HOUR_SECONDS,
        max_depth=settings.max_json_depth,
        cookie=SessionCookie(is_secure=public.startswith("https://")),
        origins=Origins(allowed=frozenset(settings.cors_origins) | own),
        trusted_proxies=frozenset(settings.trusted_proxies),
        key_rate=Rate(name="key", allowed=settings.rate_key_per_minute, window_seconds=MINUTE_SECONDS),
        anonymous_rate=Rate(
            name="anonymous", allowed=settings.rate_anonymous_per_minute, window_seconds=MINUTE_SECONDS
        ),
        costly_rates={
            Costly.PLAN: Rate(name="plan", allowed=settings.rate_plans_per_minute, window_seconds=MINUTE_SECONDS),
            Costly.ANALYSIS: Rate(
                name="analysis", allowed=settings.rate_analyses_per_hour, window_seconds=HOUR_SECONDS
            ),
        },
    )


def hosts_answered(settings: Settings) -> tuple[str, ...]:
    """Names in Host headers that are answered: as set, else the loopback names there, else any."""
    public = urlsplit(settings.public_url or "").hostname
    own = (public,) if public else ()
    if settings.allowed_hosts:
        return (*settings.allowed_hosts, *own)
    if is_loopback(settings.host):
        return (*LOOPBACK_HOSTS, settings.host, *own)
    return own or (ANY,)
