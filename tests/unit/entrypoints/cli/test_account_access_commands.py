"""Shares, sessions and second factors from the command line, on a real SQLite file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.identity.audit import AuditEvent
from domain.identity.principal import Principal
from domain.identity.scopes import EVERYDAY_SCOPES, Role
from domain.identity.users import User
from domain.ports.audit_log import AuditFilter
from entrypoints.cli.context import AT_THE_COMMAND_LINE, CliState, ExitCode
from entrypoints.cli.main import run
from entrypoints.container import build_container
from entrypoints.settings import Settings
from tests.fakes.people import HERE, a_session, a_user, named
from tests.fakes.plan_records import a_plan


@pytest.fixture
def state(tmp_path: Path) -> CliState:
    """Ada and Bob on a new file, the history of a shop, which Ada sent, and a plan of hers."""
    container = build_container(Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/accounts.sqlite3"))
    with container.account_database().transaction() as records:
        for name in ("ada", "bob"):
            records.users.add(a_user(name))
    sender = Principal(user_id=named("ada"), scopes=EVERYDAY_SCOPES)
    container.accounts().claim_history(sender, ["shop"], lambda _service: False, AT_THE_COMMAND_LINE)
    return CliState(container)


@pytest.fixture
def plan_id(state: CliState) -> str:
    plan = a_plan(owner=named("ada"))
    state.container().plan_store().save([plan])
    return plan.plan_id


def listed(state: CliState, capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert run([*command, "-f", "json"], state) == ExitCode.OK
    return json.loads(capsys.readouterr().out)


def last_event(state: CliState) -> AuditEvent:
    [entry] = state.container().accounts().look_up.audit(AuditFilter(), 1)
    return entry.event


def saved(state: CliState, name: str, **changes: Any) -> User:
    """An account after some of it was changed."""
    with state.container().account_database().transaction() as records:
        user = records.users.find(named(name))
        assert user is not None
        changed: User = replace(user, **changes)
        records.users.save(changed)
    return changed


def test_a_history_is_shared_seen_and_no_longer_shared(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shares", "add", "--user", "ada", "--service", "shop", "--with", "bob"], state) == ExitCode.OK
    share_id = capsys.readouterr().out.removesuffix("\n")
    event = last_event(state)
    assert (event.action, event.actor_id, event.user_id, event.target, event.caller.address) == (
        "share.made", None, named("bob"), "history:shop", "cli",
    )  # fmt: skip
    for name in ("ada", "bob"):
        [row] = listed(state, capsys, "shares", "list", "--user", name)
        since = row.pop("since")
        assert row == {
            "id": share_id, "kind": "history", "subject": "shop", "shared_by": "ada", "shared_with": "bob",
        }  # fmt: skip
        assert since.endswith("Z")
    state.container().known_grants().check_history("shop", named("bob"))

    assert run(["shares", "end", share_id, "--user", "bob"], state) == ExitCode.USAGE
    assert "no such share" in capsys.readouterr().err
    assert run(["shares", "end", share_id, "--user", "ada"], state) == ExitCode.OK
    assert (last_event(state).action, last_event(state).actor_id) == ("share.ended", None)
    assert listed(state, capsys, "shares", "list", "--user", "bob") == []


def test_a_plan_is_shared_by_its_owner_only(state: CliState, plan_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shares", "add", "--user", "bob", "--plan", plan_id, "--everybody"], state) == ExitCode.USAGE
    assert "no kept plan" in capsys.readouterr().err
    assert run(["shares", "add", "--user", "ada", "--plan", plan_id, "--everybody"], state) == ExitCode.OK
    [row] = listed(state, capsys, "shares", "list", "--user", "ada")
    assert (row["kind"], row["subject"], row["shared_with"]) == ("plan", plan_id, "everybody")
    # Bob sees it now, which still does not make it his to share.
    assert run(["shares", "add", "--user", "bob", "--plan", plan_id, "--with", "ada"], state) == ExitCode.USAGE
    assert "no plan of yours" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--service", "shop"], "--with, --everybody"),
        (["--service", "shop", "--with", "bob", "--everybody"], "--with, --everybody"),
        (["--with", "bob"], "--plan, --service"),
        (["--service", "shop", "--plan", "x", "--with", "bob"], "--plan, --service"),
        (["--service", "other", "--with", "bob"], "other"),
        (["--service", "shop", "--with", "nobody"], "no account of that name"),
    ],
)
def test_what_cannot_be_shared_is_told_in_one_line(
    state: CliState, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run(["shares", "add", "--user", "ada", *options], state) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_sessions_are_shown_and_ended_one_by_one_or_all(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    now = state.container().clock().now()
    with state.container().account_database().transaction() as records:
        for name in ("s1", "s2", "s3"):
            records.sessions.add(a_session(name, created_at=now, seen_at=now, confirmed_at=now))
    rows = listed(state, capsys, "users", "sessions", "ada")
    assert [sorted(row) for row in rows] == [["address", "agent", "id", "last_seen", "since"]] * 3
    assert run(["users", "end-sessions", "ada", "--session", rows[0]["id"]], state) == ExitCode.OK
    assert {row["id"] for row in listed(state, capsys, "users", "sessions", "ada")} == {row["id"] for row in rows[1:]}
    assert run(["users", "end-sessions", "bob", "--session", rows[1]["id"]], state) == ExitCode.USAGE
    assert run(["users", "end-sessions", "ada@example.org"], state) == ExitCode.OK
    assert "2 sessions of ada ended" in capsys.readouterr().err
    event = last_event(state)
    assert (event.action, event.actor_id, event.user_id) == ("session.ended", None, named("ada"))
    assert listed(state, capsys, "users", "sessions", "ada") == []


def test_an_account_is_shown_without_its_secrets(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    user = saved(state, "ada", totp_seed="canary-seed", organisation="Analytical Engines")
    run(["shares", "add", "--user", "ada", "--service", "shop", "--everybody"], state)
    shown = listed(state, capsys, "users", "show", "ada")
    assert (shown["username"], shown["state"], shown["organisation"]) == ("ada", "open", "Analytical Engines")
    assert (shown["sessions"], shown["live_api_keys"], shown["cloud_accounts"], shown["shares"]) == (0, 0, 0, 1)
    assert run(["users", "show", "ada"], state) == ExitCode.OK
    page = capsys.readouterr().out
    assert "Analytical Engines" in page
    assert "canary-seed" not in page + json.dumps(shown)
    assert user.password_hash not in page + json.dumps(shown)


def test_a_new_password_is_set_by_the_holder_alone(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    before = saved(state, "ada").password_hash
    assert run(["users", "reset-password", "ada"], state) == ExitCode.OK
    said = capsys.readouterr()
    # No mail server is set: the mail is for the operator to pass on.
    assert "--- mail to ada@example.org" in said.err
    assert said.out == ""
    assert saved(state, "ada").password_hash == before
    event = last_event(state)
    assert (event.action, event.outcome, event.actor_id, event.user_id) == (
        "password.reset_asked", "ok", None, named("ada"),
    )  # fmt: skip
    saved(state, "bob", is_active=False)
    assert run(["users", "reset-password", "bob"], state) == ExitCode.USAGE
    assert "mcp-core users reopen bob" in capsys.readouterr().err


def test_who_lost_the_second_factor_logs_in_without(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    saved(state, "ada", totp_seed="canary-seed", totp_confirmed_at=state.container().clock().now())
    now = state.container().clock().now()
    with state.container().account_database().transaction() as records:
        records.sessions.add(a_session("s1", created_at=now, seen_at=now, confirmed_at=now))
    assert run(["users", "disable-second-factor", "ada", "--yes"], state) == ExitCode.OK
    assert not saved(state, "ada").has_second_factor
    assert listed(state, capsys, "users", "sessions", "ada") == []
    assert (last_event(state).action, last_event(state).actor_id) == ("totp.disabled", None)
    assert run(["users", "disable-second-factor", "ada", "--yes"], state) == ExitCode.USAGE
    assert "no authenticator is enrolled" in capsys.readouterr().err


def test_the_trail_is_read_by_account_and_action(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    run(["shares", "add", "--user", "ada", "--service", "shop", "--with", "bob"], state)
    run(["users", "reset-password", "ada"], state)
    entries = listed(state, capsys, "audit", "list")
    assert [entry["action"] for entry in entries][:2] == ["password.reset_asked", "share.made"]
    assert {entry["address"] for entry in entries} == {"cli"}
    [shared] = listed(state, capsys, "audit", "list", "--user", "bob", "--action", "share.")
    assert (shared["account"], shared["actor"], shared["target"]) == ("bob", "", "history:shop")
    assert "with=bob" in shared["detail"]
    assert listed(state, capsys, "audit", "list", "--until", "2020-01-01") == []
    assert len(listed(state, capsys, "audit", "list", "--limit", "1")) == 1
    assert run(["users", "delete", "bob", "--yes"], state) == ExitCode.OK
    assert listed(state, capsys, "audit", "list", "--action", "share.")[0]["account"] == named("bob")
    assert run(["audit", "list"], state) == ExitCode.OK
    assert shared["at"] in capsys.readouterr().out


def test_a_table_of_the_trail_says_who_did_it_for_whom(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    accounts = state.container().accounts()
    ada, bob = named("ada"), named("bob")
    with state.container().account_database().transaction() as records:
        for event in (
            AuditEvent(action="own", caller=HERE, actor_id=ada, user_id=ada),
            AuditEvent(action="others", caller=HERE, actor_id=ada, user_id=bob, outcome="refused"),
            AuditEvent(action="clis", caller=HERE, user_id=bob),
            AuditEvent(action="nobodys", caller=HERE),
        ):
            records.audit.append(event, accounts.desk.now())
    assert run(["audit", "list", "--limit", "4"], state) == ExitCode.OK
    lines = [" ".join(line.split()[1:]) for line in capsys.readouterr().out.splitlines() if HERE.address in line]
    assert lines == [
        f"nobodys {HERE.address}", f"clis – for bob {HERE.address}", f"others refused ada for bob {HERE.address}",
        f"own ada {HERE.address}",
    ]  # fmt: skip


def test_a_role_is_given_and_taken_and_sessions_end(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    now = state.container().clock().now()
    with state.container().account_database().transaction() as records:
        records.sessions.add(a_session("s1", created_at=now, seen_at=now, confirmed_at=now))
    assert run(["users", "set-role", "ada", "admin"], state) == ExitCode.OK
    assert listed(state, capsys, "users", "show", "ada")["role"] == "admin"
    assert listed(state, capsys, "users", "sessions", "ada") == []
    event = last_event(state)
    assert (event.action, event.actor_id, event.user_id, event.detail) == (
        "account.role_changed", None, named("ada"), {"role": "admin"},
    )  # fmt: skip
    assert run(["users", "set-role", "ada", "user"], state) != ExitCode.OK
    assert "ada is the last administrator" in capsys.readouterr().err
    assert run(["users", "set-role", "bob", "admin"], state) == ExitCode.OK
    assert run(["users", "set-role", "ada", "user"], state) == ExitCode.OK
    assert saved(state, "ada").role is Role.USER


def test_a_role_an_account_has_already_changes_nothing(state: CliState) -> None:
    before = last_event(state)
    assert run(["users", "set-role", "bob", "user"], state) == ExitCode.OK
    assert last_event(state) == before
    assert run(["users", "set-role", "bob", "owner"], state) == ExitCode.USAGE


def test_a_key_of_who_is_no_longer_an_administrator_loses_that_scope(
    state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ada", "bob"):
        run(["users", "set-role", name, "admin"], state)
    capsys.readouterr()
    run(["api-keys", "create", "--user", "ada", "--scope", "admin", "--scope", "plans:read"], state)
    key = capsys.readouterr().out.strip()
    assert run(["users", "set-role", "ada", "user"], state) == ExitCode.OK
    assert state.container().accounts().authenticate_key(key).scopes == {"plans:read"}
