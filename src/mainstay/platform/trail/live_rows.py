"""The live tables beside what the trail says of them, row by row; and taking over what an upgrade or an edit changed."""

import json
from collections.abc import Iterator, Mapping
from heapq import merge
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from mainstay.platform.trail.events import write
from mainstay.platform.trail.leaves import FETCHED_AT_ONCE


def stands(table: str, query: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Key, row as it is and row as the trail tells it, of every key that either knows, as JSON texts in the form of the triggers.

    `query` gives key and row of the live table in the order of keys (`triggers.rows_queries`). Memory stays bounded.
    """
    # No parameters for the first, so that the per cent signs of its formats stand for themselves.
    live = ((key, 0, row) for key, row in _rows(query, None))
    told = ((key, 1, row) for key, row in _rows(TOLD[connection.vendor], [table]) if row is not None)
    for key, group in groupby(merge(live, told), key=lambda item: item[0]):
        found = {side: row for _key, side, row in group}
        yield key, found.get(0), found.get(1)


TOLD = {
    # SQLite takes the bare columns from the row that has the maximum.
    "sqlite": "SELECT pk, \"row\", max(seq) FROM trail_change WHERE tbl = %s AND op <> 'E' GROUP BY pk ORDER BY pk",
    "postgresql": (
        "SELECT DISTINCT ON (pk COLLATE \"C\") pk, \"row\" FROM trail_change WHERE tbl = %s AND op <> 'E' "
        "ORDER BY pk COLLATE \"C\", seq DESC"
    ),
}


def _rows(query: str, params: list[str] | None) -> Iterator[tuple[str, str]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, params)
        while found := cursor.fetchmany(FETCHED_AT_ONCE):
            for row in found:
                yield row[0], row[1]


def differing(table: str, live: str | None, told: str | None) -> tuple[str, ...] | None:
    """The columns in which a row is not what the trail says; empty when only one side has the row, None when both agree."""
    if live == told:
        return None
    if live is None or told is None:
        return ()
    return _columns(table, json.loads(live), json.loads(told)) or None


def _columns(table: str, live: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[str, ...]:
    """A column that came later must hold its default there, one that went is not missed."""
    fields = _fields(table)
    return tuple(
        column for column, value in live.items()
        if (told[column] != value if column in told else column not in fields or not _is_default(fields[column], value))
    )


def _fields(table: str) -> dict[str, "models.Field[Any, Any]"]:
    model = next((model for model in apps.get_models(include_auto_created=True) if model._meta.db_table == table), None)
    return {} if model is None else {str(item.column): item for item in model._meta.concrete_fields}


def _is_default(item: "models.Field[Any, Any]", value: Any) -> bool:
    if value is None:
        return item.null
    default = item.get_default()
    return bool(value == default or str(value) == str(item.get_prep_value(default)))


def edited(queries: Mapping[str, str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Table, key and columns of every row that is not what the trail says."""
    for table, query in queries.items():
        for key, live, told in stands(table, query):
            columns = differing(table, live, told)
            if columns is not None:
                yield table, key, columns


def take_over(queries: Mapping[str, str]) -> int:
    """Write every difference on the trail as a change by whoever acts, so that the trail again says what is; how many there were.

    For what a migration changed while the triggers were off, and for an edit that somebody decided to let stand.
    """
    made = 0
    with transaction.atomic():
        for table, query in queries.items():
            found = [item for item in stands(table, query) if differing(table, *item[1:]) is not None]
            for key, live, told in found:
                write(table, key, op="I" if told is None else "D" if live is None else "U", row=live, before=told)
            made += len(found)
    return made
