"""Contract of the port ModelStore: one suite over the fake and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.models_io.artefacts import NEXT_SET, read_artefacts
from adapters.training.file_model_store import FileModelStore
from domain.errors import ModelRefused
from domain.ports.model_store import ModelStore
from domain.ports.model_trainer import TrainedModel
from tests.fakes.model_store import InMemoryModelStore

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
OLD = {"network.h5": b"old network" * 9, "metadata.pkl": b"old", "old_card.md": b"card"}
NEW = {"network.h5": b"new network" * 7, "metadata.pkl": b"new", "empty.txt": b""}


@dataclass(frozen=True)
class Shelf:
    """A store, what a reader of it sees, and how to make it unwritable."""

    store: ModelStore
    read: Callable[[], Mapping[str, bytes]]
    block: Callable[[], object]


def _in_memory(_: Path) -> Shelf:
    fake = InMemoryModelStore()
    return Shelf(fake, lambda: fake.files, lambda: setattr(fake, "problem", "the disk is full"))


def _files(folder: Path) -> Shelf:
    place = folder / "models" / "service"
    # A file where a folder is to be stops a writer whoever runs it, an administrator too.
    return Shelf(
        FileModelStore(place), lambda: read_artefacts(place).files, lambda: (place / NEXT_SET).write_text("in the way")
    )


@pytest.fixture(params=["fake", "files"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return {"fake": _in_memory, "files": _files}[request.param](tmp_path)


def a_model(files: Mapping[str, bytes], name: str = "service") -> TrainedModel:
    return TrainedModel(name=name, files=files, facts={}, figures={})


def test_what_was_saved_is_read_back_whole(shelf: Shelf) -> None:
    shelf.store.save(a_model(OLD), now=NOW)
    assert shelf.read() == OLD


def test_a_new_set_replaces_the_old_one_and_mixes_with_none_of_it(shelf: Shelf) -> None:
    shelf.store.save(a_model(OLD), now=NOW)
    shelf.store.save(a_model(NEW), now=NOW)
    assert shelf.read() == NEW


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", ".hidden", "", "a\0b"])
def test_a_name_that_cannot_be_used_is_refused_and_the_old_set_stays(shelf: Shelf, name: str) -> None:
    shelf.store.save(a_model(OLD), now=NOW)
    with pytest.raises(ModelRefused):
        shelf.store.save(a_model({**NEW, name: b"x"}), now=NOW)
    assert shelf.read() == OLD


def test_another_model_is_refused_and_the_old_set_stays(shelf: Shelf) -> None:
    shelf.store.save(a_model(OLD), now=NOW)
    with pytest.raises(ModelRefused):
        shelf.store.save(a_model(NEW, name="cluster"), now=NOW)
    assert shelf.read() == OLD


def test_where_nothing_can_be_written_the_old_set_stays(shelf: Shelf) -> None:
    shelf.store.save(a_model(OLD), now=NOW)
    shelf.block()
    with pytest.raises(OSError, match=r"\w"):
        shelf.store.save(a_model(NEW), now=NOW)
    assert shelf.read() == OLD
