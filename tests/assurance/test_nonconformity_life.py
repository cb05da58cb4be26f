"""From what is wrong to proof that its cause is gone (10.2)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from mainstay.domains.assurance.correcting import (
    actions_of,
    analyse_nonconformity,
    finish_improvement,
    plan_correction,
    plan_improvement,
    raise_from_finding,
    raise_from_incident,
    verify_nonconformity,
)
from mainstay.domains.assurance.factories import make_finding, make_improvement, make_nonconformity
from mainstay.domains.assurance.models import Nonconformity
from mainstay.domains.assurance.registers import NONCONFORMITIES
from mainstay.domains.incidents.factories import make_incident
from mainstay.domains.work.models import Action, Approval
from mainstay.domains.work.services import finish_action
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.registers import crud
from mainstay.registers.verbs import perform, verbs_of

PersonOf = Callable[[Actor], Person]
TODAY = timezone.localdate
SOON = TODAY() + timedelta(days=30)


def again(nonconformity: Nonconformity) -> Nonconformity:
    return Nonconformity.objects.get(pk=nonconformity.pk)  # type: ignore[no-any-return]


def analysed(**rest: object) -> Nonconformity:
    return analyse_nonconformity(
        make_nonconformity(**rest), root_cause="Nobody tells the porter.", method="five_whys", correction="Badges collected."
    )


def with_done_action(doer: Person, **rest: object) -> Nonconformity:
    nonconformity = analysed(**rest)
    finish_action(plan_correction(nonconformity, name="Porter gets the leavers' list", owner=doer, due_on=SOON))
    return again(nonconformity)


@pytest.mark.usefixtures("managing")
def test_a_nonconforming_finding_becomes_a_nonconformity_once() -> None:
    finding = make_finding(grade="major", statement="Three leavers still have badges.")

    raised = raise_from_finding(finding)

    assert (raised.state, raised.grade, raised.source, raised.finding) == ("open", "major", "audit", finding)
    assert (raised.subject_kind, raised.subject_id) == ("audit", finding.audit_id)
    assert raised.description == "Three leavers still have badges."
    with pytest.raises(RuleViolation) as refused:
        raise_from_finding(finding)
    assert refused.value.code == "raised_already"


@pytest.mark.usefixtures("managing")
def test_an_observation_does_not_become_a_nonconformity() -> None:
    with pytest.raises(RuleViolation):
        raise_from_finding(make_finding(grade="observation"))


@pytest.mark.usefixtures("managing")
def test_an_incident_becomes_a_nonconformity_that_names_it() -> None:
    incident = make_incident()

    raised = raise_from_incident(incident, grade="major")

    assert (raised.source, raised.subject_kind, raised.subject_id) == ("incident", "incident", incident.pk)


@pytest.mark.usefixtures("managing")
def test_cause_and_verification_are_not_typed_into_fields() -> None:
    with pytest.raises(Invalid) as refused:
        crud.change(NONCONFORMITIES, make_nonconformity(), {"root_cause": "Bad luck.", "verified_on": "2026-01-01"})

    assert set(refused.value.fields) == {"root_cause", "verified_on"}


@pytest.mark.usefixtures("managing")
def test_analysis_asks_what_was_done_about_the_effect() -> None:
    with pytest.raises(Invalid) as refused:
        analyse_nonconformity(make_nonconformity(), root_cause="Nobody tells the porter.", method="five_whys")

    assert set(refused.value.fields) == {"correction"}


def test_no_action_is_planned_before_the_cause_is_known(managing: Actor, person_of: PersonOf) -> None:
    with pytest.raises(RuleViolation):
        plan_correction(make_nonconformity(), name="Do something", owner=person_of(managing), due_on=SOON)


def test_it_waits_for_verification_when_the_last_action_is_done(managing: Actor, person_of: PersonOf) -> None:
    nonconformity, doer = analysed(), person_of(managing)
    first = plan_correction(nonconformity, name="List", owner=doer, due_on=SOON)
    second = plan_correction(again(nonconformity), name="Reminder", owner=doer, due_on=SOON)

    finish_action(first)
    after_first = again(nonconformity).state
    finish_action(second)
    after_second = again(nonconformity).state
    perform(verbs_of(Action)["reopen"], Action.objects.get(pk=second.pk), {"reason": "Was not done."})

    assert (after_first, after_second, again(nonconformity).state) == ("acting", "verifying", "acting")


def test_dropping_every_action_is_not_doing_them(managing: Actor, person_of: PersonOf) -> None:
    nonconformity = analysed()
    action = plan_correction(nonconformity, name="List", owner=person_of(managing), due_on=SOON)

    perform(verbs_of(Action)["drop"], action, {"reason": "Too dear."})

    assert again(nonconformity).state == "acting"


def test_whoever_owns_it_does_not_verify_it(managing: Actor, auditor: Actor, person_of: PersonOf) -> None:
    nonconformity = with_done_action(person_of(auditor), owner=str(managing.person_id))

    with pytest.raises(RuleViolation) as refused:
        verify_nonconformity(nonconformity, effective="yes", how="No leaver has a badge.")

    assert refused.value.code == "own_work"


def test_whoever_did_an_action_does_not_verify_it(managing: Actor, person_of: PersonOf) -> None:
    nonconformity = with_done_action(person_of(managing))

    with pytest.raises(RuleViolation) as refused:
        verify_nonconformity(nonconformity, effective="yes", how="No leaver has a badge.")

    assert refused.value.code == "own_work"


def test_the_product_itself_verifies_nothing(managing: Actor, person_of: PersonOf) -> None:
    nonconformity = with_done_action(person_of(managing))

    with acting(system("test", organisation=nonconformity.organisation_id)), pytest.raises(RuleViolation) as refused:
        verify_nonconformity(nonconformity, effective="yes", how="Computed.")

    assert refused.value.code == "needs_person"


def test_effective_actions_close_it_with_an_approval_of_what_was_seen(
    managing: Actor, auditor: Actor, person_of: PersonOf
) -> None:
    nonconformity = with_done_action(person_of(managing), owner=str(managing.person_id))

    with acting(auditor):
        closed = verify_nonconformity(nonconformity, effective="yes", how="Ten leavers looked at; no badge left.")

    approval = Approval.objects.get(subject_id=nonconformity.pk)
    assert (closed.state, closed.verified_by_id, closed.verified_on) == ("closed", auditor.person_id, TODAY())
    assert (approval.decision, approval.person_id) == ("approved", auditor.person_id)
    assert approval.frozen["how"] == "Ten leavers looked at; no badge left."


def test_ineffective_actions_open_it_again(managing: Actor, auditor: Actor, person_of: PersonOf) -> None:
    nonconformity = with_done_action(person_of(managing))

    with acting(auditor):
        opened = verify_nonconformity(nonconformity, effective="no", how="Two badges were still out.")

    assert opened.state == "open"
    assert Approval.objects.get(subject_id=nonconformity.pk).decision == "rejected"
    with pytest.raises(RuleViolation):
        plan_correction(opened, name="More of the same", owner=person_of(managing), due_on=SOON)


def test_an_effect_is_not_seen_before_the_action_was_done(managing: Actor, auditor: Actor, person_of: PersonOf) -> None:
    nonconformity = with_done_action(person_of(managing))

    with acting(auditor):
        for day in (TODAY() - timedelta(days=1), TODAY() + timedelta(days=1)):
            with pytest.raises(Invalid) as refused:
                verify_nonconformity(nonconformity, effective="yes", how="Seen.", on=day)
            assert set(refused.value.fields) == {"on"}


def test_a_closed_nonconformity_is_reopened_only_with_a_reason(managing: Actor, auditor: Actor, person_of: PersonOf) -> None:
    nonconformity = with_done_action(person_of(managing))
    with acting(auditor):
        verify_nonconformity(nonconformity, effective="yes", how="Seen.")

    with pytest.raises(Invalid):
        perform(verbs_of(Nonconformity)["reopen"], again(nonconformity), {})
    perform(verbs_of(Nonconformity)["reopen"], again(nonconformity), {"reason": "It happened again."})

    assert again(nonconformity).state == "open"
    assert [action.state for action in actions_of(nonconformity)] == ["done"]


def test_an_action_outlives_its_deleted_nonconformity(managing: Actor, person_of: PersonOf) -> None:
    nonconformity = analysed()
    action = plan_correction(nonconformity, name="List", owner=person_of(managing), due_on=SOON)
    crud.delete(NONCONFORMITIES, again(nonconformity))

    finished = finish_action(action)

    assert finished.state == "done"


def test_an_improvement_goes_from_idea_to_result(managing: Actor, person_of: PersonOf) -> None:
    improvement = make_improvement()

    with pytest.raises(RuleViolation):
        finish_improvement(improvement, result="Done at once.")
    plan_improvement(improvement, owner=person_of(managing), due_on=SOON)
    done = finish_improvement(improvement, result="Leavers fill one form instead of four.")

    assert (done.state, done.done_on, done.owner_id) == ("done", TODAY(), managing.person_id)
