"""Loading the .h5 and .pkl pair that other programs write, with everything checked but no manifest to vouch for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.models_io.golden import check_golden
from adapters.models_io.hdf5 import MAX_H5_BYTES, read_keras_file
from adapters.models_io.manifest import read_bounded
from adapters.models_io.metadata import ModelMetadata, check_against_model, read_metadata
from adapters.models_io.network import NumpyNetwork
from adapters.models_io.pickle_scan import PickleLimits
from domain.errors import ModelRefused

USUAL_METADATA_NAME = "mcp_model_metadata.pkl"
ONE_STEP = (1,)


@dataclass(frozen=True, eq=False, kw_only=True)
class LoadedPair:
    """A network and its metadata, which agree with each other.

    Attributes:
        network: Runs in NumPy; answers of shape ``network.output_shape``.
        metadata: What it reads and predicts.
        description: Its layers in one line.
        artefact: Name of the .h5 file.
    """

    network: NumpyNetwork
    metadata: ModelMetadata
    description: str
    artefact: str


def find_pair(path: Path) -> tuple[Path, Path]:
    """The .h5 and the .pkl file meant by a folder or by one of the two.

    Raises:
        ModelRefused: There is none, or more than one could be meant.
    """
    folder = path if path.is_dir() else path.parent
    networks = [path] if path.suffix == ".h5" else sorted(folder.glob("*.h5"))
    metadata = [path] if path.suffix == ".pkl" else sorted(folder.glob("*.pkl"))
    network = _only(networks, _stem_of(path, ".h5"), path, ".h5")
    return network, _only(metadata, (USUAL_METADATA_NAME, f"{network.stem}.pkl"), path, ".pkl")


def _stem_of(path: Path, suffix: str) -> tuple[str, ...]:
    return () if path.is_dir() else (f"{path.stem}{suffix}",)


def _only(found: list[Path], preferred: tuple[str, ...], path: Path, suffix: str) -> Path:
    for name in preferred:
        matching = [candidate for candidate in found if candidate.name == name]
        if matching and len(found) > 1:
            return matching[0]
    if len(found) != 1:
        hint = "put the pair into a folder of its own" if found else "a model is a pair of .h5 and .pkl"
        raise ModelRefused(path.name, f"{len(found)} {suffix} files could be meant; {hint}")
    return found[0]


def load_pair(path: Path) -> LoadedPair:
    """Load a pair. Only for files an operator vouches for: the digests that guard our own are not there.

    Raises:
        ModelRefused: A file is missing, unsafe or damaged, or the two disagree.
    """
    network_path, metadata_path = find_pair(path)
    metadata = read_metadata(read_bounded(metadata_path, PickleLimits().file_bytes), metadata_path.name)
    content = read_bounded(network_path, MAX_H5_BYTES)
    return assemble(content, network_path.name, metadata, metadata_path.name)


def assemble(content: bytes, network_name: str, metadata: ModelMetadata, metadata_name: str) -> LoadedPair:
    """Put a network and its metadata together.

    Raises:
        ModelRefused: The network is unsafe or damaged, disagrees with the metadata, or no longer gives the
            prediction kept with it.
    """
    file = read_keras_file(content, network_name)
    network = NumpyNetwork(file, network_name)
    check_against_model(
        metadata, steps=network.steps, features=network.features, metadata_name=metadata_name, model_name=network_name
    )
    check_golden(metadata.extra, network, steps=network.steps, features=network.features, artefact=network_name)
    return LoadedPair(
        network=network, metadata=metadata, description=file.architecture.describe(), artefact=network_name
    )
