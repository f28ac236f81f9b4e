"""Commands are imported when they are called, and the list of them tells the truth all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints.cli.commands import COMMANDS, load_command
from entrypoints.cli.main import run

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says_of_itself(name: str) -> None:
    command = load_command(name)
    assert command.name == name
    assert COMMANDS[name].help == " ".join(command.help.split("\n\n")[0].split())


def test_the_list_holds_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name, place in COMMANDS.items():
        assert f"{name} {place.help}" in shown


def test_a_mistyped_command_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyse"]) == 2
    assert "Did you mean 'analyze'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], ["application", "adapters", "dependency_injector", "numpy", "pydantic"]),
        (["analyze", "examples/shop"], ["litestar", "onnxruntime", "pandas", "httpx", "sqlalchemy", "tensorflow"]),
    ],
)
def test_what_a_command_does_not_need_is_not_imported(arguments: list[str], unwanted: list[str]) -> None:
    program = (
        "import sys; from entrypoints.cli.main import run; code = run(sys.argv[1:]); "
        f"print(code, [name for name in {unwanted!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == "0 []"
