"""What stands around every page: navigation as the work is grouped, who is signed in, and the theme."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mainstay.registers import registry
from mainstay.registers.showing import icon_html

SHEETS = tuple(f"mainstay/{name}.css" for name in ("tokens", "base", "components", "records"))
CURRENT = mark_safe(' aria-current="page"')
Offer = tuple[str, str, Any]
"""Address, icon and label of a page."""
GROUPS: tuple[tuple[str, tuple[Offer, ...]], ...] = (
    ("", (("/", "home", _("Home")), ("/journey", "plan", _("Journey")))),
    ("plan", (("/risks/map", "eye", _("Risk map")), ("/map", "unit", _("Process map")))),
    ("do", (("/report-incident", "incident", _("Report an incident")),)),
    ("check", (("/readiness", "met", _("Readiness")),)),
    ("act", ()),
    ("library", (("/reports", "report", _("Reports")),)),
    ("administration", (("/administration", "administration", _("Administration")),)),
)
NEEDS = {
    "/journey": "management_system.view", "/risks/map": "risk.view", "/map": "process.view", "/report-incident": "incident.add",
    "/readiness": "management_system.view", "/reports": "report.view", "/administration": "user.view",
}
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
    """The template context `shell`. Costs no query."""
    actor = getattr(request, "actor", None)
    theme = request.COOKIES.get("theme", "")
    around: dict[str, Any] = {
        "theme": theme if theme in ("light", "dark") else "",
        "sheets": [static(sheet) for sheet in SHEETS],
        "base": "mainstay/page.html" if actor is not None else "mainstay/plain.html",
        "moment": getattr(request, "moment", None),
    }
    if actor is not None:
        organisation = request.user.person.organisation.name  # type: ignore[union-attr] # whoever acts here is signed in
        around |= {"label": actor.label, "organisation": organisation, "navigation": _navigation(request.path, actor)}
    return {"shell": around}


def _navigation(path: str, actor: Any) -> SafeString:
    """What the actor may open, grouped as the work is."""
    offered: dict[str, list[Offer]] = {
        name: [page for page in pages if page[0] not in NEEDS or actor.may(NEEDS[page[0]])] for name, pages in GROUPS
    }
    for register in registry.all_registers():
        if register.in_navigation and register.group in offered and actor.may(register.permission("view")):
            offered[register.group].append((register.home or f"/{register.slug}", register.icon, register.label_plural))
    current = frozenset(href for items in offered.values() for href, _icon, _label in items if _is_current(href, path))
    return _written(tuple((name, tuple(items)) for name, items in offered.items() if items), current, get_language())


def _is_current(href: str, path: str) -> bool:
    is_below = href != "/" and path.startswith(f"{href}/")
    return path == href or (is_below and (href, path) != ("/risks", "/risks/map"))


@lru_cache(maxsize=1024)
def _written(groups: tuple[tuple[str, tuple[Offer, ...]], ...], current: frozenset[str], language: str | None) -> SafeString:
    """The navigation as HTML: the same for all who may open the same, and too long to be put together for each page."""
    return format_html_join(
        "\n", "<section>{}{}</section>",
        (
            (
                format_html("<h2>{}</h2>", TITLES[name]) if TITLES[name] else "",
                format_html_join(
                    "\n", '<a href="{}"{}>{}{}</a>',
                    (
                        (href, CURRENT if href in current else "", icon_html(icon), capfirst(str(label)))
                        for href, icon, label in items
                    ),
                ),
            )
            for name, items in groups
        ),
    )
