"""Column names of the 84-column cluster layout, in the order of the file.

Column 1 is ``hour_offset``, column 2 the target ``total_events``, columns 3 to 84 are the 82 features. The first
sixteen columns are raw (measured or given); the other 68 are computed from them by :mod:`domain.covariates.builder`.
"""

from __future__ import annotations

from typing import Final

LAG_HOURS: Final = (1, 2, 3, 6, 12, 24)
MEAN_HOURS: Final = (3, 6, 12, 24, 48)
ROLL_HOURS: Final = (12, 24)
CHANGE_HOURS: Final = (1, 6, 24)
LAGGED_NAMES: Final = ("events", "machines", "cpu")
LAGGED_SOURCES: Final = ("total_events", "unique_machines", "avg_cpu")

OFFSET_COLUMN: Final = "hour_offset"
TARGET_COLUMN: Final = "total_events"
OBSERVED_COLUMNS: Final[tuple[str, ...]] = (
    "unique_machines",
    "add_events",
    "remove_events",
    "update_events",
    "avg_cpu",
    "avg_memory",
    "std_cpu",
    "std_memory",
    "min_cpu",
    "max_cpu",
    "min_memory",
    "max_memory",
    "unique_switches",
    "unique_platforms",
)
RAW_COLUMNS: Final[tuple[str, ...]] = (OFFSET_COLUMN, TARGET_COLUMN, *OBSERVED_COLUMNS)

CALENDAR_COLUMNS: Final[tuple[str, ...]] = (
    "hour_of_day",
    "day_of_week",
    "day_of_month",
    "hour_sin",
    "hour_cos",
    "day_sin",
    "day_cos",
)
LAG_COLUMNS: Final[tuple[str, ...]] = tuple(f"lag{hours}_{name}" for hours in LAG_HOURS for name in LAGGED_NAMES)
MEAN_COLUMNS: Final[tuple[str, ...]] = tuple(f"ma{hours}_{name}" for hours in MEAN_HOURS for name in LAGGED_NAMES)
ROLL_COLUMNS: Final[tuple[str, ...]] = tuple(
    f"roll{hours}_{kind}" for hours in ROLL_HOURS for kind in ("std", "max", "min")
)
CHANGE_COLUMNS: Final[tuple[str, ...]] = tuple(
    f"{kind}_{hours}h" for kind in ("pct_change", "diff") for hours in CHANGE_HOURS
)
DERIVED_COLUMNS: Final[tuple[str, ...]] = (
    "cpu_memory_ratio",
    "resource_total",
    "resource_efficiency",
    "events_per_machine",
    "events_quantile",
    "cpu_quantile",
    "memory_quantile",
    "is_high_load",
    "is_low_load",
    "load_category",
    "is_business_hour",
    "is_weekend",
    "is_night",
    "cpu_events_interaction",
    "machines_events_ratio",
    "switches_complexity",
)

ALL_COLUMNS: Final[tuple[str, ...]] = (
    *RAW_COLUMNS,
    *CALENDAR_COLUMNS,
    *LAG_COLUMNS,
    *MEAN_COLUMNS,
    *ROLL_COLUMNS,
    *CHANGE_COLUMNS,
    *DERIVED_COLUMNS,
)
FEATURE_COLUMNS: Final[tuple[str, ...]] = ALL_COLUMNS[2:]

# Columns whose range is fixed by their definition. is_high_load and is_low_load are 0 in four fifths of the
# hours, so their interquartile range is 0 and winsorizing would erase them; training exempts these columns from it.
BOUNDED_COLUMNS: Final[frozenset[str]] = frozenset(
    {
        *CALENDAR_COLUMNS,
        "events_quantile",
        "cpu_quantile",
        "memory_quantile",
        "is_high_load",
        "is_low_load",
        "load_category",
        "is_business_hour",
        "is_weekend",
        "is_night",
    }
)


def column_index(name: str) -> int:
    """Position of a column in the 84-column layout, from 0.

    Raises:
        ValueError: The layout has no such column.
    """
    return ALL_COLUMNS.index(name)
