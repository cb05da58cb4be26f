"""Rows that were read, held against what is stored: which are new, which change what, which a rule would refuse."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from unicodedata import normalize
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError, Invalid
from mainstay.platform.records.models import Link
from mainstay.registers.crud import build, build_link
from mainstay.registers.declaration import LinkField, Register
from mainstay.registers.fields import Field, editable_fields
from mainstay.registers.imports.reading import Awaited, Finding, Reading, RowReader
from mainstay.registers.imports.values import read_text
from mainstay.registers.lists import shown_text
from mainstay.registers.references import has_field

Outcome = Literal["new", "changed", "same", "refused", "skipped"]


class Difference(NamedTuple):
    """One field that a row changes, as people read it."""

    field: str
    old: str
    new: str


@dataclass(kw_only=True, slots=True)
class Decided:
    """What is to become of one row. `values` are all of a new record, and only what differs of one that exists."""

    row: int
    outcome: Outcome
    label: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    later: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kept: dict[str, list[Any]] = field(default_factory=dict)
    """Links of a record that stay, where the row names further ones in the same file."""
    record: UUID | None = None
    version: int = 0
    differences: tuple[Difference, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


class Comparer:
    """Decides about batches of rows with a fixed number of queries each.

    With `tries`, rules and conditions are asked of every row beforehand; without, storing the rows will ask them.
    """

    def __init__(self, register: Register, reader: RowReader, *, key: str | None, organisation: UUID, tries: bool) -> None:
        self._tries = tries
        self._register, self._reader, self._key = register, reader, key
        self._organisation = organisation
        self._actor = current_actor()
        self._fields = editable_fields(register)
        self._links = {link.name: link for link in register.links}
        self._may: dict[tuple[str, Any], bool] = {}
        self._checks = [item for item in register.model._meta.constraints if isinstance(item, models.CheckConstraint)]
        self._known = self._read_keys() if key else {}

    def _read_keys(self) -> dict[str, UUID | None]:
        """Id by key of what is stored; None where a key stands for several."""
        known: dict[str, UUID | None] = {}
        visible = self._register.model.objects.filter(organisation_id=self._organisation)
        for text, identifier in visible.values_list(self._key, "pk").iterator():
            key = folded_key(text)
            known[key] = None if key in known else identifier
        return known

    def key_of(self, reading: Reading) -> str:
        return folded_key(reading.values.get(self._key, "")) if self._key else ""

    def decide(self, readings: Sequence[Reading], *, with_differences: bool) -> list[Decided]:
        """One decision per row, in order."""
        found = {id(reading): self._known.get(self.key_of(reading)) for reading in readings if not reading.is_total}
        stored, links = self._stored({key for key in found.values() if key is not None})
        decided = []
        for reading in readings:
            if reading.is_total:
                decided.append(Decided(row=reading.row, outcome="skipped"))
                continue
            record = stored.get(found[id(reading)])  # type: ignore[arg-type] # None finds nothing
            made = Decided(
                row=reading.row, outcome="new" if record is None else "same", later=reading.later,
                label=_label(reading), findings=reading.faults, warnings=reading.warnings,
            )
            if self.key_of(reading) in self._known and record is None:
                reason = _("Several records have this; choose another column to recognise rows by.")
                self._refuse(made, reading, self._key, reason)
            if record is None:
                if self._key and not self.key_of(reading):
                    reason = _("Nothing here to recognise the row by: imported again, it would be added again.")
                    heading = self._reader.heading(self._key)
                    made.warnings.append(Finding(row=made.row, column=heading, value="", reason=reason))
                self._decide_new(made, reading)
            else:
                self._decide_change(made, reading, record, links, with_differences=with_differences)
            if made.findings:
                made.outcome = "refused"
            decided.append(made)
        return decided

    # New records

    def _decide_new(self, made: Decided, reading: Reading) -> None:
        made.values = reading.values
        faulty = {finding.column for finding in made.findings}
        for name, item in self._fields.items():
            if item.required and reading.values.get(name) in (None, "", []) and name not in reading.later:
                heading = self._reader.heading(name)
                if heading not in faulty:
                    self._refuse(made, reading, name, _("This is needed."))
        if not made.findings:
            self._ask(made, reading, "add", reading.values.get("unit"))
        if self._tries and not made.findings:
            self._try(made, reading, self._placed(reading.values), frozenset())

    def _placed(self, values: Mapping[str, Any]) -> Any:
        """The record as it would be stored, except for people and units still to come."""
        present = {name: value for name, value in values.items() if not isinstance(value, Awaited)}
        present.setdefault("unit", self._organisation)
        record = build(self._register, present, self._actor)
        record.organisation_id = self._organisation
        return record

    # Changes

    def _stored(self, keys: set[UUID]) -> tuple[dict[UUID, Any], dict[str, dict[UUID, dict[UUID, str]]]]:
        if not keys:
            return {}, {}
        named = [column.item.name for column in self._reader.columns if column.item.kind == "reference"]
        found = self._register.model.objects.filter(pk__in=keys).select_related(*named)
        links = {
            column.item.name: linked(self._links[column.item.name], keys)
            for column in self._reader.columns if column.item.kind == "references"
        }
        return {record.pk: record for record in found}, links

    def _decide_change(
        self, made: Decided, reading: Reading, record: Any, links: Mapping[str, Mapping[UUID, Mapping[UUID, str]]],
        *, with_differences: bool,
    ) -> None:
        made.record, made.version, made.label = record.pk, record.version, str(record)
        differences = []
        for name, value in reading.values.items():
            if name == self._key:
                continue  # it recognised the record, whatever its capitals
            item = self._fields[name]
            if item.required and value in (None, "", []) and name not in reading.later:
                self._refuse(made, reading, name, _("This is needed."))
            before = links.get(name, {}).get(record.pk, {}) if item.kind == "references" else getattr(record, item.column)
            if _is_same(item, before, value):
                if name not in reading.later:
                    continue
                made.kept[name] = value
            else:
                made.values[name] = value
            if with_differences:
                new = self._told(reading, name, value)
                differences.append(Difference(item.label, _shown(item, record, before), new))
        made.differences = tuple(differences)
        if made.values or made.later:
            made.outcome = "changed"
            self._ask_change(made, reading, record)

    def _ask_change(self, made: Decided, reading: Reading, record: Any) -> None:
        cycle = self._register.model.life_cycle
        self._ask(made, reading, "change", record.place)
        if "unit" in made.values:
            self._ask(made, reading, "add", made.values["unit"])
        if cycle is not None and record.state in cycle.frozen:
            state = cycle.state(record.state).label
            reason = _("%(label)s is %(state)s and cannot be edited.") % {"label": record, "state": state}
            self._refuse(made, reading, None, reason)
        if self._tries and not made.findings:
            for name, value in made.values.items():
                if self._fields[name].kind != "references" and not isinstance(value, Awaited):
                    setattr(record, self._fields[name].column, value)
            self._try(made, reading, record, frozenset(made.values))

    def _told(self, reading: Reading, name: str, value: Any) -> str:
        item = self._fields[name]
        if item.kind in ("reference", "references"):
            at = next(column.at for column in self._reader.columns if column.item.name == name)
            return read_text(reading.cells[at])
        return shown_text(item, value)

    # Rules

    def _ask(self, made: Decided, reading: Reading, verb: str, unit: Any) -> None:
        place = self._organisation if unit is None or isinstance(unit, Awaited) else unit
        permission = self._register.permission(verb)
        if (verb, place) not in self._may:
            self._may[verb, place] = self._actor.may(permission, unit=place)
        if not self._may[verb, place]:
            reason = _("Your roles do not include “%(permission)s” here.") % {"permission": permission}
            self._refuse(made, reading, "unit", reason)

    def _try(self, made: Decided, reading: Reading, record: Any, changed: frozenset[str]) -> None:
        """Ask the register and the model's own conditions whether they would take the record."""
        try:
            if self._register.prepare is not None:
                self._register.prepare(record, changed)
        except Invalid as error:
            for name, texts in error.fields.items():
                self._refuse(made, reading, name if name in self._fields else None, " ".join(texts))
        except DomainError as error:
            self._refuse(made, reading, None, str(error))
        for check in self._checks:
            if reason := broken(check, record):
                self._refuse(made, reading, None, reason)

    def _refuse(self, made: Decided, reading: Reading, name: str | None, reason: str) -> None:
        column = self._reader.heading(name) if name else ""
        cell = next((reading.cells[column.at] for column in self._reader.columns if column.item.name == name), None)
        made.findings.append(Finding(row=made.row, column=column, value=read_text(cell)[:200], reason=reason))


