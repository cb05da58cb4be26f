"""The list page of a register: search, filters, order, columns, saved views, and what can be done with many at once."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.records.errors import Invalid, NotFound
from mainstay.registers import exports, lists, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import CONTROL, Field, editable_fields, fields_of
from mainstay.registers.models import SavedView
from mainstay.registers.showing import INLINE, rows_html
from mainstay.registers.verbs import verbs_of

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


@require_GET
def list_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The list of a register, or the same rows as a file with `format=`."""
    register = registry.get(slug)
    actor = current_actor()
    actor.require(register.permission("view"))
    if view := request.GET.get("view"):
        return _open_view(register, view)
    error: Invalid | None = None
    try:
        listing = lists.parse(register, dict(request.GET.lists()))
        page = lists.page(register, listing)
    except Invalid as caught:
        error, listing = caught, lists.Listing()
        page = lists.page(register, listing)
    file_format = request.GET.get("format", "")
    if file_format in MEDIA and error is None:
        return _as_file(register, listing, file_format)
    columns = lists.shown_columns(register, listing)
    context = {
        "register": register,
        "listing": listing,
        "page": page,
        "error": error,
        "heads": _heads(register, listing, columns),
        "chips": _chips(request, listing),
        "rows": rows_html(
            register,
            columns,
            page.rows,
            selectable=actor.may(register.permission("change")),
            editable=_inline(register, actor),
        ),
        "filters": filter_fields(register, listing),
        "columns": _column_choices(register, columns),
        "views": SavedView.objects.filter(user=actor.user_id, register=slug).order_by("name") if actor.user_id else [],
        "bulk_verbs": [verb for verb in verbs_of(register.model).values() if verb.bulk and actor.may(verb.permission)],
        "add": _add_page(register, actor),
        "may_import": register.may_add and actor.may(register.permission("add")),
        "may_change": actor.may(register.permission("change")),
        "is_filtered": bool(listing.filters or listing.search),
        "next_link": _page_link(request, page.next),
        "previous_link": _page_link(request, page.previous),
        "kept": [(name, value) for name in ("sort", "columns") for value in request.GET.getlist(name)],
    }
    return render(request, "registers/list.html", context, status=422 if error else 200)


def _add_page(register: Register, actor: Actor) -> str:
    """Where the actor adds a record to the register; empty where not."""
    page = f"/{register.slug}/new" if register.may_add else register.add_page
    return page if actor.may(register.permission("add")) else ""


def _as_file(register: Register, listing: lists.Listing, file_format: str) -> HttpResponse:
    columns = [item.name for item in lists.shown_columns(register, listing)]
    content = b"".join(exports.export(register, listing, cast(exports.Format, file_format), columns=columns))
    response = HttpResponse(content, content_type=MEDIA[file_format])
    response["Content-Disposition"] = f'attachment; filename="{exports.file_name(register, cast(exports.Format, file_format))}"'
    return response


