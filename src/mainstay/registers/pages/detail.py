"""The page of one record, and its history."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import SeveralFound
from mainstay.platform.records.presence import referring
from mainstay.registers import crud, lists, registry
from mainstay.registers.declaration import Column, Register, RelatedPanel
from mainstay.registers.fields import Field, fields_of
from mainstay.registers.history import actor_names, first_and_last, history_of
from mainstay.registers.references import has_field, within
from mainstay.registers.restoring import may_restore
from mainstay.registers.showing import record_address, rows_html
from mainstay.registers.verbs import standing_verbs

SHOWN_RELATED = 15


@require_GET
def detail_page(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """A record: its panels, what is related to it, who answers for it, and what can be done."""
    register = registry.get(slug)
    try:
        record = crud.find(register, key, with_references=True)
    except SeveralFound:
        return redirect(f"/{register.slug}?{urlencode({'q': key})}")
    actor = current_actor()
    values = values_of(register, record)
    standing = standing_verbs(record)
    verbs = [verb for verb, against in standing if not against]
    primary = next((verb for verb in verbs if verb.tone == "primary"), None)
    made, changed = first_and_last(register.model, record)
    names = actor_names({change.actor for change in (made, changed) if change is not None})
    extra = extra_panels(request, register, record)
    context = {
        "register": register,
        "record": record,
        "where": record_address(record),
        "panels": _panels(register, values),
        "related": related(register, record),
        "extra": [panel for panel in extra if not panel["aside"]],
        "aside": [panel for panel in extra if panel["aside"]],
        "facts": _facts(register, record, values),
        "state": register.model.life_cycle.state(record.state) if register.model.life_cycle else None,
        "primary": primary,
        "verbs": [verb for verb in verbs if verb is not primary],
        "left_to_others": [(verb, against) for verb, against in standing if against],
        "may_change": actor.may(register.permission("change"), unit=record.place) and not is_frozen(register, record),
        "may_delete": actor.may(register.permission("delete"), unit=record.place) and not is_frozen(register, record),
        "made": (made, names.get(made.actor, "")) if made else None,
        "changed": (changed, names.get(changed.actor, "")) if changed and changed != made else None,
    }
    return render(request, "registers/detail.html", context)


def is_frozen(register: Register, record: Any) -> bool:
    cycle = register.model.life_cycle
    return cycle is not None and record.state in cycle.frozen


def values_of(register: Register, record: Any) -> dict[str, Any]:
    """Each field's value as the page shows it: related records as records, links as lists of them."""
    found: dict[str, Any] = {}
    for name, field in fields_of(register).items():
        if field.link is not None:
            source, end = field.link.through.ends
            links = field.link.through.unscoped_for_system.filter(**{f"{source}_id": record.pk})
            shown = [part for part in ("ref", "name") if has_field(field.link.target, part)]
            linked = field.link.target.objects.filter(pk__in=links.values(f"{end}_id")).only(*shown)
            if inside := within(field.link.target):
                linked = linked.select_related(inside).only(*shown, f"{inside}__ref")
            found[name] = list(linked.order_by("ref")[:200])
        else:
            found[name] = getattr(record, name)
    return found


