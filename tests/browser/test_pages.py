"""Every page is accessible in light and dark, quiet, at home, and fits a phone (WCAG 2.2, 1.4.10)."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from mainstay.registers import registry

from .conftest import House, Watch, new_context

PLACES = (
    "/", "/journey", "/soa", "/soa/compare?from=SOA-1&to=now", "/risks/map", "/map", "/readiness", "/reports",
    "/reports/soa", "/library",
    "/administration", "/administration/units", "/administration/users", "/administration/trail", "/jobs", "/me", "/me/tokens",
    "/moments", "/compare", "/search?q=server", "/report-incident", "/assets/import", "/nothing-here",
)
LISTS = tuple(f"/{register.slug}" for register in registry.all_registers())
OPENED = tuple(register.slug for register in registry.all_registers())
FORMS = ("assets", "risks", "controls", "incidents", "actions", "people")
SMALL = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def window(chromium: Browser, house: House, entered: Any) -> Iterator[Page]:
    """One window for all addresses: opening one anew would cost more than looking."""
    context = new_context(chromium, house, entered)
    yield context.new_page()
    context.close()


@pytest.fixture
def visited(window: Page, watch: Watch) -> Iterator[Page]:
    watch.over(window)
    window.set_viewport_size(WIDE)  # type: ignore[arg-type] # a dictionary of its two keys
    yield window
    watch.leave(window)


def inspect(page: Page) -> list[str]:
    """What is wrong with the page that is open, in both themes and on a phone."""
    found = [f"light: {line}" for line in violations(page)]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    found += [f"dark: {line}" for line in violations(page, "color-contrast")]
    page.set_viewport_size(SMALL)  # type: ignore[arg-type] # as above
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found + ([f"{beyond} px beyond a phone's width"] if beyond > 0 else [])


def violations(page: Page, *rules: str) -> list[str]:
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    results = Axe().run(page, options=options)
    worst = [(item["id"], item["nodes"][0]) for item in results.response["violations"]]
    return [f"{rule} {node['target']} {node['failureSummary']}" for rule, node in worst]


@pytest.mark.parametrize("address", [*PLACES, *LISTS])
def test_a_page_is_accessible_quiet_and_fits_a_phone(visited: Page, watch: Watch, address: str) -> None:
    watch.expected = ("status of 404",) if address == "/nothing-here" else ()

    visited.goto(address)

    assert inspect(visited) == []


@pytest.mark.parametrize("slug", OPENED)
def test_a_record_is_accessible_quiet_and_fits_a_phone(visited: Page, slug: str) -> None:
    others = ", ".join(f"[href$='/{name}']" for name in ("new", "import", "map"))
    visited.goto(f"/{slug}")
    address = visited.locator(f"main a[href^='/{slug}/']:not({others})").first.get_attribute("href")

    visited.goto(str(address))

    assert inspect(visited) == []


@pytest.mark.parametrize("address", [f"/{slug}/new" for slug in FORMS])
def test_a_form_is_accessible_quiet_and_fits_a_phone(visited: Page, address: str) -> None:
    visited.goto(address)

    assert inspect(visited) == []


def test_the_way_in_is_accessible_and_fits_a_phone(chromium: Browser, house: House, watch: Watch) -> None:
    context = new_context(chromium, house, None)
    page = context.new_page()
    watch.over(page)

    page.goto("/sign-in")
    found = inspect(page)

    context.close()
    assert found == []
