"""``mcp-core flavors`` as a user sees it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, cast

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from domain.errors import FlavorNotFound
from domain.flavors import ARCHITECTURES, FAMILIES
from domain.ports.flavor_catalog import FlavorCatalog
from entrypoints.cli.context import CliState
from entrypoints.cli.flavors import Arch, Family, flavors_command
from tests.fakes.flavor_catalog import FakeFlavorCatalog
from tests.fakes.flavor_rows import a_flavor

if TYPE_CHECKING:
    from entrypoints.container import Container

CATALOG = FakeFlavorCatalog(
    (
        a_flavor("m.large", usd_per_hour="0.1", spot_usd_per_hour="0.04", as_of=date(2026, 7, 20)).discounted(12.5),
        a_flavor("m.xlarge", vcpus=4, memory_gib=16, usd_per_hour="0.2", region="south-1"),
        a_flavor("g.large", arch="arm64", family="memory", memory_gib=16, usd_per_hour="0.09"),
        a_flavor("m1.small", provider="home", region="any", vcpus=1, memory_gib=2, usd_per_hour=None, as_of=None),
    )
)


@dataclass
class FakeContainer:
    """The one provider that the command asks for."""

    catalog: FlavorCatalog = field(default_factory=lambda: CATALOG)

    def flavor_catalog(self) -> FlavorCatalog:
        return self.catalog


def run(*arguments: str) -> Result:
    app = typer.Typer()

    @app.callback()
    def main(ctx: typer.Context) -> None:
        ctx.obj = CliState(cast("Container", FakeContainer()))

    app.command("flavors")(flavors_command)
    return CliRunner().invoke(app, ["flavors", *arguments])


def listed(*arguments: str) -> list[str]:
    result = run("--provider", "acme", "-f", "json", *arguments)
    assert result.exit_code == 0, result.output
    return [record["flavor"] for record in json.loads(result.stdout)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["m.large", "g.large", "m.xlarge"]),
        (["--region", "south-1"], ["m.xlarge"]),
        (["--arch", "arm64"], ["g.large"]),
        (["--arch", "arm64", "--arch", "x86_64"], ["m.large", "g.large", "m.xlarge"]),
        (["--family", "memory"], ["g.large"]),
        (["--min-vcpus", "4"], ["m.xlarge"]),
        (["--max-vcpus", "2"], ["m.large", "g.large"]),
        (["--min-memory", "16"], ["g.large", "m.xlarge"]),
        (["--max-memory", "8"], ["m.large"]),
        (["--max-price", "0.09"], ["m.large", "g.large"]),
        (["--sort", "name"], ["g.large", "m.large", "m.xlarge"]),
        (["--limit", "1"], ["m.large"]),
        (["--min-vcpus", "100"], []),
    ],
)
def test_each_option_narrows_or_sorts_the_list(arguments: list[str], expected: list[str]) -> None:
    assert listed(*arguments) == expected


def test_json_gives_prices_as_numbers_with_source_and_date() -> None:
    (record,) = json.loads(run("--provider", "acme", "--max-memory", "8", "-f", "json").stdout)
    assert record == {
        "provider": "acme", "flavor": "m.large", "family": "general", "arch": "x86_64", "vcpus": 2.0,
        "memory_gib": 8.0, "region": "north-1", "price_usd_per_hour": 0.0875, "price_usd_per_day": 2.1,
        "spot_usd_per_hour": 0.04, "discount_percent": 12.5, "source": "price list of acme", "as_of": "2026-07-20",
    }  # fmt: skip


def test_an_unknown_price_is_null_and_never_zero() -> None:
    (record,) = json.loads(run("--provider", "home", "-f", "json").stdout)
    unknown = ("price_usd_per_hour", "price_usd_per_day", "spot_usd_per_hour", "as_of")
    assert [record[name] for name in unknown] == [None, None, None, None]


def test_yaml_and_csv_hold_the_same_as_json() -> None:
    records = json.loads(run("-f", "json").stdout)
    assert yaml.safe_load(run("-f", "yaml").stdout) == records
    rows = list(csv.DictReader(io.StringIO(run("-f", "csv").stdout)))
    assert rows == [{name: "" if value is None else str(value) for name, value in item.items()} for item in records]


def test_csv_has_its_header_even_when_nothing_matches() -> None:
    output = run("-f", "csv", "--min-vcpus", "100").stdout
    assert output.startswith("provider,flavor,family,")
    assert output.count("\n") == 1


def test_the_table_shows_prices_per_hour_and_day_their_dates_and_the_discount() -> None:
    output = run("--provider", "acme", "--max-memory", "8").stdout
    assert all(text in output for text in ("m.large", "0.0875", "2.10", "0.0400", "2026-07-20", "acme less 12.5 %"))
    assert "price list of acme" not in output
    assert "price list of acme" in run("--provider", "acme", "--sources").stdout


def test_the_table_says_unknown_where_price_or_date_is() -> None:
    row = next(line for line in run("--provider", "home").stdout.splitlines() if "m1.small" in line)
    assert row.split()[-4:] == ["unknown", "unknown", "unknown", "unstated"]


def test_the_table_counts_what_a_limit_left_out() -> None:
    assert "1 of 3 matching" in run("--provider", "acme", "--limit", "1").stdout


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1_000", "two", "٣", ""])
def test_a_bound_must_be_a_plain_number(value: str) -> None:
    result = run("--max-price", value)
    assert result.exit_code == 2
    assert "is not a decimal number" in result.output


@pytest.mark.parametrize("arguments", [["--arch", "mips"], ["--family", "gpu"], ["--sort", "age"], ["-f", "xml"]])
def test_an_unknown_choice_is_refused(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_an_unknown_provider_is_the_domains_error_for_the_program_to_print() -> None:
    result = run("--provider", "acne")
    assert isinstance(result.exception, FlavorNotFound)
    assert "acme, generic, home" in result.exception.message


def test_the_choices_offered_are_those_of_the_domain() -> None:
    assert tuple(Arch) == ARCHITECTURES
    assert tuple(Family) == FAMILIES
