"""Values as people read them on a page. Rows of a list are written here in Python: templates cost more than the query."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from html import escape
from typing import Any
from urllib.parse import quote

from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mainstay.registers.declaration import Column, Register
from mainstay.registers.fields import Field, fields_of
from mainstay.registers.lists import column_paths
from mainstay.registers.references import long_ref, within
from mainstay.registers.registry import of


@cache
def _sprite() -> str:
    return static("mainstay/icons.svg")


def icon_html(name: str) -> SafeString:
    return mark_safe(f'<svg class="icon" aria-hidden="true"><use href="{_sprite()}#{escape(name)}"></use></svg>')  # noqa: S308 # escaped


def address(register: Register, row: Mapping[str, Any]) -> str:
    """Where a record is: by reference where that fits in an address, by id otherwise.

    A reference that is unique only within another record stands behind that one's: /requirements/F-1:A.5.1.
    """
    ref = str(row["ref"])
    if ref and (inside := within(register.model)):
        container = row.get(f"{inside}__ref")
        ref = long_ref(container, ref) if container else ""
    return f"/{register.slug}/{quote(ref, safe='():') if ref and '/' not in ref else row['id']}"


def record_address(record: Any) -> str:
    """Where a record object is, or empty when its kind has no pages."""
    register = of(type(record))
    if register is None:
        return ""
    row = {"ref": getattr(record, "ref", ""), "id": record.pk}
    inside = within(type(record))
    if inside and inside in record._state.fields_cache:
        # Asking for it here would be a query for each link on a page.
        row[f"{inside}__ref"] = getattr(record, inside).ref
    return address(register, row)


def day(value: date) -> str:
    """31 Jan 2027, as an HTML time."""
    return f'<time datetime="{value.isoformat()}">{value.day} {_MONTHS[value.month - 1]} {value.year}</time>'


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(value: datetime) -> str:
    """31 Jan 2027, 14:05, in the organisation's time zone."""
    local = localtime(value)
    said = f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
    return f'<time datetime="{value.isoformat(timespec="seconds")}">{said}</time>'


def number(content: Decimal | int) -> str:
    """1 234.5: thousands apart by thin spaces, no zeros that say nothing."""
    return f"{Decimal(content).normalize():,f}".replace(",", "\u2009")


def show_value(field: Field | None, content: Any) -> SafeString:
    """One value as safe HTML: labels for choices, links for records, paragraphs for long texts."""
    return mark_safe(_shown(field, content))  # noqa: S308 # every branch of _shown escapes


def _shown(field: Field | None, content: Any) -> str:
    if content is None or content == "" or content == []:
        return '<span class="muted">–</span>'
    if isinstance(content, bool):
        return _("yes") if content else _("no")
    if isinstance(content, datetime):
        return moment(content)
    if isinstance(content, date):
        return day(content)
    if isinstance(content, Decimal | int) and not (field is not None and field.choices):
        return number(content)
    if isinstance(content, list | tuple):
        return '<ul class="values">' + "".join(f"<li>{_shown(None, item)}</li>" for item in content) + "</ul>"
    if hasattr(content, "_meta"):
        return _record(content)
    return _text(field, content)


def _record(content: Any) -> str:
    where = record_address(content)
    ref = getattr(content, "ref", "")
    name = escape(str(getattr(content, "name", content)))
    shown = f'<span dir="auto">{name}</span>' + (f' <span class="ref">{escape(ref)}</span>' if ref and where else "")
    return f'<a href="{escape(where)}">{shown}</a>' if where else shown


def _text(field: Field | None, content: Any) -> str:
    if field is not None and field.choices:
        return escape(field.choice_label(content))
    text = escape(str(content))
    if field is not None and field.kind == "long":
        return "".join(f'<p dir="auto">{part}</p>' for part in text.replace("\n\n", "\0").replace("\n", "<br>").split("\0"))
    if field is not None and field.kind == "url":
        return f'<a href="{text}" rel="noopener noreferrer nofollow">{text}</a>'
    if field is not None and field.kind == "email":
        return f'<a href="mailto:{text}">{text}</a>'
    if field is not None and field.kind == "tags":
        return " ".join(f'<span class="badge">{part.strip()}</span>' for part in text.split(","))
    return f'<span dir="auto">{text}</span>'


