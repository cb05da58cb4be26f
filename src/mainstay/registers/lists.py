"""Lists of a register: filters, search, order, columns and pages by key. One way for pages, API, command line, exports.

A page costs one bounded count and one query of dict rows with its joins, whatever the number of records.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid
from mainstay.platform.search.queries import few_matches
from mainstay.registers.by_reference import Beginning, first_ids
from mainstay.registers.declaration import Column, Reach, Register
from mainstay.registers.fields import CONTROL, Field, fields_of, read_scalar
from mainstay.registers.references import Unresolved, resolve, within

COUNTED = 10_000
"""Totals are exact up to here; beyond, "10 000+" says enough and costs nothing more."""
FOUND = 1_000
"""Totals of what is searched are exact up to here."""
INDEXED = 2_000
"""As many matches the index of the search names; beyond, a page is filled sooner by looking through names in the list's order."""
PAGE, MOST = 50, 500
OPERATORS = {
    "text": ("", "contains", "in"), "long": ("contains",), "choice": ("", "in", "not", "gte", "lte", "empty"),
    "bool": ("", "empty"), "date": ("", "gte", "lte", "empty"), "datetime": ("gte", "lte"),
    "integer": ("", "gte", "lte", "in", "empty"), "decimal": ("", "gte", "lte", "empty"), "email": ("", "contains"),
    "url": ("contains",), "tags": ("contains",), "reference": ("", "in", "empty"), "references": ("", "in", "empty"),
    "json": (),
}


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One condition as it was asked: `field`, operator, the text given, and the values it reads as."""

    field: Field
    operator: str
    text: str
    values: tuple[Any, ...]
    reach: Reach | None = None

    @property
    def parameter(self) -> str:
        return f"{self.field.name}__{self.operator}" if self.operator else self.field.name


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What is asked of a list. Made by `parse`; all of it lives in the address."""

    search: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    descending: bool = False
    columns: tuple[str, ...] = ()
    cursor: str = ""
    limit: int = PAGE


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page: dict rows by path, whether the count stopped early, and the cursors on either side."""

    rows: list[dict[str, Any]]
    total: int
    is_more: bool
    next: str | None
    previous: str | None


RESERVED = frozenset({"q", "sort", "columns", "cursor", "limit", "fields", "expand", "view", "as_known", "format", "page"})


def parse(register: Register, query: Mapping[str, list[str]], *, limit: int = PAGE) -> Listing:
    """Read a query string's parameters. Unknown ones are refused by name (Invalid), never ignored."""
    errors: dict[str, list[str]] = {}
    filters = []
    for name, texts in query.items():
        if name in RESERVED or not any(text.strip() for text in texts):
            continue
        try:
            filters.append(_filter(register, name, [text for text in texts if text.strip()]))
        except (ValueError, Unresolved) as error:
            errors[name] = [str(error)]
    sort = (query.get("sort") or [""])[0].strip()
    if sort and sort.lstrip("-") not in sortable(register):
        errors["sort"] = [_("Sorted by one of: %(names)s.") % {"names": ", ".join(sortable(register))}]
    columns = tuple(name for text in query.get("columns", ()) for name in text.split(",") if name)
    if unknown := [name for name in columns if name not in all_columns(register)]:
        errors["columns"] = [_("There is no column “%(name)s”.") % {"name": unknown[0]}]
    asked = (query.get("limit") or [""])[0]
    if asked:
        if asked.isdecimal() and len(asked) < 6 and 1 <= int(asked) <= MOST:
            limit = int(asked)
        else:
            errors["limit"] = [_("A number from 1 to %(most)d.") % {"most": MOST}]
    if errors:
        raise Invalid(errors)
    return Listing(
        search=CONTROL.sub(" ", (query.get("q") or [""])[0]).strip()[:200], filters=tuple(filters), sort=sort.lstrip("-"),
        descending=sort.startswith("-"), columns=columns, cursor=(query.get("cursor") or [""])[0], limit=limit,
    )


def _filter(register: Register, parameter: str, texts: list[str]) -> Filter:
    name, _sep, operator = parameter.partition("__")
    reach = next((item for item in register.reaches if item.name == name), None)
    if reach is not None and operator in ("", "in"):
        return _reaching(reach, texts)
    item = fields_of(register).get(name)
    if item is None or operator not in OPERATORS[item.kind]:
        raise ValueError(_("There is no filter of this name."))
    if len(texts) > 1 and not operator and "in" in OPERATORS[item.kind]:
        operator = "in"
    elif len(texts) > 1 and operator != "in":
        raise ValueError(_("Given twice."))
    if operator == "in":
        parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
        return Filter(field=item, operator="in", text=",".join(parts), values=tuple(_value(item, part) for part in parts[:200]))
    text = texts[0].strip()
    if operator == "empty":
        empty = read_scalar(Field(name=name, label="", help="", kind="bool", required=True, editable=True), text)
        return Filter(field=item, operator="empty", text=text, values=(empty,))
    if CONTROL.search(text):
        raise ValueError(_("This holds characters that are not text."))
    if operator == "contains":
        return Filter(field=item, operator="contains", text=text, values=(text[:200],))
    return Filter(field=item, operator=operator, text=text, values=(_value(item, text),))


