"""Models in a folder of files: its own set, and one set per folder below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from adapters.forecasters.recursive import RecursiveForecaster
from adapters.models_io.artefacts import NEXT_SET, ArtefactSet, read_artefacts, read_manifest
from adapters.models_io.manifest import MANIFEST_NAME, read_bounded
from adapters.models_io.metadata import ModelMetadata, check_against_columns, read_metadata
from adapters.models_io.pairs import ONE_STEP, LoadedPair, assemble, find_pair, load_pair
from adapters.models_io.pickle_scan import PickleLimits
from adapters.models_io.wide_request import request_after, wide_columns
from domain.covariates import BinEdges
from domain.errors import InvalidData, ModelRefused
from domain.model_report import ModelInputs, ModelReport, ModelSummary
from domain.ports.forecaster import Forecaster

FOREIGN = "foreign"
SERVICE = "service"
# Where the data are hourly series of any service, the features are covariates, not columns of the wide file.
DEFAULT_SERVICE_TARGET = "total_events"
_UNTRUSTED = "no manifest vouches for these files; they are served only where an operator trusts their folder"

ForecasterFactory = Callable[[Path], Forecaster]


class FileModelCatalog:
    """Reads manifests, metadata and networks; nothing is kept.

    Args:
        folder: The model folder.
        factories: For each kind of our own models, what loads a forecaster from the model's folder.
    """

    def __init__(self, folder: Path, factories: Mapping[str, ForecasterFactory]) -> None:
        self._folder = folder
        self._factories = dict(factories)

    def models(self) -> Sequence[ModelSummary]:
        """Every model found, sorted by name; one that would be refused is listed with its problem."""
        if not self._folder.is_dir():
            return []
        below = [path for path in self._folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        found = [self._summary(folder) for folder in (self._folder, *sorted(below))]
        return [summary for summary in found if summary is not None]

    def _summary(self, folder: Path) -> ModelSummary | None:
        name = "." if folder == self._folder else folder.name
        if _has_manifest(folder):
            return _own_summary(folder, name)
        networks = sorted(path.name for path in folder.glob("*.h5"))
        return _foreign_summary(folder, name, networks) if networks else None

    def check(self, path: Path, data: Path) -> ModelReport:
        """Load a model completely and make one forecast.

        Args:
            path: A folder, or an .h5 or .pkl file. Files that no manifest vouches for are loaded as well: whoever
                calls this asked for it.
            data: Wide CSV file of the cluster.

        Raises:
            ModelRefused: A file is missing, altered, unsafe, or disagrees with another; the message says which.
            InvalidData: The CSV file cannot be used.
            DataSourceUnavailable: The CSV file cannot be read.
        """
        folder = path if path.is_dir() else path.parent
        if not path.exists():
            raise ModelRefused(path.name, "there is no such file or folder")
        if _has_manifest(folder) and (path.is_dir() or path.name in {*read_manifest(folder).files, MANIFEST_NAME}):
            return self._check_own(folder, data)
        pair = load_pair(path)
        return self._report(FOREIGN, pair.metadata, pair, _one_step(pair), data, (_UNTRUSTED,))

    def _check_own(self, folder: Path, data: Path) -> ModelReport:
        found = read_artefacts(folder)
        kind = found.manifest.model
        metadata_name, metadata = _metadata_of(found)
        networks = [name for name in found.files if name.endswith(".h5")]
        pair, notes = None, ["the network file was not opened: the model has no .h5"]
        if networks:
            pair, notes = assemble(found.file(networks[0]), networks[0], metadata, metadata_name), []
        if pair is not None and pair.network.output_shape == ONE_STEP:
            forecaster: Forecaster = _one_step(pair)
        elif kind in self._factories:
            forecaster = self._factories[kind](folder)
        else:
            raise ModelRefused(metadata_name, f"nothing here can forecast with a model of kind {kind!r}")
        return self._report(kind, metadata, pair, forecaster, data, tuple(notes))

    def _report(
        self,
        kind: str,
        metadata: ModelMetadata,
        pair: LoadedPair | None,
        forecaster: Forecaster,
        data: Path,
        notes: tuple[str, ...],
    ) -> ModelReport:
        target = DEFAULT_SERVICE_TARGET if kind == SERVICE else metadata.target_column
        if kind != SERVICE:
            check_against_columns(metadata, wide_columns(data), metadata_name="metadata", data_name=data.name)
        try:
            request = request_after(data, target)
        except InvalidData as error:
            raise InvalidData(f"{data.name}: {error.message}") from error
        forecast = forecaster.forecast_many([request])[0]
        inputs = ModelInputs(
            sequence_length=metadata.sequence_length,
            n_features=metadata.n_features,
            feature_names=metadata.feature_names,
            target=metadata.target_column,
        )
        return ModelReport(
            kind=kind,
            trusted=kind != FOREIGN,
            network=pair.description if pair else "",
            inputs=inputs,
            trained_at=_trained_at(metadata),
            forecast=forecast,
            notes=(*notes, *forecast.notes),
        )


def _one_step(pair: LoadedPair) -> RecursiveForecaster:
    """The forecaster of a one-step model.

    Raises:
        ModelRefused: It answers something other than the next hour, or its columns cannot be computed.
    """
    if pair.network.output_shape != ONE_STEP:
        shape = pair.network.output_shape
        raise ModelRefused(pair.artefact, f"it answers {shape} numbers; without a manifest only one-step models load")
    return RecursiveForecaster(pair.network, pair.metadata, artefact=pair.artefact, edges=_edges(pair))


def load_foreign_forecaster(path: Path) -> RecursiveForecaster:
    """A forecaster over a pair of files that an operator trusts; see ``load_pair``.

    Raises:
        ModelRefused: A file is missing, unsafe or damaged, or they do not fit together.
    """
    return _one_step(load_pair(path))


def _edges(pair: LoadedPair) -> BinEdges | None:
    stored = pair.metadata.extra.get("bin_edges")
    if not isinstance(stored, dict):
        return None
    try:
        return BinEdges.from_dict(stored)
    except InvalidData as error:
        raise ModelRefused(pair.artefact, f"its metadata hold unusable bin edges: {error.message}") from error


def _has_manifest(folder: Path) -> bool:
    return (folder / MANIFEST_NAME).is_file() or (folder / NEXT_SET / MANIFEST_NAME).is_file()


def _metadata_of(found: ArtefactSet) -> tuple[str, ModelMetadata]:
    names = [name for name in found.files if name.endswith(".pkl")]
    if len(names) != 1:
        raise ModelRefused(MANIFEST_NAME, f"it names {len(names)} metadata files (.pkl), one is expected")
    return names[0], read_metadata(found.files[names[0]], names[0])


def _own_summary(folder: Path, name: str) -> ModelSummary:
    files: tuple[str, ...] = ()
    kind, problem, metadata = "unknown", "", None
    try:
        manifest = read_manifest(folder)
        kind, files = manifest.model, tuple(sorted(manifest.files))
        metadata = _metadata_of(read_artefacts(folder))[1]
    except ModelRefused as refusal:
        problem = refusal.message
    return ModelSummary(
        name=name,
        kind=kind,
        trusted=not problem,
        trained_at=_trained_at(metadata),
        figures=_figures(metadata),
        files=files,
        problem=problem,
    )


def _foreign_summary(folder: Path, name: str, networks: list[str]) -> ModelSummary:
    files, problem, metadata = tuple(networks), _UNTRUSTED, None
    try:
        pair = find_pair(folder)
        files = tuple(path.name for path in pair)
        metadata = read_metadata(read_bounded(pair[1], PickleLimits().file_bytes), pair[1].name)
    except ModelRefused as refusal:
        problem = refusal.message
    return ModelSummary(
        name=name,
        kind=FOREIGN,
        trusted=False,
        trained_at=_trained_at(metadata),
        figures=_figures(metadata),
        files=files,
        problem=problem,
    )


def _trained_at(metadata: ModelMetadata | None) -> str:
    value = metadata.extra.get("trained_at") if metadata else None
    return value if isinstance(value, str) and value.isprintable() else ""


def _figures(metadata: ModelMetadata | None) -> Mapping[str, float]:
    """The numbers among the stored backtest figures; nested ones are left to the model card."""
    stored = metadata.extra.get("figures") if metadata else None
    if not isinstance(stored, dict):
        return {}
    return {str(name): float(value) for name, value in stored.items() if type(value) in (int, float)}
