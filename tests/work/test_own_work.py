"""Who prepared a scope, criteria, an assessment or a statement does not approve it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.context.registers import MANAGEMENT_SYSTEMS
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.library.services import import_bundled
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.method import change_method
from mainstay.domains.risk.models import RiskAssessment, RiskCriteria
from mainstay.domains.risk.registers import ASSESSMENTS, RISKS
from mainstay.platform.access.services import actor_for_token, create_token
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.registers import crud
from mainstay.registers.verbs import perform, possible_verbs, standing_verbs, verbs_of
from making import by_another

Browser = Callable[..., tuple[Client, Actor]]
SCOPE = {"name": "ISMS", "scope_statement": "All", "boundaries": "All", "interfaces": "None", "exclusions": "None"}


def do(record: Any, verb: str, **raw: Any) -> Any:
    return perform(verbs_of(type(record))[verb], record, raw)


def may_approve(record: Any, actor: Actor) -> bool:
    """Whether the verb is offered; carried out, it would be refused otherwise."""
    with acting(actor):
        stored = type(record).objects.get(pk=record.pk)
        offered = any(verb.name == "approve" for verb in possible_verbs(stored))
        if not offered:
            with pytest.raises(RuleViolation) as refused:
                do(stored, "approve")
            assert refused.value.code == "own_work"
        return offered


@pytest.fixture
def one(person_with: Callable[..., Actor]) -> Actor:
    return person_with("administrator", name="Ines Manager")


@pytest.fixture
def other(person_with: Callable[..., Actor]) -> Actor:
    return person_with("ciso", name="Ada Chief")


def test_a_scope_is_approved_by_somebody_who_did_not_write_in_it(one: Actor, other: Actor) -> None:
    with acting(one):
        system = crud.create(MANAGEMENT_SYSTEMS, SCOPE)

    assert not may_approve(system, one)
    assert may_approve(system, other)


def test_who_only_changes_what_is_not_the_scope_may_approve_it(one: Actor, other: Actor) -> None:
    with acting(one):
        system = crud.create(MANAGEMENT_SYSTEMS, SCOPE)
    with acting(other):
        system = crud.change(MANAGEMENT_SYSTEMS, system, {"certification_body": "Inspectors Ltd"})
        before = may_approve(system, other)
        crud.change(MANAGEMENT_SYSTEMS, system, {"boundaries": "All but the kitchen."})

    assert before
    assert not may_approve(system, other)


def test_what_was_decided_before_does_not_count_against_anybody(one: Actor, other: Actor) -> None:
    with acting(one):
        system = crud.create(MANAGEMENT_SYSTEMS, SCOPE)
    with acting(other):
        do(system, "approve")
        do(ManagementSystem.objects.get(), "reopen", reason="The clinic grows.")
        crud.change(MANAGEMENT_SYSTEMS, ManagementSystem.objects.get(), {"boundaries": "All sites."})

    assert may_approve(system, one)
    assert not may_approve(system, other)


def test_a_token_is_its_person(one: Actor) -> None:
    with acting(one):
        _token, secret = create_token(User.objects.get(pk=one.user_id), name="script", scopes=("*",))
    with acting(actor_for_token(secret)):
        system = crud.create(MANAGEMENT_SYSTEMS, SCOPE)

    assert not may_approve(system, one)


def test_criteria_are_approved_by_somebody_who_did_not_draft_them(one: Actor, other: Actor, organisation: Unit) -> None:
    with acting(one):
        first = adopt_criteria("iso-27005-5x5", unit=organisation)
    untouched = may_approve(first, other)
    with acting(other):
        change_method(first, {"likelihood-1-label": "Almost never"})

    assert not may_approve(first, one)
    assert untouched and not may_approve(first, other)


def test_a_revised_method_is_a_new_draft_of_whoever_revised_it(one: Actor, other: Actor, organisation: Unit) -> None:
    with acting(one):
        first = adopt_criteria("iso-27005-5x5", unit=organisation)
    with acting(other):
        do(first, "approve")
        draft = do(RiskCriteria.objects.get(), "revise")

    assert not may_approve(draft, other)
    assert may_approve(draft, one)


def test_who_submitted_a_round_does_not_approve_it_and_who_only_rated_may(
    one: Actor, other: Actor, person_with: Callable[..., Actor], organisation: Unit
) -> None:
    with acting(one):
        by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
        assessment = crud.create(ASSESSMENTS, {"name": "Assessment 2026"})
    with acting(other):
        risk = crud.create(RISKS, {"name": "Fire", "assessment": assessment.ref})
        do(risk, "assess", likelihood=4, impact_availability=5)
    third = person_with("ciso", name="Cleo Third")
    with acting(third):
        do(RiskAssessment.objects.get(), "submit")

    assert not may_approve(assessment, one)
    assert not may_approve(assessment, third)
    assert may_approve(assessment, other)


def test_who_returned_a_round_may_approve_it_later(one: Actor, other: Actor, organisation: Unit) -> None:
    with acting(one):
        by_another(adopt_criteria("iso-27005-5x5", unit=organisation), "approve")
        assessment = crud.create(ASSESSMENTS, {"name": "Assessment 2026"})
        crud.create(RISKS, {"name": "Fire", "assessment": assessment.ref, "likelihood": 4, "impact_legal": 3})
        do(assessment, "submit")
    with acting(other):
        do(RiskAssessment.objects.get(), "return", reason="The north site is missing.")
    with acting(one):
        do(RiskAssessment.objects.get(), "submit")

    assert may_approve(assessment, other)


def test_who_proposed_a_statement_rejects_but_does_not_approve_it(one: Actor, other: Actor, organisation: Unit) -> None:
    with acting(one):
        framework = import_bundled("iso-27001-2022", unit=organisation)
        system = crud.create(MANAGEMENT_SYSTEMS, SCOPE)
        do(system, "start_soa", framework=framework.ref)
        for row in Applicability.objects.all():
            do(row, "decide", decision="applicable", is_best_practice=True)
        do(system, "propose_soa", framework=framework.ref)
    version = SoaVersion.unscoped_for_system.get()

    assert not may_approve(version, one)
    assert may_approve(version, other)
    with acting(one):
        assert "reject" in {verb.name for verb in possible_verbs(version)}


def test_the_only_login_is_told_to_invite_a_second_person(one: Actor, person_with: Callable[..., Actor]) -> None:
    with acting(one):
        system = crud.create(MANAGEMENT_SYSTEMS, SCOPE)
        (alone,) = (against for verb, against in standing_verbs(system) if verb.name == "approve")
    person_with("ciso")
    with acting(one):
        (among,) = (against for verb, against in standing_verbs(system) if verb.name == "approve")

    assert "invite a second person" in alone
    assert among and "invite" not in among


def test_the_page_and_the_dialog_say_why_instead_of_offering_it(browser: Browser) -> None:
    client, actor = browser()
    with acting(actor):
        system = crud.create(MANAGEMENT_SYSTEMS, SCOPE)
    where = f"/management-systems/{system.ref}"

    page, dialog = (client.get(address).content.decode() for address in (where, f"{where}/do/approve"))
    answer = client.post(f"{where}/do/approve", {})
    theirs = browser("ciso")[0].get(where).content.decode()

    assert "/do/approve" not in page and "own work" in page
    assert "own work" in dialog
    assert answer.status_code == 422 and "own work" in answer.content.decode()
    assert "/do/approve" in theirs and "own work" not in theirs
