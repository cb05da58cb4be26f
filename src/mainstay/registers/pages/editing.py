"""Forms: a new record, a changed record, one cell, and saying goodbye to a record."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.platform.records.actor import because, current_actor
from mainstay.platform.records.errors import DomainError, Invalid, NotFound, StaleVersion
from mainstay.registers import crud, lists, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import Field, editable_fields
from mainstay.registers.pages.listing import target_options
from mainstay.registers.showing import INLINE, cell_writer, record_address


@require_http_methods(["GET", "POST"])
def new_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The form of a new record; `?field=value` fills fields in beforehand."""
    register = registry.get(slug)
    actor = current_actor()
    actor.require(register.permission("add"))
    if not register.may_add:
        raise NotFound(_("These records come about in another way."))
    if request.method == "GET":
        return _form(request, register, None, beginning(register) | request.GET.dict(), {})
    raw = posted(request, register)
    try:
        with because(request.POST.get("reason", "")):
            record = crud.create(register, raw)
    except DomainError as error:
        return _form(request, register, None, raw, _errors(error), error=error)
    messages.success(request, format_html(_("{} was added."), _linked(record)))
    return redirect(f"/{slug}/new" if "another" in request.POST else record_address(record))


@require_http_methods(["GET", "POST"])
def edit_page(request: HttpRequest, slug: str, key: str) -> HttpResponseBase:
    """The form of a record. When someone saved in between, both versions are shown and nothing typed is lost."""
    register = registry.get(slug)
    record = crud.find(register, key)
    current_actor().require(register.permission("change"), unit=record.place)
    if request.method == "GET":
        return _form(request, register, record, present(register, record), {})
    raw = posted(request, register)
    version = request.POST.get("version", "")
    try:
        with because(request.POST.get("reason", "")):
            record = crud.change(
                register, record, raw, version=int(version) if version.isdecimal() and len(version) < 10 else None
            )
    except StaleVersion as error:
        fresh = crud.find(register, record.pk)
        return _form(request, register, fresh, raw, {}, error=error, theirs=present(register, fresh))
    except DomainError as error:
        return _form(request, register, record, raw, _errors(error), error=error)
    messages.success(request, format_html(_("{} was saved."), _linked(record)))
    return redirect(record_address(record))


def beginning(register: Register) -> dict[str, Any]:
    """What a new record starts with: the defaults of its model."""
    found = {}
    for name, field in editable_fields(register).items():
        if field.link is None:
            item: Any = register.model._meta.get_field(name)
            if item.has_default() and field.has_default:
                found[name] = item.get_default()
    return found


def posted(request: HttpRequest, register: Register) -> dict[str, Any]:
    """What the form sent, by field. A box that is not ticked sends nothing, so the form names its boxes."""
    fields = editable_fields(register)
    raw: dict[str, Any] = {name: request.POST[name] for name in request.POST if name in fields}
    for name in request.POST.getlist("boxes"):
        if name in fields:
            raw[name] = name in request.POST
    return raw


def _errors(error: DomainError) -> Mapping[str, list[str]]:
    return error.fields if isinstance(error, Invalid) else {"": [str(error.message)]}


def _linked(record: Any) -> Any:
    return format_html('<a href="{}">{}</a>', record_address(record), str(record))


def present(register: Register, record: Any) -> dict[str, Any]:
    """The record's values as its form shows them."""
    return {name: field_text(field, record) for name, field in editable_fields(register).items()}


def field_text(field: Field, record: Any) -> Any:
    """One value as the control of its field takes it."""
    if field.link is not None:
        refs = field.link.target.unscoped_for_system.filter(pk__in=crud.linked_ids(field.link.through, record))
        return ", ".join(refs.order_by("ref").values_list("ref", flat=True))
    value = getattr(record, field.name)
    if value is None:
        return ""
    if field.kind == "reference":
        return f"{value.ref} {value.name}"
    if field.kind == "date":
        return value.isoformat()
    if field.kind == "datetime":
        return value.isoformat(timespec="minutes")[:16]
    return value


