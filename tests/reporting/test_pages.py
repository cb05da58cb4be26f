"""Home, the journey and the map on screen."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from browsing import browser
from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS, PROCESSES
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.reporting.beginning import may_begin
from mainstay.domains.reporting.counting import read_facts
from mainstay.domains.reporting.dependencies import map_of, offered_processes
from mainstay.domains.reporting.facts import Facts
from mainstay.domains.reporting.journey import seven_steps
from mainstay.domains.reporting.linking import due_words, exactly, span
from mainstay.domains.reporting.panels import why_this_need
from mainstay.domains.reporting.trends import trends
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.models import Risk
from mainstay.domains.risk.registers import RISKS
from mainstay.domains.work.attention import clause_order, red_items
from mainstay.domains.work.models import Action
from mainstay.domains.work.registers import ACTIONS
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import possible_verbs
from making import by_another, minimal_values

__all__ = ["browser"]
Browser = Callable[..., tuple[Client, Actor]]
TODAY = date(2026, 11, 22)


def cost(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


# The journey


def test_at_first_every_step_is_ahead_and_says_how_to_begin() -> None:
    steps = seven_steps(Facts())

    assert [step.progress for step in steps] == ["ahead"] * 7
    assert [step.next.begin for step in steps if step.next] == [
        "/management-systems/new", "/processes/new", "/risk-criteria", "/soa/start", "/documents/new?kind=policy",
        "/controls/new", "/metrics/new",
    ]


def test_a_step_is_done_only_when_nothing_is_missing() -> None:
    whole = Facts(processes=1, assets=3)

    assert seven_steps(whole)[1].progress == "done"
    assert seven_steps(Facts(processes=1, assets=3, assets_without_owner=1))[1].progress == "under_way"


@pytest.mark.parametrize(
    ("facts", "begin"),
    [
        (Facts(systems=1, system="ISMS-1", scope_missing=2), "/management-systems/ISMS-1/edit"),
        (Facts(systems=1, system="ISMS-1"), "/management-systems/ISMS-1/do/approve"),
        (Facts(systems=1, system="ISMS-1", scope_approved=True, issues_internal=1), "/context-issues/new?kind=external"),
    ],
)
def test_the_button_does_the_next_thing(facts: Facts, begin: str) -> None:
    step = seven_steps(facts)[0]

    assert step.next is not None and step.next.begin == begin


def test_a_decided_statement_is_proposed_and_then_approved() -> None:
    decided = Facts(soa_rows=93, system="ISMS-1", soa_framework="F-1")
    proposed = Facts(soa_rows=93, system="ISMS-1", soa_framework="F-1", soa_proposed="SOA-1")

    lack, then = seven_steps(decided)[3].next, seven_steps(proposed)[3].next

    assert lack is not None and lack.begin == "/management-systems/ISMS-1/do/propose_soa?framework=F-1"
    assert then is not None and then.begin == "/soa-versions/SOA-1"


def test_every_link_of_the_journey_opens(browser: Browser) -> None:
    client, _actor = browser()
    everything = Facts(**{
        name: 3 if field.type is int else field.default for name, field in Facts.__dataclass_fields__.items()
    } | {"yesterday": "2026-11-21"})  # type: ignore[arg-type] # values of the declared types
    links = {step.next.begin for step in seven_steps(Facts()) if step.next} | {
        item.href for facts in (Facts(yesterday="2026-11-21"), everything) for step in seven_steps(facts)
        for item in (*step.there, *step.lacks) if not item.href.endswith("/")
    }

    wrong = {
        href: answer.status_code for href in sorted(links)
        if (answer := client.get(href)).status_code not in (200, 302) or b"cannot be narrowed" in answer.content
    }

    assert not wrong and len(links) > 30


def test_the_journey_offers_only_what_one_may_do(browser: Browser) -> None:
    may_all, _actor = browser()
    may_look, _other = browser("auditor_readonly")

    doing, looking = (client.get("/journey").content.decode() for client in (may_all, may_look))

    assert 'href="/management-systems/new"' in doing and 'href="/processes/new"' in doing
    assert '<a class="button' not in looking.partition("<main")[2]
    assert "No asset is listed" in looking


def test_a_button_asks_what_its_form_or_verb_asks(browser: Browser) -> None:
    _client, actor = browser()
    with acting(actor):
        system = crud.create(MANAGEMENT_SYSTEMS, minimal_values(MANAGEMENT_SYSTEMS))
        at = f"/management-systems/{system.ref}"

        assert may_begin(f"{at}/edit")
        assert may_begin(f"{at}/do/approve") == any(verb.name == "approve" for verb in possible_verbs(system))
        assert not may_begin(f"{at}/do/nothing")
        assert may_begin("/risk-criteria") and may_begin("/soa/start") and may_begin("/soa?decision=undecided")
        assert may_begin("/assets?owner__empty=yes")
    with acting(browser("auditor_readonly")[1]):
        assert not any(may_begin(address) for address in (
            f"{at}/edit", f"{at}/do/approve", "/risk-criteria", "/soa/start", "/soa?decision=undecided", "/assets?owner__empty=y",
        ))


def test_the_journey_counts_records_and_costs_the_same_with_twenty_as_with_one(browser: Browser) -> None:
    client, actor = browser()
    with acting(actor):
        crud.create(ASSETS, {"name": "Server"})
    one = cost(client, "/journey")
    with acting(actor):
        for number in range(19):
            crud.create(ASSETS, {"name": f"Server {number}"})
        facts = read_facts(on=TODAY)

    assert (facts.assets, facts.assets_without_owner, facts.assets_without_need) == (20, 20, 20)
    assert cost(client, "/journey") == one


# Home


def test_home_shows_what_the_person_owes_latest_first(browser: Browser) -> None:
    client, actor = browser()
    today = timezone.localdate()
    with acting(actor):
        me = Person.objects.get(pk=actor.person_id)
        crud.create(ACTIONS, {"name": "Later", "owner": me.ref, "due_on": str(today + timedelta(days=3))})
        crud.create(ACTIONS, {"name": "Long ago", "owner": me.ref, "due_on": str(today - timedelta(days=21))})
        crud.create(ACTIONS, {"name": "Somebody else's"})

    page = client.get("/").content.decode()
    mine = page[page.index("Yours today"):page.index("What an auditor")]

    assert mine.index("Long ago") < mine.index("Later") and "Somebody else" not in mine
    assert "3 weeks late" in mine and "due in 3 days" in mine


def test_a_risk_above_acceptance_is_raised_until_someone_accepts_it(browser: Browser, organisation: Unit) -> None:
    client, actor = browser()
    with acting(actor):
        by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
        risk = crud.create(RISKS, {"name": "Fire", "likelihood": 5, "impact_availability": 5})
    raised = client.get("/").content.decode()
    with acting(actor):
        # The administrator's role does not carry top management's authority, but the product itself does.
        Risk.unscoped_for_system.filter(pk=risk.pk).update(current_level=1)

    assert f'<a href="/risks/{risk.ref}">1 risk is above what you accept, and nobody has accepted it</a>' in raised
    assert "above what you accept, and nobody" not in client.get("/").content.decode()


def test_an_employee_sees_duties_but_not_what_an_auditor_would_raise(browser: Browser) -> None:
    client, _actor = browser("employee")

    page = client.get("/").content.decode()

    assert "Yours today" in page and "What an auditor would raise" not in page


def test_a_person_at_a_site_is_not_told_that_the_organisation_lacks_a_scope_it_has(
    organisation: Unit, site: Unit, person_with: Callable[..., Actor]
) -> None:
    from mainstay.domains.context.models import ManagementSystem

    ManagementSystem(
        organisation=organisation, unit=organisation, ref="ISMS-1", name="ISMS", state="approved"
    ).save(force_insert=True)

    with acting(person_with("contributor", at=site)):
        texts = [item.text for item in red_items(on=TODAY)]

    assert "No scope is approved" not in texts and "No risk criteria are approved" in texts


def test_every_red_item_opens_exactly_what_it_counts(browser: Browser) -> None:
    client, actor = browser()
    yesterday = str(timezone.localdate() - timedelta(days=1))
    with acting(actor):
        crud.create(ASSETS, {"name": "Orphan"})
        crud.create(CONTROLS, {"name": "Orphan", "due_on": yesterday})
        crud.create(RISKS, {"name": "Orphan", "review_on": yesterday})
        for name in ("One", "Two"):
            crud.create(ACTIONS, {"name": name, "due_on": yesterday})
        items = red_items(on=timezone.localdate())

    answers = {item.href: client.get(item.href) for item in items}
    overdue = next(item for item in items if "overdue" in item.text and "action" in item.text)

    assert {href: answer.status_code for href, answer in answers.items() if answer.status_code != 200} == {}
    assert overdue.text == "2 actions are overdue" and answers[overdue.href].content.count(b'scope="row"') == 2
    assert [clause_order(item.clause) for item in items] == sorted(clause_order(item.clause) for item in items)


def test_home_costs_as_many_queries_with_twenty_of_each_as_with_one(browser: Browser, organisation: Unit) -> None:
    client, actor = browser()
    today = timezone.localdate()

    def some(count: int) -> None:
        for number in range(count):
            due = str(today - timedelta(days=number + 1))
            crud.create(ACTIONS, {"name": f"Action {number}", "owner": me.ref, "due_on": due})
            crud.create(ASSETS, {"name": f"Asset {number}", "owner": me.ref, "review_on": due})
            crud.create(RISKS, {"name": f"Risk {number}", "owner": me.ref, "likelihood": 5, "impact_legal": 5, "review_on": due})

    with acting(actor):
        me = Person.objects.get(pk=actor.person_id)
        by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
        some(1)
    one = cost(client, "/")
    with acting(actor):
        some(19)

    assert cost(client, "/") == one


def test_overdue_actions_are_counted_as_they_stood_each_month(as_system: Actor) -> None:
    done = crud.create(ACTIONS, {"name": "Done late", "due_on": "2026-06-01"})
    crud.create(ACTIONS, {"name": "Still open", "due_on": "2026-10-01"})
    Action.unscoped_for_system.update(created_at="2026-01-01T00:00:00Z")
    Action.unscoped_for_system.filter(pk=done.pk).update(state="done", done_on="2026-08-01")

    trend = next(item for item in trends(on=TODAY) if "overdue" in item.answer)

    assert trend.answer == "1 action is overdue"
    assert "Jun 2026: 1, Jul 2026: 1, Aug 2026: 0, Sep 2026: 0, Oct 2026: 1, Nov 2026: 1" in trend.drawing


# Words and links


def test_ages_are_words() -> None:
    assert [span(days) for days in (1, 13, 21, 100, 800)] == ["1 day", "13 days", "3 weeks", "3 months", "2 years"]
    assert due_words(TODAY - timedelta(days=21), on=TODAY) == ("late", "3 weeks late")
    assert due_words(TODAY, on=TODAY) == ("soon", "due today")
    assert due_words(None, on=TODAY) == ("age", "no date")


def test_one_record_is_linked_itself_and_several_as_a_list() -> None:
    assert exactly("risks", ["R-1"]) == "/risks/R-1"
    assert exactly("risks", ["R-1", "R-2"]) == "/risks?ref__in=R-1%2CR-2"


# The map


def test_the_map_leads_from_a_process_to_all_it_rests_on_and_no_further(browser: Browser) -> None:
    client, actor = browser()
    with acting(actor):
        server = crud.create(ASSETS, {"name": "Server"})
        crud.create(ASSETS, {"name": "Unrelated"})
        application = crud.create(ASSETS, {"name": "Records", "depends_on": server.ref})
        process = crud.create(PROCESSES, {"name": "Admission", "criticality": "vital", "assets": application.ref})
        found = map_of([process])

    picture = client.get("/map").content.decode()
    table = client.get("/map?as=table").content.decode()

    assert [(start.name, end.name) for start, end in found.arrows] == [("Admission", "Records"), ("Records", "Server")]
    assert f'<a href="/assets/{server.ref}"' in picture and "Unrelated" not in picture and "style=" not in picture
    assert table.count('scope="row"') == 2


def test_a_cycle_of_dependencies_is_drawn_once(as_system: Actor) -> None:
    first = crud.create(ASSETS, {"name": "One"})
    second = crud.create(ASSETS, {"name": "Two", "depends_on": first.ref})
    crud.change(ASSETS, first, {"depends_on": second.ref})
    process = crud.create(PROCESSES, {"name": "P", "assets": first.ref})

    found = map_of([process])

    assert len(found.boxes) == 3 and len(found.arrows) == 3 and not found.is_cut


def test_a_map_that_is_too_large_says_so(as_system: Actor) -> None:
    refs = [crud.create(ASSETS, {"name": f"Asset {number}"}).ref for number in range(70)]
    process = crud.create(PROCESSES, {"name": "P", "assets": ", ".join(refs)})

    found = map_of([process])

    assert found.is_cut and len(found.boxes) == 60 and offered_processes() == [process]


def test_the_panel_names_whom_an_asset_inherits_its_need_from(as_system: Actor) -> None:
    server = crud.create(ASSETS, {"name": "Server", "integrity": "3"})
    application = crud.create(ASSETS, {"name": "Records", "confidentiality": "4", "integrity": "2", "depends_on": server.ref})
    process = crud.create(PROCESSES, {"name": "Admission", "criticality": "vital", "assets": server.ref})
    server = Asset.objects.get(pk=server.pk)

    panel = why_this_need(server)

    assert panel is not None
    rows = {row["label"]: row for row in panel["rows"]}
    assert rows["confidentiality"]["sources"] == [application] and rows["confidentiality"]["is_inherited"]
    assert not rows["integrity"]["is_inherited"]
    assert rows["availability"]["sources"] == [process]
