"""Management reviews: inputs from the records, decisions, a signature (9.3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mainstay.domains.assurance.factories import make_improvement, make_management_review, make_nonconformity
from mainstay.domains.assurance.models import ManagementReview
from mainstay.domains.assurance.registers import MANAGEMENT_REVIEWS
from mainstay.domains.assurance.review_inputs import all_inputs, register_input
from mainstay.domains.assurance.reviewing import collect_review, hold_review, plan_decision, sign_review
from mainstay.domains.context.registers import CONTEXT_ISSUES, OBJECTIVES
from mainstay.domains.work.models import Approval
from mainstay.kit.canonical import digest
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.registers import crud

TODAY = timezone.localdate


def sections(review: ManagementReview) -> dict[str, Any]:
    return {section["name"]: section for section in review.inputs["sections"]}


def held(actor: Actor, **rest: object) -> ManagementReview:
    return hold_review(collect_review(make_management_review(attendance=[str(actor.person_id)], **rest)))


def test_the_inputs_cover_the_letters_a_to_g() -> None:
    assert {item.letter[0] for item in all_inputs()} == set("abcdefg")


def test_two_inputs_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="risks"):
        register_input("f", "risks", "Another", lambda occasion: pytest.fail("never collected"))


@pytest.mark.usefixtures("managing")
def test_inputs_come_from_the_records_and_are_frozen_with_their_hash() -> None:
    nonconformity = make_nonconformity()
    improvement = make_improvement()
    crud.create(OBJECTIVES, {"name": "Trained staff", "target": "95"})
    review = collect_review(make_management_review(feedback="Patients ask for encrypted mail."))

    make_nonconformity(name="Came later")

    stored = ManagementReview.objects.get(pk=review.pk)
    found = sections(stored)
    assert [row["ref"] for row in found["nonconformities"]["rows"]] == [nonconformity.ref]
    assert [row["ref"] for row in found["improvements"]["rows"]] == [improvement.ref]
    assert found["objectives"]["counts"] == {"objectives": 1, "past_due": 0}
    assert found["feedback"]["text"] == "Patients ask for encrypted mail."
    assert digest(stored.inputs) == stored.inputs_digest


@pytest.mark.usefixtures("managing")
def test_a_review_is_not_held_without_inputs_or_people() -> None:
    review = make_management_review()

    with pytest.raises(RuleViolation) as without_inputs:
        hold_review(review)
    with pytest.raises(Invalid) as without_people:
        hold_review(collect_review(review))

    assert without_inputs.value.code == "no_inputs"
    assert set(without_people.value.fields) == {"attendance"}


def test_a_review_is_not_held_tomorrow(managing: Actor) -> None:
    review = collect_review(make_management_review(attendance=[str(managing.person_id)]))

    with pytest.raises(Invalid):
        hold_review(review, held_on=TODAY() + timedelta(days=1))


def test_inputs_are_not_collected_again_once_it_was_held(managing: Actor) -> None:
    with pytest.raises(RuleViolation):
        collect_review(held(managing))


def test_signing_needs_decisions(managing: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        sign_review(held(managing))

    assert set(refused.value.fields) == {"decisions"}


def test_who_was_not_there_does_not_sign(managing: Actor, auditor: Actor) -> None:
    review = held(managing, decisions="Two more days for training.")

    with acting(auditor), pytest.raises(RuleViolation) as refused:
        sign_review(review)

    assert refused.value.code == "did_not_attend"


def test_a_signed_review_is_approved_as_it_stood_and_not_edited(managing: Actor) -> None:
    signed = sign_review(held(managing, decisions="Two more days for training."))

    approval = Approval.objects.get(subject_id=signed.pk)
    assert signed.state == "signed"
    assert approval.frozen["decisions"] == "Two more days for training."
    assert approval.frozen["inputs_digest"] == signed.inputs_digest
    with pytest.raises(RuleViolation) as refused:
        crud.change(MANAGEMENT_REVIEWS, signed, {"decisions": "None."})
    assert refused.value.code == "frozen"


def test_inputs_changed_behind_the_back_are_not_signed(managing: Actor) -> None:
    review = held(managing, decisions="Nothing.")
    ManagementReview.unscoped_for_system.filter(pk=review.pk).update(inputs={"sections": []})

    with pytest.raises(RuleViolation) as refused:
        sign_review(review)

    assert refused.value.code == "tampered"


def test_the_next_review_asks_about_the_actions_of_the_last_and_what_changed_since(
    managing: Actor, person_of: Callable[[Actor], Person]
) -> None:
    first = sign_review(held(managing, decisions="Buy tokens."))
    action = plan_decision(first, name="Buy tokens", owner=person_of(managing), due_on=TODAY() + timedelta(days=30))
    issue = crud.create(CONTEXT_ISSUES, {"name": "New data protection law", "kind": "external"})

    second = collect_review(make_management_review(name="Second review"))

    found = sections(second)
    assert second.inputs["since"] == TODAY().isoformat()
    assert [row["ref"] for row in found["earlier_actions"]["rows"]] == [action.ref]
    assert [row["ref"] for row in found["issues"]["rows"]] == [issue.ref]
