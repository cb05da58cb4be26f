"""Going back to how a record stood: its own fields take the values an earlier entry of the trail tells, as a new change.

By way of plain editing, with its permission and its rules. Links and states are not taken back: links have entries of
their own, and a state is left by its moves alone.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.platform.records.actor import because, current_actor
from mainstay.platform.records.errors import Invalid, NotFound
from mainstay.platform.trail.models import Change
from mainstay.registers import crud
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, editable_fields
from mainstay.registers.history import FieldChange, field_changes, reference_texts, rows_of


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """How a record stood after a change, and what of it is another now: `before` is now, `after` is what it would be."""

    change: Change
    differences: tuple[FieldChange, ...]
    values: Mapping[str, Any]
    """By field name, as plain editing takes them."""

    @property
    def reason(self) -> str:
        return _("Restored from entry %(seq)d.") % {"seq": self.change.seq}


def may_restore(register: Register, record: Any) -> bool:
    """Whether the actor may change the record and its state allows it."""
    cycle = register.model.life_cycle
    is_frozen = cycle is not None and record.state in cycle.frozen
    return not is_frozen and current_actor().may(register.permission("change"), unit=record.place)


def earlier(register: Register, record: Any, seq: int) -> Earlier:
    """The record as the entry `seq` left it; NotFound when that entry is not one of its own."""
    own = Change.objects.filter(table=register.model._meta.db_table, pk_text=record.pk.hex, row__isnull=False).defer("salt")
    change, latest = own.filter(seq=seq).first(), own.order_by("-seq").first()
    if change is None or latest is None:
        raise NotFound(_("There is no such entry of this record."))
    then, now = json.loads(change.row or ""), json.loads(latest.row or "")
    fields = {name: item for name, item in editable_fields(register).items() if item.kind != "references"}
    texts = reference_texts(register, rows_of([change, latest]))
    differences = tuple(item for item in field_changes(register, "U", now, then, texts) if item.name in fields)
    values = {item.name: _raw(fields[item.name], then.get(fields[item.name].column)) for item in differences}
    return Earlier(change=change, differences=differences, values=values)


def restore(
    register: Register, record: Any, seq: int, names: Collection[str], *, version: int | None = None, reason: str = ""
) -> Any:
    """Give the named fields the values they had after the entry `seq`; the changed record."""
    found = earlier(register, record, seq)
    chosen = {name: value for name, value in found.values.items() if name in names}
    if not chosen:
        raise Invalid({"": [_("Choose at least one field.")]})
    with because(reason.strip() or found.reason):
        return crud.change(register, record, chosen, version=version, strict=True)


def _raw(item: Field, value: Any) -> Any:
    """A value of the trail as plain editing takes it."""
    if value is None:
        return None
    match item.kind:
        case "reference":
            return str(UUID(value))
        case "datetime":
            return f"{value.replace(' ', 'T')}Z"
    return value
