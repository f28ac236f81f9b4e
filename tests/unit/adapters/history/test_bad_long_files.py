"""Every kind of bad long file: refused, rejected by line, or taken with a counted warning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.history.load_tally import FileRefused
from adapters.history.long_file import load_long_file
from adapters.history.row_fields import MAX_LINE_BYTES
from domain.errors import DataSourceUnavailable
from domain.load_report import LoadReport, WarningKind

HEADER = b"service_id,metric_name,ts,value\n"
GOOD = b"shop,avg_cpu,2026-11-23T00:00:00Z,0.25\n"
T1, T2 = b"2026-11-23T01:00:00Z", b"2026-11-23T02:00:00Z"


def load(tmp_path: Path, content: bytes) -> LoadReport:
    path = tmp_path / "services.csv"
    path.write_bytes(content)
    return load_long_file(path)[1]


@dataclass(frozen=True)
class Bad:
    name: str
    line: bytes
    reason: str


# Each is put on line 3 between good lines; it must be rejected there, for this reason, and nothing else.
REJECTED = [
    Bad("text instead of a number", b"shop,avg_cpu,%b,high" % T1, "value 'high' is not a number"),
    Bad("number with a unit", b"shop,avg_cpu,%b,25%%" % T1, "value '25%' is not a number"),
    Bad("empty value", b"shop,avg_cpu,%b," % T1, "value is empty"),
    Bad("blank value", b"shop,avg_cpu,%b,  " % T1, "value is empty"),
    Bad("NaN", b"shop,avg_cpu,%b,NaN" % T1, "value 'NaN' is not finite"),
    Bad("signed nan", b"shop,avg_cpu,%b,-nan" % T1, "value '-nan' is not finite"),
    Bad("inf", b"shop,avg_cpu,%b,inf" % T1, "value 'inf' is not finite"),
    Bad("infinity", b"shop,avg_cpu,%b,-Infinity" % T1, "value '-Infinity' is not finite"),
    Bad("overflow to infinity", b"shop,avg_cpu,%b,1e400" % T1, "value '1e400' is beyond 1e+18"),
    Bad("beyond 1e18", b"shop,avg_cpu,%b,-2e18" % T1, "value '-2e18' is beyond 1e+18"),
    Bad("beyond 1e18, written out", b"shop,avg_cpu,%b,9999999999999999999" % T1, "is beyond 1e+18"),
    Bad("underscore in a number", b"shop,avg_cpu,%b,1_000" % T1, "value '1_000' is not a number"),
    Bad("Arabic digits", "shop,avg_cpu,2026-11-23T01:00:00Z,٣".encode(), "value '\\u0663' is not a number"),
    Bad("full-width digits", "shop,avg_cpu,2026-11-23T01:00:00Z,１".encode(), "is not a number"),
    Bad("hexadecimal", b"shop,avg_cpu,%b,0x1F" % T1, "value '0x1F' is not a number"),
    Bad("two points", b"shop,avg_cpu,%b,1.2.3" % T1, "value '1.2.3' is not a number"),
    Bad("only a point", b"shop,avg_cpu,%b,." % T1, "value '.' is not a number"),
    Bad("only a sign", b"shop,avg_cpu,%b,-" % T1, "value '-' is not a number"),
    Bad("sign inside", b"shop,avg_cpu,%b,1-2" % T1, "value '1-2' is not a number"),
    Bad("two signs", b"shop,avg_cpu,%b,--1" % T1, "value '--1' is not a number"),
    Bad("exponent without digits", b"shop,avg_cpu,%b,1e" % T1, "value '1e' is not a number"),
    Bad("null", b"shop,avg_cpu,%b,null" % T1, "value 'null' is not a number"),
    Bad("formula", b"shop,avg_cpu,%b,=1+1" % T1, "value '=1+1' is not a number"),
    Bad("decimal comma", b"shop,avg_cpu,%b,0,31" % T1, "the line has 5 fields, 4 are expected"),
    Bad("missing field", b"shop,avg_cpu,%b" % T1, "the line has 3 fields, 4 are expected"),
    Bad("one field", b"shop", "the line has 1 fields, 4 are expected"),
    Bad("trailing comma", b"shop,avg_cpu,%b,0.5," % T1, "the line has 5 fields, 4 are expected"),
    Bad("semicolons", b"shop;avg_cpu;%b;0.5" % T1, "the line has 1 fields, 4 are expected"),
    Bad("header again", b"service_id,metric_name,ts,value", "ts 'ts' is not a timestamp"),
    Bad("empty service", b",avg_cpu,%b,0.5" % T1, "service_id is empty"),
    Bad("blank service", b"  ,avg_cpu,%b,0.5" % T1, "service_id is empty"),
    Bad("empty metric", b"shop,,%b,0.5" % T1, "metric_name is empty"),
    Bad("empty quoted service", b'"",avg_cpu,%b,0.5' % T1, "service_id is empty"),
    Bad("only commas", b",,,", "service_id is empty"),
    Bad("service of 129 characters", b"s" * 129 + b",avg_cpu,%b,0.5" % T1, "service_id has 129 characters"),
    Bad("service of 300 characters", b"s" * 300 + b",avg_cpu,%b,0.5" % T1, "service_id has 300 characters"),
    Bad("metric of 129 characters", b"shop,%b,%b,0.5" % (b"m" * 129, T1), "metric_name has 129 characters"),
    Bad("field over 64 KiB", b"s" * (MAX_LINE_BYTES + 1) + b",avg_cpu,%b,0.5" % T1, "longer than 65536 bytes"),
    Bad("value over 64 KiB", b"shop,avg_cpu,%b,%b" % (T1, b"1" * MAX_LINE_BYTES), "longer than 65536 bytes"),
    Bad("line of 5 MiB", b"x" * 5_242_880, "longer than 65536 bytes"),
    Bad("NUL in a value", b"shop,avg_cpu,%b,0.\x005" % T1, "NUL byte"),
    Bad("NUL in a name", b"shop\x00,avg_cpu,%b,0.5" % T1, "NUL byte"),
    Bad("NUL in a timestamp", b"shop,avg_cpu,2026-11-23T01:00:00\x00,0.5", "NUL byte"),
    Bad("byte order mark inside", b"\xef\xbb\xbfshop,avg_cpu,%b,0.5" % T1, "byte order mark"),
    Bad("Latin-1 text", b"caf\xe9,avg_cpu,%b,0.5" % T1, "not UTF-8 (byte 4 of the line)"),
    Bad("control character in a name", b"sh\x1bop,avg_cpu,%b,0.5" % T1, "service_id holds a control"),
    Bad("zero-width space in it", "sh\u200bop,avg_cpu,2026-11-23T01:00:00Z,1".encode(), "service_id holds a control"),
    Bad("line separator in a name", "shop,avg\u2028cpu,2026-11-23T01:00:00Z,1".encode(), "metric_name holds a control"),
    Bad("lone carriage return", b"shop,avg_cpu,%b,0.5\rshop" % T1, "carriage return"),
    Bad("quote never closed", b'"shop,avg_cpu,%b,0.5' % T1, "a quoted field is not closed"),
    Bad("comma behind an opening quote", b'"x,"shop",avg_cpu,%b,0.5' % T1, "goes on after its closing quote"),
    Bad("quote closed by a later field", b'"shop,avg_cpu",%b,0.5' % T1, "the line has 3 fields, 4 are expected"),
    Bad("text after a quote", b'"sh"op,avg_cpu,%b,0.5' % T1, "goes on after its closing quote"),
    Bad("timestamp in words", b"shop,avg_cpu,yesterday,0.5", "ts 'yesterday' is not a timestamp like 2026"),
    Bad("empty timestamp", b"shop,avg_cpu,,0.5", "ts '' is not a timestamp"),
    Bad("date only", b"shop,avg_cpu,2026-11-23,0.5", "is not a timestamp"),
    Bad("epoch seconds", b"shop,avg_cpu,1795392000,0.5", "is not a timestamp"),
    Bad("American date", b"shop,avg_cpu,11/23/2026 01:00:00,0.5", "is not a timestamp"),
    Bad("month 13", b"shop,avg_cpu,2026-13-01T00:00:00Z,0.5", "is no date and time that exists"),
    Bad("month 0", b"shop,avg_cpu,2026-00-01T00:00:00Z,0.5", "is no date and time that exists"),
    Bad("31 November", b"shop,avg_cpu,2026-11-31T00:00:00Z,0.5", "is no date and time that exists"),
    Bad("29 February of a common year", b"shop,avg_cpu,2026-02-29T00:00:00Z,0.5", "is no date and time that exists"),
    Bad("29 February 2100", b"shop,avg_cpu,2100-02-29T00:00:00Z,0.5", "is no date and time that exists"),
    Bad("day 0", b"shop,avg_cpu,2026-11-00T00:00:00Z,0.5", "is no date and time that exists"),
    Bad("hour 24", b"shop,avg_cpu,2026-11-23T24:00:00Z,0.5", "is no date and time that exists"),
    Bad("minute 60", b"shop,avg_cpu,2026-11-23T01:60:00Z,0.5", "is no date and time that exists"),
    Bad("second 60", b"shop,avg_cpu,2026-11-23T01:00:60Z,0.5", "is no date and time that exists"),
    Bad("year 1969", b"shop,avg_cpu,1969-12-31T23:00:00Z,0.5", "outside the years 1970 to 2199"),
    Bad("year 2200", b"shop,avg_cpu,2200-01-01T00:00:00Z,0.5", "outside the years 1970 to 2199"),
    Bad("before 1970 by its offset", b"shop,avg_cpu,1970-01-01T00:00:00+01:00,0.5", "outside the years 1970 to 2199"),
    Bad("offset of 99 hours", b"shop,avg_cpu,2026-11-23T01:00:00+99:00,0.5", "is no date and time that exists"),
    Bad("offset of 60 minutes", b"shop,avg_cpu,2026-11-23T01:00:00+01:60,0.5", "is no date and time that exists"),
    Bad("zone by name", b"shop,avg_cpu,2026-11-23T01:00:00 CET,0.5", "is not a timestamp"),
    Bad("two zones", b"shop,avg_cpu,2026-11-23T01:00:00ZZ,0.5", "is not a timestamp"),
]


@pytest.mark.parametrize("bad", REJECTED, ids=lambda bad: bad.name)
def test_a_bad_line_is_rejected_with_its_number_and_reason(bad: Bad, tmp_path: Path) -> None:
    report = load(tmp_path, HEADER + GOOD + bad.line + b"\n" + GOOD.replace(b"T00", b"T02"))
    assert [rejection.line for rejection in report.rejections] == [3]
    assert bad.reason in report.rejections[0].reason
    assert (report.lines_read, report.accepted, report.rejected) == (3, 2, 1)
    assert report.warnings == ()


@pytest.mark.parametrize("bad", REJECTED, ids=lambda bad: bad.name)
def test_a_file_of_only_bad_lines_is_refused(bad: Bad, tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        load(tmp_path, HEADER + bad.line + b"\n" + bad.line)
    assert refused.value.line == 2
    assert bad.reason in refused.value.message
    assert refused.value.report.rejected == refused.value.report.lines_read == 2


WARNED = [
    Bad("naive", b"shop,avg_cpu,2026-11-23T01:00:00,0.5", WarningKind.NAIVE_TIMESTAMP),
    Bad("naive with a blank", b"shop,avg_cpu,2026-11-23 01:00:00,0.5", WarningKind.NAIVE_TIMESTAMP),
    Bad("naive without seconds", b"shop,avg_cpu,2026-11-23 01:00,0.5", WarningKind.NAIVE_TIMESTAMP),
    Bad("offset", b"shop,avg_cpu,2026-11-23T02:00:00+01:00,0.5", WarningKind.OFFSET_TIMESTAMP),
    Bad("negative offset", b"shop,avg_cpu,2026-11-22T19:30:00-05:30,0.5", WarningKind.OFFSET_TIMESTAMP),
    Bad("offset without a colon", b"shop,avg_cpu,2026-11-23T02:00:00+0100,0.5", WarningKind.OFFSET_TIMESTAMP),
    Bad("blanks around", b" shop , avg_cpu,2026-11-23T01:00:00Z , 0.5", WarningKind.BLANKS_TRIMMED),
    Bad("negative", b"shop,avg_cpu,2026-11-23T01:00:00Z,-0.5", WarningKind.NEGATIVE_VALUE),
    Bad("negative with exponent", b"shop,avg_cpu,2026-11-23T01:00:00Z,-5e-1", WarningKind.NEGATIVE_VALUE),
    Bad("duplicate", b"shop,avg_cpu,2026-11-23T02:00:00Z,0.5", WarningKind.DUPLICATE_TIMESTAMP),
    Bad("duplicate by offset", b"shop,avg_cpu,2026-11-23T02:00:00.0Z,0.5", WarningKind.DUPLICATE_TIMESTAMP),
    Bad("unsorted", b"shop,avg_cpu,2026-11-22T01:00:00Z,0.5", WarningKind.UNSORTED),
]


@pytest.mark.parametrize("odd", WARNED, ids=lambda odd: odd.name)
def test_an_odd_line_is_taken_with_a_warning_that_names_it(odd: Bad, tmp_path: Path) -> None:
    report = load(tmp_path, HEADER + GOOD + odd.line + b"\n" + GOOD.replace(b"T00", b"T02"))
    assert [(w.kind, w.count, w.first_lines) for w in report.warnings] == [(odd.reason, 1, (3,))]
    assert (report.accepted, report.rejected) == (3, 0)
    assert report.warnings[0].meaning


GOOD_LINES = {
    "quoted fields": b'"shop","avg_cpu","2026-11-23T01:00:00Z","0.5"',
    "quoted comma": b'"shop, north",avg_cpu,2026-11-23T01:00:00Z,0.5',
    "doubled quote": b'"a ""b""",avg_cpu,2026-11-23T01:00:00Z,0.5',
    "CR LF": b"shop,avg_cpu,2026-11-23T01:00:00Z,0.5\r",
    "zero offset": b"shop,avg_cpu,2026-11-23T01:00:00+00:00,0.5",
    "zero offset without seconds": b"shop,avg_cpu,2026-11-23T01:00+0000,0.5",
    "fraction of a second": b"shop,avg_cpu,2026-11-23T01:00:00.250Z,0.5",
    "small letters": b"shop,avg_cpu,2026-11-23t01:00:00z,0.5",
    "leap day": b"shop,avg_cpu,2028-02-29T00:00:00Z,0.5",
    "leap day of 2000": b"shop,req,2000-02-29T00:00:00Z,0.5",
    "exponent": b"shop,avg_cpu,2026-11-23T01:00:00Z,5E-1",
    "plus": b"shop,avg_cpu,2026-11-23T01:00:00Z,+0.5",
    "no leading zero": b"shop,avg_cpu,2026-11-23T01:00:00Z,.5",
    "no decimals": b"shop,avg_cpu,2026-11-23T01:00:00Z,5.",
    "minus zero": b"shop,avg_cpu,2026-11-23T01:00:00Z,-0",
    "many zeros": b"shop,avg_cpu,2026-11-23T01:00:00Z,000000000000000000000000000000.5",
    "Korean name": "주문,avg_cpu,2026-11-23T01:00:00Z,0.5".encode(),
    "name of 128 letters of three bytes": "주".encode() * 128 + b",avg_cpu,2026-11-23T01:00:00Z,0.5",
    "two names of 128": b"s" * 128 + b"," + b"m" * 128 + b",2026-11-23T01:00:00Z,0.5",
    "last hour of 2199": b"shop,avg_cpu,2199-12-31T23:59:59Z,0.5",
}


