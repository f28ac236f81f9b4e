"""What is kept about a trained cluster model: its metadata, the facts of its card, the identity of its run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.models_io.scalers import AffineScaler
from adapters.training.cluster_recipe import ClusterRecipe
from adapters.training.cluster_table import HORIZON, ClusterTable
from adapters.training.fit_loop import FitState
from adapters.training.held_out import flat_figures
from domain.covariates import FEATURE_COLUMNS
from domain.ports.model_trainer import TrainingOptions
from domain.quantile_head import HEAD_LEVELS
from domain.scoring import MethodScore


def metadata_of(
    table: ClusterTable,
    facts: Mapping[str, object],
    recipe: ClusterRecipe,
    interval_scale: float,
    score: MethodScore,
) -> dict[str, object]:
    """What the metadata file holds, but for the golden prediction."""
    cleaning = table.cleaning
    return {
        "sequence_length": recipe.sequence_length,
        "feature_names": list(FEATURE_COLUMNS),
        "n_features": len(FEATURE_COLUMNS),
        "target_col": recipe.target_column,
        "scaler": _affine(cleaning.scaler.center, cleaning.scaler.scale),
        "target_scaler": _affine(table.target_scale.center, table.target_scale.scale),
        "use_log_transform": recipe.use_log_transform,
        "horizon": HORIZON,
        "quantiles": list(HEAD_LEVELS),
        "winsor_lower": cleaning.bounds.lower,
        "winsor_upper": cleaning.bounds.upper,
        "bin_edges": table.edges.as_dict(),
        "interval_scale": interval_scale,
        "figures": flat_figures(score),
        "trained_at": facts["trained_at"],
        "data_hash": facts["data_hash"],
        "facts": dict(facts),
    }


def _affine(center: NDArray[np.float64], scale: NDArray[np.float64]) -> AffineScaler:
    return AffineScaler("RobustScaler", np.atleast_1d(center), np.atleast_1d(scale))


def facts_of(
    table: ClusterTable,
    options: TrainingOptions,
    recipe: ClusterRecipe,
    state: FitState,
    source: Path,
    now: datetime,
    parameters: int,
) -> dict[str, object]:
    """What the model card tells."""
    split = table.split
    return {
        "trained_at": now.isoformat(),
        "data_hash": hashlib.sha256(source.read_bytes()).hexdigest(),
        "source": source.name,
        "rows": {
            name: rows.stop - rows.start
            for name, rows in (("training", split.training), ("validation", split.validation), ("test", split.test))
        },
        "options": {name: value for name, value in asdict(options).items() if name != "work_folder"},
        "recipe": asdict(recipe),
        "epochs_run": state.epochs_done,
        "best_epoch": state.best_epoch,
        "seconds": round(sum(entry["seconds"] for entry in state.history), 1),
        "parameters": parameters,
    }


def fingerprint_of(table: ClusterTable, options: TrainingOptions, recipe: ClusterRecipe) -> str:
    """Identity of a run: data, options and recipe; only the same one resumes from its checkpoint."""
    data = hashlib.sha256(table.features.tobytes() + table.target.tobytes()).hexdigest()
    parts = {**asdict(options), "work_folder": None, "recipe": asdict(recipe), "data": data}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
