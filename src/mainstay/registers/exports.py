"""Exports: exactly the list that is shown - filters, order, columns - as CSV, XLSX or JSON, in a handful of queries."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, Literal
from uuid import UUID

import orjson
from django.db.models import F
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from mainstay.kit.cells import neutralise
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.identity.services import record_event
from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.models import Record
from mainstay.platform.records.moment import current_moment
from mainstay.registers.declaration import Column, Register
from mainstay.registers.fields import Field, fields_of
from mainstay.registers.lists import Listing, all_columns, column_paths, narrowed, ordering, shown_columns
from mainstay.registers.references import has_field

Format = Literal["csv", "xlsx", "json"]
MEDIA_TYPES: Mapping[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
BATCH = 2_000
PIECE = 65_536
EXACT = 10**15
"""Beyond 15 digits a spreadsheet silently changes a number, so it leaves as text."""
LONGEST_CELL = 32_767
"""Characters that fit into a cell of a workbook."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One column of an export: what it is called, and how its value is had from a row."""

    name: str
    heading: str
    item: Field | None
    column: Column | None
    paths: tuple[str, ...] = ()


def exportable(register: Register) -> tuple[str, ...]:
    """Every name that can be asked for in `columns`: those of the list, and the links."""
    links = [name for name, item in fields_of(register).items() if item.link is not None]
    return tuple(dict.fromkeys([*all_columns(register), *links]))


def export(
    register: Register, listing: Listing, kind: Format, *, columns: Sequence[str] | None = None
) -> Iterator[bytes]:
    """The records of a listing in its order, as pieces of a file. Takes `<noun>.export`; leaves an access event.

    `columns` stand in for those of the listing. What may be refused is refused at the call, before the first piece.
    """
    actor = current_actor()
    actor.require(register.permission("export"))
    if kind not in MEDIA_TYPES:
        raise Invalid({"format": [_("One of: csv, xlsx, json.")]})
    chosen = _columns(register, listing, columns)
    _record(actor, register, listing, kind)
    return _WRITERS[kind](register, chosen, _rows(register, listing, chosen, actor))


def file_name(register: Register, kind: Format) -> str:
    """What the file is called: the register, and the day of the earlier state that it is of."""
    moment = current_moment()
    return f"{register.slug}.{kind}" if moment is None else f"{register.slug}-as-known-{moment.day.isoformat()}.{kind}"


def _columns(register: Register, listing: Listing, names: Sequence[str] | None) -> tuple[Exported, ...]:
    shown = [item.name for item in shown_columns(register, listing)] if names is None else list(names)
    if unknown := [name for name in shown if name not in exportable(register)]:
        raise Invalid({"columns": [_("There is no column “%(name)s”.") % {"name": unknown[0]}]})
    fields, columns = fields_of(register), all_columns(register)
    found = []
    for name in dict.fromkeys(shown):
        item, column = fields.get(name), columns.get(name)
        label = column.label if column is not None and column.label is not None else item.label if item is not None else name
        heading = str(label)
        paths = _paths(register, item, column)
        found.append(Exported(name=name, heading=heading[:1].upper() + heading[1:], item=item, column=column, paths=paths))
    return tuple(found)


def _paths(register: Register, item: Field | None, column: Column | None) -> tuple[str, ...]:
    if item is not None and item.link is not None:
        return ()
    if item is not None and item.kind == "reference" and item.target is not None:
        told = [name for name in ("ref", "name") if has_field(item.target, name)]
        return (item.column, *(f"{item.name}__{name}" for name in told))
    return column_paths(register, column) if column is not None else ()


def _record(actor: Actor, register: Register, listing: Listing, kind: Format) -> None:
    asked = [f"{item.parameter}={item.text}" for item in listing.filters] + ([f"q={listing.search}"] if listing.search else [])
    user = User(pk=actor.user_id) if actor.user_id else None
    if (moment := current_moment()) is not None:
        asked.append(f"as_known=size:{moment.epoch}/{moment.size}")
    detail = " ".join([f"{register.slug}.{kind}", *asked])
    record_event(AccessEvent.Kind.EXPORTED, user=user, name=actor.label, detail=detail)


# Rows


def _rows(
    register: Register, listing: Listing, columns: tuple[Exported, ...], actor: Actor
) -> Iterator[tuple[dict[str, Any], Mapping[str, Mapping[UUID, list[dict[str, Any]]]]]]:
    """Each row with the links of its batch: one query for the rows, and one per linked column and batch."""
    path, descending = ordering(register, listing)
    order = F(path).desc(nulls_first=True) if descending else F(path).asc(nulls_last=True)
    found = narrowed(register, listing).visible_to(actor, permission=register.permission("export"))  # type: ignore[attr-defined]
    paths = dict.fromkeys(["id", *(path for column in columns for path in column.paths)])
    rows = iter(found.order_by(order, "-pk" if descending else "pk").values(*paths).iterator(chunk_size=BATCH))
    while batch := list(islice(rows, BATCH)):
        keys = [row["id"] for row in batch]
        links = {
            column.name: _linked(column.item, keys)
            for column in columns if column.item is not None and column.item.link is not None
        }
        for row in batch:
            yield row, links