@pytest.mark.parametrize("line", GOOD_LINES.values(), ids=GOOD_LINES.keys())
def test_an_unusual_but_good_line_is_taken_silently(line: bytes, tmp_path: Path) -> None:
    report = load(tmp_path, HEADER + GOOD + line + b"\n")
    assert (report.accepted, report.rejected, report.warnings, report.is_clean) == (2, 0, (), True)


STRUCTURE = {
    "empty": (b"", "the file is empty; a header is expected", None),
    "only a byte order mark": (b"\xef\xbb\xbf", "missing column service_id,metric_name,ts,value", 1),
    "header only": (HEADER, "no data lines", None),
    "header and blank lines": (HEADER + b"\n\n", "no data lines", None),
    "no header": (GOOD, "missing column service_id,metric_name,ts,value; unknown name in column 1,2,3,4", 1),
    "missing column": (b"service_id,metric_name,ts\nshop,avg_cpu,x\n", "missing column value", 1),
    "additional column": (HEADER[:-1] + b",unit\n", "unknown name in column 5", 1),
    "other order": (b"metric_name,service_id,ts,value\n" + GOOD, "column 1 must be service_id", 1),
    "repeated column": (HEADER[:-1] + b",value\n", "appears more than once", 1),
    "other case": (HEADER.upper() + GOOD, "missing column", 1),
    "semicolons": (HEADER.replace(b",", b";") + GOOD, "separated by commas, not semicolons", 1),
    "tabs": (HEADER.replace(b",", b"\t") + GOOD, "separated by commas, not tabs", 1),
    "UTF-16": ("service_id,metric_name,ts,value\n".encode("utf-16"), "saved as UTF-8", 1),
    "compressed": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00" + bytes(range(200)), "wrong header", 1),
    "old Macintosh line ends": ((HEADER + GOOD).replace(b"\n", b"\r"), "carriage return", 1),
    "endless first line": (b"a" * 5_000_000, "longer than 65536 bytes", 1),
}


