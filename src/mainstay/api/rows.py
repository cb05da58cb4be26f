"""Records as JSON: typed values, references with id, reference and name, links in one query per kind of link."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.models import Scoped
from mainstay.platform.records.presence import referring
from mainstay.registers.declaration import LinkField, Register
from mainstay.registers.fields import Field, fields_of
from mainstay.registers.references import has_field

Row = dict[str, Any]
ALWAYS = ("id", "ref", "name", "version")
"""In every record, whatever was asked for."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What of a register's records is read and how it is said."""

    plain: tuple[str, ...]
    tags: tuple[str, ...]
    references: tuple[tuple[str, str, str | None, str | None], ...]
    """Name, and the paths of the id, the reference and the name behind it."""
    links: tuple[LinkField, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        behind = [path for _name, *paths in self.references for path in paths if path]
        return tuple(dict.fromkeys([*self.plain, *self.tags, *behind]))


@cache
def shape_of(register: Register, names: tuple[str, ...]) -> Shape:
    """The shape with these fields, besides those that are always there."""
    fields = [fields_of(register)[name] for name in names]
    return Shape(
        plain=tuple(dict.fromkeys([*ALWAYS, *(item.name for item in fields if _is_plain(item))])),
        tags=tuple(item.name for item in fields if item.kind == "tags"),
        references=tuple(_reference_paths(item) for item in fields if item.kind == "reference"),
        links=tuple(item.link for item in fields if item.link is not None),
    )


def _is_plain(item: Field) -> bool:
    return item.kind not in ("tags", "reference", "references")


def _reference_paths(item: Field) -> tuple[str, str, str | None, str | None]:
    target: Any = item.target
    ref, name = (f"{item.name}__{part}" if has_field(target, part) else None for part in ("ref", "name"))
    return item.name, item.column, ref, name


def all_fields(register: Register) -> tuple[str, ...]:
    return tuple(fields_of(register))


def list_fields(register: Register) -> tuple[str, ...]:
    """What a list tells unless asked otherwise: all but links and nested values, which cost more."""
    return tuple(name for name, item in fields_of(register).items() if item.kind not in ("references", "json"))


def wanted_fields(register: Register, query: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The fields that `fields=` names, or the usual ones, with the links that `expand=` adds."""
    known = fields_of(register)
    chosen, expanded = (_names(query.get(name, ())) for name in ("fields", "expand"))
    errors: dict[str, list[str]] = {}
    if strangers := [name for name in chosen if name not in known and name not in ALWAYS]:
        errors["fields"] = [_("There is no field “%(name)s”.") % {"name": strangers[0][:60]}]
    links = [link.name for link in register.links]
    if strangers := [name for name in expanded if name not in links]:
        errors["expand"] = [
            _("“%(name)s” is not one of: %(links)s.") % {"name": strangers[0][:60], "links": ", ".join(links)}
        ]
    if errors:
        raise Invalid(errors)
    base = [name for name in chosen if name in known] if chosen else list_fields(register)
    return tuple(dict.fromkeys([*base, *expanded]))


def _names(texts: Iterable[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def said(shape: Shape, rows: Sequence[Mapping[str, Any]], *, unused: Sequence[str] = ()) -> list[Row]:
    """Rows of the shape's paths as the API says them, in order."""
    records = [_said(shape, row) for row in rows]
    for link in shape.links:
        ends = linked(link, [row["id"] for row in rows]) if link.name not in unused else {}
        for record in records:
            record[link.name] = ends.get(record["id"], [])
    return records


def _said(shape: Shape, row: Mapping[str, Any]) -> Row:
    record: Row = {name: row[name] for name in shape.plain}
    for name in shape.tags:
        record[name] = row[name].split(", ") if row[name] else []
    for name, key, ref, title in shape.references:
        told = {"id": row[key], "ref": row[ref] if ref else None, "name": row[title] if title else None}
        record[name] = told if row[key] is not None else None
    return record


def _reference(key: UUID, ref: str | None, name: str | None) -> Row:
    return {"id": key, "ref": ref, "name": name}


def linked(link: LinkField, records: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """What each of the records is linked to, as far as the actor may see it, in the order of their references."""
    source, end = link.through.ends
    target = link.target
    named = [f"{end}__{part}" for part in ("ref", "name") if has_field(target, part)]
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    # Each asked by its key: as a list, the visible ones of a large register would all be read first.
    is_visible = Exists(target.objects.filter(pk=OuterRef(f"{end}_id")))
    links = link.through.unscoped_for_system.filter(is_visible, **{f"{source}_id__in": records})
    for row in links.order_by(*named, "pk").values(f"{source}_id", f"{end}_id", *named):
        found[row[f"{source}_id"]].append(_reference(row[f"{end}_id"], row.get(f"{end}__ref"), row.get(f"{end}__name")))
    return found


def one(register: Register, key: UUID) -> Row | None:
    """A record with all its fields and links, unless it may not be seen."""
    shape = shape_of(register, all_fields(register))
    rows = list(register.model.objects.filter(pk=key).values(*shape.paths))
    if not rows:
        return None
    # Of one record often few links are used, and only those are worth asking for.
    used = referring([(link.through, link.through.ends[0]) for link in shape.links], key)
    unused = [link.name for link, is_used in zip(shape.links, used, strict=True) if not is_used]
    return said(shape, rows, unused=unused)[0]


def brief(record: Scoped) -> Row:
    """A record as a reference to it."""
    return _reference(record.pk, getattr(record, "ref", None), getattr(record, "name", None))


def references_to(targets: Mapping[type[Scoped], set[UUID]]) -> dict[UUID, Row]:
    """Visible records of several kinds by id, in one query per kind."""
    found: dict[UUID, Row] = {}
    for target, keys in targets.items():
        named = [part for part in ("ref", "name") if has_field(target, part)]
        visible: Any = target.objects.filter(pk__in=keys)
        for row in visible.values("id", *named):
            found[row["id"]] = _reference(row["id"], row.get("ref"), row.get("name"))
    return found
