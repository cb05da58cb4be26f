"""Rows of a file read as values of a register's fields, each fault named by row, column, value and reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from mainstay.kit.cells import restore
from mainstay.platform.identity.models import Person
from mainstay.platform.records.models import Scoped
from mainstay.platform.units.models import Unit
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, read_scalar
from mainstay.registers.imports.mapping import MappingProfile, apply
from mainstay.registers.imports.profile import importable, is_level, synonyms_of
from mainstay.registers.imports.sheet import Cell, Row, Sheet
from mainstay.registers.imports.values import (
    fold,
    is_blank,
    person_keys,
    read_bool,
    read_choice,
    read_date,
    read_decimal,
    read_integer,
    read_level,
    read_references,
    read_text,
)
from mainstay.registers.references import Ambiguous, Resolver, Unresolved

CACHED, LONGEST_CACHED = 5_000, 80
"""Spellings kept per column, and the longest of them: columns say the same few things over and over."""
TOTAL_WORDS = frozenset({
    "total", "totals", "grand total", "sum", "subtotal", "count", "summe", "gesamt", "gesamtsumme", "zwischensumme", "anzahl",
    "somme", "total general", "sous total", "nombre",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something about one cell (or, without a column, one row) that somebody should know."""

    row: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        place = _("Row %(row)d, %(column)s") if self.column else _("Row %(row)d")
        shown = f" “{self.value}”" if self.value else ""
        return f"{place % {'row': self.row, 'column': self.column}}{shown}: {self.reason}"


class Awaited(NamedTuple):
    """A person or unit that will have been created before the row is stored; `key` says which."""

    kind: str
    key: str


@dataclass(kw_only=True, slots=True)
class Reading:
    """One row as read. `later` holds, by field, texts that may mean other rows of the same file."""

    row: int
    cells: tuple[Cell, ...]
    values: dict[str, Any] = field(default_factory=dict)
    later: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    is_total: bool = False


class Column(NamedTuple):
    at: int
    heading: str
    item: Field
    read: Callable[[Cell], Any]
    cache: dict[str, Any]