@pytest.mark.parametrize(("content", "message", "line"), STRUCTURE.values(), ids=STRUCTURE.keys())
def test_a_file_with_a_wrong_structure_is_refused(
    content: bytes, message: str, line: int | None, tmp_path: Path
) -> None:
    with pytest.raises(FileRefused) as refused:
        load(tmp_path, content)
    assert message in refused.value.message
    assert refused.value.line == line
    assert refused.value.report.refusal == refused.value.message
    assert str(tmp_path) not in refused.value.message


def test_the_text_of_a_file_that_is_no_history_is_not_repeated(tmp_path: Path) -> None:
    """An operator may point the setting at the wrong file, and the message may reach a client."""
    with pytest.raises(FileRefused) as refused:
        load(tmp_path, b"MYSQL_PASSWORD=tiger,hunter2\n")
    assert "tiger" not in refused.value.message
    assert "hunter2" not in refused.value.message


def test_a_missing_file_or_folder_cannot_be_read(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "absent.csv", "No such file"), (tmp_path, "not a regular file")):
        with pytest.raises(DataSourceUnavailable, match=reason) as caught:
            load_long_file(path)
        assert str(tmp_path) not in caught.value.message


def test_a_byte_order_mark_at_the_start_is_tolerated_and_counted(tmp_path: Path) -> None:
    report = load(tmp_path, b"\xef\xbb\xbf" + HEADER + GOOD)
    assert [(w.kind, w.first_lines) for w in report.warnings] == [(WarningKind.BYTE_ORDER_MARK, (1,))]
    assert report.accepted == 1


