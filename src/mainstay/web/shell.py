"""What stands around every page: navigation as the work is grouped, who is signed in, and the theme."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from mainstay.platform.units.models import Unit
from mainstay.registers import registry

SHEETS = tuple(f"mainstay/{name}.css" for name in ("tokens", "base", "components", "records"))
GROUPS = (
    ("", (("/", "home", _("Home")), ("/journey", "plan", _("Journey")))),
    ("plan", (("/risks/map", "eye", _("Risk map")), ("/map", "unit", _("Process map")))),
    ("do", (("/report-incident", "incident", _("Report an incident")),)),
    ("check", (("/readiness", "met", _("Readiness")),)),
    ("act", ()),
    ("library", (("/reports", "report", _("Reports")),)),
    ("administration", (("/administration", "administration", _("Administration")),)),
)
NEEDS = {"/report-incident": "incident.add", "/readiness": "management_system.view", "/administration": "user.view"}
"""The permission without which a page is not offered."""
TITLES = {
    "": "",
    "plan": _("Plan"),
    "do": _("Do"),
    "check": _("Check"),
    "act": _("Act"),
    "library": _("Library and reports"),
    "administration": _("Administration"),
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """The template context `shell`. Costs one query, for the organisation's name."""
    actor = getattr(request, "actor", None)
    theme = request.COOKIES.get("theme", "")
    around: dict[str, Any] = {
        "theme": theme if theme in ("light", "dark") else "",
        "sheets": [static(sheet) for sheet in SHEETS],
        "base": "mainstay/page.html" if actor is not None else "mainstay/plain.html",
    }
    if actor is not None:
        organisation = Unit.unscoped_for_system.filter(pk=actor.organisation_id).values_list("name", flat=True).first()
        around |= {"label": actor.label, "organisation": organisation or "", "groups": _navigation(request.path, actor)}
    return {"shell": around}


def _navigation(path: str, actor: Any) -> list[dict[str, Any]]:
    groups = []
    for name, pages in GROUPS:
        items = [(href, icon, str(label)) for href, icon, label in pages if href not in NEEDS or actor.may(NEEDS[href])]
        for register in registry.all_registers():
            if register.group == name and register.in_navigation and actor.may(register.permission("view")):
                items.append(
                    (
                        register.home or f"/{register.slug}",
                        register.icon,
                        register.label_plural[:1].upper() + register.label_plural[1:],
                    )
                )
        if items:
            groups.append(
                {
                    "title": TITLES[name],
                    "items": [
                        {
                            "href": href,
                            "icon": icon,
                            "label": label,
                            "is_current": path == href
                            or (href != "/" and path.startswith(f"{href}/") and not (href == "/risks" and path == "/risks/map")),
                        }
                        for href, icon, label in items
                    ],
                }
            )
    return groups
