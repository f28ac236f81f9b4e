"""The life of an account over HTTP, from registration to deletion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.identity.scopes import Role
from entrypoints.http.app import create_app
from tests.canaries import NEW_PASSWORD, PASSWORD
from tests.fakes.people import a_user, named
from tests.fakes.world import World, body
from tests.http.people import KEYS, Browser, code_of, seed_of
from tests.http.test_problems import problem

Client = TestClient[Litestar]


@pytest.fixture
def world() -> World:
    """Ada, who is verified, and Root, an administrator."""
    world = World(settings={"auth": "required", "registration": "open", "encryption_keys": KEYS})
    world.lives("shop", "avg_cpu", 48)
    with world.accounts.transaction() as records:
        records.users.add(a_user("ada"))
        records.users.add(a_user("root", role=Role.ADMIN))
    return world


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def ada(client: Client) -> Browser:
    """Ada, signed in."""
    browser = Browser(client)
    assert browser.log_in().status_code == 200
    return browser


def enrolled(browser: Browser, world: World) -> tuple[str, list[str]]:
    """Switch the second factor on; seed and backup codes."""
    seed = seed_of(browser.ask("POST", "/account/totp").json()["otpauth_uri"])
    answer = browser.ask("POST", "/account/totp/confirm", {"code": code_of(seed, world.clock.moment)})
    assert answer.status_code == 200, answer.text
    world.clock.moment += timedelta(seconds=30)
    return seed, answer.json()["backup_codes"]


def test_from_registration_to_a_plan(client: Client, world: World) -> None:
    browser = Browser(client)
    wanted = {"username": "Eve", "email": "Eve@Example.org", "password": PASSWORD, "full_name": "Eve E."}
    assert browser.ask("POST", "/auth/register", wanted).status_code == 202
    problem(browser.log_in("eve"), 401, "bad_credentials")
    token = world.mail.token("eve@example.org")
    assert browser.ask("POST", "/auth/verify-email", {"token": token}).status_code == 204
    problem(browser.ask("POST", "/auth/verify-email", {"token": token}), 422, "token_refused")
    answer = browser.log_in("eve")
    assert answer.json()["account"]["username"] == "eve"
    assert not answer.json()["second_factor_required"]
    assert browser.ask("POST", "/plans", body()).status_code == 200
    assert browser.ask("GET", "/account").json()["account"]["full_name"] == "Eve E."


def test_registration_is_closed_unless_it_is_opened(world: World) -> None:
    world.settings |= {"registration": "closed"}
    with TestClient(create_app(world.container())) as client:
        wanted = {"username": "eve", "email": "eve@example.org", "password": PASSWORD}
        problem(client.post("/auth/register", json=wanted), 403, "registration_closed")


def test_the_cookie_is_for_this_host_and_no_script(world: World) -> None:
    with TestClient(create_app(world.container())) as client:
        browser = Browser(client)
        browser.log_in()
        assert browser.cookies_set[-1].endswith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax")
    world.settings |= {"public_url": "https://testserver.local"}
    with TestClient(create_app(world.container())) as client:
        told = client.post("/auth/login", json={"login": "ada", "password": PASSWORD}).headers["set-cookie"]
        assert told.startswith("__Host-mcp_session=")
        assert told.endswith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure")


def test_a_session_needs_its_csrf_token_for_whatever_changes_something(ada: Browser) -> None:
    for wrong in ("", "0" * 64, ada.csrf[:-1] if ada.csrf else ""):
        problem(ada.ask("PATCH", "/account", {"full_name": "x"}, **{"X-CSRF-Token": wrong}), 403, "cross_site_refused")
    assert ada.ask("PATCH", "/account", {"full_name": "Ada L."}).json()["full_name"] == "Ada L."
    assert ada.ask("GET", "/account", **{"X-CSRF-Token": ""}).status_code == 200


def test_sessions_are_listed_and_ended(client: Client, ada: Browser) -> None:
    other = Browser(client)
    other.log_in()
    listed = ada.ask("GET", "/auth/sessions").json()["sessions"]
    assert [entry["is_this_one"] for entry in listed].count(True) == 1
    foreign = next(entry["id"] for entry in listed if not entry["is_this_one"])
    assert ada.ask("DELETE", f"/auth/sessions/{foreign}").status_code == 204
    problem(other.ask("GET", "/account"), 401, "not_authenticated")
    problem(ada.ask("DELETE", f"/auth/sessions/{foreign}"), 404, "not_found")
    assert ada.ask("POST", "/auth/logout").json() == {"ended": 1}
    assert ada.cookie is None


def test_logging_out_everywhere_ends_every_session(client: Client, ada: Browser) -> None:
    other = Browser(client)
    other.log_in()
    token = ada.cookie
    assert ada.ask("POST", "/auth/logout-everywhere").json() == {"ended": 2}
    problem(other.ask("GET", "/account"), 401, "not_authenticated")
    ada.cookie = token
    problem(ada.ask("GET", "/account"), 401, "not_authenticated")


def test_sessions_end_when_idle_and_in_any_case(ada: Browser, world: World) -> None:
    world.clock.moment += timedelta(minutes=29)
    assert ada.ask("GET", "/account").status_code == 200
    world.clock.moment += timedelta(minutes=29, seconds=59)
    assert ada.ask("GET", "/account").status_code == 200
    for _ in range(25):
        world.clock.moment += timedelta(minutes=26)
        assert ada.ask("GET", "/account").status_code == 200
    world.clock.moment += timedelta(minutes=12)
    problem(ada.ask("GET", "/account"), 401, "not_authenticated")


def test_an_idle_session_ends(ada: Browser, world: World) -> None:
    world.clock.moment += timedelta(minutes=30)
    problem(ada.ask("GET", "/account"), 401, "not_authenticated")


def test_credentials_are_changed_only_shortly_after_the_password_was_given(ada: Browser, world: World) -> None:
    world.clock.moment += timedelta(minutes=5)
    wanted = {"name": "ci", "scopes": ["plans:write"]}
    problem(ada.ask("POST", "/account/api-keys", wanted), 403, "step_up_required")
    problem(ada.ask("POST", "/auth/step-up", {"password": "wrong wrong wrong"}), 401, "bad_credentials")
    old = ada.cookie
    assert ada.ask("POST", "/auth/step-up", {"password": PASSWORD}).status_code == 200
    assert ada.cookie != old
    assert ada.ask("POST", "/account/api-keys", wanted).status_code == 201
    problem(ada.ask("GET", "/account", Cookie=f"mcp_session={old}"), 401, "not_authenticated")


def test_a_changed_password_ends_every_other_session_and_is_mailed(client: Client, ada: Browser, world: World) -> None:
    other = Browser(client)
    other.log_in()
    assert ada.ask("POST", "/account/password", {"password": NEW_PASSWORD}).status_code == 200
    assert ada.ask("GET", "/account").status_code == 200
    problem(other.ask("GET", "/account"), 401, "not_authenticated")
    problem(Browser(client).log_in(), 401, "bad_credentials")
    assert Browser(client).log_in(password=NEW_PASSWORD).status_code == 200
    assert "password was changed" in world.mail.sent[-1].text
    found = problem(ada.ask("POST", "/account/password", {"password": "ada-ada-ada-ada1"}), 422, "invalid_request")
    assert found["errors"][0]["pointer"] == "/password"


def test_a_forgotten_password_is_set_anew_by_mail(client: Client, ada: Browser, world: World) -> None:
    stranger = Browser(client)
    assert stranger.ask("POST", "/auth/forgot-password", {"login": "ada"}).status_code == 202
    first = world.mail.token("ada@example.org")
    stranger.ask("POST", "/auth/forgot-password", {"login": "ADA@example.org"})
    second = world.mail.token("ada@example.org")
    reset = {"token": first, "password": NEW_PASSWORD}
    problem(stranger.ask("POST", "/auth/reset-password", reset), 422, "token_refused")
    weak = stranger.ask("POST", "/auth/reset-password", {"token": second, "password": "short"})
    problem(weak, 422, "invalid_request")
    assert stranger.ask("POST", "/auth/reset-password", reset | {"token": second}).status_code == 204
    problem(stranger.ask("POST", "/auth/reset-password", reset | {"token": second}), 422, "token_refused")
    problem(ada.ask("GET", "/account"), 401, "not_authenticated")
    assert stranger.log_in(password=NEW_PASSWORD).status_code == 200


def test_a_reset_token_expires_and_counts_for_nothing_else(client: Client, world: World) -> None:
    browser = Browser(client)
    browser.ask("POST", "/auth/forgot-password", {"login": "ada"})
    token = world.mail.token("ada@example.org")
    problem(browser.ask("POST", "/auth/verify-email", {"token": token}), 422, "token_refused")
    world.clock.moment += timedelta(minutes=30)
    reset = {"token": token, "password": NEW_PASSWORD}
    problem(browser.ask("POST", "/auth/reset-password", reset), 422, "token_refused")


def test_with_a_second_factor_the_password_alone_opens_nothing(client: Client, ada: Browser, world: World) -> None:
    seed, codes = enrolled(ada, world)
    browser = Browser(client)
    answer = browser.log_in().json()
    assert answer == {"second_factor_required": True, "csrf_token": None, "account": None}
    problem(browser.ask("GET", "/account"), 401, "not_authenticated")
    problem(browser.ask("POST", "/auth/login/code", {"code": "000000"}), 401, "bad_credentials")
    pending = browser.cookie
    used = code_of(seed, world.clock.moment)
    assert browser.ask("POST", "/auth/login/code", {"code": used}).status_code == 200
    assert browser.cookie != pending
    assert browser.ask("GET", "/account").json()["backup_codes_left"] == 10
    again = Browser(client)
    again.log_in()
    problem(again.ask("POST", "/auth/login/code", {"code": used}), 401, "bad_credentials")
    assert again.ask("POST", "/auth/login/code", {"code": codes[0].lower()}).status_code == 200
    once_more = Browser(client)
    once_more.log_in()
    problem(once_more.ask("POST", "/auth/login/code", {"code": codes[0]}), 401, "bad_credentials")


def test_a_reset_and_a_step_up_ask_for_the_code_too(client: Client, ada: Browser, world: World) -> None:
    seed, codes = enrolled(ada, world)
    problem(ada.ask("POST", "/auth/step-up", {"password": PASSWORD}), 401, "bad_credentials")
    fresh = {"password": PASSWORD, "code": code_of(seed, world.clock.moment)}
    assert ada.ask("POST", "/auth/step-up", fresh).status_code == 200
    stranger = Browser(client)
    stranger.ask("POST", "/auth/forgot-password", {"login": "ada"})
    reset = {"token": world.mail.token("ada@example.org"), "password": NEW_PASSWORD}
    problem(stranger.ask("POST", "/auth/reset-password", reset), 422, "token_refused")
    stranger.ask("POST", "/auth/forgot-password", {"login": "ada"})
    reset = {"token": world.mail.token("ada@example.org"), "password": NEW_PASSWORD, "code": codes[3]}
    assert stranger.ask("POST", "/auth/reset-password", reset).status_code == 204


def test_the_second_factor_is_switched_off_and_codes_are_renewed(client: Client, ada: Browser, world: World) -> None:
    _, codes = enrolled(ada, world)
    problem(ada.ask("POST", "/account/totp"), 409, "already_exists")
    renewed = ada.ask("POST", "/account/backup-codes").json()["backup_codes"]
    assert len(set(renewed)) == 10
    assert not set(renewed) & set(codes)
    browser = Browser(client)
    browser.log_in()
    problem(browser.ask("POST", "/auth/login/code", {"code": codes[0]}), 401, "bad_credentials")
    assert ada.ask("DELETE", "/account/totp").status_code == 200
    assert Browser(client).log_in().json()["second_factor_required"] is False
    problem(ada.ask("DELETE", "/account/totp"), 404, "not_found")


def test_without_encryption_keys_no_secret_is_kept(world: World) -> None:
    world.settings |= {"encryption_keys": ""}
    with TestClient(create_app(world.container())) as client:
        ada = Browser(client)
        ada.log_in()
        problem(ada.ask("POST", "/account/totp"), 503, "encryption_unavailable")
        secret = {"provider": "aws", "secret_key": "canary"}
        problem(ada.ask("POST", "/account/cloud-accounts", secret), 503, "encryption_unavailable")
        assert ada.ask("POST", "/account/cloud-accounts", {"provider": "aws", "name": "a"}).status_code == 201


def test_keys_are_made_listed_rotated_and_taken_back(client: Client, ada: Browser) -> None:
    made = ada.ask("POST", "/account/api-keys", {"name": "ci", "scopes": ["plans:write"], "expires_in_days": 7}).json()
    program = {"Authorization": f"Bearer {made['api_key']}"}
    assert client.post("/plans", json=body(), headers=program).status_code == 200
    problem(client.get("/account", headers=program), 401, "not_authenticated")
    assert made["api_key"] not in ada.ask("GET", "/account/api-keys").text
    rotated = ada.ask("POST", f"/account/api-keys/{made['key']['id']}/rotate").json()
    assert rotated["key"]["replaces"] == made["key"]["id"]
    assert ada.ask("DELETE", f"/account/api-keys/{rotated['key']['id']}").status_code == 204
    program = {"Authorization": f"Bearer {rotated['api_key']}"}
    problem(client.post("/plans", json=body(), headers=program), 401, "not_authenticated")
    refused = ada.ask("POST", "/account/api-keys", {"name": "x", "scopes": ["admin"]})
    assert problem(refused, 422, "invalid_request")["errors"][0]["pointer"] == "/scopes"


def test_cloud_credentials_go_in_and_never_come_out(ada: Browser, world: World) -> None:
    secrets = {"access_key": "AKIA0123456789CANARY", "secret_key": "canary-secret", "extra": {"pem": "canary-pem"}}
    made = ada.ask("POST", "/account/cloud-accounts", {"provider": "aws", "name": "prod", **secrets}).json()
    assert (made["access_key"], made["secret_key"], made["extra"]) == ("••••NARY", "••••", "••••")
    path = f"/account/cloud-accounts/{made['id']}"
    renamed = ada.ask("PATCH", path, {"name": "main", "region": "eu-west-1", "extra": {}}).json()
    assert (renamed["name"], renamed["provider"], renamed["extra"]) == ("main", "aws", None)
    shown = ada.ask("GET", "/account/cloud-accounts").text + ada.ask("GET", path).text
    assert "anary-" not in shown
    assert "AKIA" not in shown
    kept = world.accounts.records.cloud_accounts.rows[made["id"]]
    assert "canary" not in repr(kept)
    assert kept.secret_key is not None
    assert kept.secret_key.startswith("v1:k1:")
    assert ada.ask("DELETE", path).status_code == 204
    problem(ada.ask("GET", path), 404, "not_found")
    bad = ada.ask("POST", "/account/cloud-accounts", {"provider": "dream", "name": "a\nb", "extra": "x"})
    assert {error["pointer"] for error in problem(bad, 422, "invalid_request")["errors"]} == {"/provider", "/extra"}
    large = ada.ask("POST", "/account/cloud-accounts", {"extra": {"a": "x" * 20_000}})
    assert problem(large, 422, "invalid_request")["errors"][0]["pointer"] == "/extra"


def test_what_belongs_to_others_is_not_there(client: Client, ada: Browser) -> None:
    key = ada.ask("POST", "/account/api-keys", {"name": "ci", "scopes": ["plans:write"]}).json()["key"]["id"]
    cloud = ada.ask("POST", "/account/cloud-accounts", {"provider": "gcp"}).json()["id"]
    session = ada.ask("GET", "/auth/sessions").json()["sessions"][0]["id"]
    root = Browser(client)
    root.log_in("root")
    for method, path in (
        ("DELETE", f"/account/api-keys/{key}"), ("POST", f"/account/api-keys/{key}/rotate"),
        ("GET", f"/account/cloud-accounts/{cloud}"), ("DELETE", f"/account/cloud-accounts/{cloud}"),
        ("PATCH", f"/account/cloud-accounts/{cloud}"), ("DELETE", f"/auth/sessions/{session}"),
    ):  # fmt: skip
        problem(root.ask(method, path, {} if method == "PATCH" else None), 404, "not_found")


def test_people_see_their_own_trail_and_administrators_all(client: Client, ada: Browser) -> None:
    ada.ask("PATCH", "/account", {"full_name": "Ada"})
    Browser(client).log_in("nobody")
    mine = ada.ask("GET", "/account/audit").json()
    assert [entry["action"] for entry in mine["entries"]] == ["account.changed", "session.login"]
    assert mine["entries"][0]["request_id"]
    problem(ada.ask("GET", "/admin/audit"), 403, "scope_missing")
    root = Browser(client)
    root.log_in("root")
    page = root.ask("GET", "/admin/audit?limit=2").json()
    assert [entry["action"] for entry in page["entries"]] == ["session.login", "session.login"]
    assert page["entries"][1]["outcome"] == "refused"
    rest = root.ask("GET", f"/admin/audit?limit=2&before={page['next_before']}").json()
    assert [entry["action"] for entry in rest["entries"]] == ["account.changed", "session.login"]
    assert rest["next_before"] is None
    only = root.ask("GET", f"/admin/audit?user_id={named('ada')}&action=account.&since=2026-11-23T00:00:00").json()
    assert [entry["action"] for entry in only["entries"]] == ["account.changed"]
    problem(root.ask("GET", "/admin/audit?since=soon"), 422, "invalid_request")
    several = root.ask("GET", "/admin/audit?limit=0&before=secret")
    problem(several, 422, "invalid_request")
    assert [field["pointer"] for field in several.json()["errors"]] == ["?before", "?limit"]
    assert "secret" not in several.text
    assert ada.ask("GET", "/account/audit?user_id=" + named("root")).json()["entries"][0]["user_id"] == named("ada")


def test_a_deactivated_account_is_opened_again_by_an_administrator(client: Client, ada: Browser) -> None:
    key = ada.ask("POST", "/account/api-keys", {"name": "ci", "scopes": ["plans:write"]}).json()["api_key"]
    program = {"Authorization": f"Bearer {key}"}
    assert ada.ask("POST", "/account/deactivate").status_code == 200
    problem(Browser(client).log_in(), 401, "bad_credentials")
    problem(
        client.post("/plans", json=body(), headers={"Authorization": f"Bearer {program}"}), 401, "not_authenticated"
    )
    root = Browser(client)
    root.log_in("root")
    assert root.ask("POST", f"/admin/users/{named('ada')}/reopen").status_code == 204
    assert Browser(client).log_in().status_code == 200
    problem(
        client.post("/plans", json=body(), headers={"Authorization": f"Bearer {program}"}), 401, "not_authenticated"
    )
    assert root.ask("POST", f"/admin/users/{named('ada')}/deactivate").status_code == 204
    problem(Browser(client).log_in(), 401, "bad_credentials")
    problem(root.ask("POST", "/admin/users/nobody/reopen"), 404, "not_found")


def test_the_last_administrator_stays(client: Client, world: World) -> None:
    root = Browser(client)
    root.log_in("root")
    with world.accounts.transaction() as records:
        records.users.add(a_user("eve", role=Role.ADMIN, locked_at=world.clock.now()))
    for ask in (("POST", "/account/deactivate"), ("DELETE", "/account")):
        problem(root.ask(*ask), 409, "last_administrator")
    problem(root.ask("POST", f"/admin/users/{named('root')}/deactivate"), 409, "last_administrator")
    assert root.ask("GET", "/account").status_code == 200
    assert root.ask("POST", f"/admin/users/{named('eve')}/reopen").status_code == 204
    assert root.ask("POST", "/account/deactivate").status_code == 200


def test_a_deleted_account_leaves_no_personal_data(client: Client, ada: Browser, world: World) -> None:
    ada.ask("PATCH", "/account", {"full_name": "Ada Lovelace", "organisation": "Analytical"})
    ada.ask("POST", "/account/cloud-accounts", {"provider": "gcp", "name": "canary"})
    enrolled(ada, world)
    assert ada.ask("DELETE", "/account").status_code == 200
    problem(Browser(client).log_in(), 401, "bad_credentials")
    kept = repr([world.accounts.records.users.rows[named("ada")], world.accounts.records.cloud_accounts,
                 world.accounts.records.single_use, world.accounts.records.sessions])  # fmt: skip
    for trace in ("Lovelace", "Analytical", "ada@example.org", "canary", PASSWORD, "192.0.2"):
        assert trace not in kept
    root = Browser(client)
    root.log_in("root")
    assert [user["username"] for user in root.ask("GET", "/admin/users").json()["accounts"]] == ["root"]
    problem(root.ask("POST", f"/admin/users/{named('ada')}/reopen"), 404, "not_found")


def test_every_bad_field_is_named_and_no_value_repeated(client: Client) -> None:
    wanted = {"username": 7, "email": ["canary"], "password": "canary" * 400}
    found = problem(Browser(client).ask("POST", "/auth/register", wanted), 422, "invalid_request")
    assert {error["pointer"] for error in found["errors"]} == {"/username", "/email", "/password"}
    assert "canary" not in repr(found)
    missing = problem(Browser(client).ask("POST", "/auth/login", {"password": None}), 422, "invalid_request")
    assert {error["pointer"] for error in missing["errors"]} == {"/login", "/password"}


def test_accounts_are_listed_by_pages(client: Client) -> None:
    root = Browser(client)
    root.log_in("root")
    first = root.ask("GET", "/admin/users?limit=1").json()
    assert ([user["username"] for user in first["accounts"]], first["next_after"]) == (["ada"], "ada")
    second = root.ask("GET", "/admin/users?limit=1&after=ada").json()
    assert ([user["username"] for user in second["accounts"]], second["next_after"]) == (["root"], None)