def _page_link(request: HttpRequest, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    parameters = request.GET.copy()
    parameters["cursor"] = cursor
    return f"?{parameters.urlencode()}"


def _heads(register: Register, listing: lists.Listing, columns: list[Any]) -> list[dict[str, str]]:
    fields, sortable = fields_of(register), lists.sortable(register)
    path_now, descending = (
        listing.sort or register.order.lstrip("-"),
        listing.descending if listing.sort else register.order.startswith("-"),
    )
    heads = []
    for item in columns:
        field = fields.get(item.name)
        label = str(item.label) if item.label else (field.label if field else item.name)
        is_now = item.name == path_now
        heads.append(
            {
                "name": item.name,
                "label": label[:1].upper() + label[1:],
                "sort": ("-" if is_now and not descending else "") + item.name if item.name in sortable else "",
                "order": ("descending" if descending else "ascending") if is_now else "",
                "kind": field.kind if field and not field.choices and item.show is None else "",
            }
        )
    return heads


def _chips(request: HttpRequest, listing: lists.Listing) -> list[dict[str, str]]:
    chips = []
    for item in listing.filters:
        parameters = request.GET.copy()
        parameters.pop("cursor", None)
        for name in (item.parameter, item.field.name):
            parameters.pop(name, None)
        chips.append({"text": _sentence(item), "without": f"?{parameters.urlencode()}"})
    return chips


def _sentence(item: lists.Filter) -> str:
    words = {
        "": _("is"),
        "in": _("is one of"),
        "not": _("is not"),
        "contains": _("contains"),
        "gte": _("from"),
        "lte": _("up to"),
        "empty": _("is empty"),
    }
    value = item.text
    if item.field.choices:
        value = ", ".join(item.field.choice_label(part) for part in item.values)
    if item.operator == "empty":
        return f"{item.field.label} {_('is empty') if item.values[0] else _('is filled in')}"
    return f"{item.field.label} {words[item.operator]} {value}"


def filter_fields(register: Register, listing: lists.Listing) -> list[dict[str, Any]]:
    """The filter form: one control per declared filter, with what is set."""
    fields = fields_of(register)
    now: dict[str, str] = {item.parameter: item.text for item in listing.filters}
    found = []
    for name in register.filters:
        field = fields[name]
        if field.kind in ("date", "datetime", "integer", "decimal") and not field.choices:
            for operator, words in (("gte", _("from")), ("lte", _("up to"))):
                parameter = f"{name}__{operator}"
                found.append(
                    {"field": field, "parameter": parameter, "label": f"{field.label}, {words}", "value": now.get(parameter, "")}
                )
        else:
            found.append({"field": field, "parameter": name, "label": field.label, "value": now.get(name, "")})
    return found


def _column_choices(register: Register, shown: list[Any]) -> list[dict[str, Any]]:
    fields = fields_of(register)
    names = {item.name for item in shown}
    return [
        {"name": name, "label": str(item.label or (fields[name].label if name in fields else name)), "is_shown": name in names}
        for name, item in lists.all_columns(register).items()
    ]


def _inline(register: Register, actor: Actor) -> frozenset[str]:
    if not actor.may(register.permission("change")):
        return frozenset()
    found = {name for name, field in editable_fields(register).items() if field.kind in INLINE}
    return frozenset(found - {"ref", "name"})


# Saved views


def _own_view(register: Register, key: str) -> SavedView | None:
    own = SavedView.objects.filter(user=current_actor().user_id, register=register.slug)
    return next((view for view in own if str(view.pk) == key), None)


def _open_view(register: Register, key: str) -> HttpResponseBase:
    view = _own_view(register, key)
    if view is None:
        raise NotFound(_("There is no such view."))
    return redirect(f"/{register.slug}?{view.query}")


@require_POST
def save_view(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Keep the present filters, order and columns under a name."""
    register = registry.get(slug)
    actor = current_actor()
    actor.require(register.permission("view"))
    name = " ".join(request.POST.get("name", "").split())[:100]
    if not name:
        raise Invalid({"name": [_("Give the view a name.")]})
    parameters = QueryDict(request.POST.get("query", "").lstrip("?"), mutable=True)
    for passing in ("cursor", "view", "format"):
        parameters.pop(passing, None)
    lists.parse(register, dict(parameters.lists()))
    SavedView.objects.update_or_create(
        user=cast(User, request.user), register=slug, name=name, defaults={"query": parameters.urlencode()[:2000]}
    )
    return redirect(f"/{slug}?{parameters.urlencode()}")


@require_POST
def delete_view(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Forget one of one's own views."""
    view = _own_view(registry.get(slug), request.POST.get("view", ""))
    if view is not None:
        view.delete()
    return redirect(f"/{slug}")


# Suggestions for reference fields


@require_GET
def options(request: HttpRequest, slug: str) -> HttpResponse:
    """Up to twenty records whose reference or name holds what was typed, as options of a datalist."""
    register = registry.get(slug)
    typed = next((str(text) for text in request.GET.values() if str(text).strip()), "")
    typed = CONTROL.sub(" ", typed).replace(";", ",").rsplit(",", 1)[-1].strip()
    listing = lists.Listing(search=typed[:100], limit=20)
    before = next((str(text) for text in request.GET.values()), "")
    kept = before[: len(before) - len(before.replace(";", ",").rsplit(",", 1)[-1])].rstrip()
    found = lists.page(register, listing, paths=("id", "ref", "name")).rows if typed else []
    context = {"options": [f"{kept} {row['ref']} {row['name']}".strip() if not kept else f"{kept} {row['ref']}" for row in found]}
    return render(request, "registers/options.html", context)


def target_options(field: Field, *, most: int = 80) -> list[tuple[str, str]] | None:
    """All choices of a reference field where they are few enough for a select; None when typing serves better."""
    if field.target is None:
        return None
    rows = list(field.target.objects.order_by("name").values_list("ref", "name")[: most + 1])
    return None if len(rows) > most else [(ref, f"{name} · {ref}") for ref, name in rows]
