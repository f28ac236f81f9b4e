"""Writing many samples at once: on MySQL a few long statements, on SQLite one statement for many rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from sqlalchemy import text
from sqlalchemy.engine import Connection

from domain.samples import SampleBatch

_STATEMENT_BYTES: Final = 1_048_576
# A time, a number of 17 digits with an exponent, quotes, commas and brackets.
_NUMBERS_BYTES: Final = 56
_COLUMNS: Final = "(service_id, metric_name, ts, value)"
_ON_SQLITE: Final = "ON CONFLICT (service_id, metric_name, ts) DO UPDATE SET value = excluded.value"
# MySQL knows a newer form since 8.0.20, MariaDB only this one.
_ON_MYSQL: Final = "ON DUPLICATE KEY UPDATE value = VALUES(value)"


def upsert(connection: Connection, table: str, batch: SampleBatch) -> None:
    """Write a batch within the connection's transaction.

    Args:
        connection: Of MySQL, MariaDB or SQLite.
        table: A valid identifier.
        batch: What to write.
    """
    name = connection.dialect.identifier_preparer.quote(table)
    if connection.dialect.name == "sqlite":
        statement = f"INSERT INTO {name} {_COLUMNS} VALUES (?, ?, ?, ?) {_ON_SQLITE}"  # noqa: S608
        if len(batch):
            connection.exec_driver_sql(statement, list(_rows(batch)))
        return
    for statement in _statements(connection, name, batch):
        # Without parameters the driver looks for no placeholder, so that a name may hold a percent sign.
        connection.execution_options(no_parameters=True).exec_driver_sql(statement)


def _rows(batch: SampleBatch) -> Iterator[tuple[str, str, str, float]]:
    columns = (batch.codes.tolist(), _times(batch.seconds, " "), batch.values.tolist())
    for code, time, value in zip(*columns, strict=True):
        yield (*batch.names[code], time, value)


def _times(seconds: np.typing.NDArray[np.int64], between: str) -> list[str]:
    written: list[str] = np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()
    return written if between == "T" else [time.replace("T", between) for time in written]


def _statements(connection: Connection, name: str, batch: SampleBatch) -> Iterator[str]:
    """Statements of many rows each; the server's packet limit and a megabyte bound their size.

    Binding four parameters a row would take the driver longer than the server needs to store it. The text holds numbers
    and times that we write ourselves, and names as the driver itself quotes a bound parameter, once for each series.
    """
    cursor: Any = connection.connection.cursor()
    keys = {code: cursor.mogrify("%s,%s", batch.names[code]) for code in np.unique(batch.codes).tolist()}
    cursor.close()
    longest = max((len(key.encode()) for key in keys.values()), default=0) + _NUMBERS_BYTES
    packet = int(connection.scalar(text("SELECT @@max_allowed_packet")) or 0)
    most = max(1, (min(_STATEMENT_BYTES, packet // 2) - len(name) - 200) // longest)
    for begin in range(0, len(batch), most):
        part = slice(begin, begin + most)
        rows = zip(
            batch.codes[part].tolist(), _times(batch.seconds[part], "T"), batch.values[part].tolist(), strict=True
        )
        listed = ",".join([f"({keys[code]},'{time}',{value!r})" for code, time, value in rows])
        yield f"INSERT INTO {name} {_COLUMNS} VALUES {listed} {_ON_MYSQL}"  # noqa: S608
