"""Rules are data: first match wins, with a reason; a wrong table stops the start."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from domain.context import MCPContext, extract_context
from domain.errors import ConfigurationError
from domain.routing import Engine, RoutingTable, parse_routes

ROUTES = Path(__file__).parents[3] / "models" / "routes.toml"
LAST = {"model_version": "any_v1", "engine": "baseline"}


@pytest.fixture(scope="module")
def shipped() -> RoutingTable:
    """The table in models/routes.toml."""
    return parse_routes(tomllib.loads(ROUTES.read_text(encoding="utf-8")))


def context(**fields: object) -> MCPContext:
    """A context with the given fields."""
    base = {"context_id": "c", "timestamp": "2026-11-23T12:00:00Z", "service_type": "web"}
    return extract_context(base | fields)


@pytest.mark.parametrize(
    ("fields", "hours", "version", "engine"),
    [
        ({"runtime_env": "prod", "time_slot": "peak"}, 24, "web_peak_lstm_v1", Engine.LSTM),
        ({"runtime_env": "prod", "service_type": "db"}, 336, "db_normal_lstm_v1", Engine.LSTM),
        ({"service_type": "api", "time_slot": "weekend"}, 24, "api_weekend_lstm_v1", Engine.LSTM),
        ({"runtime_env": "prod"}, 23, "baseline_fallback_v1", Engine.BASELINE),
        ({"runtime_env": "dev"}, 1, "web_dev_baseline_v1", Engine.BASELINE),
        ({"runtime_env": "dev", "service_type": "db"}, 500, "db_dev_baseline_v1", Engine.BASELINE),
        ({"runtime_env": "dev"}, 0, "baseline_fallback_v1", Engine.BASELINE),
    ],
)  # fmt: skip
def test_the_shipped_table_routes_as_designed(
    shipped: RoutingTable, fields: dict[str, object], hours: int, version: str, engine: Engine
) -> None:
    route = shipped.choose(context(**fields), hours)
    assert (route.model_version, route.engine) == (version, engine)
    assert f"{hours} hours observed" in route.reason


def test_the_first_rule_that_matches_wins() -> None:
    table = parse_routes({"route": [LAST | {"model_version": "first"}, LAST]})
    assert table.choose(context(), 0).model_version == "first"


def test_a_rule_may_ask_for_users() -> None:
    table = parse_routes({"route": [LAST | {"model_version": "busy", "min_expected_users": 1000}, LAST]})
    assert table.choose(context(expected_users=1000), 0).model_version == "busy"
    assert table.choose(context(expected_users=999), 0).model_version == "any_v1"
    assert table.choose(context(), 0).model_version == "any_v1"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([], "at least one"),
        (["x"], "rule 1 must be a table"),
        ([{"engine": "baseline"}], "rule 1: model_version"),
        ([LAST | {"model_version": "{colour}"}], "rule 1: model_version"),
        ([LAST | {"engine": "oracle"}], "rule 1: engine must be of lstm, baseline"),
        ([LAST | {"time_slot": ["noon"]}, LAST], "rule 1: time_slot"),
        ([LAST, LAST | {"min_observed_hours": -1}], "rule 2: min_observed_hours"),
        ([LAST | {"min_observed_hour": 3}], "unknown keys: min_observed_hour"),
        ([LAST | {"runtime_env": "dev"}], "last rule must be without conditions"),
    ],
)
def test_a_wrong_table_names_rule_and_key(rules: list[object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_routes({"route": rules})
