"""A catalogue file is taken whole or not at all; every fault is located."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.flavors.csv_rows import MAX_BYTES, read_flavors
from domain.errors import ConfigurationError, InvalidData
from tests.fakes.flavor_rows import HEADER

GOOD = {
    "provider": "acme", "flavor": "m.large", "family": "general", "arch": "x86_64", "vcpus": "2", "memory_gib": "8",
    "region": "north-1", "price_usd_per_hour": "0.1", "spot_usd_per_hour": "0.03", "source": "price list",
    "as_of": "2026-06-01",
}  # fmt: skip


def a_line(**changes: str) -> str:
    return ",".join({**GOOD, **changes}.values())


def fault_in(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidData) as caught:
        read_flavors(path, "setting X")
    message = caught.value.message
    assert message.startswith("setting X (own.csv): ")
    assert str(tmp_path) not in message
    assert "\n" not in message
    return message


NUMBER = "a decimal number more than 0"
PRICE = "USD per hour as a decimal number more than 0, or nothing when it is unknown"


@pytest.mark.parametrize(
    ("column", "found", "expected"),
    [
        ("provider", "", "a name of lower-case letters"),
        ("provider", "AWS", "a name of lower-case letters"),
        ("provider", "generic", "a provider other than generic, which is built in"),
        ("flavor", "", "1 to 128 letters"),
        ("flavor", "m large", "1 to 128 letters"),
        ("flavor", "=cmd", "1 to 128 letters"),
        ("flavor", "m" * 129, "1 to 128 letters"),
        ("family", "gpu", "one of burstable, compute, general, memory"),
        ("family", "", "one of burstable, compute, general, memory"),
        ("arch", "amd64", "one of arm64, x86_64"),
        ("vcpus", "", NUMBER),
        ("vcpus", "two", NUMBER),
        ("vcpus", "0", NUMBER),
        ("vcpus", "0.000", NUMBER),
        ("vcpus", "-2", NUMBER),
        ("vcpus", "nan", NUMBER),
        ("vcpus", "inf", NUMBER),
        ("vcpus", "1_000", NUMBER),
        ("vcpus", "٣", NUMBER),
        ("vcpus", " 2", NUMBER),
        ("vcpus", "1e3", NUMBER),
        ("vcpus", "0x10", NUMBER),
        ("vcpus", "1234567890", NUMBER),
        ("memory_gib", "0", NUMBER),
        ("memory_gib", "8GiB", NUMBER),
        ("region", "", "1 to 128 letters"),
        ("region", "@home", "1 to 128 letters"),
        ("price_usd_per_hour", "0", PRICE),
        ("price_usd_per_hour", "0.0", PRICE),
        ("price_usd_per_hour", "-0.1", PRICE),
        ("price_usd_per_hour", "NaN", PRICE),
        ("price_usd_per_hour", "Infinity", PRICE),
        ("price_usd_per_hour", "$0.1", PRICE),
        ("price_usd_per_hour", "-", PRICE),
        ("spot_usd_per_hour", "0", PRICE),
        ("source", "", "where the row comes from"),
        ("source", " padded", "where the row comes from"),
        ("source", "=HYPERLINK(1)", "where the row comes from"),
        ("as_of", "2026-02-30", "a date as YYYY-MM-DD"),
        ("as_of", "20260601", "a date as YYYY-MM-DD"),
        ("as_of", "2026-W23-1", "a date as YYYY-MM-DD"),
        ("as_of", "01.06.2026", "a date as YYYY-MM-DD"),
    ],
)
def test_a_bad_field_is_named_with_line_column_and_what_was_expected(
    tmp_path: Path, column: str, found: str, expected: str
) -> None:
    bad = {"flavor": "m.xlarge", column: found}
    message = fault_in(tmp_path, f"{HEADER}\n{a_line()}\n{a_line(**bad)}\n")
    assert f"line 3, column {column}: expected {expected}" in message
    shown = found if len(found) <= 40 else found[:40] + "…"
    assert message.endswith(f"found {shown!r}")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "line 1: expected the header provider,flavor,"),
        (HEADER.replace("arch,", "") + "\n", "line 1: expected the header provider,flavor,"),
        (HEADER.upper() + "\n" + a_line(), "line 1: expected the header provider,flavor,"),
        (a_line() + "\n", "line 1: expected the header provider,flavor,"),
        (HEADER.replace(",", ";") + "\n", "line 1: expected the header provider,flavor,"),
        (HEADER + "\n", "line 2: expected at least one flavor"),
        (f"{HEADER}\n{a_line()},more\n", "line 2: expected 11 fields, found '12 fields'"),
        (f"{HEADER}\n\nacme,m.large\n", "line 3: expected 11 fields, found '2 fields'"),
        (f'{HEADER}\n"{a_line()}\n', "line 2: expected well-formed CSV"),
        (f"{HEADER}\n{a_line(source=chr(34) + 'a' + chr(10) + 'b' + chr(34))}\n", "line 2, column source: expected"),
        (f"{HEADER}\n{a_line(source='x' * 140_000)}\n", "line 2: expected well-formed CSV"),
        (f"{HEADER}\n{a_line()}\n{a_line(flavor='m' + chr(0))}\n", "line 3: expected text, found a NUL character"),
        (f"{HEADER}\n{a_line()}\n".encode() + b"\xff\xfe", "line 3: expected text in UTF-8"),
        (f"{HEADER}\n{a_line()}\n".encode("utf-16"), "line 1: expected text in UTF-8"),
    ],
)
def test_a_file_of_the_wrong_form_is_refused_with_the_line(tmp_path: Path, content: str | bytes, expected: str) -> None:
    assert expected in fault_in(tmp_path, content)


def test_a_line_after_a_field_of_two_lines_keeps_its_number(tmp_path: Path) -> None:
    two_lines = a_line(source='"a\nb"')
    message = fault_in(tmp_path, f"{HEADER}\n{two_lines}\n{a_line(vcpus='x')}\n")
    assert "line 2, column source" in message
    assert "line 4, column vcpus" in message


def test_a_second_row_for_the_same_flavor_and_region_names_the_first(tmp_path: Path) -> None:
    message = fault_in(tmp_path, f"{HEADER}\n{a_line()}\n{a_line(region='south-1')}\n{a_line(vcpus='4')}\n")
    assert "line 4, column flavor: expected one row per provider, flavor and region (the other is on line 2)" in message


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    message = fault_in(tmp_path, f"{HEADER}\n{a_line(vcpus='x', arch='y')}\n{a_line(family='z')}\n")
    assert [part for part in ("column arch", "column vcpus", "line 3, column family") if part not in message] == []


def test_a_long_list_of_faults_is_cut_and_says_so(tmp_path: Path) -> None:
    rows = "\n".join(a_line(vcpus="x") for _ in range(25))
    message = fault_in(tmp_path, f"{HEADER}\n{rows}\n")
    assert "line 21, column vcpus" in message
    assert "line 22" not in message
    assert message.endswith("and 5 more")


def test_a_good_file_is_read_with_byte_order_mark_crlf_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    last = a_line(flavor="m.xlarge", price_usd_per_hour="", as_of="")
    path.write_bytes(f"\ufeff{HEADER}\r\n{a_line()}\r\n\r\n{last}".encode())
    rows = read_flavors(path, "setting X")
    assert list(rows) == [("acme", "m.large", "north-1"), ("acme", "m.xlarge", "north-1")]
    assert rows["acme", "m.xlarge", "north-1"].price_usd_per_hour is None
    assert rows["acme", "m.xlarge", "north-1"].as_of is None


def unreadable(tmp_path: Path) -> list[tuple[Path, str]]:
    too_large = tmp_path / "large.csv"
    with too_large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    os.mkfifo(tmp_path / "pipe.csv")
    return [
        (tmp_path / "absent.csv", "absent.csv cannot be read: No such file or directory"),
        (tmp_path, "is not a file"),
        (tmp_path / "pipe.csv", "pipe.csv is not a file"),
        (too_large, f"large.csv has {MAX_BYTES + 1} bytes, at most {MAX_BYTES} are read"),
    ]


@pytest.mark.parametrize("case", range(4))
def test_a_file_that_cannot_be_read_names_the_setting_and_not_the_path(tmp_path: Path, case: int) -> None:
    path, expected = unreadable(tmp_path)[case]
    with pytest.raises(ConfigurationError) as caught:
        read_flavors(path, "setting X")
    assert caught.value.message.startswith("setting X: ")
    assert expected in caught.value.message
    assert str(tmp_path.parent) not in caught.value.message