def folded_key(value: object) -> str:
    return " ".join(str(value or "").split()).casefold()


def broken(check: models.CheckConstraint, record: Any) -> str:
    """What a condition of the model says against an unsaved record; '' when it holds."""
    try:
        check.validate(type(record), record)
    except ValidationError as error:
        own = check.violation_error_message != check.default_violation_error_message
        return " ".join(error.messages) if own else _("These values do not go together.")
    return ""


def refused_link(through: type[Link], record: Any, target: UUID) -> str:
    """What the model of a link says against linking the two; '' when nothing does."""
    made = build_link(through, record, target, current_actor())
    checks = [check for check in through._meta.constraints if isinstance(check, models.CheckConstraint)]
    return next((reason for check in checks if (reason := broken(check, made))), "")


def linked(link: LinkField, keys: set[UUID] | Sequence[UUID]) -> dict[UUID, dict[UUID, str]]:
    """What each of the records is linked to, by one query: id of the record -> id of the target -> its reference."""
    source, end = link.through.ends
    told = f"{end}__{'ref' if has_field(link.target, 'ref') else 'pk'}"
    rows = link.through.unscoped_for_system.filter(**{f"{source}_id__in": keys}).order_by(told)
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for record, target, text in rows.values_list(f"{source}_id", f"{end}_id", told):
        found[record][target] = str(text)
    return found


def _is_same(item: Field, before: Any, value: Any) -> bool:
    if item.kind == "references":
        return set(before) == set(value)
    if isinstance(before, str) and isinstance(value, str):
        # Files are read in Unicode's composed form (NFC); what was typed otherwise is the same text.
        return normalize("NFC", before) == value
    return bool(before == value) or (value is None and not item.nullable)


def _shown(item: Field, record: Any, before: Any) -> str:
    if item.kind == "references":
        return ", ".join(before.values())
    if item.kind == "reference":
        return str(getattr(record, item.name) or "")
    return shown_text(item, before)


def _label(reading: Reading) -> str:
    return " ".join(str(reading.values[name]) for name in ("ref", "name") if reading.values.get(name))
