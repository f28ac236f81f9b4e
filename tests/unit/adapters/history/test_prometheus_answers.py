"""What a Prometheus that refuses, lies or drips comes to: one line that names the setting, within the time limit."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from adapters.history import prometheus_api
from adapters.history.prometheus_history import PrometheusMetricHistory
from adapters.history.prometheus_source import open_prometheus_history
from domain.errors import ConfigurationError, DataSourceUnavailable
from domain.ports.metric_history import HistoryWindow
from entrypoints.assets import asset_path
from tests.canaries import PROMETHEUS_SECRET
from tests.servers.hook_server import (
    Answer,
    HookServer,
    answering,
    cut,
    cut_body,
    drip,
    drip_body,
    flood,
    hang,
    hook_server,
    no_http,
)
from tests.servers.ports import free_port

END = datetime(2026, 11, 23, 12, tzinfo=UTC)
EMPTY = {"status": "success", "data": {"resultType": "matrix", "result": []}}


def source(url: str, *, timeout_seconds: float = 10.0, **access: object) -> PrometheusMetricHistory:
    secrets = {name: SecretStr(str(value)) if name != "user" else value for name, value in access.items()}
    return open_prometheus_history(
        url=url, token=secrets.get("token"), user=secrets.get("user"), password=secrets.get("password"),  # type: ignore[arg-type]
        queries_path=asset_path("data/prometheus_queries.toml"), timeout_seconds=timeout_seconds,
        max_age_hours=None, now=lambda: END,
    )  # fmt: skip


def read(history: PrometheusMetricHistory, *metrics: str) -> HistoryWindow:
    return history.window("shop", metrics or ("cpu_cores",), end=END, hours=24)


def matrix(*points: tuple[float, str], warnings: tuple[str, ...] = ()) -> dict[str, object]:
    result = [{"metric": {}, "values": list(points)}]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}, "warnings": list(warnings)}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (answering(401), "refuses the credentials (401): check PROMETHEUS_TOKEN, or PROMETHEUS_USER and"),
        (answering(403), "refuses the credentials (403)"),
        (answering(302, location="http://elsewhere/"), "a redirect (302), which is not followed: set PROMETHEUS_URL"),
        (answering(404, b"404 page not found"), "not where it is looked for (404): check PROMETHEUS_URL"),
        (answering(503), "answers with status 503"),
        (answering(200, b"<html>Grafana</html>"), "what answers at PROMETHEUS_URL is not Prometheus' API"),
        (answering(200, {"status": "success"}), "is not Prometheus' API"),
        (answering(200, b"[" * 100_000), "is not Prometheus' API"),
        (answering(200, b"\xff\xfe"), "is not Prometheus' API"),
        (answering(200, matrix((END.timestamp() - 1, "1_000"))), "a value that is no number"),
        (cut, "broke off its answer"),
        (cut_body, "broke off its answer"),
        (no_http, "does not speak HTTP"),
    ],
)
def test_a_fault_is_one_line_that_says_what_to_do(answer: Answer, says: str) -> None:
    with hook_server(answer) as server, pytest.raises(DataSourceUnavailable) as caught:
        read(source(server.origin, token=PROMETHEUS_SECRET))
    assert says in caught.value.message
    assert "\n" not in caught.value.message
    assert PROMETHEUS_SECRET not in caught.value.message
    assert "elsewhere" not in caught.value.message


def test_nobody_there_is_said() -> None:
    with pytest.raises(DataSourceUnavailable, match="cannot be reached: check that it runs, PROMETHEUS_URL"):
        read(source(f"http://127.0.0.1:{free_port()}"))


@pytest.mark.parametrize("answer", [hang, drip, drip_body])
def test_one_time_limit_holds_for_the_whole_question(answer: Answer) -> None:
    with hook_server(answer) as server:
        began = time.monotonic()
        with pytest.raises(DataSourceUnavailable, match=r"within 0.3 seconds \(PROMETHEUS_TIMEOUT_SECONDS\)"):
            read(source(server.origin, timeout_seconds=0.3))
        # A server that drips would be listened to without end; the margin is for a busy machine.
        assert time.monotonic() - began < 8


def test_all_queries_of_a_question_share_the_time_limit() -> None:
    with hook_server(answering(200, EMPTY), hang) as server, pytest.raises(DataSourceUnavailable, match=r"within 0\.3"):
        read(source(server.origin, timeout_seconds=0.3), "cpu_cores", "memory_gib")


def test_an_answer_without_end_is_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_api, "MAX_BYTES", 1024**2)
    with hook_server(flood) as server:
        window = read(source(server.origin))
    assert window.series == {}
    assert "its answer is larger than 1 MiB: aggregate it to one series" in window.notes[0]


def test_warnings_are_notes_and_no_more_than_a_few() -> None:
    said = tuple(f"store {number} did not answer\n\x1b[31m" for number in range(7))
    with hook_server(answering(200, matrix((END.timestamp() - 0.001, "0.5"), warnings=said))) as server:
        window = read(source(server.origin))
    assert window.series["cpu_cores"].values.tolist() == [0.5]
    assert window.notes[0] == "Prometheus warns: store 0 did not answer [31m"
    assert len(window.notes) == 6
    assert window.notes[-1] == "Prometheus warns of 2 more things"


def test_points_outside_of_what_was_asked_for_are_not_taken() -> None:
    inside, before, after = END.timestamp() - 0.001, END.timestamp() - 90_000, END.timestamp() + 7200
    with hook_server(answering(200, matrix((before, "9"), (inside, "1"), (after, "9")))) as server:
        assert read(source(server.origin)).series["cpu_cores"].values.tolist() == [1.0]


def test_histograms_are_refused() -> None:
    answer = {
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": {}, "histograms": [[1, {}]]}]},
    }
    with hook_server(answering(200, answer)) as server:
        assert "it gives histograms where numbers are expected" in read(source(server.origin)).notes[0]


def _authorization(server: HookServer) -> str | None:
    return server.received[0].headers.get("authorization")


def test_a_token_is_sent_as_bearer() -> None:
    with hook_server(*[answering(200, EMPTY)] * 2) as server:
        read(source(server.origin, token=PROMETHEUS_SECRET))
    assert _authorization(server) == f"Bearer {PROMETHEUS_SECRET}"


def test_user_and_password_of_any_characters_are_sent_as_basic() -> None:
    with hook_server(*[answering(200, EMPTY)] * 2) as server:
        read(source(server.origin, user="é", password="a:b"))
    assert _authorization(server) == "Basic w6k6YTpi"


def test_no_credentials_are_sent_where_there_are_none() -> None:
    with hook_server(*[answering(200, EMPTY)] * 2) as server:
        read(source(server.origin + "/under/a/path/"))
    assert _authorization(server) is None
    assert server.received[0].path == "/under/a/path/api/v1/query_range"


def test_credentials_are_in_no_representation() -> None:
    history = source("http://prometheus:9090", token=PROMETHEUS_SECRET)
    assert PROMETHEUS_SECRET not in repr(history._access)


@pytest.mark.parametrize(
    ("access", "says"),
    [
        ({"user": "me"}, "PROMETHEUS_USER: set it together with PROMETHEUS_PASSWORD"),
        ({"password": PROMETHEUS_SECRET}, "PROMETHEUS_USER: set it together with PROMETHEUS_PASSWORD"),
        ({"user": "me", "password": PROMETHEUS_SECRET, "token": PROMETHEUS_SECRET}, "PROMETHEUS_TOKEN: set it or"),
        ({"token": f"{PROMETHEUS_SECRET} x"}, "PROMETHEUS_TOKEN: must be one ASCII word"),
        ({"token": f"{PROMETHEUS_SECRET}\r\nX: y"}, "PROMETHEUS_TOKEN: must be one ASCII word"),
        ({"user": "a:b", "password": PROMETHEUS_SECRET}, "PROMETHEUS_USER: must not hold a colon"),
    ],
)
def test_credentials_that_cannot_be_right_are_refused_at_the_start(access: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        source("http://prometheus:9090", **access)  # type: ignore[arg-type]
    assert PROMETHEUS_SECRET not in caught.value.message
