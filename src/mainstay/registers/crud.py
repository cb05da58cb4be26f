"""Plain editing: the one path by which pages, API, command line and imports create, change and delete records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.records.errors import Invalid, NotFound, RuleViolation, SeveralFound, StaleVersion
from mainstay.platform.records.events import announce
from mainstay.platform.records.models import Link, Record, Scoped
from mainstay.platform.records.refs import next_refs, note_refs
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, editable_fields, fields_of, read_scalar
from mainstay.registers.imports.values import split_references
from mainstay.registers.integrity import explain
from mainstay.registers.references import Ambiguous, Resolver, Unresolved, resolve, within


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Records of one model were stored in this transaction; `changed` names fields, empty when they are new."""

    model: type[Scoped]
    records: tuple[Any, ...]
    changed: frozenset[str]


def find(register: Register, key: object, *, actor: Actor | None = None, with_references: bool = False) -> Any:
    """The visible record with that id or reference, with those it refers to if wished; NotFound for all others.

    Raises SeveralFound for a short reference that several have.
    """
    organisation = (actor or current_actor()).organisation_id
    beside = [name for name, item in fields_of(register).items() if item.kind == "reference"] if with_references else []
    if (inside := within(register.model)) and not beside:
        beside = [inside]
    try:
        return resolve(register.model, key, organisation=organisation, beside=beside)
    except Ambiguous as error:
        raise SeveralFound(str(error)) from error
    except Unresolved as error:
        raise NotFound(_("There is no such %(kind)s.") % {"kind": register.label}) from error


def clean(
    register: Register, raw: Mapping[str, Any], *, record: Any = None, strict: bool = False,
    resolver: Resolver | None = None, organisation: UUID | None = None,
) -> dict[str, Any]:
    """Turn raw input into values by field name; references become ids, link fields lists of ids.

    Only what `raw` names is read, so a change touches only what it was sent. Unknown or not editable fields are
    refused. Raises Invalid with every field that is wrong, not just the first.
    """
    fields = editable_fields(register)
    place = organisation or (record.organisation_id if record is not None else None) or current_actor().organisation_id
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in raw.items():
        item = fields.get(name)
        if item is None:
            errors[name] = [_("There is no such field to write.")]
            continue
        try:
            values[name] = _read(item, value, strict=strict, resolver=resolver, organisation=place)
        except (ValueError, Unresolved) as error:
            errors[name] = [str(error)]
            continue
        if values[name] in (None, "") and (item.has_default or name in ("ref", "unit")):
            # Left empty: a new record takes the default, a stored one cannot lose what it has.
            del values[name]
            if record is not None:
                errors[name] = [_("This is needed.")]
    for name, item in fields.items():
        given = name in raw
        if item.required and name not in errors and (given or record is None) and values.get(name) in (None, "", []):
            errors[name] = [_("This is needed.")]
    if errors:
        raise Invalid(errors)
    return values


def _read(item: Field, value: Any, *, strict: bool, resolver: Resolver | None, organisation: UUID | None) -> Any:
    if item.kind == "references":
        if strict and not isinstance(value, list):
            raise ValueError(_("This takes a list of ids or references."))
        texts = value if isinstance(value, list | tuple) else split_references(str(value or ""))
        return list(dict.fromkeys(_resolve(item, text, resolver, organisation) for text in texts if str(text).strip()))
    if item.kind == "reference":
        if value is None or not str(value).strip():
            return None
        if strict and not isinstance(value, str):
            raise ValueError(_("This takes an id or a reference as text."))
        return _resolve(item, value, resolver, organisation)
    return read_scalar(item, value, strict=strict)


def _resolve(item: Field, text: Any, resolver: Resolver | None, organisation: UUID | None) -> UUID:
    if item.target is None:
        raise TypeError(f"{item.name} leads nowhere")
    if resolver is not None:
        return resolver.find(item.target, text)
    found: UUID = resolve(item.target, text, organisation=organisation).pk
    return found


# Creating


def create(register: Register, raw: Mapping[str, Any], *, strict: bool = False) -> Any:
    """Create one record from raw input. Raises Invalid, NotAllowed, RuleViolation."""
    with transaction.atomic():
        return create_many(register, [clean(register, raw, strict=strict)])[0]


