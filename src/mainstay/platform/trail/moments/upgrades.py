"""What migrations did to stored rows, said once more for rows that the trail keeps in their old shape.

A migration that renames or splits a table or a column, or fills one from others, adds its step here at the end. Steps run in
order on each row that still has the old shape. A new column needs none: it takes the default of its field. Nor does one
that is gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRenamed:
    """Rows of `old` belong to `new`."""

    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnRenamed:
    """The column `old` of a table is called `new`."""

    table: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reshaped:
    """Rows of a table that have the column `old` become what `reshape` makes of them: for splits and new meanings."""

    table: str
    old: str
    reshape: Callable[[Row], Row]

    def __repr__(self) -> str:
        return f"Reshaped({self.table}.{self.old} {self.reshape.__module__}.{self.reshape.__qualname__})"


Step = TableRenamed | ColumnRenamed | Reshaped

UPGRADES: tuple[Step, ...] = ()
"""In the order of the migrations they belong to."""


def renamed_tables(steps: tuple[Step, ...]) -> Mapping[str, str]:
    """Each old name of a table with the one it has today."""
    found: dict[str, str] = {}
    for step in steps:
        if isinstance(step, TableRenamed):
            found = {old: step.new if name == step.old else name for old, name in found.items()} | {step.old: step.new}
    return found


def upgraded(table: str, row: Row, steps: tuple[Step, ...]) -> Row:
    """The row of a table, under the name the table had when the row was written, in the shape of today."""
    for step in steps:
        match step:
            case TableRenamed() if step.old == table:
                table = step.new
            case ColumnRenamed() if step.table == table and step.old in row:
                row = {step.new if name == step.old else name: value for name, value in row.items()}
            case Reshaped() if step.table == table and step.old in row:
                row = step.reshape(row)
    return row
