"""`mcp-core analyze --plan`: every format as a file, options checked, nothing of the repository is markup."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from tests.conftest import ROOT
from tests.fakes.world import World
from tests.golden_files import check_golden

SHOP = str(ROOT / "examples" / "shop")
AT = ("--at", "2026-11-23T11:30:00Z")


@pytest.fixture
def state() -> CliState:
    world = World()
    for service, level in (("shop-api", 0.2), ("shop-web", 0.5)):
        world.lives(service, "avg_cpu", 336, level=level, swing=level / 3)
        world.lives(service, "avg_memory", 336, level=level, swing=0.01)
    world.lives("orders-db", "avg_memory", 5, level=0.4, swing=0.01)
    return CliState(world.container())


@pytest.mark.parametrize("output", ["table", "json", "yaml", "csv", "html", "markdown"])
def test_every_format_is_as_agreed(output: str, state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", SHOP, "--plan", *AT, "-f", output], state) == 0
    check_golden(f"plans.{output}", capsys.readouterr().out)


def test_json_has_the_contract_s_plan_beside_the_profile(state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", SHOP, "--plan", *AT, "-f", "json"], state) == 0
    body = json.loads(capsys.readouterr().out)
    assert list(body) == ["services", "findings"]
    api = next(service for service in body["services"] if service["name"] == "shop-api")
    assert list(api["plan"]) == [
        "prediction", "recommended_flavor", "expected_cost_per_day", "generated_at", "notes",
    ]  # fmt: skip
    assert len(api["plan"]["prediction"]["predictions"]) == 24
    assert {"file": "compose.yaml", "line": 18, "fact": "memory: 8g"} in api["evidence"]
    assert (api["basis"], api["comparison"]["verdict"]) == ("history", "over")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)


def test_names_of_a_repository_are_never_markup(
    tmp_path: Path, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    text = 'services:\n  "<script>alert(1)</script>|[x](http://x)@all":\n    image: "<img src=x>"\n    cpus: lots\n'
    (tmp_path / "compose.yml").write_text(text)
    assert run(["analyze", str(tmp_path), "--plan", *AT, "-f", "html"], state) == 0
    tags = _Tags()
    tags.feed(capsys.readouterr().out)
    assert not tags.found & {"script", "img", "a"}
    assert run(["analyze", str(tmp_path), "--plan", *AT, "-f", "markdown"], state) == 0
    shown = capsys.readouterr().out
    assert "<script>" not in shown.replace("\\<", "")
    assert "[x](" not in shown.replace("\\]", "").replace("\\[", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-f", "html"], "add --plan"),
        (["--plan", "--risk", "2"], "risk"),
        (["--plan", "--provider", "aws"], "needs a region"),
        (["--plan", "--at", "yesterday"], "timestamp"),
        (["--plan", "--expected-users", "-5"], "expected_users"),
        (["--plan", "--prefix", "x" * 65], "prefix"),
    ],
)
def test_a_wrong_option_is_one_line_that_names_it(
    arguments: list[str], said: str, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", SHOP, *arguments], state) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