def create_many(register: Register, rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Create records from cleaned values: all of them or none. Permission is asked per unit."""
    if not rows:
        return []
    with transaction.atomic():
        records = insert_many(register, rows)
        link_new(register, records, rows)
        settle(register, records, frozenset())
    return records


def insert_many(register: Register, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Store new records without their links. Whoever calls this calls `link_new`, then `settle`, once all are there."""
    actor = current_actor()
    with transaction.atomic():
        records = [build(register, row, actor) for row in rows]
        for unit in {record.unit_id for record in records}:
            actor.require(register.permission("add"), unit=unit)
        _number(register, records)
        for record in records:
            if register.prepare is not None:
                register.prepare(record, frozenset())
        with explained(register):
            register.model.unscoped_for_system.bulk_create(records, batch_size=500)
    return records


def build(register: Register, row: Mapping[str, Any], actor: Actor) -> Any:
    """An unsaved record from cleaned values, with defaults, at its unit."""
    fields = fields_of(register)
    values = {
        fields[name].column: value for name, value in row.items()
        if fields[name].kind != "references" and not (value is None and not fields[name].nullable)
    }
    for name, default in register.defaults.items():
        if row.get(name) in (None, ""):
            values[fields[name].column] = default()
    if values.get("unit_id") is None:
        values["unit_id"] = actor.organisation_id
    if values["unit_id"] is None:
        raise Invalid({"unit": [_("Say where in the organisation this belongs.")]})
    return register.model(**values)


def _number(register: Register, records: Sequence[Record]) -> None:
    """Fill organisation and references; the organisation follows from the unit."""
    unit_model: Any = register.model._meta.get_field("organisation").remote_field.model
    units = {record.unit_id for record in records}
    organisations = dict(unit_model.unscoped_for_system.filter(pk__in=units).values_list("pk", "organisation_id"))
    blank: dict[UUID, list[Record]] = {}
    brought: dict[UUID, list[str]] = {}
    for record in records:
        record.organisation_id = organisations[record.unit_id]
        if record.ref:
            brought.setdefault(record.organisation_id, []).append(record.ref)
        else:
            blank.setdefault(record.organisation_id, []).append(record)
    for organisation, refs in brought.items():
        note_refs(organisation, register.model.ref_prefix, refs)
    for organisation, waiting in blank.items():
        for record, ref in zip(waiting, next_refs(organisation, register.model.ref_prefix, len(waiting)), strict=True):
            record.ref = ref


# Changing


def change(
    register: Register, record: Any, raw: Mapping[str, Any], *, version: int | None = None, strict: bool = False
) -> Any:
    """Change the fields that `raw` names. With `version`, refuses when someone saved in between (StaleVersion)."""
    with transaction.atomic():
        stored = locked(register.model, record.pk)
        if version is not None and stored.version != version:
            raise StaleVersion(_("Somebody saved this while you were editing. Nothing of yours is lost: compare and save again."))
        return change_many(register, [(stored, clean(register, raw, record=stored, strict=strict))])[0]


def locked(model: type[Scoped], key: UUID) -> Any:
    """The stored row, locked until the transaction ends; NotFound when it is gone."""
    stored = model.unscoped_for_system.select_for_update(of=("self",)).filter(pk=key).first()
    if stored is None:
        raise NotFound(_("This does not exist any more."))
    return stored


def change_many(register: Register, pairs: Sequence[tuple[Any, dict[str, Any]]]) -> list[Any]:
    """Change locked records by cleaned values: all of them or none."""
    actor = current_actor()
    touched: list[Any] = []
    changed_names: set[str] = set()
    linked = []
    with transaction.atomic():
        for record, values in pairs:
            changed = _apply(register, record, values, actor)
            links = [(record, link, values[link.name]) for link in register.links if link.name in values]
            linked += links
            if not changed and not links:
                continue
            if register.prepare is not None:
                register.prepare(record, changed)
            if changed:
                touched.append(record)
                changed_names |= changed
        _save_changed(register, touched)
        for record, link, wanted in linked:
            if _relink(link.name, link.through, record, wanted, actor):
                changed_names.add(link.name)
                if record not in touched:
                    touched.append(record)
                    _save_changed(register, [record])
        if touched:
            settle(register, touched, frozenset(changed_names))
    return [record for record, _values in pairs]


def _apply(register: Register, record: Any, values: Mapping[str, Any], actor: Actor) -> frozenset[str]:
    """Set the values on the record, asking permission where it is and where it goes; the names that differ."""
    fields = fields_of(register)
    actor.require(register.permission("change"), unit=record.place)
    cycle = register.model.life_cycle
    changed = frozenset(
        name for name, value in values.items()
        if fields[name].kind != "references" and getattr(record, fields[name].column) != value
        and not (value is None and not fields[name].nullable)
    )
    would_link = any(fields[name].kind == "references" for name in values)
    if cycle is not None and record.state in cycle.frozen and (changed or would_link):
        state = cycle.state(record.state).label
        raise RuleViolation(
            _("%(label)s is %(state)s and cannot be edited; that is what its approval is worth.")
            % {"label": record.label, "state": state}, code="frozen",
        )
    if "unit" in changed:
        _move(register, record, values["unit"], actor)
    for name in changed:
        setattr(record, fields[name].column, values[name])
    return changed


def _move(register: Register, record: Any, unit: UUID, actor: Actor) -> None:
    if unit is None:
        raise Invalid({"unit": [_("This is needed.")]})
    actor.require(register.permission("add"), unit=unit)
    unit_model: Any = type(record)._meta.get_field("organisation").remote_field.model
    if not unit_model.unscoped_for_system.filter(pk=unit, organisation_id=record.organisation_id).exists():
        raise Invalid({"unit": [_("A record stays within its organisation.")]})


def _save_changed(register: Register, records: Iterable[Any]) -> None:
    with explained(register):
        for record in records:
            record.version += 1
            record.save()


# Deleting


def delete(register: Register, record: Any, *, version: int | None = None) -> None:
    """Delete a record that nothing relies on. What it was stays on the trail."""
    actor = current_actor()
    with transaction.atomic():
        stored = locked(register.model, record.pk)
        actor.require(register.permission("delete"), unit=stored.place)
        if version is not None and stored.version != version:
            raise StaleVersion(_("Somebody saved this while you were looking at it."))
        cycle = register.model.life_cycle
        if cycle is not None and stored.state in cycle.frozen:
            raise RuleViolation(_("What was approved is kept, not deleted."), code="frozen")
        try:
            with transaction.atomic():
                stored.delete()
        except models.ProtectedError as error:
            users = sorted({str(item) for item in list(error.protected_objects)[:5]})
            raise RuleViolation(
                _("%(label)s is still used by: %(users)s.") % {"label": stored.label, "users": ", ".join(users)},
                code="in_use",
            ) from error
        settle(register, [stored], frozenset({"deleted"}))


# Links


def link_new(register: Register, records: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Make the links that the rows name for records that have none yet."""
    actor = current_actor()
    for link in register.links:
        made = [
            build_link(link.through, record, target, actor)
            for record, row in zip(records, rows, strict=True) for target in row.get(link.name) or ()
        ]
        with explained(register):
            link.through.unscoped_for_system.bulk_create(made, batch_size=500)


def build_link(through: type[Link], record: Any, target: UUID, actor: Actor, **rest: Any) -> Any:
    """An unsaved link from a record to a target, with who made it."""
    source, end = through.ends
    return through(
        organisation_id=record.organisation_id, created_by_id=actor.person_id,
        **{f"{source}_id": record.pk, f"{end}_id": target}, **rest,
    )


def _relink(name: str, through: type[Link], record: Any, wanted: Sequence[UUID], actor: Actor) -> bool:
    """Make the links of a record those to `wanted`, keeping the ones that stay as they are. Whether any changed."""
    source, end = through.ends
    present = dict(
        through.unscoped_for_system.filter(**{f"{source}_id": record.pk}).values_list(f"{end}_id", "pk")
    )
    gone = [link for target, link in present.items() if target not in wanted]
    fresh = [build_link(through, record, target, actor) for target in wanted if target not in present]
    if gone:
        through.unscoped_for_system.filter(pk__in=gone).delete()
        # `after` learns here what a record is no longer linked to.
        unlinked = record.__dict__.setdefault("unlinked", {})
        unlinked[name] = [target for target in present if target not in wanted]
    through.unscoped_for_system.bulk_create(fresh)
    return bool(gone or fresh)


def linked_ids(through: type[Link], record: Any) -> list[UUID]:
    """The ids a record is linked to."""
    source, end = through.ends
    return list(through.unscoped_for_system.filter(**{f"{source}_id": record.pk}).values_list(f"{end}_id", flat=True))


# Around each write


class explained:  # noqa: N801 # read as a statement: `with explained(register):`
    """Turn a refusal of the database into Invalid that names the field."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._savepoint = transaction.atomic()

    def __enter__(self) -> None:
        self._savepoint.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._savepoint.__exit__(kind, error, trace)
        if isinstance(error, IntegrityError):
            raise Invalid(explain(self._register.model, error)) from error


def settle(register: Register, records: Sequence[Any], changed: frozenset[str]) -> None:
    """Let the register derive what depends on the records, then tell everyone who listens."""
    if register.after is not None:
        register.after(records, changed)
    announce(Saved(model=register.model, records=tuple(records), changed=changed))


def touch(record: Any) -> None:
    """Store a record that a service changed: next version, time of change."""
    record.version += 1
    record.changed_at = timezone.now()
    record.save()
