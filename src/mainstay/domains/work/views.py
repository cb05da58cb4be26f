"""Adding an action because of a record."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.domains.work.registers import ACTIONS
from mainstay.domains.work.services import add_action
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid
from mainstay.platform.records.models import Record
from mainstay.registers import crud
from mainstay.registers.fields import fields_of
from mainstay.registers.pages.editing import away, control, new_page
from mainstay.registers.showing import record_address
from mainstay.registers.subjects import read_subject

ASKED = ("name", "owner", "due_on", "description")


@require_http_methods(["GET", "POST"])
def new_action(request: HttpRequest) -> HttpResponseBase:
    """The form of an action; with `?subject=risk:<id>` the action belongs to that record and its unit."""
    about = request.POST.get("subject") or request.GET.get("subject") or ""
    if not about:
        return new_page(request, slug=ACTIONS.slug)
    record = read_subject(about)
    current_actor().require(ACTIONS.permission("add"), unit=record.place)
    if request.method == "GET":
        return _form(request, record, about, {}, None)
    raw = {name: request.POST[name] for name in ASKED if name in request.POST}
    try:
        values = crud.clean(ACTIONS, raw)
        owner = Person.objects.filter(pk=values.get("owner")).first() if values.get("owner") else None
        action = add_action(
            record, name=values["name"], owner=owner, due_on=values.get("due_on"), description=values.get("description") or ""
        )
    except Invalid as error:
        return _form(request, record, about, raw, error)
    messages.success(
        request, format_html(_('<a href="{}">{}</a> was added to {}.'), record_address(action), str(action), str(record))
    )
    return away(request, record_address(record))


def _form(request: HttpRequest, record: Record, about: str, raw: dict[str, Any], error: Invalid | None) -> HttpResponse:
    wrong = error.fields if error else {}
    fields = fields_of(ACTIONS)
    context = {
        "record": record, "where": record_address(record), "about": about, "is_dialog": bool(request.headers.get("HX-Request")),
        "controls": [control(fields[name], raw.get(name, ""), list(wrong.get(name, ()))) for name in ASKED],
    }
    return render(request, "work/new_action.html", context, status=422 if error else 200)
