"""One container: every provider can be built, and any adapter swapped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from dependency_injector import providers

from domain.errors import ConfigurationError, DatabaseUnavailable, HistoryReadOnly, ModelRefused
from domain.plan_request import read_plan_request
from entrypoints.container import build_container
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from tests.fakes.forecaster import FlatForecaster
from tests.fakes.world import World, body, lstm_engine

# These take arguments when called; the command line tests build them.
REMOTE = {"prometheus_history", "remote_history"}
NEED_MORE = {
    "backtest_source", "dispatch_alerts", "file_check", "kept_apart_source", "labels", "model_store", "peer_forecaster",
    "train_model",
}  # fmt: skip


def _names() -> list[str]:
    return sorted(build_container(Settings(_env_file=None)).providers)


@pytest.mark.parametrize("name", [name for name in _names() if name not in NEED_MORE | REMOTE])
def test_every_provider_builds(name: str) -> None:
    provider = build_container(Settings(_env_file=None)).providers[name]
    try:
        assert provider() is not None
    except ModelRefused:
        assert name == "lstm_forecaster", "only a model that is not there may be refused"
    except HistoryReadOnly:
        assert name == "record_history", "by default history comes from files, which nothing is written to"


@pytest.mark.parametrize("name", ["history", *sorted(REMOTE)])
def test_a_remote_history_is_built_without_asking_it(name: str) -> None:
    settings = Settings(_env_file=None, data_source_backend="prometheus", prometheus_url="http://127.0.0.1:9")
    assert build_container(settings).providers[name]() is not None


def test_a_remote_history_that_cannot_be_right_is_told_before_anything_listens() -> None:
    settings = Settings(
        _env_file=None, data_source_backend="prometheus", prometheus_url="http://127.0.0.1:9",
        prometheus_queries_path=Path("none-such.toml"),
    )  # fmt: skip
    with pytest.raises(ConfigurationError, match="PROMETHEUS_QUERIES_PATH: the query map cannot be read"):
        create_app(build_container(settings))


def test_singletons_are_shared() -> None:
    container = build_container(Settings(_env_file=None))
    assert container.history() is container.history()
    assert container.plan_capacity().catalog is container.flavor_catalog()


def test_accounts_are_built_while_no_database_answers() -> None:
    """The container builds one thing at a time: nothing could be built while a database hangs."""
    settings = Settings(_env_file=None, database_url="mysql://nobody@127.0.0.1:9/none")
    container = build_container(settings)
    assert container.accounts() is container.accounts()
    with pytest.raises(DatabaseUnavailable), container.account_database().reading():
        pytest.fail("nobody listens there")
    assert container.plan_capacity().foresee_load is container.plan_hourly().foresee_load


def test_history_can_be_swapped() -> None:
    world = World()
    world.lives("mine", "avg_cpu", 48)
    plan = world.container().plan_capacity()(read_plan_request(body("mine")))
    assert plan.outlook.history.observed_hours == 48


def test_a_model_can_be_swapped_in() -> None:
    world = World()
    world.lives("mine", "avg_cpu", 48)
    container = world.container()
    lstm_engine(container, FlatForecaster("lstm"))
    assert container.plan_capacity()(read_plan_request(body("mine"))).outlook.model_version == "web_normal_lstm_v1"


def test_a_refused_model_leaves_the_baseline_and_its_reason() -> None:
    def refuse() -> None:
        raise ModelRefused("model.onnx", "its digest differs")

    world = World()
    world.lives("mine", "avg_cpu", 48)
    container = world.container()
    container.lstm_forecaster.override(providers.Callable(refuse))
    plan = container.plan_capacity()(read_plan_request(body("mine")))
    assert plan.outlook.model_version == "web_normal_lstm_v1_statistical"
    assert "its digest differs" in plan.notes


class HangingMigrator:
    """Of a database that takes the connection and says nothing."""

    def __init__(self) -> None:
        self.asked, self.goes_on = Event(), Event()
        self.database = object()

    def ensure_current(self) -> None:
        self.asked.set()
        self.goes_on.wait(10)


def test_a_database_that_hangs_keeps_no_other_part_from_being_built() -> None:
    """The singletons share one lock: the first plan took as long as the driver waits, one attempt after the other."""
    container, migrator = World().container(), HangingMigrator()
    container.migrator.override(providers.Object(migrator))
    with ThreadPoolExecutor(2) as threads:
        opening = threads.submit(container.database)
        assert migrator.asked.wait(10)
        built = threads.submit(container.plan_capacity).result(5)
        assert not opening.done()
        migrator.goes_on.set()
        assert opening.result() is migrator.database
    assert built is container.plan_capacity()
    migrator.goes_on.clear()
    migrator.asked.clear()
    assert container.database() is migrator.database
    assert not migrator.asked.is_set(), "a schema that was right is not looked at again"
