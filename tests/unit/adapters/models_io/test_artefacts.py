"""A set of artefacts is read whole and unaltered, or not at all; a write replaces it whole, or not at all."""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.models_io import artefacts
from adapters.models_io.artefacts import NEXT_SET, finish_interrupted_write, read_artefacts, write_artefacts
from adapters.models_io.manifest import MANIFEST_NAME, MAX_MANIFEST_BYTES, parse_manifest
from domain.errors import ModelRefused

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
OLD = {"model.h5": b"old network" * 50, "metadata.pkl": b"old metadata", "model.onnx": b"old graph" * 20}
NEW = {"model.h5": b"new network" * 60, "metadata.pkl": b"new metadata!", "model.onnx": b"new graph" * 30}


def write(folder: Path, files: dict[str, bytes]) -> None:
    write_artefacts(folder, "cluster", files, NOW)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path / "models", OLD)
    found = read_artefacts(tmp_path / "models")
    assert found.files == OLD
    assert found.manifest.model == "cluster"
    assert found.manifest.created_at == "2026-11-24T03:00:00+00:00"
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == sorted([*OLD, MANIFEST_NAME])


def test_the_set_has_an_identity_of_its_content(tmp_path: Path) -> None:
    for name, files in (("a", OLD), ("b", OLD), ("c", NEW)):
        write(tmp_path / name, files)
    a, b, c = (read_artefacts(tmp_path / name).manifest.digest for name in "abc")
    assert a == b != c


def test_only_the_files_asked_for_are_read(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / "model.h5").unlink()
    assert read_artefacts(tmp_path, ("model.onnx",)).file("model.onnx") == OLD["model.onnx"]
    with pytest.raises(ModelRefused, match=r"model\.h5: there is no such file"):
        read_artefacts(tmp_path)


@pytest.mark.parametrize("name", list(OLD))
def test_any_altered_byte_of_any_file_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, OLD)
    source = random.Random(7)
    for _ in range(1000):
        altered = bytearray(OLD[name])
        altered[source.randrange(len(altered))] ^= source.randrange(1, 256)
        (tmp_path / name).write_bytes(bytes(altered))
        with pytest.raises(ModelRefused, match="SHA-256 is not the one"):
            read_artefacts(tmp_path)


def test_a_cut_or_lengthened_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    whole = OLD["model.h5"]
    for content in (whole[:-1], whole[:100], b"", whole + b"x"):
        (tmp_path / "model.h5").write_bytes(content)
        with pytest.raises(ModelRefused, match=r"model\.h5"):
            read_artefacts(tmp_path)


def test_a_file_of_another_set_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "old", OLD)
    write(tmp_path / "new", NEW)
    (tmp_path / "old" / "metadata.pkl").write_bytes(NEW["metadata.pkl"])
    with pytest.raises(ModelRefused, match=r"metadata\.pkl"):
        read_artefacts(tmp_path / "old")


def test_an_altered_manifest_never_vouches_for_other_content(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    whole = (tmp_path / MANIFEST_NAME).read_bytes()
    source = random.Random(8)
    for _ in range(1000):
        altered = bytearray(whole)
        altered[source.randrange(len(altered))] ^= source.randrange(1, 256)
        (tmp_path / MANIFEST_NAME).write_bytes(bytes(altered))
        try:
            found = read_artefacts(tmp_path)
        except ModelRefused:
            continue
        assert all(OLD[name] == content for name, content in found.files.items())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[]", "not a manifest of format 1"),
        (b'{"format": 2}', "not a manifest of format 1"),
        (b'{"format": 1, "model": "m", "created_at": "now", "files": {}}', "0 files"),
        (b'{"format": 1, "model": "m", "created_at": "now"}', "are needed"),
        (b"{" + b" " * MAX_MANIFEST_BYTES + b"}", "are allowed"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_a_broken_manifest_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        parse_manifest(content)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/b", "a\\b", "..", ".hidden", "", MANIFEST_NAME, "a\0b", "x" * 200]
)
def test_a_manifest_cannot_name_a_file_outside_its_folder(name: str, tmp_path: Path) -> None:
    entry = {"sha256": "0" * 64, "bytes": 1}
    content = {"format": 1, "model": "m", "created_at": "now", "files": {name: entry}}
    with pytest.raises(ModelRefused):
        parse_manifest(json.dumps(content).encode())
    with pytest.raises(ModelRefused):
        write(tmp_path, {name: b"x"})


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"sha256": "0" * 63, "bytes": 1},
        {"sha256": "G" * 64, "bytes": 1},
        {"sha256": "0" * 64},
        {"sha256": "0" * 64, "bytes": -1},
        {"sha256": "0" * 64, "bytes": True},
        {"sha256": "0" * 64, "bytes": 2**60},
    ],
)
def test_a_manifest_entry_needs_a_digest_and_a_size(entry: object) -> None:
    content = {"format": 1, "model": "m", "created_at": "now", "files": {"model.h5": entry}}
    with pytest.raises(ModelRefused, match=r"files\.model\.h5"):
        parse_manifest(json.dumps(content).encode())


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"anything")
    with pytest.raises(ModelRefused, match=r"manifest\.json: there is no such file"):
        read_artefacts(tmp_path)


