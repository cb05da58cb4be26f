"""What happens to management reviews: inputs are collected and frozen, the review is held and signed (9.3)."""

from datetime import date
from typing import Annotated

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assurance.models import Attendance, ManagementReview
from mainstay.domains.assurance.review_inputs import Occasion, collect_inputs
from mainstay.domains.work.models import Action
from mainstay.domains.work.services import add_action, decide
from mainstay.kit.canonical import digest
from mainstay.platform.identity.models import Person
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.moment import current_day
from mainstay.registers.crud import touch
from mainstay.registers.verbs import Help, Long, move, verb


@verb(_("Collect inputs"), on=ManagementReview, when=lambda review: review.state == "planned", tone="primary")
def collect_review(review: ManagementReview) -> ManagementReview:
    """Gather the inputs a to g from the records as they are now, and freeze them (9.3.2). May be repeated until it is held."""
    review.inputs = collect_inputs(occasion_of(review))
    review.inputs_digest, review.collected_at = digest(review.inputs), timezone.now()
    touch(review)
    return review


def occasion_of(review: ManagementReview) -> Occasion:
    """Today, with changes counting since the last review signed for the same unit."""
    last = ManagementReview.unscoped_for_system.filter(
        organisation_id=review.organisation_id, state="signed", unit_id=review.unit_id
    ).exclude(pk=review.pk).order_by("-held_on").first()
    return Occasion(review=review, on=current_day(), since=last.held_on if last else None)


@verb(_("Hold"), on=ManagementReview, when=lambda review: review.state == "planned", tone="primary")
def hold_review(
    review: ManagementReview, *, held_on: Annotated[date | None, Help(_("Today if left empty."), _("Held on"))] = None
) -> ManagementReview:
    """Say that it was held: with its inputs, by the people who were there."""
    day = held_on or current_day()
    if day > current_day():
        raise Invalid({"held_on": [_("This day has not come yet.")]})
    if review.collected_at is None:
        raise RuleViolation(_("Collect the inputs first; management decides on what it has seen (9.3.2)."), code="no_inputs")
    if not _attendees(review):
        raise Invalid({"attendance": [_("Say who was there.")]})
    review.held_on = day
    return move(review, "hold")  # type: ignore[no-any-return]


@verb(_("Plan action"), on=ManagementReview, name="plan", when=lambda review: review.state != "planned")
def plan_decision(
    review: ManagementReview, *,
    name: Annotated[str, Help(_("What was decided to be done."), _("Action"))],
    owner: Annotated[Person, Help(_("Who does it."), _("Done by"))],  # type: ignore[valid-type] # the Django plugin misreads it
    due_on: Annotated[date, Help(_("The last day."), _("Due"))],
    description: Annotated[str, Long(5_000)] = "",
) -> Action:
    """Turn a decision into an action, which the next review will ask about (9.3.2 a)."""
    return add_action(review, name=name, owner=owner, due_on=due_on, description=description)


@verb(_("Sign"), on=ManagementReview, when=lambda review: review.state == "held", tone="primary")
def sign_review(
    review: ManagementReview, *, reason: Annotated[str, Long(500), Help(_("Kept with the signature."), _("Note"))] = ""
) -> ManagementReview:
    """Sign inputs, attendance and decisions as they stand; by one who was there (9.3.3)."""
    if not review.decisions.strip():
        raise Invalid({"decisions": [_("Write down what was decided; if nothing, say that and why.")]})
    if digest(review.inputs) != review.inputs_digest:
        raise RuleViolation(_("The stored inputs do not match their hash; collect them again."), code="tampered")
    attendees = _attendees(review)
    if current_actor().person_id not in {person.pk for person in attendees}:
        raise RuleViolation(_("Someone who attended signs."), code="did_not_attend")
    decide(review, decision="approved", reason=reason, frozen={
        "name": review.name, "held_on": review.held_on.isoformat() if review.held_on else "",
        "inputs_digest": review.inputs_digest,
        "decisions": review.decisions, "attendance": [{"ref": person.ref, "name": person.name} for person in attendees],
    })
    return move(review, "sign")  # type: ignore[no-any-return]


def _attendees(review: ManagementReview) -> list[Person]:
    there = Attendance.unscoped_for_system.filter(review=review).select_related("person").order_by("person__ref")
    return [attendance.person for attendance in there]
