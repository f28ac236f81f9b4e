"""Requests drawn from the OpenAPI document, well-formed and not: no 5xx, and every error is a problem document.

Some for each operation here; `make fuzz` sends 50,000 (FUZZ_EXAMPLES says how many for each operation).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from litestar.testing import TestClient
from schemathesis.generation import GenerationMode

from adapters.database.database import Database
from domain.identity.scopes import Role
from domain.identity.tokens import csrf_token, digest, new_token
from entrypoints.http.app import create_app
from entrypoints.http.auth import answers
from tests.fakes.people import a_session, a_user
from tests.fakes.world import World
from tests.http.people import COOKIE, KEYS
from tests.servers.databases import emptied

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
BASE = "http://127.0.0.1"
TOKEN = new_token(bytes(range(32)))
SIGNED_IN = {"Cookie": f"{COOKIE}={TOKEN}", "X-CSRF-Token": csrf_token(TOKEN)}
# What our page would send; whatever else a request carries is drawn.
_OWN = {"cookie", "x-csrf-token", "host", "authorization", "origin", "connection"}


class Service:
    """A service over an SQLite file, and an administrator who is signed in.

    Args:
        folder: Holds the file.
    """

    def __init__(self, folder: Path) -> None:
        rates = {
            "rate_key_per_minute": 1_000_000,
            "rate_anonymous_per_minute": 1_000_000,
            "rate_plans_per_minute": 1_000_000,
            "rate_analyses_per_hour": 1_000_000,
        }
        self.world = World(
            settings={
                "auth": "required",
                "registration": "open",
                "encryption_keys": KEYS,
                "allowed_hosts": ("127.0.0.1",),
                "database_url": f"sqlite:///{folder}/fuzz.sqlite3",
                **rates,
            }
        )
        self.world.lives("shop", "avg_cpu", 48)
        self.container = self.world.container()
        self.container.account_database.reset_override()
        self.client = TestClient(create_app(self.container), base_url=BASE, raise_server_exceptions=False)
        self.document: dict[str, Any] = {}
        self.sent = 0

    @property
    def database(self) -> Database:
        """Where accounts are kept."""
        return self.container.database()

    def sign_in(self) -> None:
        """Begin anew: one account, one session."""
        emptied(self.database)
        now = self.world.clock.now()
        with self.container.account_database().transaction() as records:
            records.users.add(a_user("ada", role=Role.ADMIN))
            # The last administrator could not be closed.
            records.users.add(a_user("root", role=Role.ADMIN))
            records.sessions.add(a_session(token_hash=digest(TOKEN), created_at=now, seen_at=now, confirmed_at=now))

    def send(self, case: Any) -> Any:
        """Send a drawn request as the administrator."""
        drawn = case.as_transport_kwargs(base_url=BASE)
        headers = {name: value for name, value in drawn.pop("headers").items() if name.lower() not in _OWN}
        drawn.pop("cookies")
        content, files = drawn.pop("data", None), drawn.pop("files", None)
        if files:
            # Drawn for `requests`: the test's own client fails on a file that is a number, half-way through the body.
            prepared = requests.Request("POST", BASE, files=files, data=content).prepare()
            drawn["content"] = prepared.body
            headers["Content-Type"] = prepared.headers["Content-Type"]
        elif isinstance(content, bytes | str):
            drawn["content"] = content
        elif content is not None:
            drawn["data"] = content
        self.sent += 1
        self.client.cookies.clear()
        response = self.client.request(**drawn, headers={**headers, **SIGNED_IN})
        if response.is_success and case.method != "GET":
            self.sign_in()
        return response


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_ALIKE_SECONDS", 0.0)
        service = Service(tmp_path_factory.mktemp("fuzz"))
        with service.client:
            service.sign_in()
            yield service
        service.database.close()


def _documented() -> dict[str, Any]:
    # Asked for before any fixture: nothing named the hosts that are answered yet.
    world = World(settings={"allowed_hosts": ("testserver.local",)})
    with TestClient(create_app(world.container())) as client:
        document: dict[str, Any] = client.get("/schema").json()
    return document


SCHEMA = schemathesis.openapi.from_dict(_documented())
_FOUND: list[Any] = list(SCHEMA.get_all_operations())
OPERATIONS: dict[str, Any] = {found.ok().label: found.ok() for found in _FOUND}


# The framework leaves the files of a form it cannot read to the interpreter to close, which it does.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_whatever_is_sent_the_answer_is_documented(service: Service, label: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[label]
    documented = set(operation.definition.raw["responses"])
    strategy = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=max(1, EXAMPLES // 2), deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def check(case: Any) -> None:
        response = service.send(case)
        asked = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"
        told = f"{asked}: {response.status_code} {response.text[:300]}"
        assert response.status_code < 500, told
        assert str(response.status_code) in documented | {"404", "405"}, told
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json", told
            assert {"type", "title", "status", "detail", "code"} <= set(msgspec.json.decode(response.content)), told

    try:
        check()
    except Unsatisfiable:
        pytest.skip("this operation takes nothing that could be wrong")
