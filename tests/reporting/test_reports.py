"""Reports say what the screens say, to whom it may be said, in every format; what was frozen stays as it was."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.assurance.readiness import evaluate
from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls import soa
from mainstay.domains.controls.models import Applicability, Control, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.library.services import import_bundled
from mainstay.domains.reporting.reports import FORMATS, REPORTS, build_report, render_report
from mainstay.domains.risk import queries
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.models import Risk, RiskAssessment
from mainstay.domains.risk.registers import ASSESSMENTS, RISKS
from mainstay.domains.work.services import add_action
from mainstay.platform.access.models import Role
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Invalid, NotAllowed, NotFound, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of
from mainstay.web import sessions

Person = Callable[..., Actor]
pytestmark = pytest.mark.django_db


def do(record: object, verb: str, **raw: object) -> Any:
    return perform(verbs_of(type(record))[verb], record, raw)  # type: ignore[arg-type]


def as_json(name: str, **parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_report(name, "json", parameters=parameters).content)
    return found


def facts(document: Mapping[str, Any]) -> dict[str, Any]:
    blocks = [block for section in document["sections"] for block in section["blocks"] if block["type"] == "facts"]
    return {pair["label"]: pair["value"] for block in blocks for pair in block["pairs"]}


def rows(document: Mapping[str, Any], heading: str) -> list[dict[str, Any]]:
    section = next(section for section in document["sections"] if section["heading"] == heading)
    return [row for block in section["blocks"] if block["type"] == "table" for row in block["rows"]]


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.fixture
def method(organisation: Unit, as_system: Actor) -> None:
    do(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")


@pytest.fixture
def administrator(method: None, person_with: Person) -> Iterator[Actor]:
    actor = person_with("administrator", name="Ines Manager")
    with acting(actor):
        yield actor


@pytest.fixture
def treated(administrator: Actor) -> Risk:
    """A risk that one control treats once it operates; the control and an action cost something."""
    asset = crud.create(ASSETS, {"name": "Patient records"})
    costs = {"capital_cost": "1200.50", "yearly_cost": "300"}
    control = crud.create(CONTROLS, {"name": "Daily backup", "due_on": "2027-03-01", **costs})
    risk = crud.create(RISKS, {"name": "Loss of records", "assets": asset.ref, "likelihood": 4, "impact_availability": 5})
    do(risk, "treat", option="modify", reason="Backups restore it.", controls=control.ref, likelihood_effect=3)
    add_action(risk, name="Order the disks", owner=None, due_on=date(2027, 2, 1))
    risk.refresh_from_db()
    return risk


@pytest.fixture
def isms(organisation: Unit, administrator: Actor) -> ManagementSystem:
    framework = import_bundled("iso-27001-2022", unit=organisation)
    system = crud.create(MANAGEMENT_SYSTEMS, {"name": "ISMS", "scope_statement": "The whole hospital."})
    do(system, "start_soa", framework=framework.ref)
    return system  # type: ignore[no-any-return]


@pytest.fixture
def approved(isms: ManagementSystem, person_with: Person) -> SoaVersion:
    for row in Applicability.objects.all():
        if row.name.startswith("A.8.30"):
            do(row, "decide", decision="excluded", justification="Nothing is developed outside.")
        else:
            do(row, "decide", decision="applicable", is_best_practice=True)
    do(isms, "propose_soa", framework=soa.choose("", "").framework.ref)  # type: ignore[union-attr]
    version: SoaVersion = SoaVersion.objects.get()
    with acting(person_with("ciso", name="Ada Chief")):
        do(version, "approve")
    version.refresh_from_db()
    return version


# The same numbers everywhere


def test_the_soa_report_counts_as_its_screen_does(isms: ManagementSystem) -> None:
    crud.create(CONTROLS, {"name": "Daily backup", "requirements": "A.8.13"})
    do(Applicability.objects.get(requirement__ref="A.8.13"), "decide", decision="applicable", is_best_practice=True)

    document = as_json("soa")

    chosen = soa.choose("", "")
    screen = soa.tally(soa_rows(chosen.system, chosen.framework))  # type: ignore[arg-type]
    told = facts(document)
    assert (told["Requirements"], told["Applicable"], told["Not decided"]) == (93, 1, 92)
    assert (told["Requirements"], told["Applicable"], told["Not decided"], told["Rows with open points"]) == (
        screen.total, screen.applicable, screen.undecided, screen.gaps
    )
    listed = {row["ref"]: row for section in document["sections"][1:-1] for row in rows(document, section["heading"])}
    assert len(listed) == 93
    assert listed["A.8.13"]["controls"].startswith("C-1 Daily backup (planned")
    assert listed["A.8.13"]["reasons"] == "good practice" and listed["A.8.13"]["implementation"]["label"] == "Planned"


def test_the_risk_report_counts_as_the_risk_screens_do(treated: Risk) -> None:
    crud.create(RISKS, {"name": "Broken pipe", "likelihood": 1, "impact_availability": 1})
    crud.create(RISKS, {"name": "Nobody has rated this"})

    document = as_json("risk-assessment")

    told = facts(document)
    today = timezone.localdate()
    assert (told["Risks"], told["Not rated yet"]) == (queries.open_risks().count(), 1) == (3, 1)
    assert told["Above what is acceptable"] == queries.above_acceptance(queries.open_risks()).count() == 1
    assert told["Above it and accepted by nobody"] == queries.without_acceptance(queries.open_risks(), on=today).count() == 1
    by_level = {row["level"]["number"]: row["current"] for row in rows(document, "Summary")}
    assert {number: count for number, count in by_level.items() if count} == queries.standings().levels
    figure = next(block for block in document["sections"][0]["blocks"] if block["type"] == "figure")
    assert sum(row["count"] for row in figure["table"]["rows"]) == sum(queries.standings().points.values()) == 2
    above = rows(document, "Risks above what is acceptable")
    assert [(row["ref"], row["acceptance"]["label"]) for row in above] == [(treated.ref, "not accepted")]
    listed = {row["ref"]: row for row in rows(document, "Risks")}
    assert (listed[treated.ref]["current"]["number"], listed[treated.ref]["target"]["number"]) == (4, 2)
    assert listed[treated.ref]["assets"].endswith("Patient records")


def test_an_acceptance_that_holds_is_told_and_one_that_no_longer_does_is_too(treated: Risk, person_with: Person) -> None:
    with acting(person_with("management", name="Tom Board")):
        do(treated, "accept", until=(timezone.localdate() + timedelta(days=30)).isoformat(), reason="Until the disks come.")

    def told() -> str:
        return str(rows(as_json("risk-assessment"), "Risks above what is acceptable")[0]["acceptance"]["label"])

    assert told().startswith("accepted by Tom Board until ")

    treated.acceptances.update(level=3)

    assert told() == "higher than Tom Board accepted"


def test_the_plan_names_what_is_done_and_counts_each_cost_once(treated: Risk) -> None:
    control = Control.objects.get()
    second = crud.create(RISKS, {"name": "Sabotage", "likelihood": 4, "impact_availability": 5})
    do(second, "treat", option="modify", reason="The same backup.", controls=control.ref)

    document = as_json("risk-treatment-plan")

    assert [row["amount"] for row in rows(document, "Summary")] == ["1200.50", "300.00", "0"]
    assert {(row["risk"], row["ref"], row["due"], row["likelihood"]) for row in rows(document, "Controls")} == {
        (treated.ref, control.ref, "2027-03-01", 3), (second.ref, control.ref, "2027-03-01", 1),
    }
    assert [(row["about"], row["name"], row["due"]) for row in rows(document, "Actions")] == [
        (treated.ref, "Order the disks", "2027-02-01")
    ]
    assert [row["option"] for row in rows(document, "Decisions")] == ["modify", "modify"]


def test_a_risk_that_nobody_decided_on_is_in_the_plan(administrator: Actor) -> None:
    crud.create(RISKS, {"name": "Fire", "likelihood": 5, "impact_availability": 5})
    crud.create(RISKS, {"name": "Broken pipe", "likelihood": 1, "impact_availability": 1})

    document = as_json("risk-treatment-plan")

    assert [(row["name"], row["option"]) for row in rows(document, "Decisions")] == [("Fire", "not decided")]
    assert facts(document)["Of these, no treatment decided"] == 1


def test_readiness_tells_each_verdict_of_the_evaluation(treated: Risk) -> None:
    document = as_json("readiness")

    clauses = [row for section in document["sections"][1:] for row in rows(document, section["heading"])]
    told = {row["clause"]: row["status"]["code"] for row in clauses}
    assert told == {item.clause: item.verdict.status.value for item in evaluate(timezone.localdate())}


# Frozen states


def test_the_pdf_of_an_approved_version_carries_its_hash_and_every_requirement(approved: SoaVersion) -> None:
    text = pdf_text(render_report("soa", "pdf", parameters={"version": approved.ref}).content)

    assert approved.digest[:12] in text
    assert "Ada Chief" in text and "Approved" in text
    missing = [row["ref"] for row in approved.frozen["rows"] if row["ref"] not in text]
    assert len(approved.frozen["rows"]) == 93 and missing == []


def test_a_version_stays_as_it_was_when_the_statement_changes(approved: SoaVersion) -> None:
    before = as_json("soa", version=approved.ref)
    crud.create(CONTROLS, {"name": "Daily backup", "requirements": "A.8.13"})
    do(Applicability.objects.get(requirement__ref="A.8.30"), "decide", decision="applicable", is_best_practice=True)

    after = as_json("soa", version=approved.ref)

    assert after["sections"] == before["sections"]
    assert after["control"]["checksum"] == before["control"]["checksum"] == approved.digest
    assert as_json("soa")["sections"] != after["sections"]


def test_a_version_whose_rows_were_tampered_with_says_so(approved: SoaVersion) -> None:
    approved.frozen["rows"][0]["justification"] = "Forged."
    SoaVersion.unscoped_for_system.filter(pk=approved.pk).update(frozen=approved.frozen)

    document = as_json("soa", version=approved.ref)

    assert "do not match their hash" in document["sections"][0]["blocks"][0]["text"]


@pytest.fixture
def round_of_risks(treated: Risk, person_with: Person) -> RiskAssessment:
    assessment: RiskAssessment = crud.create(ASSESSMENTS, {"name": "Yearly round", "start_on": "2026-01-01"})
    crud.change(RISKS, treated, {"assessment": assessment.ref})
    do(assessment, "submit")
    return assessment


def test_an_approved_assessment_stays_as_it_was_and_names_who_approved_it(
    round_of_risks: RiskAssessment, treated: Risk, person_with: Person
) -> None:
    with pytest.raises(RuleViolation):
        as_json("risk-assessment", assessment=round_of_risks.ref)
    with acting(person_with("ciso", name="Ada Chief")):
        do(round_of_risks, "approve")
    before = as_json("risk-assessment", assessment=round_of_risks.ref)

    do(Control.objects.get(), "operate")
    crud.create(RISKS, {"name": "Fire", "likelihood": 5, "impact_availability": 5})
    after = as_json("risk-assessment", assessment=round_of_risks.ref)

    assert before["sections"] == after["sections"]
    assert (before["control"]["approved_by"], before["control"]["reference"]) == ("Ada Chief", round_of_risks.ref)
    assert [(row["ref"], row["current"]["number"]) for row in rows(after, "Risks")] == [(treated.ref, 4)]
    assert facts(after)["Above what is acceptable"] == 1


# Who may read what


def test_whoever_sees_one_site_reads_only_its_risks(treated: Risk, site: Unit, person_with: Person) -> None:
    with acting(system("test", organisation=site.organisation_id)):
        here = crud.create(RISKS, {"name": "Flood at the site", "unit": site.ref, "likelihood": 5, "impact_availability": 5})

    with acting(person_with("risk_owner", at=site)):
        register, plan = as_json("risk-assessment"), as_json("risk-treatment-plan")

    assert [row["ref"] for row in rows(register, "Risks")] == [here.ref]
    assert facts(register)["Risks"] == 1 and "Loss of records" not in json.dumps(register)
    assert [row["ref"] for row in rows(plan, "Decisions")] == [here.ref]
    assert "Daily backup" not in json.dumps(plan)


def test_a_frozen_round_is_not_shown_in_part(round_of_risks: RiskAssessment, site: Unit, person_with: Person) -> None:
    with acting(person_with("ciso")):
        do(round_of_risks, "approve")
    RiskAssessment.unscoped_for_system.filter(pk=round_of_risks.pk).update(unit=site)

    with acting(person_with("risk_owner", at=site)), pytest.raises(NotAllowed):
        as_json("risk-assessment", assessment=round_of_risks.ref)


def test_a_statement_that_lacks_reasons_one_may_not_see_says_so(isms: ManagementSystem, person_with: Person) -> None:
    nouns = ("report", "applicability", "control", "management_system", "framework")
    Role.objects.filter(slug="auditor_readonly").update(patterns=[f"{noun}.view" for noun in nouns])
    with acting(person_with("auditor_readonly")):
        partial = as_json("soa")

    def said(document: Mapping[str, Any]) -> bool:
        return any("reasons may be missing" in block.get("text", "") for block in document["sections"][0]["blocks"])

    assert said(partial) and not said(as_json("soa"))


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_an_employee_reads_no_report(name: str, method: None, person_with: Person) -> None:
    with acting(person_with("employee")), pytest.raises(NotAllowed):
        build_report(name)


def test_what_does_not_exist_is_refused(administrator: Actor) -> None:
    with pytest.raises(NotFound):
        build_report("everything")
    with pytest.raises(NotFound):
        render_report("readiness", "exe")
    with pytest.raises(NotFound):
        build_report("soa", parameters={"version": "SOA-99"})
    with pytest.raises(Invalid) as caught:
        build_report("readiness", parameters={"classification": "for your eyes only", "colour": "red"})
    assert set(caught.value.fields) == {"classification", "colour"}
    with pytest.raises(Invalid):
        build_report("soa", on=date(2020, 1, 1))


def test_every_download_is_recorded_with_what_it_held(administrator: Actor) -> None:
    document = as_json("readiness", classification="confidential")

    event = AccessEvent.objects.get(kind=AccessEvent.Kind.EXPORTED)
    assert event.user_id == administrator.user_id
    assert event.detail == f"readiness.json {document['control']['checksum'][:12]} classification=confidential"
    assert document["classification"] == "Confidential"


# Formats and cost


def test_a_workbook_holds_dates_and_numbers_as_such(treated: Risk) -> None:
    book = load_workbook(BytesIO(render_report("risk-treatment-plan", "xlsx").content))

    cells = [cell.value for sheet in book for line in sheet.iter_rows() for cell in line]
    assert datetime(2027, 3, 1) in cells
    assert 1200.5 in cells and 3 in cells


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_the_number_of_queries_does_not_grow_with_the_risks(name: str, treated: Risk, isms: ManagementSystem) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as taken:
            build_report(name)
        return len(taken)

    build_report(name)
    one = count()
    control = Control.objects.get()
    for number in range(19):
        risk = crud.create(RISKS, {"name": f"Risk {number}", "assets": "A-1", "likelihood": 5, "impact_availability": 5})
        do(risk, "treat", option="modify", reason="Backups.", controls=control.ref)
        add_action(risk, name="Do it", owner=None)

    assert count() == one


# Pages


@pytest.fixture
def browser(administrator: Actor) -> Client:
    client = Client()
    session = client.session
    sessions.begin(type("Request", (), {"session": session})(), User.objects.get(pk=administrator.user_id))  # type: ignore[arg-type]
    session.save()
    client.cookies["mainstay"] = session.session_key
    return client


def test_the_list_links_every_report_and_every_version(approved: SoaVersion, browser: Client) -> None:
    page = browser.get("/reports").content.decode()

    assert all(f'href="/reports/{name}.{format}"' in page for name in REPORTS for format in FORMATS)
    assert f'href="/reports/soa.pdf?version={approved.ref}"' in page


def test_a_report_is_read_inside_the_shell_without_inline_style(approved: SoaVersion, browser: Client) -> None:
    page = browser.get("/reports/soa", {"version": approved.ref})
    style = browser.get("/reports/document.css")

    text = page.content.decode()
    assert page.status_code == 200 and text.count("<h1") == 1 and "style=" not in text and "<style" not in text
    assert approved.digest in text and f"/reports/soa.pdf?version={approved.ref}" in text
    assert style["Content-Type"].startswith("text/css") and ".document" in style.content.decode()


@pytest.mark.parametrize("name", ["risk-assessment", "risk-treatment-plan", "readiness"])
@pytest.mark.parametrize("format", FORMATS)
def test_each_report_is_handed_over_in_each_format(name: str, format: str, treated: Risk, browser: Client) -> None:
    response = browser.get(f"/reports/{name}.{format}")

    assert response.status_code == 200 and response.content
    assert response["Content-Disposition"] == f'attachment; filename="{name}-{timezone.localdate()}.{format}"'


def test_a_wrong_day_is_refused_and_another_day_is_judged(administrator: Actor, browser: Client) -> None:
    assert browser.get("/reports/readiness", {"on": "yesterday"}).status_code == 422
    assert "as of 31 Jan 2027" in browser.get("/reports/readiness", {"on": "2027-01-31"}).content.decode()


def test_a_statement_not_begun_is_told_and_not_an_empty_report(administrator: Actor, browser: Client) -> None:
    assert browser.get("/reports/soa").status_code == 409


def test_what_people_typed_is_text_in_the_page(administrator: Actor, browser: Client) -> None:
    crud.create(RISKS, {"name": "<script>alert(1)</script>", "likelihood": 5, "impact_availability": 5})

    page = browser.get("/reports/risk-assessment").content.decode()

    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
