"""``mcp-core flavors``: list and filter VM sizes and their prices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from application.list_flavors import FlavorList, FlavorOrder, FlavorQuery, list_flavors
from domain.flavors import Flavor, FlavorFilter
from entrypoints.cli.context import container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml

Record = dict[str, str | float | None]


class Arch(StrEnum):
    """Values of ``--arch``: those of ``domain.flavors.ARCHITECTURES``."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class Family(StrEnum):
    """Values of ``--family``: those of ``domain.flavors.FAMILIES``."""

    BURSTABLE = "burstable"
    COMPUTE = "compute"
    GENERAL = "general"
    MEMORY = "memory"


# Wider than any row without its source: a narrow terminal wraps the lines, it does not cut names or prices.
_WIDTH = 240
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


def _amount(text: str) -> Decimal:
    """A plain decimal number; float() would take nan and 1_000."""
    if not _AMOUNT.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a decimal number of at least 0")
    return Decimal(text)


def _number(meaning: str) -> object:
    return typer.Option(parser=_amount, metavar="NUMBER", help=meaning)


def flavors_command(
    ctx: typer.Context,
    provider: Annotated[str | None, typer.Option(help="Only this provider: generic, aws, azure, gcp, …")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region, as the provider names it.")] = None,
    arch: Annotated[list[Arch] | None, typer.Option(help="Only this architecture; may be repeated.")] = None,
    family: Annotated[list[Family] | None, typer.Option(help="Only this family; may be repeated.")] = None,
    min_vcpus: Annotated[Decimal | None, _number("At least so many vCPUs.")] = None,
    max_vcpus: Annotated[Decimal | None, _number("At most so many vCPUs.")] = None,
    min_memory: Annotated[Decimal | None, _number("At least so much memory, GiB.")] = None,
    max_memory: Annotated[Decimal | None, _number("At most so much memory, GiB.")] = None,
    max_price: Annotated[Decimal | None, _number("At most this price, USD per hour; unknown prices drop out.")] = None,
    sort: Annotated[FlavorOrder, typer.Option(help="Lowest first; unknown prices last.")] = FlavorOrder.PRICE,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many rows.")] = None,
    output: Annotated[OutputFormat, typer.Option("--format", "-f", help="How to write the list.")] = OutputFormat.TABLE,
    sources: Annotated[bool, typer.Option("--sources", help="Show in the table where each row comes from.")] = False,
) -> None:
    """List VM sizes with on-demand and spot prices and the date of each price."""
    wanted = FlavorFilter(
        families=frozenset(family or ()),
        architectures=frozenset(arch or ()),
        min_vcpus=float(min_vcpus or 0),
        max_vcpus=None if max_vcpus is None else float(max_vcpus),
        min_memory_gib=float(min_memory or 0),
        max_memory_gib=None if max_memory is None else float(max_memory),
        max_usd_per_hour=max_price,
    )
    query = FlavorQuery(provider=provider, region=region, wanted=wanted, order=sort, limit=limit)
    found = list_flavors(container_of(ctx).flavor_catalog(), query)
    if output is OutputFormat.TABLE:
        _print_table(found, sources)
    else:
        typer.echo(_WRITERS[output]([flavor_record(flavor) for flavor in found.flavors]))


def flavor_record(flavor: Flavor) -> Record:
    """A flavor as plain values: prices as numbers in USD, None where unknown."""
    return {
        "provider": flavor.provider,
        "flavor": flavor.name,
        "family": flavor.family,
        "arch": flavor.arch,
        "vcpus": flavor.vcpus,
        "memory_gib": flavor.memory_gib,
        "region": flavor.region,
        "price_usd_per_hour": _float(flavor.price_usd_per_hour),
        "price_usd_per_day": _float(flavor.price_usd_per_day),
        "spot_usd_per_hour": _float(flavor.spot_usd_per_hour),
        "discount_percent": float(flavor.discount_percent),
        "source": flavor.source,
        "as_of": flavor.as_of.isoformat() if flavor.as_of else None,
    }


def _float(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _as_csv(records: list[Record]) -> str:
    """With its header also when nothing matches, so that a reader of the file finds its columns."""
    return as_csv(records) if records else ",".join(_FIELDS)


_FIELDS = (
    "provider", "flavor", "family", "arch", "vcpus", "memory_gib", "region", "price_usd_per_hour",
    "price_usd_per_day", "spot_usd_per_hour", "discount_percent", "source", "as_of",
)  # fmt: skip
_WRITERS: Mapping[OutputFormat, Callable[[list[Record]], str]] = {
    OutputFormat.JSON: as_json,
    OutputFormat.YAML: as_yaml,
    OutputFormat.CSV: _as_csv,
}


def _print_table(found: FlavorList, sources: bool) -> None:
    table = Table(box=box.SIMPLE_HEAD, title="Flavors", title_justify="left", caption_justify="left")
    for heading in ("provider", "flavor", "family", "arch"):
        table.add_column(heading, no_wrap=True)
    for heading in ("vCPU", "GiB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("region", no_wrap=True)
    for heading in ("USD/hour", "USD/day", "spot USD/hour"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("as of", no_wrap=True)
    if sources:
        table.add_column("source", overflow="fold")
    for flavor in found.flavors:
        table.add_row(*_cells(flavor, sources))
    table.caption = _caption(found)
    Console(width=_WIDTH, markup=False).print(table)


def _cells(flavor: Flavor, sources: bool) -> list[str]:
    amounts = [f"{flavor.vcpus:g}", f"{flavor.memory_gib:g}"]
    per_hour, per_day = _money(flavor.price_usd_per_hour, 4), _money(flavor.price_usd_per_day, 2)
    spot = _money(flavor.spot_usd_per_hour, 4)
    day = flavor.as_of.isoformat() if flavor.as_of else "unstated"
    named = [flavor.provider, flavor.name, flavor.family, flavor.arch, *amounts, flavor.region]
    cells = [*named, per_hour, per_day, spot, day]
    return [*cells, flavor.source] if sources else cells


def _money(amount: Decimal | None, digits: int) -> str:
    return "unknown" if amount is None else f"{amount:.{digits}f}"


def _caption(found: FlavorList) -> str:
    discounts = sorted({(item.provider, item.discount_percent) for item in found.flavors if item.discount_percent})
    parts = [f"{len(found.flavors)} of {found.matching} matching", "on-demand list prices, Linux, one replica"]
    parts += [f"{provider} less {percent.normalize():f} %" for provider, percent in discounts]
    return "; ".join(parts)
