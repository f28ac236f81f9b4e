"""What Discord is sent: the house style, within its limits, and no markup but ours."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.notifiers.discord_message import clipped, code, escaped, payload
from domain.alerts.message import AlertKind, AlertMessage
from tests.fakes.alerts import AN_ALERT, an_alert


def embed_of(message: AlertMessage) -> dict:
    embeds = payload(message, bot_name="MCP-dangerous", bot_avatar=None)["embeds"]
    assert isinstance(embeds, list)
    assert len(embeds) == 1
    return dict(embeds[0])


def fields_of(message: AlertMessage) -> dict[str, str]:
    return {field["name"]: field["value"] for field in embed_of(message)["fields"]}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_an_anomaly_says_what_how_far_when_and_what_to_do() -> None:
    assert fields_of(AN_ALERT) == {
        "Service": "`shop-api`",
        "Metric": "`avg_cpu`",
        "Score": "`score 4.25, threshold 3 (z_score)`",
        "Forecast peak": "`0.93 share of capacity` 2026-11-24 18:00 UTC (<t:1795543200:R>)",
        "History": "`mean 0.31, standard deviation 0.146`",
        "Recommended flavor": "`large` 5\\.5 USD per day",
        "Suggested action": "Move shop\\-api to large before the peak\\.",
        "Plan": f"[open the plan]({AN_ALERT.plan_url})",
        "Held back": "2 more of this kind",
    }
    embed = embed_of(AN_ALERT)
    assert embed["title"] == "Anomaly ahead\\: shop\\-api · avg\\_cpu"
    assert embed["url"] == AN_ALERT.plan_url
    assert AN_ALERT.alert_id in embed["footer"]["text"]


def test_it_is_posted_under_the_bots_name_and_calls_nobody() -> None:
    body = payload(AN_ALERT, bot_name="Watch", bot_avatar="https://pictures.example/w.png")
    assert (body["username"], body["avatar_url"]) == ("Watch", "https://pictures.example/w.png")
    assert body["allowed_mentions"] == {"parse": []}


def test_what_is_not_known_is_said_and_never_shown_as_a_number() -> None:
    fields = fields_of(an_alert(score=None, mean=None, std=None, plan_id=None, plan_url=None, suppressed=0))
    assert fields["Score"].startswith("`no score")
    assert fields["History"] == "`no history`"
    assert "Plan" not in fields
    assert "Held back" not in fields


def test_a_test_message_shows_no_forecast() -> None:
    assert list(fields_of(an_alert(kind=AlertKind.TEST, plan_id=None, suppressed=0))) == ["Suggested action"]


def test_a_summary_says_how_many_and_shows_no_single_forecast() -> None:
    summary = an_alert(kind=AlertKind.SUMMARY, plan_id=None, suggested_action="9000 alerts of 12 services.")
    assert fields_of(summary) == {
        "Suggested action": "9000 alerts of 12 services\\.", "Held back": "2 more of this kind",
    }  # fmt: skip


def test_what_was_seen_is_told_apart_from_what_is_forecast() -> None:
    seen = an_alert(detector="observed")
    fields = fields_of(seen)
    assert embed_of(seen)["title"].startswith("Anomaly seen")
    assert embed_of(an_alert(detector="observed", kind=AlertKind.RECOVERY))["title"].startswith("Back to normal")
    assert "Seen" in fields
    assert "Was forecast" in fields
    assert "Forecast peak" not in fields


@pytest.mark.parametrize(
    ("detector", "said"),
    [
        ("z_score", "`mean 0.31, standard deviation 0.146`"), ("robust", "`median 0.31, spread 0.146`"),
        ("seasonal", "`median of the same hour 0.31, spread 0.146`"),
    ],
)  # fmt: skip
def test_what_was_compared_with_is_named_as_the_detector_means_it(detector: str, said: str) -> None:
    assert fields_of(an_alert(detector=detector))["History"] == said


def test_every_kind_has_a_colour_and_a_heading_of_its_own() -> None:
    embeds = [embed_of(an_alert(kind=kind)) for kind in AlertKind]
    assert len({embed["color"] for embed in embeds}) == len({embed["title"] for embed in embeds}) == len(AlertKind)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "http://localhost:8000/plans/1", "https://planner.example/a b", "https://u:p@h.example/",
     "https://[broken", "https://planner.example/" + "a" * 3000, "https://ünner.example/"],
)  # fmt: skip
def test_an_address_discord_would_refuse_is_left_out_and_the_plans_id_shown(url: str) -> None:
    message = an_alert(plan_url=url)
    assert "url" not in embed_of(message)
    assert fields_of(message)["Plan"] == f"`{AN_ALERT.plan_id}`"


def test_an_address_cannot_end_its_link_early() -> None:
    message = an_alert(plan_url="https://planner.example/plans/1)[x](https://evil.example")
    assert fields_of(message)["Plan"].count("(") == 1


HOSTILE = st.text(st.sampled_from("`*_~|>#-[]()<:@&!/.\\ \n\x00\u202e\u200b𝔘aé") | st.characters(), max_size=400)


@given(text=HOSTILE)
def test_a_users_text_is_text_only(text: str) -> None:
    assert code(text).count("`") == 2
    assert "\n" not in code(text)
    # What is left once every escaped sign is taken out holds no sign of markup.
    assert not re.search(r"[`*_~|>#\[\]()<:@\\]", re.sub(r"\\[^\sA-Za-z0-9]", "", escaped(text, 1024)))


@given(text=HOSTILE, kind=st.sampled_from(AlertKind), factor=st.integers(1, 40))
def test_every_message_is_within_discords_limits(text: str, kind: AlertKind, factor: int) -> None:
    long = text * factor
    message = an_alert(
        kind=kind, service_id=long, metric_name=long, model_version=long, detector=long, unit=long,
        recommended_flavor=long, plan_id=long, plan_url=long, suggested_action=long, alert_id=long,
        peak=1.7e308, expected_cost_per_day=Decimal("1e50"),
    )  # fmt: skip
    body = payload(message, bot_name="MCP-dangerous", bot_avatar=None)
    embed = embed_of(message)
    shown = [embed["title"], embed["footer"]["text"]]
    shown += [part for field in embed["fields"] for part in (field["name"], field["value"])]
    assert units(str(body["content"])) <= 2000
    assert units(embed["title"]) <= 256
    assert all(0 < units(field["value"]) <= 1024 and units(field["name"]) <= 256 for field in embed["fields"])
    assert sum(map(units, shown)) <= 6000
    json.dumps(body, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(("text", "limit", "expected"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("𝔘𝔘𝔘", 4, "𝔘…")])
def test_a_cut_never_halves_a_character(text: str, limit: int, expected: str) -> None:
    assert clipped(text, limit) == expected
