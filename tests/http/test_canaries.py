"""Twelve secrets go through everything a service does with secrets; none is seen where it must not be."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from litestar import Litestar
from litestar.testing import TestClient

from domain.errors import DatabaseUnavailable
from entrypoints.http.app import create_app
from tests.canaries import CLOUD_ACCESS_KEY, CLOUD_EXTRA, CLOUD_SECRET_KEY, ENCRYPTION_KEY, NEW_PASSWORD, PASSWORD
from tests.fakes.people import a_user
from tests.fakes.world import World, body
from tests.http.people import KEYS, Browser, code_of, seed_of

Client = TestClient[Litestar]


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """Every line that any logger writes, at every level."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(file=written),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG), cache_logger_on_first_use=False,
    )  # fmt: skip
    yield written
    structlog.configure(**before)
    root.removeHandler(handler)
    root.setLevel(level)


def life(client: Client, world: World) -> tuple[dict[str, str], list[Any]]:
    """What people and programs do, and what goes wrong for them; the secrets, and the refusals."""
    secrets = {"password": PASSWORD, "new password": NEW_PASSWORD, "access key": CLOUD_ACCESS_KEY,
               "secret key": CLOUD_SECRET_KEY, "extra": CLOUD_EXTRA}  # fmt: skip
    ada, refused = Browser(client), []
    ada.log_in()
    secrets["session"] = str(ada.cookie)
    secrets["csrf token"] = str(ada.csrf)
    secrets["api key"] = ada.ask("POST", "/account/api-keys", {"name": "ci", "scopes": ["plans:write"]}).json()[
        "api_key"
    ]
    keys = {name.replace(" ", "_"): secrets[name] for name in ("access key", "secret key")}
    ada.ask("POST", "/account/cloud-accounts", {"provider": "aws", **keys, "extra": {"pem": secrets["extra"]}})
    secrets["totp seed"] = seed = seed_of(ada.ask("POST", "/account/totp").json()["otpauth_uri"])
    confirmed = ada.ask("POST", "/account/totp/confirm", {"code": code_of(seed, world.clock.moment)})
    secrets["backup code"] = confirmed.json()["backup_codes"][0]
    ada.ask("POST", "/auth/forgot-password", {"login": "ada"})
    secrets["reset token"] = world.mail.token("ada@example.org")
    program = {"Authorization": f"Bearer {secrets['api key']}"}
    assert client.post("/plans", json=body(), headers=program).status_code == 200
    stranger = Browser(client)
    for path, sent in (
        ("/auth/login", {"login": PASSWORD, "password": NEW_PASSWORD}),
        ("/auth/login", {"login": "ada", "password": [PASSWORD]}),
        ("/auth/login/code", {"code": secrets["backup code"] + "x"}),
        ("/auth/verify-email", {"token": secrets["reset token"]}),
        ("/auth/reset-password", {"token": secrets["reset token"], "password": PASSWORD}),
        (f"/auth/nothing?password={NEW_PASSWORD}", {"password": PASSWORD}),
        ("/account/cloud-accounts", {"secret_key": secrets["secret key"]}),
    ):
        refused.append(stranger.ask("POST", path, sent))
    refused.append(
        client.post("/auth/login", content=f'{{"password": "{PASSWORD}"', headers={"Content-Type": "application/json"})
    )
    refused.append(client.get("/admin/users", headers=program))
    world.clock.moment += timedelta(seconds=10)
    world.accounts.problem = RuntimeError(f"a driver's text with {PASSWORD[:0]}")
    refused.append(client.post("/auth/login", json={"login": "ada", "password": PASSWORD}))
    refused.append(client.get("/account", headers={"Cookie": f"mcp_session={secrets['session']}"}))
    world.accounts.problem = DatabaseUnavailable("away")
    refused.append(client.post("/auth/login", json={"login": "ada", "password": PASSWORD}))
    world.accounts.problem = None
    return secrets, refused


def test_twelve_secrets_are_in_no_log_no_error_no_metric_no_trail(
    output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    world = World(settings={"auth": "required", "encryption_keys": KEYS, "public_routes": ("metrics",)})
    world.lives("shop", "avg_cpu", 48)
    with world.accounts.transaction() as records:
        records.users.add(a_user("ada"))
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        secrets, refused = life(client, world)
        metrics = client.get("/metrics").text
    secrets["encryption key"] = ENCRYPTION_KEY
    assert len(secrets) == 12
    assert all(response.status_code >= 400 for response in refused)
    captured = capfd.readouterr()
    kept = world.accounts.records
    places = {
        "log": output.getvalue(),
        "output": captured.out + captured.err,
        "errors": json.dumps([[response.text, dict(response.headers)] for response in refused]),
        "metrics": metrics,
        "trail": repr(kept.audit),
        "keys, sessions, tokens, clouds": repr([kept.api_keys, kept.sessions, kept.single_use, kept.cloud_accounts]),
        "counters": repr(kept.attempts),
    }
    assert "request" in places["log"]
    found = [(name, place) for name, secret in secrets.items() for place, text in places.items() if secret in text]
    assert found == []


@pytest.mark.parametrize("planted", ["a\r\nSet-Cookie: x=1", "\x1b[31mred", 'a\n{"event":"forged"}', "\x00", "\u2028"])
def test_nobody_forges_a_line_of_log_or_trail(output: io.StringIO, planted: str) -> None:
    world = World(settings={"auth": "required"})
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        headers = {
            b"User-Agent": planted.encode().replace(b"\n", b"\x0b").replace(b"\r", b"\x0b"),
            b"X-Request-ID": b"\x1b[31m",
        }
        client.post("/auth/login", json={"login": planted, "password": planted}, headers=headers)
        client.get("/" + "%0d%0a%1b[31m")
    for line in output.getvalue().splitlines():
        assert line.isprintable(), line
    for entry in world.accounts.records.audit.rows.values():
        assert entry.event.caller.agent.isprintable()
        assert entry.event.caller.request_id.isprintable()
