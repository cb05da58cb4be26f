"""The history of a record in words, read from the trail: who, when, through which door, why, and what changed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.platform.access.models import ApiToken
from mainstay.platform.identity.models import User
from mainstay.platform.records.models import Link, Scoped
from mainstay.platform.trail.models import Change
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, fields_of

QUIET = frozenset(
    {"version", "ref_order", "changed_at", "created_at", "id", "organisation_id", "need_changed_at", "state_changed_at"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One field before and after, as people read it."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One change of a record or of its links."""

    seq: int
    at: datetime
    who: str
    channel: str
    reason: str
    request: str
    operation: str
    changes: tuple[FieldChange, ...]
    is_derived: bool = False
    """Whether all of it followed from other changes, by a function rather than by hand."""
    is_state: bool = False
    """Whether it tells how the record itself stood afterwards, so that one may go back to it."""


def history_of(register: Register, record: Any, *, limit: int = 200, before: int | None = None) -> list[Entry]:
    """The latest changes of a record and of its link fields, newest first; `before` continues below a sequence number."""
    keys = [(register.model._meta.db_table, record.pk.hex)]
    keys += _link_keys(register, record)
    found = Change.objects.filter(table__in={table for table, _key in keys}, pk_text__in={key for _table, key in keys})
    if before is not None:
        found = found.filter(seq__lt=before)
    changes = list(found.order_by("-seq").defer("salt")[:limit])
    names = actor_names({change.actor for change in changes})
    texts = reference_texts(register, rows_of(changes))
    entries = [_entry(register, change, names, texts) for change in changes]
    return [entry for entry in entries if entry.changes or entry.operation != "U"]


def _link_keys(register: Register, record: Any) -> list[tuple[str, str]]:
    keys = []
    for link in register.links:
        source = link.through.ends[0]
        rows = link.through.unscoped_for_system.filter(**{f"{source}_id": record.pk}).values_list("pk", flat=True)
        keys += [(link.through._meta.db_table, row.hex) for row in rows]
    return keys


def actor_names(identities: set[str]) -> dict[str, str]:
    """What the actors of the trail are called: the person behind a user or a token."""
    users = {identity[5:] for identity in identities if identity.startswith("user:")}
    tokens = {identity[6:] for identity in identities if identity.startswith("token:")}
    people = User.objects.filter(pk__in=_uuids(users)).order_by().values_list("pk", "person__name")
    named = {f"user:{user.hex}": name for user, name in people}
    given = ApiToken.objects.filter(pk__in=_uuids(tokens)).values_list("pk", "user__person__name", "name")
    for token, person, name in given:
        named[f"token:{token.hex}"] = f"{person} ({name})"
    named |= {identity: f"{identity[9:]} (operator)" for identity in identities if identity.startswith("operator:")}
    return {identity: named.get(identity, identity.capitalize()) for identity in identities} | {"system": "Mainstay"}


def _uuids(texts: set[str]) -> list[UUID]:
    return [UUID(text) for text in texts if len(text) == 32]


def _entry(register: Register, change: Change, names: Mapping[str, str], texts: Mapping[str, str]) -> Entry:
    before: dict[str, Any] = json.loads(change.before) if change.before else {}
    after: dict[str, Any] = json.loads(change.row) if change.row else {}
    link = next((item for item in register.links if item.through._meta.db_table == change.table), None)
    if link is not None:
        changes = _link_changes(link.name, str(link.label), link.through, before, after, texts)
        operation = "U"
    else:
        changes = field_changes(register, change.op, before, after, texts)
        operation = change.op
    return Entry(
        seq=change.seq,
        at=change.at,
        who=names.get(change.actor, change.actor),
        channel=change.channel,
        reason=change.reason,
        request=change.request,
        operation=operation,
        changes=changes,
        is_state=link is None and bool(after),
        is_derived=operation == "U" and link is None and bool(changes) and all(item.name in register.derived for item in changes),
    )


def field_changes(
    register: Register, operation: str, before: Mapping[str, Any], after: Mapping[str, Any], texts: Mapping[str, str]
) -> tuple[FieldChange, ...]:
    """The fields in which two rows of the trail differ, in words."""
    by_column = {field.column: field for field in fields_of(register).values()}
    found = []
    for column in after or before:
        field = by_column.get(column)
        old, new = before.get(column), after.get(column)
        if column in QUIET or field is None or old == new or (operation == "I" and new in (None, "", {}, [])):
            continue
        found.append(
            FieldChange(name=field.name, label=field.label, before=_text(field, old, texts), after=_text(field, new, texts))
        )
    return tuple(found)


def _link_changes(
    name: str, label: str, through: type[Link], before: Mapping[str, Any], after: Mapping[str, Any], texts: Mapping[str, str]
) -> tuple[FieldChange, ...]:
    end = f"{through.ends[1]}_id"
    old, new = (texts.get(str(row.get(end)), "") if row else "" for row in (before, after))
    return () if old == new and before and after else (FieldChange(name=name, label=label, before=old, after=new),)


def _text(field: Field, value: Any, texts: Mapping[str, str]) -> str:
    if value is None or value == "":
        return ""
    if field.kind == "reference":
        return texts.get(str(value), "")
    if field.choices:
        return field.choice_label(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        # Frozen content is read on its own page; here it is enough to tell one state of it from another.
        return _("content with SHA-256 %(digest)s…") % {"digest": hashlib.sha256(json.dumps(value).encode()).hexdigest()[:8]}
    text = str(value)
    return text if len(text) <= 2_000 else f"{text[:2_000]}…"


def rows_of(changes: Iterable[Change]) -> list[tuple[str, Mapping[str, Any]]]:
    """The rows before and after each change, with the table they are of."""
    return [(change.table, json.loads(text)) for change in changes for text in (change.before, change.row) if text]


def reference_texts(register: Register, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Names behind the ids that rows of the register or its links mention, one query per kind of target."""
    wanted: dict[type[Scoped], set[str]] = {}
    targets = {field.column: field.target for field in fields_of(register).values() if field.kind == "reference" and field.target}
    ends = {link.through._meta.db_table: (f"{link.through.ends[1]}_id", link.target) for link in register.links}
    for table, row in rows:
        if table in ends:
            column, target = ends[table]
            wanted.setdefault(target, set()).add(str(row.get(column)))
            continue
        for column, kind in targets.items():
            if row.get(column):
                wanted.setdefault(kind, set()).add(str(row[column]))
    texts: dict[str, str] = {}
    for model, ids in wanted.items():
        # Who may see the record may see what it was linked to by name, as on the record itself.
        for found in model.unscoped_for_system.filter(pk__in=_uuids(ids)):
            texts[found.pk.hex] = str(found)
    return texts


def first_and_last(model: type[Scoped], record: Any) -> tuple[Change | None, Change | None]:
    """The change that made a record and its latest, for “created by” and “changed by”."""
    changes = Change.objects.filter(table=model._meta.db_table, pk_text=record.pk.hex).only("seq", "at", "actor", "channel")
    return changes.order_by("seq").first(), changes.order_by("-seq").first()