class _Died(BaseException):
    """The writing process stops here: nothing after it happens, not even cleaning up."""


def _steps_of_a_write(monkeypatch: pytest.MonkeyPatch, die_at: int | None) -> Callable[[], int]:
    """Count the calls that change the disk; die before the ``die_at``-th, leaving everything as it is."""
    done = 0

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **kwargs: object) -> object:
            nonlocal done
            done += 1
            if die_at is not None and done >= die_at:
                raise _Died
            return original(*args, **kwargs)

        return step

    monkeypatch.setattr(artefacts, "_write_durably", counted(artefacts._write_durably))
    monkeypatch.setattr(Path, "replace", counted(Path.replace))
    monkeypatch.setattr(shutil, "rmtree", counted(shutil.rmtree))
    monkeypatch.setattr(Path, "rename", counted(Path.rename))
    return lambda: done


def test_a_write_that_dies_at_any_step_leaves_the_old_set_or_the_new_one(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        count = _steps_of_a_write(patch, None)
        write(tmp_path / "count", OLD)
        steps = count()
    assert steps >= 10
    seen = set()
    for step in range(1, steps + 1):
        folder = tmp_path / str(step)
        write(folder, OLD)
        with pytest.MonkeyPatch.context() as patch:
            _steps_of_a_write(patch, step)
            with pytest.raises(_Died):
                write(folder, NEW)
        found = read_artefacts(folder).files
        assert found in (OLD, NEW), f"a mix after step {step}"
        seen.add("old" if found == OLD else "new")
        finish_interrupted_write(folder)
        assert read_artefacts(folder).files == found
        assert sorted(path.name for path in folder.iterdir()) == sorted([*OLD, MANIFEST_NAME])
        write(folder, NEW)
        assert read_artefacts(folder).files == NEW
    assert seen == {"old", "new"}


def test_a_full_disk_leaves_the_old_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, OLD)
    original = artefacts._write_durably

    def full(path: Path, content: bytes) -> None:
        if path.name == "model.onnx":
            raise OSError(28, "No space left on device")
        original(path, content)

    monkeypatch.setattr(artefacts, "_write_durably", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, NEW)
    assert read_artefacts(tmp_path).files == OLD
    assert not (tmp_path / NEXT_SET).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*OLD, MANIFEST_NAME])


def test_readers_never_see_a_mix_while_a_writer_is_at_work(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    stop, wrong, reads = threading.Event(), [], []

    def read() -> None:
        while not stop.is_set():
            found = read_artefacts(tmp_path).files
            reads.append(1)
            if found not in (OLD, NEW):
                wrong.append(found)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(16):
        write(tmp_path, NEW if turn % 2 else OLD)
    stop.set()
    for reader in readers:
        reader.join()
    assert reads
    assert not wrong


def test_two_writers_take_turns(tmp_path: Path) -> None:
    errors: list[Exception] = []

    def repeat(files: dict[str, bytes]) -> None:
        try:
            for _ in range(8):
                write(tmp_path, files)
        except (OSError, ModelRefused) as error:
            errors.append(error)

    writers = [threading.Thread(target=repeat, args=(files,)) for files in (OLD, NEW)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not errors
    assert read_artefacts(tmp_path).files in (OLD, NEW)
