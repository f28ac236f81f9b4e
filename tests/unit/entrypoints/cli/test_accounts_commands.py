"""Accounts and keys from the command line, on a real SQLite file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from domain.identity.tokens import is_api_key
from entrypoints.cli.context import CliState, ExitCode
from entrypoints.cli.main import run
from entrypoints.container import build_container
from entrypoints.settings import Settings
from tests.canaries import PASSWORD


@pytest.fixture
def state(tmp_path: Path) -> CliState:
    """A container over a new file."""
    return CliState(build_container(Settings(_env_file=None, database_url=f"sqlite:///{tmp_path}/accounts.sqlite3")))


def create(monkeypatch: pytest.MonkeyPatch, state: CliState, name: str, *options: str, typed: str = PASSWORD) -> int:
    """Run `users create` with something on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    return run(["users", "create", name, "--email", f"{name}@example.org", "--password-stdin", *options], state)


def test_from_an_empty_database_to_a_key_that_opens(
    monkeypatch: pytest.MonkeyPatch, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert create(monkeypatch, state, "ada", "--admin") == ExitCode.OK
    assert capsys.readouterr().out == ""
    scopes = ["--scope", "plans:write", "--scope", "plans:read"]
    assert run(["api-keys", "create", "--user", "ada", *scopes], state) == ExitCode.OK
    printed = capsys.readouterr().out
    key = printed.removesuffix("\n")
    assert is_api_key(key)
    accounts = state.container().accounts()
    assert accounts.authenticate_key(key).scopes == {"plans:read", "plans:write"}

    assert run(["api-keys", "list", "--user", "ada", "-f", "json"], state) == ExitCode.OK
    listed = json.loads(capsys.readouterr().out)
    assert [(row["state"], row["scopes"]) for row in listed] == [("live", "plans:read plans:write")]
    assert key not in json.dumps(listed)

    assert run(["api-keys", "rotate", listed[0]["id"], "--user", "ada"], state) == ExitCode.OK
    second = capsys.readouterr().out.strip()
    assert is_api_key(second)
    assert second != key
    assert run(["api-keys", "revoke", listed[0]["id"], "--user", "ada@example.org"], state) == ExitCode.OK
    assert run(["audit", "verify"], state) == ExitCode.OK
    said = capsys.readouterr()
    assert said.out.startswith("4 entries, unbroken")
    assert PASSWORD not in said.out + said.err


def test_a_broken_trail_is_told(
    monkeypatch: pytest.MonkeyPatch, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    from sqlalchemy import text

    create(monkeypatch, state, "ada")
    create(monkeypatch, state, "bob")
    with state.container().database().transaction() as connection:
        connection.execute(text("UPDATE user_audit_log SET address = 'elsewhere' WHERE number = 1"))
    assert run(["audit", "verify"], state) == ExitCode.ERROR
    assert "entry 1: its content was changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("ada", "", "standard input is empty"),
        ("ada", "short", "at least 15 characters"),
        ("ada", "x" * 129 + "abcdefgh", "at most 128"),
        ("a", PASSWORD, "/username: 3 to 64"),
        ("ada", "password-summer-2024-ada", "not made of common words"),
    ],
)
def test_what_is_refused_in_one_line_that_never_repeats_the_password(
    monkeypatch: pytest.MonkeyPatch, state: CliState, capsys: pytest.CaptureFixture[str],
    name: str, typed: str, said: str,
) -> None:  # fmt: skip
    assert create(monkeypatch, state, name, typed=typed) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not typed or typed not in error


def test_names_are_taken_once(
    monkeypatch: pytest.MonkeyPatch, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert create(monkeypatch, state, "ada") == ExitCode.OK
    assert create(monkeypatch, state, "ADA") == ExitCode.USAGE
    assert "taken" in capsys.readouterr().err


def test_a_key_needs_an_owner_and_a_scope(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["api-keys", "create", "--user", "nobody", "--scope", "plans:read"], state) == ExitCode.USAGE
    assert "no such account" in capsys.readouterr().err
    assert run(["api-keys", "create", "--user", "ada"], state) == ExitCode.USAGE
    assert "--scope" in capsys.readouterr().err
    assert run(["api-keys", "list", "--user", "nobody"], state) == ExitCode.USAGE


def test_passwords_are_kept_as_argon2id(monkeypatch: pytest.MonkeyPatch, state: CliState) -> None:
    create(monkeypatch, state, "ada")
    container = state.container()
    with container.account_database().reading() as records:
        user = records.users.find_by_login("ada")
    assert user is not None
    assert user.password_hash.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert container.password_hasher().verify(user.password_hash, PASSWORD)


def test_the_last_administrator_is_neither_closed_nor_deleted(
    monkeypatch: pytest.MonkeyPatch, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    create(monkeypatch, state, "ada", "--admin")
    create(monkeypatch, state, "bob")
    for command in (["deactivate", "ada"], ["delete", "ada", "--yes"]):
        assert run(["users", *command], state) != ExitCode.OK
        assert "ada is the last administrator" in capsys.readouterr().err
    assert run(["users", "deactivate", "bob"], state) == ExitCode.OK
    create(monkeypatch, state, "eve", "--admin")
    assert run(["users", "delete", "ada", "--yes"], state) == ExitCode.OK
    assert run(["users", "deactivate", "eve"], state) != ExitCode.OK