def _linked(item: Field, keys: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Id, reference and name of what each record is linked to."""
    source, end = item.link.through.ends  # type: ignore[union-attr] # asked by the caller
    names = [name for name in ("ref", "name") if has_field(item.target, name)]  # type: ignore[arg-type] # links have a target
    rows = item.link.through.unscoped_for_system.filter(**{f"{source}_id__in": keys})  # type: ignore[union-attr] # as above
    found: dict[UUID, list[dict[str, Any]]] = {}
    for record, target, *values in rows.order_by(f"{end}__{names[0]}", "pk").values_list(
        f"{source}_id", f"{end}_id", *(f"{end}__{name}" for name in names)
    ):
        found.setdefault(record, []).append({"id": target, **dict(zip(names, values, strict=True))})
    return found


def _typed(column: Exported, row: Mapping[str, Any], links: Mapping[str, Mapping[UUID, list[dict[str, Any]]]]) -> Any:
    """The value for a spreadsheet: text, number, day or time; references as an import finds them again."""
    item = column.item
    if item is None:
        value = row.get(column.paths[0]) if column.paths else None
        show = column.column.show if column.column is not None else None
        return strip_tags(show(value, row)) if show is not None else value
    if item.link is not None:
        return ", ".join(str(target.get("ref") or target.get("name")) for target in links[column.name].get(row["id"], ()))
    if item.kind == "reference":
        return _reference_text(item, row)
    value = row[column.paths[0]]
    return item.choice_label(value) if item.kind == "choice" and value not in (None, "") else value


def _reference_text(item: Field, row: Mapping[str, Any]) -> str:
    name, ref = row.get(f"{item.name}__name"), row.get(f"{item.name}__ref")
    if name is None or item.target is None:
        return str(ref or "")
    # People and units are known by name; everything else by its reference, with the name for the reader.
    return f"{ref} {name}" if item.target.__str__ is Record.__str__ else str(name)


# CSV


def _csv(register: Register, columns: tuple[Exported, ...], rows: Iterator[Any]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    buffer.write("\ufeff")
    writer.writerow([neutralise(column.heading) for column in columns])
    for row, links in rows:
        writer.writerow([_cell_text(_typed(column, row, links)) for column in columns])
        if buffer.tell() >= PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _cell_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case int() | Decimal():
            return str(value)
        case list():
            return neutralise(", ".join(map(str, value)))
    return neutralise(str(value))


# XLSX


def _xlsx(register: Register, columns: tuple[Exported, ...], rows: Iterator[Any]) -> Iterator[bytes]:
    with TemporaryFile() as target:
        _write_workbook(target, register, columns, rows)
        target.seek(0)
        while piece := target.read(PIECE):
            yield piece


def _write_workbook(target: Any, register: Register, columns: tuple[Exported, ...], rows: Iterator[Any]) -> None:
    from xlsxwriter.workbook import Workbook  # noqa: PLC0415 # costly to load, and most processes never write one

    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }
    with Workbook(target, options) as book:
        sheet = book.add_worksheet(register.label_plural[:31].capitalize())
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for at, column in enumerate(columns):
            sheet.set_column(at, at, _WIDTHS.get(column.item.kind if column.item else "text", 18))
            sheet.write_string(0, at, column.heading, bold)
        sheet.freeze_panes(1, 0)
        writers: Mapping[type, Callable[[int, int, Any], object]] = {
            bool: lambda line, at, value: sheet.write_boolean(line, at, value),
            int: lambda line, at, value: sheet.write_number(line, at, value),
            Decimal: lambda line, at, value: sheet.write_number(line, at, float(value)),
            date: lambda line, at, value: sheet.write_datetime(line, at, value, day),
            datetime: lambda line, at, value: sheet.write_datetime(line, at, value.astimezone(UTC).replace(tzinfo=None), moment),
        }
        line = 0
        for line, (row, links) in enumerate(rows, start=1):
            for at, column in enumerate(columns):
                value = _typed(column, row, links)
                if value is None or value == "":
                    continue
                write = writers.get(type(value))
                if write is None or _is_beyond(value):
                    sheet.write_string(line, at, str(value)[:LONGEST_CELL])
                else:
                    write(line, at, value)
        sheet.autofilter(0, 0, line, max(len(columns) - 1, 0))
        if (then := current_moment()) is not None:
            book.add_worksheet(_("As known")).write_string(0, 0, str(then))


def _is_beyond(value: Any) -> bool:
    if isinstance(value, int | Decimal):
        return not -EXACT < value < EXACT
    return isinstance(value, date) and value.year < 1900


_WIDTHS = {"text": 28, "long": 48, "choice": 18, "date": 12, "datetime": 17, "reference": 24, "references": 24, "integer": 10}


# JSON


def _json(register: Register, columns: tuple[Exported, ...], rows: Iterator[Any]) -> Iterator[bytes]:
    pieces, size, before = [b"["], 1, b""
    for row, links in rows:
        piece = orjson.dumps({column.name: _plain(column, row, links) for column in columns}, default=str)
        pieces += [before, piece]
        size, before = size + len(piece), b",\n"
        if size >= PIECE:
            yield b"".join(pieces)
            pieces, size = [], 0
    yield b"".join([*pieces, b"]\n"])


def _plain(column: Exported, row: Mapping[str, Any], links: Mapping[str, Mapping[UUID, list[dict[str, Any]]]]) -> Any:
    item = column.item
    if item is None:
        return _typed(column, row, links)
    if item.link is not None:
        return links[column.name].get(row["id"], [])
    if item.kind == "reference":
        key = row[item.column]
        told = {name: row[f"{item.name}__{name}"] for name in ("ref", "name") if f"{item.name}__{name}" in row}
        return None if key is None else {"id": key, **told}
    return row[column.paths[0]]


_WRITERS: Mapping[Format, Callable[[Register, tuple[Exported, ...], Iterator[Any]], Iterator[bytes]]] = {
    "csv": _csv, "xlsx": _xlsx, "json": _json,
}