class RowReader:
    """Reads rows of one file; what it finds missing but may be created gathers in `people` and `units`."""

    def __init__(
        self, register: Register, sheet: Sheet, profile: MappingProfile, *, resolver: Resolver,
        create_people: bool, create_units: bool, drop_unresolved: bool, clear_blanks: bool,
    ) -> None:
        self._register, self._profile, self._resolver = register, profile, resolver
        self._creates: dict[type[Scoped], str] = {}
        if create_people:
            self._creates[Person] = "person"
        if create_units:
            self._creates[Unit] = "unit"
        self._drops, self._clears = drop_unresolved, clear_blanks
        self._is_text = sheet.encoding is not None
        self._aliases: dict[str, dict[str, str]] = {"person": {}, "unit": {}}
        self.people: dict[str, str] = {}
        self.units: dict[str, str] = {}
        laid = apply(profile, sheet.header)
        fields = importable(register)
        self.missing = laid.missing
        self.left_out = tuple(laid.left_out) + tuple(
            sheet.header[at] for at, name in laid.mapping.items() if name not in fields
        )
        self.columns = tuple(
            Column(at, sheet.header[at], fields[name], self._reader(fields[name]), {})
            for at, name in laid.mapping.items() if name in fields
        )
        self._headings = {column.item.name: column.heading for column in self.columns}

    def heading(self, name: str) -> str:
        """The heading in the file of a field, or the field's own name where the file has none."""
        return self._headings.get(name) or importable(self._register)[name].label

    @property
    def looks_within(self) -> bool:
        """Whether rows may refer to other rows of the file."""
        return any(column.item.target is self._register.model for column in self.columns)

    def read(self, row: Row) -> Reading:
        found = Reading(row=row.number, cells=row.cells)
        if self._is_total(row):
            found.is_total = True
            return found
        for column in self.columns:
            cell = row.cells[column.at]
            if column.at in row.uncalculated:
                reason = _("This formula was saved without its result; nothing was read.")
                found.warnings.append(Finding(row=row.number, column=column.heading, value="", reason=reason))
            try:
                self._take(found, column, cell)
            except ValueError as error:
                self._fault(found, column, cell, error)
        return found

    def _take(self, found: Reading, column: Column, cell: Cell) -> None:
        item = column.item
        if isinstance(cell, str) and cell in column.cache:
            value = column.cache[cell]
        else:
            value = self._value(found, column, cell)
            if isinstance(cell, str) and len(cell) < LONGEST_CACHED and value is not NOT_CACHED and len(column.cache) < CACHED:
                column.cache[cell] = value
        if value is NOT_CACHED:
            return
        if value is not None and value != "":
            found.values[item.name] = value
        elif self._clears:
            found.values[item.name] = _nothing(item)

    def _value(self, found: Reading, column: Column, cell: Cell) -> Any:
        if column.item.kind == "references":
            return self._several(found, column, cell)
        if column.item.kind == "reference":
            return None if is_blank(cell) else self._one(found, column, read_text(cell))
        return column.read(cell)

    def _fault(self, found: Reading, column: Column, cell: Cell, error: ValueError) -> None:
        if isinstance(error, Unresolved) and self._drops and not column.item.required:
            self._left_out(found, column, read_text(cell), error)
        else:
            found.faults.append(_about(found, column.heading, cell, str(error)))

    def _left_out(self, found: Reading, column: Column, text: str, error: Unresolved) -> None:
        found.warnings.append(_about(found, column.heading, text, _("%(reason)s Left out.") % {"reason": error}))

    def _is_total(self, row: Row) -> bool:
        """Whether the row only adds up those above: a word for it, then numbers at most."""
        first = next((cell for cell in row.cells if cell is not None), None)
        if not isinstance(first, str) or fold(first) not in TOTAL_WORDS:
            return False
        filled = [cell for cell in row.cells if not is_blank(cell)]
        numbers = all(not isinstance(cell, str) or any(map(str.isdigit, cell)) for cell in filled[1:])
        return numbers and len(filled) <= max(2, len(self.columns) // 2)

    # References

    def _one(self, found: Reading, column: Column, text: str) -> Any:
        model = column.item.target
        try:
            return self._resolver.find(model, text)  # type: ignore[arg-type] # references have a target
        except Unresolved as error:
            if isinstance(error, Ambiguous):
                raise
            if model is self._register.model:
                found.later[column.item.name] = (text,)
                return NOT_CACHED
            if model in self._creates:
                return self._await(model, text)
            raise

    def _several(self, found: Reading, column: Column, cell: Cell) -> Any:
        if is_blank(cell):
            return None
        values: list[Any] = []
        later: list[str] = []
        for text in read_references(cell):
            try:
                values.append(self._resolver.find(column.item.target, text))  # type: ignore[arg-type] # as above
            except Unresolved as error:
                is_missing = not isinstance(error, Ambiguous)
                if is_missing and column.item.target is self._register.model:
                    later.append(text)
                elif is_missing and column.item.target in self._creates:
                    values.append(self._await(column.item.target, text))
                elif self._drops and not column.item.required:
                    self._left_out(found, column, text, error)
                else:
                    found.faults.append(_about(found, column.heading, text, str(error)))
        if later:
            found.later[column.item.name] = tuple(later)
        found.values[column.item.name] = list(dict.fromkeys(values))
        return NOT_CACHED

    def _await(self, model: Any, text: str) -> Awaited:
        kind = self._creates[model]
        plain = " ".join(text.split()).casefold()
        keys = (person_keys(text) if kind == "person" else ()) or (plain,)
        aliases = self._aliases[kind]
        key = next((aliases[key] for key in keys if key in aliases), keys[0])
        for other in keys:
            aliases.setdefault(other, key)
        known = self.people if kind == "person" else self.units
        known.setdefault(key, " ".join(text.split())[:200])
        return Awaited(kind, key)

    # Values

    def _reader(self, item: Field) -> Callable[[Cell], Any]:
        day_first = self._profile.day_first
        kinds: Mapping[str, Callable[[Cell], Any]] = {
            "choice": self._choice_reader(item),
            "bool": read_bool,
            "date": lambda cell: read_date(cell, day_first=day_first),
            "datetime": lambda cell: None if is_blank(cell) else read_scalar(item, cell),
            "integer": lambda cell: read_scalar(item, read_integer(cell)),
            "decimal": lambda cell: read_scalar(item, _decimal(item, cell)),
            "email": lambda cell: None if is_blank(cell) else read_scalar(item, self._text(cell)),
            "url": lambda cell: None if is_blank(cell) else read_scalar(item, self._text(cell)),
        }
        return kinds.get(item.kind) or (lambda cell: None if cell is None else read_scalar(item, self._text(cell)))

    def _text(self, cell: Cell) -> str:
        text = read_text(cell)
        # What an export marked so that no spreadsheet would run it becomes what it was.
        return restore(text) if self._is_text else text

    def _choice_reader(self, item: Field) -> Callable[[Cell], Any]:
        synonyms = synonyms_of(item)
        decided = {fold(text) or text.strip(): value for name, text, value in self._profile.choices if name == item.name}

        def read(cell: Cell) -> Any:
            text = read_text(cell)
            key = fold(text) or text
            if key in decided:
                value = decided[key]
            else:
                try:
                    value = read_choice(cell, item.choices, synonyms=synonyms)
                except ValueError:
                    if not is_level(item):
                        raise
                    return read_level(cell)
            return int(value) if item.numeric and value is not None else value

        return read


NOT_CACHED = object()
_TEXTS = frozenset({"text", "long", "email", "url", "tags", "choice"})


def _nothing(item: Field) -> Any:
    if item.kind == "references":
        return []
    return None if item.nullable or item.kind not in _TEXTS else ""


def _about(found: Reading, heading: str, cell: Cell, reason: str) -> Finding:
    return Finding(row=found.row, column=heading, value=read_text(cell)[:200], reason=reason)


def _decimal(item: Field, cell: Cell) -> Decimal | None:
    # Where thousandths are kept, a point is the point; elsewhere 1.000 may be a thousand, and is asked about.
    return read_decimal(cell, decimal_mark="." if item.places >= 3 else None)