def _reaching(reach: Reach, texts: list[str]) -> Filter:
    item = Field(
        name=reach.name, label=str(reach.label), help="", kind="references", required=False, editable=False, target=reach.target
    )
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()][:200]
    return Filter(
        field=item, operator="in" if len(parts) > 1 else "", text=",".join(parts), reach=reach,
        values=tuple(_value(item, part) for part in parts),
    )


def _value(item: Field, text: str) -> Any:
    if item.kind in ("reference", "references"):
        actor = current_actor()
        if text == "me" and item.name in ("owner", "custodian", "assignee"):
            return actor.person_id
        return resolve(item.target, text, organisation=actor.organisation_id).pk  # type: ignore[arg-type] # set for references
    return read_scalar(item, text)


# Columns


@cache
def all_columns(register: Register) -> Mapping[str, Column]:
    """Every column a list can show: the declared ones, then every other field that fits in a cell."""
    found = {item.name: item for item in register.columns}
    for name, item in fields_of(register).items():
        if name not in found and item.kind not in ("references", "json"):
            found[name] = Column(name=name, shown_first=False)
    return found


def column_paths(register: Register, item: Column) -> tuple[str, ...]:
    """The query paths a column reads; the first is its value."""
    field = fields_of(register).get(item.name)
    if item.path:
        return (item.path, *item.needs)
    if field is not None and field.kind == "reference":
        return (f"{item.name}__name", *item.needs)
    if field is None:
        return item.needs
    return (item.name, *item.needs)


@cache
def sortable(register: Register) -> tuple[str, ...]:
    """Names one can sort by: columns whose value the database holds."""
    return tuple(name for name, item in all_columns(register).items() if _sort_path(register, item) is not None)


def _sort_path(register: Register, item: Column) -> str | None:
    field = fields_of(register).get(item.name)
    if field is not None and field.kind in ("long", "json", "references"):
        return None
    if item.name == "ref":
        return "ref_order"
    paths = column_paths(register, item)
    return paths[0] if item.path or field is not None else None


def shown_columns(register: Register, listing: Listing) -> list[Column]:
    """The columns a person chose, or those the register shows first."""
    columns = all_columns(register)
    if listing.columns:
        return [columns[name] for name in listing.columns]
    return [item for item in columns.values() if item.shown_first]


# Rows


def narrowed(register: Register, listing: Listing) -> "models.QuerySet[Any]":
    """The visible records that the filters and the search let through, in no order."""
    found = register.model.objects.all()
    for item in listing.filters:
        found = found.filter(_condition(item))
    if listing.search:
        found = found.filter(_search_condition(register, listing.search))
    return found  # type: ignore[no-any-return]


def _condition(item: Filter) -> models.Q:
    name, value = item.field.name, item.values[0] if item.values else None
    if item.reach is not None:
        return item.reach.condition(item.values)
    if item.field.link is not None:
        source, end = item.field.link.through.ends
        rows = item.field.link.through.unscoped_for_system.all()
        if item.operator == "empty":
            inside = models.Q(pk__in=rows.values(f"{source}_id"))
            return ~inside if value else inside
        return models.Q(pk__in=rows.filter(**{f"{end}_id__in": item.values}).values(f"{source}_id"))
    match item.operator:
        case "in":
            return models.Q(**{f"{name}__in": item.values})
        case "not":
            return ~models.Q(**{name: value})
        case "contains":
            return models.Q(**{f"{name}__icontains": value})
        case "empty":
            blank = models.Q(**{f"{name}__isnull": True})
            if item.field.kind == "choice" and not item.field.nullable:
                blank = models.Q(**{name: ""})
            return blank if value else ~blank
        case "gte" | "lte":
            return models.Q(**{f"{name}__{item.operator}": value})
    return models.Q(**{name: value})


def _search_condition(register: Register, text: str) -> models.Q:
    """What one types above a list: every word begins a word of the record, as the index of the search knows it.

    Where very many match, the index would cost more than looking: then every word stands in reference or name.
    """
    few = few_matches(register.noun, text, most=INDEXED)
    if few is not None:
        return models.Q(pk__in=few)
    condition = models.Q()
    for word in text.split()[:8]:
        condition &= models.Q(ref__icontains=word) | models.Q(name__icontains=word)
    return condition


