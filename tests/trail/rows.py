"""Rows as the trail has to write them, worked out from the models without the code of the triggers."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Max

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.trail.models import Change
from mainstay.platform.trail.triggers import captured_models

Values = dict[str, Any]
AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SAMPLES: dict[str, Any] = {
    "CharField": "é", "SlugField": "e", "TextField": "ü\n“x”", "BooleanField": True, "DateField": date(2026, 1, 31),
    "DateTimeField": AT, "DecimalField": Decimal("7.5"), "JSONField": {"a": [1, None, "ß"]}, "BinaryField": b"\x00\xff",
    "IntegerField": 1, "PositiveIntegerField": 1, "PositiveSmallIntegerField": 1, "BigIntegerField": 1,
}
LATER = {"end_on": date(2027, 1, 31), "period_to": date(2027, 1, 31)}


def storage(field: Any) -> str:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return str(field.get_internal_type())


def sample(model: type[models.Model]) -> Values:
    """Values by attribute for one row that the table takes; references lead nowhere until the transaction ends."""
    values: Values = {}
    for field in model._meta.concrete_fields:
        if field.attname in LATER:
            values[field.attname] = LATER[field.attname]
        elif storage(field) == "UUIDField":
            values[field.attname] = None if field.null else uuid7()
        elif isinstance(field, models.BigAutoField):
            values[field.attname] = (model._base_manager.aggregate(most=Max("pk"))["most"] or 0) + 1_000
        elif field.choices:
            values[field.attname] = field.choices[0][0]
        else:
            values[field.attname] = None if field.null and storage(field) != "DecimalField" else SAMPLES[storage(field)]
    if model._meta.label == "units.Unit":
        values["organisation_id"] = values["id"]
    return values


def form(model: type[models.Model], values: Values) -> Values:
    """The row as the trail writes it: by column, in one form on every database."""
    return {field.column: _form(field, values[field.attname]) for field in model._meta.concrete_fields}


def _form(field: Any, value: Any) -> Any:
    match value:
        case None:
            return None
        case UUID():
            return value.hex
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:.{field.decimal_places}f}"
        case bytes() | memoryview():
            return bytes(value).hex()
    return value


def insert(model: type[models.Model], values: Values) -> None:
    """By plain SQL."""
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks})',
            [field.get_db_prep_save(values[field.attname], connection) for field in fields],
        )


def update(model: type[models.Model], values: Values, **new: Any) -> None:
    """By plain SQL."""
    field = model._meta.get_field(next(iter(new)))
    key = model._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s WHERE "{key.column}" = %s',
            [field.get_db_prep_save(new[field.attname], connection), key.get_db_prep_save(values[key.attname], connection)],
        )


def delete(model: type[models.Model], values: Values) -> None:
    """By plain SQL."""
    key = model._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{model._meta.db_table}" WHERE "{key.column}" = %s',
            [key.get_db_prep_save(values[key.attname], connection)],
        )


def other_value(model: type[models.Model]) -> Values:
    """Another value for some column that allows it: the longest text without a list of choices, else any."""
    texts = [
        field for field in model._meta.concrete_fields
        if storage(field) in ("TextField", "CharField") and not field.choices and not field.primary_key
    ]
    if texts:
        best = max(texts, key=lambda field: field.max_length or 10**6)
        return {best.attname: "z\\\"'" if (best.max_length or 9) > 4 else "z"}
    numbers = [field for field in model._meta.concrete_fields if isinstance(field, models.IntegerField) and not field.primary_key]
    if numbers:
        return {numbers[-1].attname: 2}
    times = [field for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField)]
    return {times[0].attname: AT.replace(year=2027)} if times else {}


def live_rows() -> dict[tuple[str, str], Values]:
    """Every row of every captured table by table and key."""
    found = {}
    for model in captured_models():
        names = [field.attname for field in model._meta.concrete_fields]
        for values in model._base_manager.values(*names):
            row = form(model, values)
            found[model._meta.db_table, str(row[model._meta.pk.column])] = row
    return found


def replayed() -> dict[tuple[str, str], Values]:
    """The same from the trail alone: the latest row of each key that was not deleted."""
    found: dict[tuple[str, str], Values] = {}
    for change in Change.objects.order_by("seq"):
        if change.row is None:
            found.pop((change.table, change.pk_text), None)
        else:
            found[change.table, change.pk_text] = json.loads(change.row)
    return found