def control(field: Field, value: Any, errors: list[str]) -> dict[str, Any]:
    """All that the field template needs: the field, what is in it, what is wrong with it, what can be chosen."""
    options = target_options(field) if field.kind == "reference" else None
    chosen = str(value or "")
    if options is not None:
        # "REF name" of a stored value and a bare reference both select their option.
        chosen = next((ref for ref, _label in options if chosen == ref or chosen.startswith(f"{ref} ")), chosen)
        if chosen and not any(chosen == ref for ref, _label in options):
            options = [(chosen, chosen), *options]
    target = registry.of(field.target) if field.target is not None else None
    return {
        "field": field,
        "value": value,
        "chosen": chosen,
        "errors": errors,
        "options": options,
        "suggest": f"/{target.slug}/options" if target is not None and options is None else "",
    }


def _form(
    request: HttpRequest,
    register: Register,
    record: Any,
    raw: Mapping[str, Any],
    errors: Mapping[str, list[str]],
    *,
    error: DomainError | None = None,
    theirs: Mapping[str, Any] | None = None,
) -> HttpResponse:
    fields = editable_fields(register)
    placed: set[str] = set()
    panels = []
    for panel in register.panels:
        names = [name for name in panel.fields if name in fields and name not in placed]
        placed |= set(names)
        if names:
            panels.append((panel, [control(fields[name], raw.get(name, ""), list(errors.get(name, ()))) for name in names]))
    rest = [name for name in fields if name not in placed]
    context = {
        "register": register,
        "record": record,
        "where": record_address(record) if record else f"/{register.slug}",
        "panels": panels,
        "rest": [control(fields[name], raw.get(name, ""), list(errors.get(name, ()))) for name in rest],
        "errors": [(name, fields.get(name), text) for name, texts in errors.items() for text in texts],
        "error": error,
        "boxes": [name for name, field in fields.items() if field.kind == "bool"],
        "conflict": [
            (field, raw.get(name, ""), theirs[name])
            for name, field in fields.items()
            if name in raw and str(raw.get(name, "")) != str(theirs[name])
        ]
        if theirs is not None
        else None,
    }
    return render(request, "registers/form.html", context, status=error.status if error else 200)


@require_http_methods(["GET", "POST"])
def cell(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Edit one value in its row: the small form, and after saving the value again."""
    register = registry.get(slug)
    record = crud.find(register, key)
    current_actor().require(register.permission("change"), unit=record.place)
    field = editable_fields(register).get(name)
    if field is None or field.kind not in INLINE:
        raise NotFound(_("This value is not edited here."))
    context: dict[str, Any] = {"where": record_address(record), "record": record}
    if request.method == "GET":
        context["control"] = control(field, field_text(field, record), [])
        return render(request, "registers/cell_form.html", context)
    typed = request.POST.get(name, "")
    try:
        version = request.POST.get("version", "")
        record = crud.change(
            register, record, {name: typed}, version=int(version) if version.isdecimal() and len(version) < 10 else None
        )
    except DomainError as error:
        texts = list(_errors(error).values())
        context["control"] = control(field, typed, [text for found in texts for text in found])
        return render(request, "registers/cell_form.html", context, status=422)
    item = lists.all_columns(register)[name]
    paths = lists.column_paths(register, item)
    row = register.model.objects.filter(pk=record.pk).values("id", "ref", *paths).get()
    path, write = cell_writer(register, item)
    context |= {"field": field, "shown": write(row[path], row)}
    return render(request, "registers/cell.html", context)


@require_http_methods(["GET", "POST"])
def delete_page(request: HttpRequest, slug: str, key: str) -> HttpResponseBase:
    """Ask before deleting, saying what goes with it; what it was stays on the trail."""
    register = registry.get(slug)
    record = crud.find(register, key)
    current_actor().require(register.permission("delete"), unit=record.place)
    context = {
        "register": register,
        "record": record,
        "where": record_address(record),
        "is_dialog": bool(request.headers.get("HX-Request")),
    }
    if request.method == "GET":
        return render(request, "registers/delete.html", context)
    try:
        with because(request.POST.get("reason", "")):
            crud.delete(register, record)
    except DomainError as error:
        return render(request, "registers/delete.html", context | {"error": error}, status=422)
    messages.success(request, _("%(label)s was deleted. Its history stays on the trail.") % {"label": record.label})
    return away(request, f"/{slug}")


def away(request: HttpRequest, where: str) -> HttpResponseBase:
    """Go on to another page, also from a dialog that htmx posted."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = where
        return response
    return redirect(where)
