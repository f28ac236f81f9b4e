"""How the HTTP service listens, what it accepts, what it logs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class ServingSettings(BaseModel):
    """Address, limits on requests, logging."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    max_body_bytes: int = Field(1_048_576, ge=1024, le=104_857_600, description="Largest request body, bytes")
    max_json_depth: int = Field(64, ge=4, le=512, description="Deepest nesting of a request body")
    header_timeout_seconds: float = Field(
        5.0, ge=0.1, le=600, description="Time a client has to send its headers, seconds"
    )
    body_timeout_seconds: float = Field(30.0, gt=0, le=600, description="Time a client has to send its body, seconds")
    drain_seconds: float = Field(
        25.0, ge=0, le=600, description="Time accepted requests have to finish on stop, seconds"
    )
    max_threads: int = Field(4, ge=1, le=256, description="Requests planned at the same time")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged")
