"""The map of queries: what is refused, by entry and line, and ids that stay inside their quotes."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.history.prometheus_queries import load_queries, parse_queries, quoted
from domain.errors import ConfigurationError
from domain.metrics import SIZING_METRICS, names_in_history
from entrypoints.assets import asset_path

HEAD = 'service_label = "container"\n\n[metrics.latency]\n'
WHERE = "PROMETHEUS_QUERIES_PATH: [metrics.latency] in line 3: "


def entry(query: str, more: str = "") -> str:
    return f"{HEAD}query = '''{query}'''\n{more}"


def test_the_shipped_map_has_what_sizing_looks_at() -> None:
    queries = load_queries(asset_path("data/prometheus_queries.toml"))
    for specs in SIZING_METRICS.values():
        absolute = specs[0]
        assert {*names_in_history(absolute), absolute.max_companion} <= set(queries.metrics)


def test_an_id_takes_the_place_of_the_quoted_placeholder_each_time() -> None:
    query = parse_queries(entry("sum(a{s=\"{service_id}\"}) / sum(b{s = '{service_id}'}) # {service_id}"))
    assert query.metrics["latency"].promql('x"y') == 'sum(a{s="x\\"y"}) / sum(b{s = "x\\"y"}) '


def test_the_hour_is_whole_unless_told() -> None:
    query = parse_queries(entry('rate(a{s="{service_id}"}[{hour}])')).metrics["latency"]
    assert query.promql("{hour}") == 'rate(a{s="{hour}"}[1h])'
    assert query.promql("x", "1200s") == 'rate(a{s="x"}[1200s])'
    assert query.knows_part_of_an_hour
    assert not parse_queries(entry('a{s="{service_id}"}')).metrics["latency"].knows_part_of_an_hour


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("sum(a)", "{service_id} is missing"),
        ("sum(a) # {service_id}", "{service_id} is missing"),
        ("sum(a{s={service_id}})", "{service_id} stands without quotes"),
        ('sum(a{s="x-{service_id}"})', "{service_id} is part of a longer string"),
        ('sum(a{s=~"{service_id}"})', "a regular expression is refused"),
        ('sum(a{s!="{service_id}"})', "write it as a whole label value compared with ="),
        ('sum(a{s!~"{service_id}"})', "a regular expression is refused"),
        ("sum(a{s=`{service_id}`})", "{service_id} is part of a longer string"),
        ('label_replace(a, "x", "{service_id}", "", "")', "write it as a whole label value compared with ="),
        ('sum(a{s="{service_id})', "a quoted string is not closed"),
        ('sum(a{s="{service_id}",t="{hour}"})', "{hour} stands in quotes"),
        ("  ", "query must be a PromQL text"),
    ],
)
def test_a_query_that_could_not_be_right_is_refused_by_entry_and_line(query: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_queries(entry(query))
    assert caught.value.message.startswith(WHERE)
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "service_label: must be the name of the label"),
        ('service_label = "a-b"', "service_label: must be the name of the label"),
        ('service_label = "a"', "metrics: at least one table"),
        ('service_label = "a"\nmetrics = 3', "metrics: at least one table"),
        ('service_lable = "a"', "service_lable is not known here; known are metrics, service_label"),
        ('service_label = "a"\n[metrics]\nx = 3', "[metrics.x]: must be a table with a query"),
        (entry('a{s="{service_id}"}', "step = '1h'"), "step is not known here; known are query, services"),
        (entry('a{s="{service_id}"}', "services = 3"), "services must be a series selector"),
        (entry('a{s="{service_id}"}', "services = 'a{s=\"{service_id}\"}'"), "services must be a series selector"),
        (f'service_label = "a"\n[metrics.{"x" * 129}]\nquery = "y"', "a metric's name has 1 to 128 characters"),
        ("service_label = ", "not valid TOML"),
    ],
)
def test_a_map_that_could_not_be_right_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_queries(text)
    assert caught.value.message.startswith("PROMETHEUS_QUERIES_PATH: ")
    assert says in caught.value.message


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "map.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="PROMETHEUS_QUERIES_PATH: the query map"):
        load_queries(path)


@pytest.mark.parametrize(
    ("value", "literal"), [("a", '"a"'), ('"', '"\\""'), ("\\", '"\\\\"'), ("\n", '"\\u000a"'), ("😀", '"\\U0001f600"')]
)
def test_a_literal_escapes_all_but_printable_ascii(value: str, literal: str) -> None:
    assert quoted(value) == literal
