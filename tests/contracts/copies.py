"""More rows of a kind, and rows tied to a record, without going through what makes such records one by one."""

from typing import Any

from django.db.models import UniqueConstraint

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.models import Link
from mainstay.registers.declaration import RelatedPanel

COUNTED = ("number", "minor")
NAMED = ("ref", "catalogue_id")


def copies(record: Any, count: int) -> list[Any]:
    """Store so many further rows like the record, differing in what must be unique."""
    model = type(record)
    made = []
    for index in range(1, count + 1):
        values = {field.attname: getattr(record, field.attname) for field in model._meta.concrete_fields}
        values |= {name: values[name] + index for name in COUNTED if values.get(name) is not None}
        values |= {name: f"{values[name]}-{index}" for name in NAMED if name in values}
        if values.get("email"):
            values["email"] = f"{index}.{values['email']}"
        if _only_one_in_some_state(model):
            values["state"] = model.life_cycle.states[-1].value
            values |= {name: "0" * 64 for name in ("digest",) if name in values}
        made.append(model(**values | {"id": uuid7()}))
    return list(model.unscoped_for_system.bulk_create(made))


def _only_one_in_some_state(model: type[Any]) -> bool:
    """Whether at most one may be in force, or in the making."""
    rules = (rule for rule in model._meta.constraints if isinstance(rule, UniqueConstraint))
    return any("state" in str(rule.condition) for rule in rules)


def tie(panel: RelatedPanel, rows: list[Any], record: Any) -> None:
    """Make the rows those that the panel shows for the record."""
    first, _, rest = panel.via.partition("__")
    if not rest:
        panel.of.unscoped_for_system.filter(pk__in=[row.pk for row in rows]).update(**{first: record})
        return
    through: type[Link] = panel.of._meta.get_field(first).related_model  # type: ignore[assignment] # a reverse relation
    near = panel.of._meta.get_field(first).field.name  # type: ignore[union-attr]
    for row in rows:
        if not through.unscoped_for_system.filter(**{near: row, rest: record}).exists():
            link = through(
                organisation_id=record.organisation_id, created_by_id=current_actor().person_id, **{near: row, rest: record}
            )
            link.save(force_insert=True)
