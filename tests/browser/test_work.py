"""The work itself, by clicking and by keys, as somebody does it on a day at the hospital group."""

import re
import secrets
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from .conftest import PASSWORD, House, Watch, new_context


def named(what: str) -> str:
    """A name no other test uses: all share one installation."""
    return f"{what} {secrets.token_hex(4)}"


def add_asset(page: Page, name: str) -> None:
    page.goto("/assets/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_the_password_chosen_by_link_signs_in(chromium: Browser, house: House, entered: object, watch: Watch) -> None:
    context = new_context(chromium, house, None)
    page = context.new_page()
    watch.over(page)
    page.goto("/assets")

    page.get_by_label("E-mail").fill(house.user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(f"{house.url}/assets")
    context.close()


def test_the_link_works_once(chromium: Browser, house: House, entered: object) -> None:
    context = new_context(chromium, house, None)
    page = context.new_page()

    answer = page.goto(house.link)

    assert answer is not None and answer.status == 410
    context.close()


def test_an_asset_is_added_by_clicking(page: Page) -> None:
    name = named("Ward tablet")
    page.goto("/")

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Assets").click()
    page.get_by_role("link", name=re.compile("^New asset")).click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_role("status").first).to_contain_text("was added")


def test_a_spreadsheet_is_brought_in_and_its_rows_are_found(page: Page, tmp_path: Path) -> None:
    mark = secrets.token_hex(4)
    (tmp_path / "assets.csv").write_text(f"Name,Description\nPump {mark},In ward 3\nMonitor {mark},In ward 4\n")
    page.goto("/assets/import")

    page.get_by_label("File").set_input_files(tmp_path / "assets.csv")
    page.get_by_role("button", name="Read the columns").click()
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("heading", name="What the import would do")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".progress")).to_contain_text("Done", timeout=40_000)
    page.goto(f"/assets?q={mark}")

    expect(page.locator("#rows tbody tr")).to_have_count(2)


def add_assessed_risk(page: Page) -> None:
    page.goto("/risks/new")
    page.get_by_label("Name", exact=True).fill(named("Power failure"))
    page.get_by_role("button", name="Save", exact=True).click()
    open_verb(page, "Assess")
    for scale in page.locator("#dialog fieldset.scale").all():
        scale.get_by_role("radio").nth(2).check()
    page.locator("#dialog .dialog-foot button").click()
    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.locator("header.head .badge")).to_have_text("Assessed")


def test_a_risk_is_assessed_and_treated_in_dialogs(page: Page) -> None:
    add_assessed_risk(page)

    open_verb(page, "Decide treatment")
    page.locator("#dialog").get_by_label("Option", exact=True).select_option(index=1)
    page.locator("#dialog").get_by_label("Reason").fill("A second generator.")
    page.locator("#dialog").get_by_label("Controls").fill("C-1")
    page.locator("#dialog .dialog-foot button").click()

    expect(page.locator("#dialog")).not_to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.locator("main")).to_contain_text("A second generator.")


def open_verb(page: Page, label: str) -> None:
    """Click a verb of the record, in the row of buttons or in the menu."""
    verbs = page.locator("header.head .verbs")
    link = verbs.locator("a[data-dialog]", has_text=re.compile(f"^\\s*{label}"))
    if not link.first.is_visible():
        verbs.locator("summary").click()
    link.first.click()
    expect(page.locator("#dialog")).to_be_visible()


def test_a_decision_of_the_statement_is_made_in_its_row_and_proposed(page: Page) -> None:
    page.goto("/soa")
    row = page.locator("#rows tbody tr").first
    mark = named("Because of the wards")

    row.locator("td details summary").first.click()
    row.get_by_label("Decision").select_option("applicable")
    row.get_by_label("Justification").fill(mark)
    row.get_by_role("button", name="Decide").click()
    expect(row).to_contain_text(mark)
    page.get_by_role("link", name="Propose version").click()
    page.locator("#dialog .dialog-foot button").click()

    expect(page.locator("header.head h1 .ref", has_text="SOA-")).to_be_visible()


