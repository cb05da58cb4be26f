"""The import itself: all good rows in one transaction, through the same doors as plain editing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import SimpleNamespace
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Conflict, DomainError, Invalid
from mainstay.platform.records.events import announce
from mainstay.platform.records.refs import next_refs
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import add_unit
from mainstay.registers import crud
from mainstay.registers.declaration import Register
from mainstay.registers.imports.comparing import Decided
from mainstay.registers.imports.mapping import MappingProfile
from mainstay.registers.imports.plan import Plan, plan_of
from mainstay.registers.imports.reading import Awaited
from mainstay.registers.imports.sheet import Sheet
from mainstay.registers.imports.survey import Options, Step, Survey

_T = TypeVar("_T")
BATCH = 500
SETTLED = 10_000
"""Records settled at a time, once all are stored: what they derive may reach far, so seldom; all at once is too big."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an import did: `plan` tells it row by row, as it came out."""

    plan: Plan
    people: int
    units: int


class ImportRefused(Invalid):
    """Rows were refused and nobody agreed to leave them out; nothing was written. `plan` names them."""

    code = "import_refused"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        refused = plan.counts["refused"]
        told = [str(finding) for finding in islice(plan.findings(), 20)]
        message = _("%(refused)d of %(total)d rows are refused, so nothing was imported. %(first)s")
        first = told[0] if told else ""
        super().__init__({"": told}, message=message % {"refused": refused, "total": plan.total, "first": first})


def carry_out(
    register: Register, sheet: Sheet, profile: MappingProfile, *, options: Options | None = None,
    accept_partial: bool = False, step: Step | None = None,
) -> Result:
    """Import a file: every good row or, unless `accept_partial`, none when any is refused (ImportRefused)."""
    # Where one refused row ends it all, storing the rows asks every rule early enough.
    survey = Survey(register, sheet, profile, options or Options(), tries=accept_partial, step=step)
    if survey.refused_count and not accept_partial:
        raise ImportRefused(plan_of(survey))
    return _Writing(survey, accept_partial=accept_partial, step=step).carry_out()


