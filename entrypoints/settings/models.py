"""The trained models, and what runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from entrypoints.assets import asset_path


class ModelSettings(BaseModel):
    """Where the trained models lie and which library runs them."""

    model_dir: Path = Field(default_factory=lambda: asset_path("models"), description="Folder of the trained models")
    lstm_runtime: Literal["auto", "onnx", "tensorflow"] = Field(
        "auto",
        description="What runs them: onnx, tensorflow, or auto (tensorflow where only the Keras file is there)",
    )