def test_blank_lines_are_skipped_counted_and_keep_the_numbering(tmp_path: Path) -> None:
    report = load(tmp_path, HEADER + b"\n" + GOOD + b"  \n\r\nbad\n\n")
    assert [(w.kind, w.count, w.first_lines) for w in report.warnings] == [(WarningKind.BLANK_LINE, 4, (2, 4, 5, 7))]
    assert [rejection.line for rejection in report.rejections] == [6]
    assert report.lines_read == 2


def test_a_last_line_without_a_line_feed_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, HEADER + GOOD + GOOD.replace(b"T00", b"T01").rstrip()).accepted == 2


def test_the_lines_named_by_a_warning_are_the_first_ones_whichever_path_read_them(tmp_path: Path) -> None:
    """Plain lines of a block are read before the others, so a careful line 2 is met after plain lines 3 to 8."""
    careful = b'"a, b",m,2026-11-23T00:00:00Z,-1\n'
    plain = b"".join(b"a,m,2026-11-23T%02d:00:00Z,-1\n" % hour for hour in range(6))
    (warning,) = load(tmp_path, HEADER + careful + plain).warnings
    assert (warning.count, warning.first_lines) == (7, (2, 3, 4, 5, 6))


def test_only_the_first_rejections_are_kept_but_all_are_counted(tmp_path: Path) -> None:
    report = load(tmp_path, HEADER + GOOD + b"bad\n" * 1000)
    assert report.rejected == 1000
    assert [rejection.line for rejection in report.rejections] == list(range(3, 53))


def test_rejections_are_counted_by_service_where_it_can_be_read(tmp_path: Path) -> None:
    bad = b"shop,avg_cpu,%b,x\n" % T1 + b"auth,avg_cpu,%b,x\n" % T1 + b"shop,avg_cpu,x,1\n" + b"x\n"
    assert load(tmp_path, HEADER + GOOD + bad).rejected_by_service == {"shop": 2, "auth": 1}
