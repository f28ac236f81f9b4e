"""Train, describe, store: all of it or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from application.model_card import CARD_NAME
from application.train_model import TrainModel
from domain.errors import InvalidData, ModelRefused
from domain.ports.model_trainer import TrainedModel, TrainingOptions, TrainingProgress
from tests.fakes.clock import FixedClock
from tests.fakes.model_store import InMemoryModelStore
from tests.fakes.model_trainer import STEPS, DigestingTrainer

OPTIONS = TrainingOptions(
    epochs=2, batch_size=16, learning_rate=0.01, patience=5, validation_share=0.1, test_share=0.1, seed=0
)


def ignore(_: TrainingProgress) -> None:
    """Nobody watches."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "past.csv"
    path.write_text("header\nline\n")
    return path


def test_what_was_trained_is_stored_with_its_card_and_date(source: Path) -> None:
    store, clock, seen = InMemoryModelStore(), FixedClock(), list[TrainingProgress]()
    train = TrainModel(DigestingTrainer(), store, clock)
    trained = train([source], OPTIONS, on_progress=seen.append, command="mcp-core train", data_notes="From a lab.")
    assert store.model is trained
    assert store.saved_at == clock.moment
    assert set(store.files) == {"a.h5", CARD_NAME}
    card = store.files[CARD_NAME].decode()
    assert all(text in card for text in ("mcp-core train", "From a lab.", "0.700", clock.moment.isoformat()))
    assert [(one.epoch, one.step) for one in seen] == [(1, STEPS // 2), (1, STEPS), (2, STEPS // 2), (2, STEPS)]


def test_nothing_is_stored_where_nothing_was_learned(source: Path) -> None:
    store = InMemoryModelStore()
    with pytest.raises(InvalidData, match=r"absent\.csv"):
        TrainModel(DigestingTrainer(), store, FixedClock())(
            [source, source.with_name("absent.csv")], OPTIONS, on_progress=ignore
        )
    assert store.model is None


def test_a_store_that_refuses_keeps_what_it_has(source: Path) -> None:
    store = InMemoryModelStore()
    other = TrainedModel(name="cluster", files={"x.h5": b"x"}, facts={}, figures={})
    store.save(other, now=FixedClock().moment)
    with pytest.raises(ModelRefused, match="cluster"):
        TrainModel(DigestingTrainer(), store, FixedClock())([source], OPTIONS, on_progress=ignore)
    assert store.model is other
