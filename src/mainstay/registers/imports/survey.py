"""A whole file read and decided row by row, in bounded memory: the ground of the dry run and of the import itself."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from types import SimpleNamespace
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid
from mainstay.registers.declaration import Register
from mainstay.registers.imports.comparing import Comparer, Decided, Outcome, folded_key, refused_link
from mainstay.registers.imports.mapping import MappingProfile
from mainstay.registers.imports.profile import KEY_KINDS, importable
from mainstay.registers.imports.reading import Awaited, Finding, Reading, RowReader
from mainstay.registers.imports.sheet import Cell, Sheet
from mainstay.registers.imports.spool import Spool
from mainstay.registers.references import Resolver

Step = Callable[[int, int, object], None]
"""Told how far the work is: done, total (0 while unknown), a sentence."""
BATCH = 500
DETAILED = 1_000
"""Rows of each outcome that are shown one by one; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What an import may do beyond the plain: each is a decision of the person who imports."""

    create_people: bool = False
    """Owners nobody knows become people (takes `person.add`)."""
    create_units: bool = False
    """Departments nobody knows become teams below the organisation (takes `unit.add`)."""
    drop_unresolved: bool = False
    """References that lead nowhere are left out with a warning, instead of refusing the row."""
    clear_blanks: bool = False
    """Empty cells empty the fields of records that exist, instead of leaving them as they are."""


class Survey:
    """Reads a file once and keeps, packed, what is to become of each row."""

    def __init__(
        self, register: Register, sheet: Sheet, profile: MappingProfile, options: Options, *, tries: bool = True,
        step: Step | None = None,
    ) -> None:
        self.register, self.sheet, self.options = register, sheet, options
        self.organisation = _organisation()
        key = profile.key
        self.reader = RowReader(
            register, sheet, profile, resolver=Resolver(self.organisation), create_people=options.create_people,
            create_units=options.create_units, drop_unresolved=options.drop_unresolved, clear_blanks=options.clear_blanks,
        )
        _check_profile(register, profile, self.reader)
        self._comparer = Comparer(register, self.reader, key=key, organisation=self.organisation, tries=tries)
        self._spool: Spool[Decided] = Spool()
        self._cells: Spool[tuple[Cell, ...]] = Spool()
        self._awaited: dict[Awaited, array[int]] = {}
        self.has: Counter[Outcome] = Counter()
        self.has_links = False
        self._awaits = options.create_people or options.create_units
        self._step = step or (lambda done, total, message: None)
        self._rows_of: dict[str, int | list[int]] = {}
        self._repeated: dict[str, str] = {}
        self._named: dict[str, int | None] = {}
        self._refused: set[int] = set()
        self._late: dict[int, list[Finding]] = defaultdict(list)
        self._late_warnings: dict[int, list[Finding]] = defaultdict(list)
        self._pending: dict[int, list[tuple[str, str]]] = {}
        self.total = 0
        self._check_people_and_units()
        self._read(key)
        self._refuse_duplicates(key)
        self._settle_later()

    # Reading

    def _read(self, key: str | None) -> None:
        rows = self.sheet.rows()
        while batch := list(islice(rows, BATCH)):
            readings = [self.reader.read(row) for row in batch]
            decided = self._comparer.decide(readings, with_differences=self.has["changed"] < DETAILED)
            for reading, made in zip(readings, decided, strict=True):
                self.has[made.outcome] += 1
                self._note(reading, made, key)
                self._spool.append(made)
                self._cells.append(reading.cells)
            self.total += len(batch)
            self._step(self.total, 0, _("Reading"))

    def _note(self, reading: Reading, made: Decided, key: str | None) -> None:
        """Remember what later rows, or earlier ones, may refer to."""
        if made.outcome == "skipped":
            return
        if made.outcome == "refused":
            self._refused.add(made.row)
        if key and (text := self._comparer.key_of(reading)):
            known = self._rows_of.setdefault(text, made.row)
            if isinstance(known, list):
                known.append(made.row)
            elif known != made.row:
                self._rows_of[text] = [known, made.row]
                self._repeated[text] = str(reading.values[key])
        for value in made.values.values() if self._awaits else ():
            for item in value if isinstance(value, list) else (value,):
                if isinstance(item, Awaited):
                    self._awaited.setdefault(item, array("l")).append(made.row)
        self.has_links = self.has_links or any(made.values.get(link.name) for link in self.register.links) or bool(made.later)
        if self.reader.looks_within:
            if ref := folded_key(reading.values.get("ref")):
                self._named[ref] = made.row
            if name := folded_key(reading.values.get("name")):
                self._named[f"\0{name}"] = None if f"\0{name}" in self._named else made.row
            if made.later:
                self._pending[made.row] = [(name, text) for name, texts in made.later.items() for text in texts]

    # What only the whole file shows

    def _refuse_duplicates(self, key: str | None) -> None:
        reason = _("This also stands in row %(rows)s; rows are recognised by it, so it may stand only once.")
        for text, value in self._repeated.items():
            rows = self._rows_of[text]
            for row in rows if isinstance(rows, list) else ():
                others = ", ".join(str(other) for other in rows if other != row)  # type: ignore[union-attr] # a list
                self._refuse(row, self.reader.heading(str(key)), value, reason % {"rows": others})
        self._rows_of.clear()

    def _settle_later(self) -> None:
        """Refuse rows whose references lead nowhere, then those that relied on them, until all that stays holds."""
        again = True
        while again:
            again = False
            for row, wanted in self._pending.items():
                if row in self._refused:
                    continue
                for name, text in wanted:
                    reason = self._unmet(row, name, text)
                    if reason and not self._may_drop(name):
                        self._refuse(row, self.reader.heading(name), text, reason)
                        again = True
        for row, wanted in self._pending.items():
            for name, text in wanted if row not in self._refused else ():
                if reason := self._unmet(row, name, text):
                    reason = _("%(reason)s Left out.") % {"reason": reason}
                    heading = self.reader.heading(name)
                    self._late_warnings[row].append(Finding(row=row, column=heading, value=text, reason=reason))

    def _may_drop(self, name: str) -> bool:
        return self.options.drop_unresolved and not importable(self.register)[name].required

    def _unmet(self, row: int, name: str, text: str) -> str:
        target = self.row_meant(text)
        if target is None:
            kind = self.register.label
            return _("There is no %(kind)s “%(text)s”, neither stored nor in this file.") % {"kind": kind, "text": text[:80]}
        if target in self._refused:
            return _("“%(text)s” stands in row %(row)d, which is refused.") % {"text": text[:80], "row": target}
        return self._refused_by_link(name) if target == row else ""

    def _refused_by_link(self, name: str) -> str:
        """What speaks against a row that refers to itself."""
        link = next((link for link in self.register.links if link.name == name), None)
        if link is None:
            return _("This refers to itself.")
        key = uuid7()
        return refused_link(link.through, SimpleNamespace(pk=key, organisation_id=self.organisation), key)

    def row_meant(self, text: str) -> int | None:
        """The row of this file that a text refers to, by reference or by name."""
        wanted = folded_key(text)
        by_ref = self._named.get(wanted) or self._named.get(wanted.split(" ", 1)[0])
        return by_ref or self._named.get(f"\0{wanted}")

    def _refuse(self, row: int, column: str, value: str, reason: str) -> None:
        self._refused.add(row)
        self._late[row].append(Finding(row=row, column=column, value=value[:200], reason=reason))

    def refuse(self, made: Decided, reason: str) -> None:
        """Add a row that the database would not take to the refused ones."""
        self._refuse(made.row, "", made.label, reason)

    def warn(self, made: Decided, name: str, reason: str) -> None:
        """Add something about a row that is taken without one of its values."""
        self._late_warnings[made.row].append(Finding(row=made.row, column=self.reader.heading(name), value="", reason=reason))

    # Answers

    @property
    def refused_count(self) -> int:
        return len(self._refused)

    def decided(self) -> Iterator[Decided]:
        """Every row as decided in the end, in the order of the file."""
        for made in self._spool:
            # A row may be found wanting more than once; it is told once.
            made.warnings = list(dict.fromkeys([*made.warnings, *self._late_warnings.get(made.row, ())]))
            if made.row in self._refused:
                yield replace(made, outcome="refused", findings=[*made.findings, *self._late.get(made.row, ())])
            elif made.outcome == "changed" and not made.values and not self.targets(made):
                yield replace(made, outcome="same", differences=())
            else:
                yield made

    def brought(self) -> tuple[dict[str, str], dict[str, str]]:
        """The people and units, name by key, that the rows which are taken need and nobody knows yet."""
        needed = {item for item, rows in self._awaited.items() if any(row not in self._refused for row in rows)}
        return (
            {key: name for key, name in self.reader.people.items() if Awaited("person", key) in needed},
            {key: name for key, name in self.reader.units.items() if Awaited("unit", key) in needed},
        )

    def refused_rows(self) -> Iterator[tuple[tuple[Cell, ...], Decided]]:
        """The refused rows with their cells as they came."""
        for cells, made in zip(self._cells, self.decided(), strict=True):
            if made.outcome == "refused":
                yield cells, made

    def targets(self, made: Decided) -> dict[str, list[int]]:
        """By field, the rows of this file that the row refers to and that are taken."""
        dropped = {(item.column, item.value) for item in self._late_warnings.get(made.row, ())}
        found: dict[str, list[int]] = {}
        for name, texts in made.later.items():
            heading = self.reader.heading(name)
            rows = [self.row_meant(text) for text in texts if (heading, text) not in dropped]
            if taken := [row for row in rows if row is not None]:
                found[name] = list(dict.fromkeys(taken))
        return found

    def _check_people_and_units(self) -> None:
        actor = current_actor()
        if self.options.create_people:
            actor.require("person.add", unit=self.organisation)
        if self.options.create_units:
            actor.require("unit.add", unit=self.organisation)


def _organisation() -> UUID:
    organisation = current_actor().organisation_id
    if organisation is None:
        raise Invalid({"unit": [_("Say for which organisation this is imported.")]})
    return organisation


def _check_profile(register: Register, profile: MappingProfile, reader: RowReader) -> None:
    named = {column.item.name: column.item for column in reader.columns}
    if not named:
        raise Invalid({"": [_("No column of this file goes anywhere; say which field each one means.")]})
    if profile.register != register.slug:
        raise Invalid({"register": [_("This profile was made for “%(slug)s”.") % {"slug": profile.register}]})
    if profile.key and (profile.key not in named or named[profile.key].kind not in KEY_KINDS):
        raise Invalid({"key": [_("Rows are recognised by a column of the file that holds a text.")]})
    unknown = {name for _heading, name in profile.columns if name} - importable(register).keys()
    if unknown:
        raise Invalid({"columns": [_("There is no field “%(name)s” to fill.") % {"name": sorted(unknown)[0]}]})
