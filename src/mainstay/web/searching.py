"""Search over all registers, as a page and for the palette."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mainstay.platform.records.actor import current_actor
from mainstay.platform.search.queries import search
from mainstay.registers import registry
from mainstay.registers.showing import address


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """Records and commands that match; `format=fragment` answers the palette."""
    text = request.GET.get("q", "").strip()[:200]
    is_palette = request.GET.get("format") == "fragment"
    actor = current_actor()
    by_noun = {register.noun: register for register in registry.all_registers()}
    hits: list[dict[str, Any]] = []
    for hit in search(text, actor=actor, limit=8 if is_palette else 50) if text else []:
        register = by_noun.get(hit.kind)
        if register is not None:
            hits.append(
                {
                    "href": address(register, {"ref": hit.ref, "id": hit.object_id}),
                    "title": hit.title,
                    "ref": hit.ref,
                    "kind": register.label,
                    "icon": register.icon,
                    "snippet": hit.snippet,
                }
            )
    context = {"q": text, "hits": hits, "commands": _commands(text, actor) if is_palette else []}
    return render(request, "mainstay/palette.html" if is_palette else "mainstay/search.html", context)


def _commands(text: str, actor: Any) -> list[dict[str, str]]:
    words = text.casefold()
    found = []
    for register in registry.all_registers():
        if not actor.may(register.permission("view")):
            continue
        if words in register.label_plural.casefold():
            found.append(
                {
                    "href": register.home or f"/{register.slug}",
                    "title": register.label_plural.capitalize(),
                    "icon": register.icon,
                    "kind": _("Page"),
                }
            )
        if register.may_add and words in f"new {register.label}".casefold() and actor.may(register.permission("add")):
            found.append(
                {
                    "href": f"/{register.slug}/new",
                    "title": _("New %(kind)s") % {"kind": register.label},
                    "icon": "plus",
                    "kind": _("Command"),
                }
            )
    return found[:6]
