"""Whether anything refers to a record at all: asked in one short statement before many that would find nothing.

It looks past what the actor may see, and so decides only whether a scoped question is worth asking.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models

Path = tuple[type[models.Model], str]
"""A model, and the lookup path from it to the record, as `asset_links__asset`."""


def refers(model: type[models.Model], path: str, key: UUID) -> bool:
    """Whether a row of the model refers to the record by this path."""
    return referring(((model, path),), key)[0]


def referring(paths: Sequence[Path], key: UUID) -> list[bool]:
    """For each path whether any row refers to the record by it."""
    if not paths:
        return []
    columns = [_column(*path) for path in paths]
    # Names of our own models, quoted.
    parts = ", ".join(f"EXISTS(SELECT 1 FROM {table} WHERE {column} = %s)" for table, column, _field in columns)  # noqa: S608
    with connection.cursor() as cursor:
        values = [field.get_db_prep_value(key, connection) for _table, _column, field in columns]
        cursor.execute(f"SELECT {parts}", values)
        row = cursor.fetchone()
    return [bool(found) for found in row]


@cache
def _column(model: type[models.Model], path: str) -> tuple[str, str, Any]:
    """Table, column and field at which the path arrives."""
    *steps, last = path.split("__")
    here: Any = model
    for step in steps:
        here = here._meta.get_field(step).related_model
    field = here._meta.get_field(last)
    quote = connection.ops.quote_name
    return quote(here._meta.db_table), quote(field.column), field
