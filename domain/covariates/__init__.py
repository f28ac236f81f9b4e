"""The 84-column cluster layout and the one builder that computes it."""

from domain.covariates.bins import BinEdges, learn_bin_edges
from domain.covariates.builder import WARM_UP_HOURS, build_covariates, build_recent_covariates
from domain.covariates.calendar import infer_origin
from domain.covariates.layout import (
    ALL_COLUMNS,
    BOUNDED_COLUMNS,
    FEATURE_COLUMNS,
    OBSERVED_COLUMNS,
    RAW_COLUMNS,
    TARGET_COLUMN,
)

__all__ = [
    "ALL_COLUMNS",
    "BOUNDED_COLUMNS",
    "FEATURE_COLUMNS",
    "OBSERVED_COLUMNS",
    "RAW_COLUMNS",
    "TARGET_COLUMN",
    "WARM_UP_HOURS",
    "BinEdges",
    "build_covariates",
    "build_recent_covariates",
    "infer_origin",
    "learn_bin_edges",
]
