"""A statement of applicability is proposed by one person and approved by another, by clicking."""

import re

from playwright.sync_api import Browser, Page, expect

from .conftest import House, Watch, come_in, new_context

CHIEF = "katharina.adler@lindenau.example"


def test_a_statement_is_proposed_by_one_and_approved_by_another(
    page: Page, chromium: Browser, house: House, watch: Watch
) -> None:
    page.goto("/soa")
    page.get_by_role("link", name="Propose version").click()
    page.get_by_label("Note").fill("After the second round.")
    page.get_by_role("dialog").get_by_role("button", name="Propose SoA version").click()
    page.wait_for_url(re.compile(r"/soa-versions/SOA-\d+$"))
    where = page.url
    expect(page.get_by_role("heading", name="“Approve” is for somebody else")).to_be_visible()
    expect(page.get_by_role("link", name="Approve", exact=True)).to_have_count(0)

    link = house.told("user", "link", CHIEF)["link"]
    theirs = new_context(chromium, house, come_in(chromium, house, link))
    other = theirs.new_page()
    watch.over(other)
    other.goto(where)
    other.get_by_role("link", name="Approve", exact=True).click()
    other.get_by_role("dialog").get_by_role("button", name="Approve", exact=True).click()

    expect(other.get_by_role("heading", level=1)).to_contain_text("Approved")
    expect(other.get_by_text("Katharina Adler").first).to_be_visible()
    theirs.close()
