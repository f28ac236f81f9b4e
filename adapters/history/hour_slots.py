"""What sources that answer by the hour have in common."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from domain.series import HOUR_SECONDS, LoadSeries, from_hour_slots


def end_hour_of(end: datetime, hours: int) -> int:
    """The end of a window as hours since 1970.

    Raises:
        ValueError: ``end`` is no full hour with a time zone, or ``hours`` is below 1.
    """
    seconds = int(end.timestamp())
    if end.tzinfo is None or end.microsecond or seconds % HOUR_SECONDS:
        raise ValueError(f"end must be a full hour with a time zone, got {end!r}")
    if hours < 1:
        raise ValueError(f"hours must be at least 1, got {hours}")
    return seconds // HOUR_SECONDS


def newest_hours(
    first_hour: int, values: NDArray[np.float64], present: NDArray[np.bool_], hours: int
) -> LoadSeries | None:
    """The newest ``hours`` hours counted back from the newest observed one, or None when none was observed.

    Args:
        first_hour: Hour of slot 0, since 1970.
        values: Shape (n,); what stands in slots not observed does not matter.
        present: Shape (n,); True where the slot was observed.
        hours: At most so many.
    """
    seen = np.flatnonzero(present)
    if not seen.size:
        return None
    stop = int(seen[-1]) + 1
    begin = max(0, stop - hours)
    start = datetime.fromtimestamp((first_hour + begin) * HOUR_SECONDS, tz=UTC)
    return from_hour_slots(start, values[begin:stop], present[begin:stop])
