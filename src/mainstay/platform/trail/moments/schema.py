"""The tables an earlier state is rebuilt in: those of today's models with their indexes, and no constraints.

What was once stored need not meet a rule that came later, and a row that is refused would be a hole in the past.
"""

import hashlib
from collections.abc import Iterator
from functools import cache

from django.apps import apps
from django.db import models

from mainstay.platform.trail.moments.database import in_memory
from mainstay.platform.trail.moments.upgrades import UPGRADES


def replayed_models() -> list[type[models.Model]]:
    """Every table of the product but those of the trail itself; what the trail does not capture stays empty."""
    return [
        model for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
        and not (model._meta.app_label == "trail" and hasattr(model, "trail_exempt"))
    ]


@cache
def tables() -> tuple[str, ...]:
    """The statements that make the tables, before any row is there."""
    connection = in_memory()
    made = []
    for model in replayed_models():
        columns = ", ".join(
            f'"{field.column}" {field.db_type(connection)}{" PRIMARY KEY" if field.primary_key else ""}'
            for field in model._meta.concrete_fields
        )
        made.append(f'CREATE TABLE "{model._meta.db_table}" ({columns})')
    return tuple(made)


@cache
def indexes() -> tuple[str, ...]:
    """The statements that make the indexes, once the rows are there."""
    editor = in_memory().schema_editor(collect_sql=True)
    made: list[str] = []
    for model in replayed_models():
        table = model._meta.db_table
        made += [
            f'CREATE INDEX "{table}__{field.column}" ON "{table}" ("{field.column}")'
            for field in model._meta.concrete_fields
            if (getattr(field, "db_index", False) or field.unique) and not field.primary_key
        ]
        made += [str(index.create_sql(model, editor)) for index in _declared(model)]
    return tuple(made)


def _declared(model: type[models.Model]) -> Iterator[models.Index]:
    yield from model._meta.indexes
    for rule in model._meta.constraints:
        if isinstance(rule, models.UniqueConstraint):
            if rule.expressions:
                yield models.Index(*rule.expressions, name=rule.name, condition=rule.condition)
            else:
                yield models.Index(fields=rule.fields, name=rule.name, condition=rule.condition)


@cache
def digest() -> str:
    """Twelve digits that are others as soon as a table, an index or an upgrade is another."""
    return hashlib.sha256("\n".join([*tables(), *indexes(), repr(UPGRADES)]).encode()).hexdigest()[:12]
