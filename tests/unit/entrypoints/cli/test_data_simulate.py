"""``mcp-core data simulate``."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from application.simulate_data import CLUSTER_FILE, SERVICES_FILE
from entrypoints.cli.data import data_app

DATA = Path(__file__).resolve().parents[4] / "data"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(data_app, ["simulate", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_both_files_are_written_into_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    code, out, _ = run("--seed", "2026", "--out", str(folder))
    assert code == 0
    assert "1439 rows" in out
    assert sorted(path.name for path in folder.iterdir()) == [CLUSTER_FILE, SERVICES_FILE]
    assert (folder / CLUSTER_FILE).read_bytes() == (DATA / CLUSTER_FILE).read_bytes()


def test_running_it_again_with_the_same_seed_is_no_error(tmp_path: Path) -> None:
    assert run("--seed", "1", "--out", str(tmp_path))[0] == 0
    assert run("--seed", "1", "--out", str(tmp_path))[0] == 0


def test_a_file_that_holds_something_else_is_kept_unless_overwriting_is_asked_for(tmp_path: Path) -> None:
    mine = tmp_path / SERVICES_FILE
    mine.write_text("my own data", encoding="utf-8")
    code, _, err = run("--seed", "1", "--out", str(tmp_path))
    assert code != 0
    assert "--overwrite" in err
    assert mine.read_text(encoding="utf-8") == "my own data"
    assert run("--seed", "1", "--out", str(tmp_path), "--overwrite")[0] == 0
    assert mine.read_text(encoding="utf-8").startswith("service_id,")


@pytest.mark.parametrize("seed", ["-1", "abc"])
def test_a_seed_that_is_no_seed_is_refused_and_nothing_is_written(tmp_path: Path, seed: str) -> None:
    code, _, err = run("--seed", seed, "--out", str(tmp_path / "out"))
    assert code == 2
    assert "--seed" in err
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_is_a_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    code, _, err = run("--seed", "1", "--out", str(tmp_path / "out"))
    assert code == 2
    assert "cannot write" in err
