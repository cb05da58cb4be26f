"""What a file's columns probably mean for a register: the proposal that a person confirms before anything is read."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from itertools import islice

from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, fields_of
from mainstay.registers.imports.mapping import ColumnProposal, FieldChoice, FieldKind, MappingProfile, propose
from mainstay.registers.imports.rejects import REASON_HEADING
from mainstay.registers.imports.sheet import Row, Sheet
from mainstay.registers.imports.values import day_first_of, fold, is_blank

SAMPLE_ROWS = 200
KEY_KINDS = frozenset({"text", "email"})
_KINDS: Mapping[str, FieldKind] = {
    "text": "text", "email": "text", "url": "text", "tags": "text", "long": "long", "choice": "choice", "bool": "bool",
    "date": "date", "datetime": "date", "integer": "integer", "decimal": "decimal", "reference": "reference",
    "references": "references",
}


@cache
def choice_synonyms() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The spellings of choices, by field and stored value (choices.toml)."""
    text = resources.files(__package__).joinpath("choices.toml").read_text(encoding="utf-8")
    return {
        name: {value: tuple(spellings) for value, spellings in values.items()}
        for name, values in tomllib.loads(text).items()
    }


def synonyms_of(item: Field) -> dict[str, str]:
    """Spelling -> stored value for a field of choices."""
    offered = {value for value, _label in item.choices}
    return {
        spelling: value for value, spellings in choice_synonyms().get(item.name, {}).items() if value in offered
        for spelling in spellings
    }


def is_level(item: Field) -> bool:
    """Whether the choices are the four levels, so that "3 - high" and "hoch" are understood."""
    return item.numeric and [value for value, _label in item.choices] == ["1", "2", "3", "4"]


def importable(register: Register) -> dict[str, Field]:
    """The fields that a file may fill."""
    return {name: item for name, item in fields_of(register).items() if item.editable and item.kind in _KINDS}


def proposals(register: Register, sheet: Sheet) -> tuple[ColumnProposal, ...]:
    """Where each column of the file probably goes, and why.

    Fields that no file may fill compete too, so that "State" or "Protection need" goes nowhere rather than astray.
    """
    choices = [
        FieldChoice(name=name, label=item.label, kind="level" if is_level(item) else _KINDS[item.kind])
        for name, item in fields_of(register).items() if item.kind in _KINDS
    ]
    takes = importable(register)
    header = ["" if heading == REASON_HEADING else heading for heading in sheet.header]
    samples = [row.cells for row in islice(sheet.rows(), SAMPLE_ROWS)]
    return tuple(
        found if found.field is None or found.field in takes else ColumnProposal(
            column=found.column, header=found.header, field=None, confidence=found.confidence,
            why="this is kept by Mainstay and not read from files",
        )
        for found in propose(header, choices, samples=samples)
    )


def propose_profile(register: Register, sheet: Sheet) -> MappingProfile:
    """The profile of a file nobody has mapped yet: columns by heading and values, key, order of day and month."""
    found = proposals(register, sheet)
    samples = list(islice(sheet.rows(), SAMPLE_ROWS))
    fields = importable(register)
    columns = {item.field: item.column for item in found if item.field}
    dates = [at for name, at in columns.items() if fields[name].kind in ("date", "datetime")]
    said = day_first_of(row.cells[at] for row in samples for at in dates)
    return MappingProfile(
        register=register.slug, sheet=sheet.sheet, day_first=said is not False, key=_key(register, columns, samples),
        columns=tuple((heading, item.field) for heading, item in zip(sheet.header, found, strict=True)),
    )


def _key(register: Register, columns: Mapping[str, int], samples: list[Row]) -> str | None:
    """What recognises rows: the register's key if the file has it, else a name that no two rows share."""
    if register.key in columns:
        return register.key
    if "name" not in columns:
        return None
    names = [fold(str(row.cells[columns["name"]])) for row in samples if not is_blank(row.cells[columns["name"]])]
    return "name" if names and len(set(names)) == len(names) else None
