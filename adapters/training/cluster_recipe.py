"""What can be chosen about the cluster model."""

from __future__ import annotations

from dataclasses import dataclass

from domain.covariates import TARGET_COLUMN


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecipe:
    """What can be chosen about the cluster model beyond the options every model has.

    Attributes:
        sequence_length: Hours the model reads, 24 to 336.
        target_column: What it predicts.
        use_log_transform: Learn log1p of the target.
        smooth_auxiliary: Winsorize the raw metrics around their moving average.
        with_data: Keep the prepared 84-column file beside the model.
        units: Of each direction of the first LSTM.
        second_units: Of the second LSTM.
        dense_units: Of the layer before the head.
        dropout: After the first LSTM, in training.
    """

    sequence_length: int = 24
    target_column: str = TARGET_COLUMN
    use_log_transform: bool = True
    smooth_auxiliary: bool = False
    with_data: bool = False
    units: int = 32
    second_units: int = 24
    dense_units: int = 32
    dropout: float = 0.3