class _Writing:
    """One import under way: first people and units, then new records, then links and changes, then what follows."""

    def __init__(self, survey: Survey, *, accept_partial: bool, step: Step | None) -> None:
        self._survey, self._register = survey, survey.register
        self._accepts = accept_partial
        self._step = step or (lambda done, total, message: None)
        self._linked_names = frozenset(link.name for link in self._register.links)
        self._awaited: dict[Awaited, UUID] = {}
        self._ids: dict[int, UUID] = {}
        self._made: list[UUID] = []
        self._done = 0

    def carry_out(self) -> Result:
        with transaction.atomic():
            people, units = self._bring()
            for batch in _batches(self._of("new"), BATCH):
                self._insert(batch)
            if self._survey.reader.looks_within:
                self._ids |= {made.row: made.record for made in self._of("same", "changed") if made.record is not None}
            if self._survey.has_links:
                for batch in _batches(self._of("new"), BATCH):
                    self._link(batch)
            for batch in _batches(self._of("changed") if self._survey.has["changed"] else (), BATCH):
                self._change(batch)
            if self._survey.refused_count and not self._accepts:
                raise ImportRefused(plan_of(self._survey))
            self._settle()
        return Result(plan=plan_of(self._survey), people=people, units=units)

    def _of(self, *outcomes: str) -> Iterator[Decided]:
        return (made for made in self._survey.decided() if made.outcome in outcomes)

    def _told(self, count: int) -> None:
        self._done += count
        self._step(self._done, self._survey.total, _("Writing"))

    # People and units that only the file knows

    def _bring(self) -> tuple[int, int]:
        """Create who and what the good rows name; how many people and units."""
        people, units = self._survey.brought()
        if units:
            root = Unit.objects.get(pk=self._survey.organisation)
            for key, name in units.items():
                self._awaited[Awaited("unit", key)] = add_unit(root, name=name).pk
        if people:
            self._awaited |= {Awaited("person", key): person.pk for key, person in zip(people, self._people(people), strict=True)}
        return len(people), len(units)

    def _people(self, wanted: Mapping[str, str]) -> list[Person]:
        organisation = self._survey.organisation
        current_actor().require("person.add", unit=organisation)
        refs = next_refs(organisation, Person.ref_prefix, len(wanted))
        people = [
            Person(
                organisation_id=organisation, unit_id=organisation, ref=ref, name=name,
                email=name.lower() if "@" in name and " " not in name else "",
            )
            for ref, name in zip(refs, wanted.values(), strict=True)
        ]
        Person.unscoped_for_system.bulk_create(people, batch_size=BATCH)
        announce(crud.Saved(model=Person, records=tuple(people), changed=frozenset()))
        return people

    def _filled(self, made: Decided) -> dict[str, Any]:
        """The values of a row with the ids of what was awaited."""
        return {
            name: [self._known(item) for item in value] if isinstance(value, list) else self._known(value)
            for name, value in made.values.items()
        }

    def _known(self, value: Any) -> Any:
        return self._awaited[value] if isinstance(value, Awaited) else value

    # New records

    def _insert(self, batch: list[Decided]) -> None:
        """Store a batch; when it is refused, halve it until the rows are found that cannot be stored."""
        try:
            with transaction.atomic():
                records = crud.insert_many(self._register, [self._filled(made) for made in batch])
        except DomainError as error:
            if len(batch) == 1:
                self._survey.refuse(batch[0], _reason(error))
                return
            self._insert(batch[: len(batch) // 2])
            self._insert(batch[len(batch) // 2 :])
            return
        for made, record in zip(batch, records, strict=True):
            self._ids[made.row] = record.pk
            self._made.append(record.pk)
        self._told(len(batch))

    def _link(self, batch: list[Decided]) -> None:
        """Link a batch of new records, now that all they refer to are there."""
        organisation = self._survey.organisation
        rows, records, later = [], [], []
        for made in batch:
            identifier = self._ids[made.row]
            values = self._with_targets(made, self._filled(made))
            if any(values.get(link.name) for link in self._register.links):
                rows.append(values)
                records.append(SimpleNamespace(pk=identifier, organisation_id=organisation))
            if forward := {name: values[name] for name in made.later if name in values and name not in self._linked_names}:
                later.append((identifier, forward))
        crud.link_new(self._register, records, rows)
        self._change_by_id(later, {})

    def _with_targets(self, made: Decided, values: dict[str, Any]) -> dict[str, Any]:
        for name, rows in self._survey.targets(made).items():
            found = [self._ids[row] for row in rows if row in self._ids]
            if len(found) < len(rows):
                self._survey.warn(made, name, _("A row it refers to could not be stored; the reference is left out."))
            if name in self._linked_names:
                values[name] = list(dict.fromkeys([*values.get(name, made.kept.get(name, ())), *found]))
            elif found:
                values[name] = found[0]
        return values

    # Changes

    def _change(self, batch: list[Decided]) -> None:
        changes = [(made.record, self._with_targets(made, self._filled(made))) for made in batch if made.record is not None]
        self._change_by_id(changes, {made.record: made for made in batch if made.record is not None})
        self._told(len(batch))

    def _change_by_id(self, changes: list[tuple[UUID, dict[str, Any]]], rows: dict[UUID, Decided]) -> None:
        if not changes:
            return
        found = self._register.model.unscoped_for_system.select_for_update(of=("self",))
        stored = {record.pk: record for record in found.filter(pk__in=[key for key, _values in changes])}
        pairs = []
        for key, values in changes:
            made = rows.get(key)
            if key not in stored or (made is not None and stored[key].version != made.version):
                label = made.label if made is not None else key
                raise Conflict(_("Somebody changed “%(label)s” while this was being imported; import again.") % {"label": label})
            pairs.append((stored[key], values))
        self._change_pairs(pairs, rows)

    def _change_pairs(self, pairs: list[tuple[Any, dict[str, Any]]], rows: dict[UUID, Decided]) -> None:
        try:
            with transaction.atomic():
                crud.change_many(self._register, pairs)
        except DomainError as error:
            if len(pairs) == 1:
                made = rows.get(pairs[0][0].pk)
                if made is None:
                    raise
                self._survey.refuse(made, _reason(error))
                return
            keys = [record.pk for record, _values in pairs]
            fresh = {record.pk: record for record in self._register.model.unscoped_for_system.filter(pk__in=keys)}
            again = [(fresh[record.pk], values) for record, values in pairs]
            self._change_pairs(again[: len(again) // 2], rows)
            self._change_pairs(again[len(again) // 2 :], rows)

    # What follows

    def _settle(self) -> None:
        """Derive and announce as after plain editing, now that every record and link is in place."""
        for keys in _batches(iter(self._made), SETTLED):
            records = list(self._register.model.unscoped_for_system.filter(pk__in=keys).order_by("pk"))
            crud.settle(self._register, records, frozenset())


def _reason(error: DomainError) -> str:
    if isinstance(error, Invalid):
        return " ".join(f"{name}: {text}" if name else text for name, texts in error.fields.items() for text in texts)
    return str(error)


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