# Rows

Cell = Callable[[Any, Mapping[str, Any]], str]

TONES = {"good": "", "busy": "", "bad": "", "quiet": " is-final", "neutral": ""}


def cell_writer(register: Register, item: Column) -> tuple[str, Cell]:
    """The path of a column's value in a row, and the function that writes it."""
    field = fields_of(register).get(item.name)
    paths = column_paths(register, item)
    path = paths[0] if paths else item.name
    if item.show is not None:
        return path, item.show
    if item.name == "state" and register.model.life_cycle is not None:
        states = {state.value: _badge(str(state.label), state.tone) for state in register.model.life_cycle.states}
        return path, lambda content, row: states.get(content, "")
    if field is None:
        return path, lambda content, row: "" if content is None else escape(str(content))
    if field.choices:
        labels = {value: escape(label) for value, label in field.choices}
        return path, lambda content, row: "" if content is None else labels.get(str(content), escape(str(content)))
    return path, _WRITERS.get(field.kind, _plain)


def _badge(label: str, tone: str) -> str:
    return f'<span class="badge{TONES[tone]}">{escape(label)}</span>'


def _plain(content: Any, row: Mapping[str, Any]) -> str:
    return "" if content is None else escape(str(content))


def _long(content: Any, row: Mapping[str, Any]) -> str:
    text = escape(str(content or ""))
    return f'<span class="clamp" title="{text}">{text}</span>' if text else ""


_WRITERS: dict[str, Cell] = {
    "date": lambda content, row: day(content) if content else "",
    "datetime": lambda content, row: moment(content) if content else "",
    "bool": lambda content, row: "" if content is None else (_("yes") if content else _("no")),
    "long": _long,
    "integer": lambda content, row: "" if content is None else number(content),
    "decimal": lambda content, row: "" if content is None else number(content),
}

INLINE = frozenset({"text", "choice", "date", "reference", "integer", "bool"})


def rows_html(
    register: Register,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    *,
    selectable: bool,
    editable: frozenset[str],
) -> SafeString:
    """The rows of a list as table rows. Column `name` is the row's header and holds the one link that opens it."""
    fields = fields_of(register)
    writers = [(item.name, *cell_writer(register, item)) for item in columns]
    numeric = {
        item.name
        for item in columns
        if item.show is None and (f := fields.get(item.name)) and f.kind in ("integer", "decimal") and not f.choices
    }
    has_name = any(item.name == "name" for item in columns)
    parts: list[str] = []
    for row in rows:
        where, ref = address(register, row), escape(str(row["ref"]))
        parts.append("<tr>")
        if selectable:
            label = f"{_('Select')} {ref}"
            parts.append(
                f'<td class="check"><input type="checkbox" form="bulk" name="id" value="{row["id"]}" aria-label="{label}"></td>'
            )
        for name, path, write in writers:
            shown = write(row.get(path), row)
            if name == "name" or (not has_name and name == "ref"):
                parts.append(f'<th scope="row"><a href="{escape(where)}" dir="auto">{shown}</a></th>')
            elif name == "ref":
                parts.append(f'<td class="ref">{shown}</td>')
            elif name in numeric:
                parts.append(f'<td class="number">{shown}</td>')
            elif name in editable:
                label = escape(fields[name].label)
                parts.append(
                    f'<td><a class="cell" href="{escape(where)}/edit#id_{name}" hx-get="{escape(where)}/cell/{name}" '
                    f'hx-target="closest td"><span class="unseen">{_("Change")} {label}: </span>{shown or "–"}</a></td>'
                )
            else:
                parts.append(f"<td>{shown}</td>")
        parts.append("</tr>")
    return mark_safe("".join(parts))  # noqa: S308 # every writer escapes what it is given


def plain_day(value: date) -> str:
    """31 Jan 2027 as text."""
    return date_format(value, "j M Y")
