"""CSV text of the simulated data: plain numbers, line feeds, no quoting needed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from domain.covariates.layout import ALL_COLUMNS
from domain.simulation.services import SimulatedSeries

Floats = NDArray[np.float64]

SERVICES_HEADER = "service_id,metric_name,ts,value"
DECIMALS = 6


def number(value: float) -> str:
    """At most six decimals, no trailing zeros, no exponent, never ``-0``."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def cluster_csv(table: Floats) -> str:
    """The wide file: header and one line per hour.

    Args:
        table: Shape (n, 84), columns as ``ALL_COLUMNS``.
    """
    rows = (",".join(number(value) for value in row) for row in table.tolist())
    return "\n".join([",".join(ALL_COLUMNS), *rows, ""])


def services_csv(series: Iterable[SimulatedSeries]) -> str:
    """The long file: one line per service, metric and hour, in the order given; times are UTC with ``Z``."""
    lines = [SERVICES_HEADER]
    for each in series:
        for hour, value in enumerate(each.values.tolist()):
            moment = each.start + timedelta(hours=hour)
            lines.append(f"{each.service_id},{each.metric_name},{moment:%Y-%m-%dT%H:%M:%SZ},{number(value)}")
    return "\n".join([*lines, ""])
