"""Whatever a file holds: every line is accounted for, and both reading paths agree."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.history import long_file
from adapters.history.columns import PADDING, group_keys, read_stamps
from adapters.history.decimals import read_numbers
from adapters.history.load_tally import FileRefused
from adapters.history.long_file import load_long_file
from adapters.history.row_fields import RowRefused, parse_row, parse_timestamp
from domain.load_report import LoadReport

HEADER = b"service_id,metric_name,ts,value\n"
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

names = st.sampled_from(
    ["shop", '"shop"', '"x', 'y"', "auth", " shop", "주문", '"a,b"', "", "s" * 128, "s" * 129, "a\x00", "a\u200b"]
)
stamps = st.one_of(
    st.just('"2026-01-01T00:00:00Z"'),
    st.datetimes(datetime(1960, 1, 1), datetime(2210, 1, 1)).map(lambda t: f"{t:%Y-%m-%dT%H:%M:%SZ}"),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 2)).map(lambda t: f"{t:%Y-%m-%d %H:00:00}"),
    st.sampled_from(["2026-01-01T00:00:00+09:00", "2026-01-01T00:00:00-00:30", "2026-01-01", "", "x"]),
    st.text("0123456789-:TZ+ ", max_size=26),
)
numbers = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.text("0123456789.eE+-_", max_size=26),
    st.sampled_from(["1_000", "٣", "nan", "Infinity", "", " 1", "1 ", '"0.5"', "0x1", "1,5"]),
)
rows = st.tuples(names, names, stamps, numbers).map(lambda row: ",".join(row).encode())
junk = st.one_of(rows, rows, rows, st.binary(max_size=60), st.text(max_size=40).map(lambda t: t.encode()))
line_lists = st.lists(junk.map(lambda line: line.replace(b"\n", b"")), max_size=30)


def read(path: Path, lines: list[bytes], block_bytes: int) -> LoadReport:
    path.write_bytes(HEADER + b"\n".join(lines))
    try:
        return load_long_file(path, block_bytes)[1]
    except FileRefused as refused:
        return refused.report


@MANY
@given(lines=line_lists, block_bytes=st.sampled_from([1, 7, 64, 1000, 100_000]))
@example(lines=[b"\r"], block_bytes=64)
@example(lines=[b"a,b,2026-01-01T00:00:00Z,1", b"a,b\x00,2026-01-01T00:00:00Z,1", b""], block_bytes=1000)
def test_every_line_is_accepted_or_rejected_whatever_it_holds(
    lines: list[bytes], block_bytes: int, tmp_path: Path
) -> None:
    report = read(tmp_path / "f.csv", lines, block_bytes)
    data_lines = [line for line in lines if line.strip()]
    assert report.lines_read == len(data_lines)
    assert report.accepted + report.rejected == len(data_lines)
    expected = [number for number, line in enumerate(lines, 2) if line.strip() and not is_good(line)]
    assert [rejection.line for rejection in report.rejections] == expected[:50]
    assert all(rejection.reason for rejection in report.rejections)


def is_good(line: bytes) -> bool:
    try:
        parse_row(line.removesuffix(b"\r"))
    except RowRefused:
        return False
    return True


@MANY
@given(lines=line_lists, block_bytes=st.sampled_from([1, 50, 333]))
def test_the_report_does_not_depend_on_how_the_file_is_cut(
    lines: list[bytes], block_bytes: int, tmp_path: Path
) -> None:
    assert read(tmp_path / "f.csv", lines, block_bytes) == read(tmp_path / "f.csv", lines, 1_000_000)


@MANY
@given(lines=st.lists(rows.map(lambda line: line.replace(b"\n", b"")), max_size=30))
def test_the_warnings_are_those_of_reading_line_by_line(lines: list[bytes], tmp_path: Path) -> None:
    counted = {w.kind: w.count for w in read(tmp_path / "f.csv", lines, 1000).warnings}
    expected = Counter(kind for line in lines if line.strip() and is_good(line) for kind in parse_row(line).warnings)
    assert {kind: count for kind, count in counted.items() if kind in expected} == dict(expected)


@MANY
@given(
    samples=st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 72), st.floats(-1e6, 1e6)), min_size=1, max_size=60
    )
)
def test_series_are_what_a_plain_dictionary_gives(samples: list[tuple[str, int, float]], tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    lines = [
        f"{s},m,2026-01-{1 + q // 96:02d}T{q // 4 % 24:02d}:{q % 4 * 15:02d}:00Z,{v!r}".encode() for s, q, v in samples
    ]
    path.write_bytes(HEADER + b"\n".join(lines))
    table, _ = load_long_file(path, 200)
    first_hour = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) // 3600
    for service in {s for s, _, _ in samples}:
        latest = {quarter: value for s, quarter, value in samples if s == service}
        series = table.cut(service, "m", first_hour + 10_000, 10_000)
        assert series is not None
        for index in np.flatnonzero(series.observed).tolist():
            hour = int(series.start.timestamp()) // 3600 - first_hour + index
            own = [value for quarter, value in latest.items() if quarter // 4 == hour]
            assert series.values[index] == pytest.approx(sum(own) / len(own), rel=1e-9, abs=1e-6)
        assert series.observed_hours == len({quarter // 4 for quarter in latest})


def _fields(texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    raw = [text.encode() for text in texts]
    stops = np.cumsum([len(text) + 1 for text in raw]) - 1
    block = np.frombuffer(b"\n".join(raw) + b"\n" + bytes(PADDING), dtype=np.uint8)
    return block, stops - np.array([len(text) for text in raw]), stops


decimals = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e6, 1e6).map(repr),
    st.integers(0, 2**62).map(str),
    # Half way between two neighbours, where one wrong bit shows.
    st.integers(2**53, 2**54 - 1).map(lambda n: f"{(2 * n + 1) * 5 // 10}.{(2 * n + 1) * 5 % 10}"),
    st.decimals(-(10**12), 10**12, places=6, allow_nan=False).map(lambda d: f"{d:f}"),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(decimals, min_size=1, max_size=20))
@example(["9007199254740993", "9007199254740992.5", "0.000000000000000000001", "-0.0", "123456789012345678"])
def test_numbers_read_by_the_block_are_those_of_float_to_the_last_bit(texts: list[str]) -> None:
    values, certain = read_numbers(*_fields(texts))
    for text, value, sure in zip(texts, values.tolist(), certain.tolist(), strict=True):
        if sure:
            assert value == float(text)


def test_ordinary_numbers_are_read_by_the_block_and_not_one_by_one() -> None:
    texts = ["0", "1", "0.25", "-3.5", "27326", "0.6734097152151749", "0.05432109876543211", "123456789.12345679"]
    values, certain = read_numbers(*_fields(texts))
    assert certain.all()
    assert values.tolist() == [float(text) for text in texts]


@pytest.mark.parametrize("text", ["9007199254740993", "9007199254740993.0", "18014398509481986.0"])
def test_a_number_half_way_between_two_float64_is_not_decided_by_the_block(text: str) -> None:
    """The correction is not exact to the last bit, so a tie is left to ``float``."""
    assert not read_numbers(*_fields([text, "1"]))[1][0]


@pytest.mark.parametrize("text", ["", "-", ".", "1.2.3", "1e5", "+1", "1_0", "0x1", "nan", "1 ", "--1", "1-", "/", ":"])
def test_what_is_no_plain_decimal_is_left_to_the_careful_path(text: str) -> None:
    assert not read_numbers(*_fields([text, "1"]))[1][0]


@settings(max_examples=200, deadline=None)
@given(st.lists(stamps.filter(str.isascii), min_size=1, max_size=20))
@example(["2000-02-29T00:00:00Z", "2100-02-28T23:59:59+14:00", "2199-12-31T23:59:59Z", "1970-01-01T00:00:00-23:59"])
def test_timestamps_read_by_the_block_are_those_read_one_by_one(texts: list[str]) -> None:
    found = read_stamps(*_fields(texts))
    for index in np.flatnonzero(found.plain).tolist():
        time_us, _ = parse_timestamp(texts[index])
        assert found.time_us[index] == time_us


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("ab,", max_size=20), min_size=1, max_size=50))
def test_equal_names_and_only_those_share_a_key(texts: list[str]) -> None:
    keys, which = group_keys(*_fields(texts))
    assert [keys[index].decode() for index in which.tolist()] == texts


def test_names_whose_hashes_collide_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hash that gives everything the same number, only the comparison of the bytes is left."""
    monkeypatch.setattr("adapters.history.columns._MIX", np.uint64(0))
    texts = ["shop,cpu", "auth,cpu", "shop,cpu", "search-api,memory"]
    keys, which = group_keys(*_fields(texts))
    assert [keys[index].decode() for index in which.tolist()] == texts


def test_plain_lines_never_take_the_careful_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes a million rows load in about a second."""
    monkeypatch.setattr(long_file, "parse_row", lambda line: pytest.fail(f"{line!r} was read one by one"))
    lines = [
        f"shop,{metric},2026-01-01T{hour:02d}:00:00{zone},{hour / 7!r}".encode()
        for metric in ("avg_cpu", "requests")
        for hour in range(24)
        for zone in ("Z", "", "+09:00", "-03:30")
    ]
    lines += [b'"' + line.replace(b",", b'","') + b'"' for line in lines]
    assert read(tmp_path / "f.csv", lines, 1000).accepted == len(lines)
