"""Going back to an earlier entry of a record's history: which fields, and why."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import DomainError
from mainstay.registers import crud, registry
from mainstay.registers.pages.editing import away
from mainstay.registers.restoring import earlier, restore
from mainstay.registers.showing import record_address


@require_http_methods(["GET", "POST"])
def restore_page(request: HttpRequest, slug: str, key: str, seq: int) -> HttpResponseBase:
    """What would be another, to choose from; sent, it is a new change of the record."""
    register = registry.get(slug)
    record = crud.find(register, key)
    current_actor().require(register.permission("change"), unit=record.place)
    found = earlier(register, record, seq)
    context = {
        "register": register, "record": record, "where": record_address(record), "earlier": found, "reason": found.reason,
        "chosen": [item.name for item in found.differences], "is_dialog": bool(request.headers.get("HX-Request")),
    }
    if request.method == "GET":
        return render(request, "registers/restore.html", context)
    names, version = request.POST.getlist("field"), request.POST.get("version", "")
    reason = request.POST.get("reason", "")[:500]
    try:
        record = restore(
            register, record, seq, names, reason=reason,
            version=int(version) if version.isdecimal() and len(version) < 10 else None,
        )
    except DomainError as error:
        told = context | {"error": error, "chosen": names, "reason": reason}
        return render(request, "registers/restore.html", told, status=422)
    messages.success(request, format_html(_('Restored: <a href="{}">{}</a>'), record_address(record), str(record)))
    return away(request, record_address(record))