def test_the_statement_is_downloaded_as_pdf(page: Page) -> None:
    page.goto("/reports/soa")

    page.locator("summary", has_text="Take it away").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").first.click()

    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")


# By keys


def test_the_palette_finds_a_record_and_opens_it(page: Page) -> None:
    name = named("Infusion")
    add_asset(page, name)
    page.goto("/")

    page.keyboard.press("Control+k")
    page.keyboard.type(name)
    expect(page.get_by_role("option").first).to_contain_text(name)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_a_list_is_walked_chosen_and_opened_by_keys(page: Page) -> None:
    page.goto("/assets")
    rows = page.locator("#rows tbody tr")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.nth(0).locator("th a")).to_be_focused()
    page.keyboard.press("x")
    expect(rows.nth(0).get_by_role("checkbox")).to_be_checked()
    expect(page.locator(".bulk output")).to_have_text("1 selected")
    address = rows.nth(0).locator("th a").get_attribute("href")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"{address}$"))


def test_the_keys_are_told_on_asking(page: Page) -> None:
    page.goto("/assets")

    page.keyboard.press("?")

    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).not_to_be_visible()


# What is not lost


def test_leaving_a_form_with_changes_asks_first(page: Page) -> None:
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/assets/new")
    page.get_by_label("Name", exact=True).press_sequentially("Half")

    page.goto("/assets")

    assert asked == ["beforeunload"]


def test_leaving_an_untouched_form_asks_nothing(page: Page) -> None:
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/assets/new")
    page.get_by_label("Name", exact=True).click()

    page.goto("/assets")

    assert asked == []


def test_a_verb_that_is_refused_stays_in_its_dialog_with_what_was_typed(page: Page, watch: Watch) -> None:
    watch.expected = ("status of 422", "Response Status Error Code 422")
    add_assessed_risk(page)
    open_verb(page, "Decide treatment")

    page.locator("#dialog").get_by_label("Option", exact=True).select_option(index=1)
    page.locator("#dialog").get_by_label("Reason").fill("We bear it.")
    page.locator("#dialog").get_by_label("Controls").fill("C-99999")
    page.locator("#dialog .dialog-foot button").click()

    expect(page.locator("#dialog .error").first).to_contain_text("C-99999")
    expect(page.locator("#dialog").get_by_label("Reason")).to_have_value("We bear it.")


def test_a_verb_that_is_accepted_closes_its_dialog_and_shows(page: Page) -> None:
    add_asset(page, named("Server"))

    open_verb(page, "Retire")
    for box in page.locator("#dialog textarea, #dialog input:not([type=hidden])").all():
        box.fill("Broken")
    page.locator("#dialog .dialog-foot button").click()

    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.locator("header.head .badge")).to_have_text(re.compile("retired", re.IGNORECASE))


def test_the_theme_is_switched_and_kept(page: Page) -> None:
    page.goto("/")

    page.locator("summary", has_text="Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.goto("/assets")

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


# Without JavaScript


def test_records_are_added_changed_and_moved_on_without_javascript(plain_page: Page) -> None:
    name = named("Plain")
    add_asset(plain_page, name)

    plain_page.get_by_role("link", name="Change").click()
    plain_page.get_by_label("Name", exact=True).fill(f"{name} again")
    plain_page.get_by_role("button", name="Save", exact=True).click()
    expect(plain_page.get_by_role("heading", level=1)).to_contain_text(f"{name} again")
    where = plain_page.url
    plain_page.goto(f"{where}/do/retire")
    for box in plain_page.locator("main .dialog-body textarea").all():
        box.fill("Broken")
    plain_page.locator("main .dialog-foot button").click()

    assert plain_page.url == where
    expect(plain_page.locator("header.head .badge")).to_have_text(re.compile("retired", re.IGNORECASE))
    plain_page.goto(f"/search?q={name.split()[-1]}")
    expect(plain_page.locator("main")).to_contain_text(name)
