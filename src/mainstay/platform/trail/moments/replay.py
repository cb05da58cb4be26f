"""Rebuilding a whole earlier state from the trail: the latest row of every key that a checkpoint covers, and nothing else."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from mainstay.platform.records.events import announce
from mainstay.platform.records.moment import Moment, live_alias
from mainstay.platform.trail.moments import schema
from mainstay.platform.trail.moments.bounds import known_changes
from mainstay.platform.trail.moments.database import for_building
from mainstay.platform.trail.moments.events import Replayed
from mainstay.platform.trail.moments.upgrades import UPGRADES, Row, Step, renamed_tables, upgraded
from mainstay.platform.trail.triggers import captured_models, storage

REBUILDING = "rebuilding"
"""The alias of the file while it is built."""
AT_ONCE = 500
PROGRESS_EVERY = 5_000
SECRETS = frozenset({("identity_user", "password"), ("identity_signinlink", "digest"), ("access_apitoken", "digest")})
"""Columns that stay empty: nothing of the past opens a door, not even to who copies the file."""

Told = Callable[[int, int], None]


def replay(moment: Moment, target: Path, told: Told = lambda done, total: None, steps: tuple[Step, ...] = UPGRADES) -> int:
    """Write the state known at the moment into a new SQLite file; the number of rows in it."""
    target.touch(0o600)
    connection = for_building(target)
    connections[REBUILDING] = connection
    try:
        connection.ensure_connection()
        written = _write(connection, moment, told, steps)
        announce(Replayed(alias=REBUILDING))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    finally:
        connection.close()
        del connections[REBUILDING]
    return written


def _write(connection: BaseDatabaseWrapper, moment: Moment, told: Told, steps: tuple[Step, ...]) -> int:
    tables = {model._meta.db_table: _Table(model) for model in schema.replayed_models()}
    file = connection.connection
    file.execute("BEGIN")
    for statement in schema.tables():
        file.execute(statement)
    total, done = _estimate(), 0
    for done, (table, row) in enumerate(_latest(moment, steps), start=1):
        if table in tables:
            tables[table].take(row, file)
        if done % PROGRESS_EVERY == 0:
            told(done, max(done, total))
    for item in tables.values():
        item.flush(file)
    for statement in schema.indexes():
        file.execute(statement)
    file.execute("COMMIT")
    return sum(item.written for item in tables.values())


def _estimate() -> int:
    """About how many rows there will be: as many as there are today."""
    live = connections[live_alias()]
    counts = [f'SELECT count(*) AS n FROM "{model._meta.db_table}"' for model in captured_models()]  # noqa: S608 # our own names
    with live.cursor() as cursor:
        cursor.execute(f"SELECT sum(n) FROM ({' UNION ALL '.join(counts)}) counted")  # noqa: S608 # our own names
        return int(cursor.fetchone()[0])


def _latest(moment: Moment, steps: tuple[Step, ...]) -> Iterator[tuple[str, Row]]:
    """The latest row of each key, by the name its table has today."""
    renamed = renamed_tables(steps)
    # A key goes on under the new name of its table, so both names are one group.
    name = f"CASE c.tbl {'WHEN %s THEN %s ' * len(renamed)}ELSE c.tbl END" if renamed else "c.tbl"
    known, parameters = known_changes(moment)
    query = (
        'SELECT c.tbl, c."row" FROM trail_change c JOIN ('  # noqa: S608 # our own names
        f"SELECT max(c.seq) AS seq FROM trail_change c {known} GROUP BY {name}, c.pk"
        ') latest ON latest.seq = c.seq WHERE c."row" IS NOT NULL'
    )
    with connections[live_alias()].chunked_cursor() as cursor:
        cursor.execute(query, [*parameters, *(text for pair in renamed.items() for text in pair)])
        while found := cursor.fetchmany(AT_ONCE):
            for table, text in found:
                yield renamed.get(table, table), upgraded(table, orjson.loads(text), steps)


class _Table:
    """Takes rows of the trail for one table and stores them as SQLite keeps them."""

    def __init__(self, model: type[models.Model]) -> None:
        table, fields = model._meta.db_table, model._meta.concrete_fields
        self._fields = fields
        self._values = itemgetter(*(field.column for field in fields))
        readers = [_emptied if (table, field.column) in SECRETS else _reader(field) for field in fields]
        self._readers = [(place, read) for place, read in enumerate(readers) if read is not None]
        names = ", ".join(f'"{field.column}"' for field in fields)
        self._statement = f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(fields))})'  # noqa: S608 # our own names
        self._waiting: list[list[Any]] = []
        self.written = 0

    def take(self, row: Row, file: sqlite3.Connection) -> None:
        try:
            values = list(self._values(row))
        except KeyError:
            # Written before some column was there: it has what a new record would have.
            values = list(self._values({field.column: _default(field) for field in self._fields} | row))
        for place, read in self._readers:
            values[place] = read(values[place])
        self._waiting.append(values)
        if len(self._waiting) == AT_ONCE:
            self.flush(file)

    def flush(self, file: sqlite3.Connection) -> None:
        file.executemany(self._statement, self._waiting)
        self.written += len(self._waiting)
        self._waiting.clear()


def _emptied(value: object) -> str:
    return ""


def _default(field: "models.Field[Any, Any]") -> Any:
    """The default of a column as the trail would write it."""
    value = field.get_default()
    match value:
        case UUID():
            return value.hex
        case Decimal() | date():
            return str(value)
    return value


def _reader(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """From the form of `triggers.column_expression` to what SQLite stores; None where both are the same."""
    match storage(field):
        case "JSONField":
            return lambda value: None if value is None and field.null else json.dumps(value)
        case "BinaryField":
            return lambda value: value and bytes.fromhex(value)
        case "DateTimeField":
            # SQLite keeps whole seconds without a fraction.
            return lambda value: value and value.removesuffix(".000000")
    return None
