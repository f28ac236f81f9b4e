"""The statement that reads a window: for each metric one range of the primary key, all of them in one round trip."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from sqlalchemy import Dialect, TextClause, text

# Seconds since 1970 without regard to any session's time zone; UNIX_TIMESTAMP() would apply it, and ends in 2038.
_SECONDS: Final = {
    "mysql": "TIMESTAMPDIFF(SECOND, '1970-01-01', ts)",
    "sqlite": "CAST(strftime('%s', ts) AS INTEGER)",
}
_EARLIER: Final = {
    "mysql": "({moment}) - INTERVAL {hours} HOUR",
    "sqlite": "datetime(({moment}), '-{hours} hours')",
}


@lru_cache(maxsize=256)
def scan(dialect: Dialect, table: str, metrics: int, hours: int) -> TextClause:
    """Rows (number of the metric, seconds since 1970, value) in no order.

    The parameters are ``service``, ``end`` (text, UTC) and ``m0``, ``m1``, … up to the number of metrics. Each range
    begins less than an hour before the newest ``hours`` hours; the newest observation is found by one look into the
    index, so that a metric that stopped long ago costs no more than one that is fresh.

    Args:
        dialect: Of the database.
        table: A valid identifier.
        metrics: How many metrics, at least 1.
        hours: Length of the window.
    """
    kind = "sqlite" if dialect.name == "sqlite" else "mysql"
    name = dialect.identifier_preparer.quote(table)
    arms = []
    for number in range(metrics):
        where = f"FROM {name} WHERE service_id = :service AND metric_name = :m{number} AND ts < :end"
        begin = _EARLIER[kind].format(moment=f"SELECT MAX(ts) {where}", hours=int(hours))
        # Only numbers and a checked identifier are put into the text; every name is a bound parameter.
        arms.append(f"SELECT {number}, {_SECONDS[kind]}, value {where} AND ts > {begin}")
    return text(" UNION ALL ".join(arms))
