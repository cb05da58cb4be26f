"""Verbs on pages: the dialog of one verb, and one verb or one change for many records at once."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError, Invalid, NotFound
from mainstay.registers import crud, lists, registry
from mainstay.registers.declaration import Register
from mainstay.registers.fields import editable_fields
from mainstay.registers.pages.editing import away, control
from mainstay.registers.showing import INLINE, record_address
from mainstay.registers.verbs import Verb, perform, verbs_of

MOST_AT_ONCE = 2_000


@require_http_methods(["GET", "POST"])
def verb_page(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponseBase:
    """The dialog of a verb, as a fragment or as a page of its own."""
    register = registry.get(slug)
    record = crud.find(register, key)
    verb = verbs_of(register.model).get(name)
    if verb is None:
        raise NotFound(_("There is no such verb."))
    current_actor().require(verb.permission, unit=record.place)
    if request.method == "GET":
        return _dialog(request, register, record, verb, {})
    raw = _parameters(verb, request.POST)
    try:
        result = perform(verb, record, raw)
    except DomainError as error:
        return _dialog(request, register, record, verb, raw, error=error)
    messages.success(request, format_html(_('{}: <a href="{}">{}</a>'), verb.label, record_address(record), str(record)))
    made = record_address(result) if hasattr(result, "_meta") and result.pk != record.pk else ""
    return away(request, made or record_address(record))


def _parameters(verb: Verb, data: QueryDict) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for parameter in verb.parameters:
        if parameter.kind == "bool":
            raw[parameter.name] = parameter.name in data
        elif parameter.name in data:
            raw[parameter.name] = data[parameter.name]
    return raw


def _dialog(
    request: HttpRequest, register: Register, record: Any, verb: Verb, raw: dict[str, Any], *, error: DomainError | None = None
) -> HttpResponse:
    wrong = error.fields if isinstance(error, Invalid) else {}
    shown = {
        **{name: value for name, value in verb.defaults.items() if isinstance(value, str | int)},
        **request.GET.dict(),
        **raw,
    }
    known = {parameter.name for parameter in verb.parameters}
    context = {
        "register": register,
        "record": record,
        "where": record_address(record),
        "verb": verb,
        "controls": [control(item, shown.get(item.name, ""), list(wrong.get(item.name, ()))) for item in verb.parameters],
        "error": error if error and not set(wrong) & known else None,
        "other_errors": [text for name, texts in wrong.items() if name not in known for text in texts],
        "is_dialog": bool(request.headers.get("HX-Request")),
        "is_possible": verb.when(record),
        "against": verb.unless(record),
    }
    return render(request, "registers/verb.html", context, status=422 if error else 200)


# Many at once


@require_POST
def bulk_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Carry out one verb, or change one field, for the chosen records: all of them or none."""
    register = registry.get(slug)
    chosen = _chosen(request, register)
    action = request.POST.get("verb", "")
    verb = verbs_of(register.model).get(action)
    if action != "change" and (verb is None or not verb.bulk):
        raise NotFound(_("This cannot be done for many at once."))
    if "confirmed" not in request.POST:
        return _ask(request, register, chosen, verb, {}, None)
    try:
        with transaction.atomic():
            if verb is not None:
                raw = _parameters(verb, request.POST)
                for record in chosen:
                    perform(verb, record, raw)
            else:
                raw = _change_all(request, register, chosen)
    except DomainError as error:
        return _ask(request, register, chosen, verb, dict(request.POST.items()), error)
    count = len(chosen)
    messages.success(
        request, ngettext("%(count)d record was changed.", "%(count)d records were changed.", count) % {"count": count}
    )
    return away(request, f"/{slug}?{request.POST.get('query', '').lstrip('?')}")


def _chosen(request: HttpRequest, register: Register) -> list[Any]:
    if "all" in request.POST:
        query = QueryDict(request.POST.get("query", "").lstrip("?"))
        found = lists.narrowed(register, lists.parse(register, dict(query.lists())))
    else:
        found = register.model.objects.filter(pk__in=_ids(request.POST.getlist("id")))
    chosen = list(found.order_by("ref")[: MOST_AT_ONCE + 1])
    if not chosen:
        raise Invalid({"": [_("Select at least one record.")]})
    if len(chosen) > MOST_AT_ONCE:
        raise Invalid({"": [_("At most %(most)d records at once; narrow the list first.") % {"most": MOST_AT_ONCE}]})
    return chosen


def _ids(texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts[: MOST_AT_ONCE + 1]]
    except ValueError as error:
        raise Invalid({"id": [_("This is not one of our records.")]}) from error


def _change_all(request: HttpRequest, register: Register, chosen: list[Any]) -> dict[str, Any]:
    fields = editable_fields(register)
    name = request.POST.get("field", "")
    if name not in bulk_fields(register):
        raise Invalid({"field": [_("Choose the field to change.")]})
    typed: Any = request.POST.get(f"value_{name}", "")
    values = crud.clean(register, {name: typed if fields[name].kind != "bool" else typed == "on"}, record=chosen[0])
    stored = [crud.locked(register.model, record.pk) for record in chosen]
    crud.change_many(register, [(record, dict(values)) for record in stored])
    return {name: typed}


def bulk_fields(register: Register) -> dict[str, Any]:
    """The fields that make sense to set for many records alike."""
    return {
        name: field for name, field in editable_fields(register).items() if field.kind in INLINE and name not in ("ref", "name")
    }


def _ask(
    request: HttpRequest, register: Register, chosen: list[Any], verb: Verb | None, raw: dict[str, Any], error: DomainError | None
) -> HttpResponse:
    wrong = error.fields if isinstance(error, Invalid) else {}
    parameters = verb.parameters if verb is not None else ()
    context = {
        "register": register,
        "chosen": chosen,
        "shown": chosen[:12],
        "verb": verb,
        "query": request.POST.get("query", ""),
        "controls": [control(item, raw.get(item.name, ""), list(wrong.get(item.name, ()))) for item in parameters],
        "fields": [
            control(field, raw.get(f"value_{name}", ""), list(wrong.get(name, ())))
            for name, field in bulk_fields(register).items()
        ]
        if verb is None
        else [],
        "chosen_field": raw.get("field", ""),
        "error": error,
        "where": f"/{register.slug}",
    }
    return render(request, "registers/bulk.html", context, status=422 if error else 200)