def _panels(register: Register, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    fields = fields_of(register)
    shown = []
    for panel in register.panels:
        rows = [(fields[name], values[name]) for name in panel.fields if name not in ("owner", "unit", "tags", "name", "ref")]
        filled = [(field, value) for field, value in rows if value not in (None, "", [])]
        if rows:
            long = [(field, value) for field, value in filled if field.kind == "long"]
            short = [(field, value) for field, value in filled if field.kind != "long"]
            empty = [field.label for field, value in rows if value in (None, "", [])]
            shown.append({"title": panel.title, "help": panel.help, "long": long, "short": short, "empty": empty})
    return [panel for panel in shown if panel["long"] or panel["short"] or panel["empty"]]


def _facts(register: Register, record: Any, values: Mapping[str, Any]) -> list[tuple[Field, Any]]:
    fields = fields_of(register)
    return [(fields[name], values[name]) for name in ("owner", "unit", "tags") if name in fields]


def related(register: Register, record: Any) -> list[dict[str, Any]]:
    """Tables of what other registers tie to this record: one query for each that has something, one for all others."""
    actor = current_actor()
    wanted = [
        (panel, other) for panel in registry.related_panels(register.model)
        if (other := registry.of(panel.of)) is not None and actor.may(other.permission("view"))
    ]
    filled = referring([(panel.of, panel.via) for panel, _other in wanted], record.pk)
    return [
        _related_table(panel, other, record, is_empty=not is_filled)
        for (panel, other), is_filled in zip(wanted, filled, strict=True)
    ]


def order_of(register: Register) -> tuple[str, str]:
    """The order of a register's list, as order_by takes it."""
    path, descending = lists.ordering(register, lists.Listing())
    return (f"-{path}" if descending else path), "pk"


def _related_table(panel: RelatedPanel, other: Register, record: Any, *, is_empty: bool) -> dict[str, Any]:
    known = lists.all_columns(other)
    columns = [known[name] for name in panel.columns or tuple(item.name for item in other.columns[:4])]
    rows, count = ([], 0) if is_empty else _tied(panel, other, record, columns)
    fields = fields_of(other)
    heads = [str(item.label or (fields[item.name].label if item.name in fields else item.name)) for item in columns]
    shown: SafeString = rows_html(other, columns, rows, selectable=False, editable=frozenset())
    field = panel.via if panel.via in fields and fields[panel.via].kind == "reference" else ""
    return {
        "title": panel.title,
        "help": panel.help,
        "register": other,
        "heads": [head[:1].upper() + head[1:] for head in heads],
        "rows": shown,
        "count": count,
        "all": f"/{other.slug}?{field}={record.ref}" if field and count > SHOWN_RELATED else "",
        "add": f"/{other.slug}/new?{field}={record.ref}"
        if field and other.may_add and current_actor().may(other.permission("add"))
        else "",
        "id": f"related-{other.slug}-{panel.via.replace('__', '-')}",
    }


def _tied(panel: RelatedPanel, other: Register, record: Any, columns: Sequence[Column]) -> tuple[list[dict[str, Any]], int]:
    """The first rows of a table, and how many there are."""
    wanted = panel.of.objects.filter(**{panel.via: record.pk})
    inside = within(panel.of)
    paths = ["id", "ref", "name"] + ([f"{inside}__ref"] if inside else [])
    paths += [path for item in columns for path in lists.column_paths(other, item)]
    rows = list(wanted.order_by(*order_of(other)).values(*dict.fromkeys(paths))[: SHOWN_RELATED + 1])
    return rows[:SHOWN_RELATED], wanted.count() if len(rows) > SHOWN_RELATED else len(rows)


def extra_panels(request: HttpRequest, register: Register, record: Any) -> list[dict[str, Any]]:
    """Panels that domains draw themselves, with their contexts."""
    found = []
    for panel in registry.extra_panels(register.model):
        context = panel.context(record)
        if context is not None:
            found.append({"title": panel.title, "template": panel.template, "data": context, "aside": panel.aside})
    return found


@require_GET
def history_page(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Who changed what, when and why, from the trail."""
    register = registry.get(slug)
    record = crud.find(register, key)
    before = request.GET.get("before", "")
    entries = history_of(register, record, limit=100, before=int(before) if before.isdecimal() and len(before) < 18 else None)
    context = {
        "register": register,
        "record": record,
        "where": record_address(record),
        "entries": entries,
        "older": entries[-1].seq if len(entries) >= 100 else None,
        "may_restore": may_restore(register, record),
    }
    return render(request, "registers/history.html", context)


@require_GET
def by_id(request: HttpRequest, noun: str, key: str) -> HttpResponse:
    """Open a record known by its noun and id, as approvals and actions remember it."""
    register = next((item for item in registry.all_registers() if item.noun == noun), None) or registry.get(noun)
    return redirect(record_address(crud.find(register, key)))