def page(register: Register, listing: Listing, *, paths: tuple[str, ...] | None = None) -> Page:
    """One page of the list, with the total counted up to `COUNTED`, of what is searched up to `FOUND`."""
    found = narrowed(register, listing)
    most = FOUND if listing.search else COUNTED
    total = found.order_by()[: most + 1].count()
    rows, forward, backward = _page_rows(register, listing, found, paths or paths_of(register, listing))
    return Page(rows=rows, total=min(total, most), is_more=total > most, next=forward, previous=backward)


def paths_of(register: Register, listing: Listing) -> tuple[str, ...]:
    """What a page of this listing reads: identity first, then the shown columns."""
    fixed = ["id", "ref", "name", "version"] + (["state"] if register.has_states else [])
    if inside := within(register.model):
        fixed.append(f"{inside}__ref")
    wanted = [path for item in shown_columns(register, listing) for path in column_paths(register, item)]
    return tuple(dict.fromkeys([*fixed, *wanted]))


def ordering(register: Register, listing: Listing) -> tuple[str, bool]:
    """The path the list is ordered by, and whether from the end."""
    name = listing.sort or register.order.lstrip("-")
    descending = listing.descending if listing.sort else register.order.startswith("-")
    item = all_columns(register)[name]
    return _sort_path(register, item) or name, descending


def _page_rows(
    register: Register, listing: Listing, found: "models.QuerySet[Any]", paths: tuple[str, ...]
) -> tuple[list[dict[str, Any]], str | None, str | None]:
    path, descending = ordering(register, listing)
    key = _read_cursor(listing.cursor)
    backwards = key is not None and key["b"]
    if key is not None:
        try:
            found = found.filter(_beyond(path, key["v"], key["i"], descending != backwards))
        except (ValueError, TypeError, ValidationError) as error:
            raise Invalid({"cursor": [_("This page address belongs to another order; start from the first page.")]}) from error
    order = _order(path, descending != backwards)
    # Which records first, by an index of their own table; only then what is joined to them. In one go the database may
    # start from a joined table and sort everything.
    on_page: Any = None
    if "__" in path:
        beginning = Beginning(path=path, descending=descending != backwards, value=key["v"] if key else None, is_first=not key)
        on_page = first_ids(register.model, found, beginning, listing.limit + 1)
    if on_page is None:
        on_page = found.order_by(*order).values("pk")[: listing.limit + 1]
    shown = register.model.objects.filter(pk__in=on_page).order_by(*order)
    rows = list(shown.values(*dict.fromkeys([*paths, path, "id"])))
    has_more = len(rows) > listing.limit
    rows = rows[: listing.limit]
    if backwards:
        rows.reverse()
    if not rows:
        return [], None, None
    before, after = (has_more, True) if backwards else (key is not None, has_more)
    return (
        rows,
        _write_cursor(rows[-1], path, backwards=False) if after else None,
        _write_cursor(rows[0], path, backwards=True) if before else None,
    )


def _order(path: str, descending: bool) -> list[Any]:
    column = models.F(path)
    return [
        column.desc(nulls_first=True) if descending else column.asc(nulls_last=True), "-pk" if descending else "pk",
    ]


def _beyond(path: str, value: Any, identifier: UUID, descending: bool) -> models.Q:
    """Rows after (value, id) in the order; empty values come last when ascending and first when descending."""
    step = "lt" if descending else "gt"
    same = models.Q(**({f"{path}__isnull": True} if value is None else {path: value}), **{f"pk__{step}": identifier})
    if value is None:
        return same | models.Q(**{f"{path}__isnull": False}) if descending else same
    further = models.Q(**{f"{path}__{step}": value})
    return same | further if descending else same | further | models.Q(**{f"{path}__isnull": True})


def _write_cursor(row: Mapping[str, Any], path: str, *, backwards: bool) -> str:
    value = row[path]
    packed = {"v": str(value) if isinstance(value, Decimal) else value, "i": row["id"], "b": backwards}
    return base64.urlsafe_b64encode(orjson.dumps(packed)).decode().rstrip("=")


def _read_cursor(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        packed = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        value = packed["v"]
        if not isinstance(value, str | int | float | bool | None) or not isinstance(packed["b"], bool):
            raise ValueError
        return {"v": value, "i": UUID(packed["i"]), "b": packed["b"]}
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise Invalid({"cursor": [_("This page address is not one of ours; start from the first page.")]}) from error


def shown_text(item: Field | None, value: Any) -> str:
    """A value as plain text for people: choice labels, yes and no, dates as 31 Jan 2027."""
    if value is None or value == "":
        return ""
    if item is not None and item.kind == "choice":
        return item.choice_label(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    return str(value)
