"""An alert survives the outbox unchanged, and what is no alert is refused by the key that is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerts.message import AlertKind, AlertMessage, message_from_json, message_to_json
from domain.errors import InvalidData
from tests.fakes.alerts import AN_ALERT, an_alert


def test_an_alert_comes_back_as_it_was_stored() -> None:
    assert message_from_json(message_to_json(AN_ALERT)) == AN_ALERT


@given(
    service=st.text(max_size=128),
    peak=st.floats(allow_nan=False, allow_infinity=False),
    score=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    cost=st.decimals(allow_nan=False, allow_infinity=False),
    kind=st.sampled_from(AlertKind),
)
def test_any_alert_comes_back(service: str, peak: float, score: float | None, cost: Decimal, kind: AlertKind) -> None:
    alert = an_alert(service_id=service, peak=peak, score=score, expected_cost_per_day=cost, kind=kind, plan_id=None)
    assert message_from_json(message_to_json(alert)) == alert


def test_times_are_stored_in_utc_and_money_as_text() -> None:
    seoul = datetime(2026, 11, 25, 3, tzinfo=timezone(timedelta(hours=9)))
    stored = json.loads(message_to_json(an_alert(peak_at=seoul)))
    assert (stored["peak_at"], stored["expected_cost_per_day"]) == ("2026-11-24T18:00:00Z", "5.50")


def test_keys_of_a_later_version_are_ignored() -> None:
    stored = json.loads(message_to_json(AN_ALERT)) | {"mood": "grim"}
    assert message_from_json(json.dumps(stored)) == AN_ALERT


@pytest.mark.parametrize("name", [field.name for field in fields(AlertMessage)])
def test_a_missing_or_wrong_key_is_named(name: str) -> None:
    stored = json.loads(message_to_json(AN_ALERT))
    for broken in ({key: value for key, value in stored.items() if key != name}, stored | {name: [1]}):
        with pytest.raises(InvalidData, match=repr(name)):
            message_from_json(json.dumps(broken))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", '{"kind": 1', json.dumps(json.loads(message_to_json(AN_ALERT)) | {"peak_at": "noon"}),
     message_to_json(AN_ALERT).replace("5.50", "dear"), message_to_json(AN_ALERT).replace('"anomaly"', '"gossip"'),
     message_to_json(AN_ALERT).replace("0.93", "NaN"), message_to_json(AN_ALERT).replace("0.93", "1e999")],
)  # fmt: skip
def test_what_is_no_alert_is_refused(text: str) -> None:
    with pytest.raises(InvalidData):
        message_from_json(text)


@pytest.mark.parametrize(
    "changes",
    [{"peak": math.nan}, {"score": math.inf}, {"expected_cost_per_day": Decimal("NaN")}, {"suppressed": -1},
     {"peak_at": datetime(2026, 11, 24, 18)}],
)  # fmt: skip
def test_an_alert_holds_finite_numbers_and_aware_times(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        an_alert(**changes)
