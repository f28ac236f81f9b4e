"""A mistake on the command line is one line on stderr and exit code 2, never a traceback."""

from __future__ import annotations

import pytest

from entrypoints.cli.main import run


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fly"], "'fly'"),
        (["data"], "Missing command"),
        (["plan", "--nonsense"], "--nonsense"),
        (["plan"], "--service"),
        (["plan", "--service"], "--service"),
        (["serve", "--port", "eighty"], "--port"),
        (["serve", "--port", "0"], "--port"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("mcp-core: ")
    assert shown.err.count("\n") == 1
    assert complaint in shown.err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "Usage: mcp-core" in capsys.readouterr().out
