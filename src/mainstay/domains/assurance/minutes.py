"""What the page of a management review shows: the inputs beside what is decided on them (9.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mainstay.domains.assurance.models import ManagementReview
from mainstay.domains.assurance.panels import shown_section
from mainstay.domains.assurance.registers import MANAGEMENT_REVIEWS
from mainstay.domains.assurance.review_inputs import collect_inputs
from mainstay.domains.assurance.reviewing import occasion_of
from mainstay.domains.work.models import Action
from mainstay.platform.records.actor import current_actor
from mainstay.registers.fields import editable_fields
from mainstay.registers.pages.editing import control, field_text
from mainstay.registers.verbs import Verb, possible_verbs

FIELDS: Mapping[str, tuple[str, ...]] = {
    "planned": ("attendance", "feedback", "decisions"), "held": ("attendance", "decisions"), "signed": (),
}
"""What is written on the page, by the state of the review."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Minutes:
    """The page. `is_live` says that nothing was frozen yet and the inputs are those of this moment."""

    review: ManagementReview
    state: Any
    inputs: Mapping[str, Any]
    is_live: bool
    as_of: date
    since: date | None
    sections: tuple[Mapping[str, Any], ...]
    controls: tuple[Mapping[str, Any], ...]
    actions: tuple[Action, ...]
    verbs: tuple[Verb, ...]
    primary: Verb | None


def fields_of_minutes(review: ManagementReview) -> tuple[str, ...]:
    """The fields that may be written there now; none for those who may not change the review."""
    may = current_actor().may(MANAGEMENT_REVIEWS.permission("change"), unit=review.place)
    return FIELDS[review.state] if may else ()


def minutes_of(
    review: ManagementReview, *, typed: Mapping[str, str] | None = None, wrong: Mapping[str, list[str]] | None = None
) -> Minutes:
    """The page of a review, with what was typed and refused, if anything was."""
    inputs = review.inputs or collect_inputs(occasion_of(review))
    fields = editable_fields(MANAGEMENT_REVIEWS)
    verbs = possible_verbs(review)
    return Minutes(
        review=review, state=ManagementReview.life_cycle.state(review.state), inputs=inputs, is_live=not review.inputs,
        as_of=date.fromisoformat(inputs["on"]), since=date.fromisoformat(inputs["since"]) if inputs["since"] else None,
        sections=tuple(shown_section(section) for section in inputs["sections"]),
        controls=tuple(
            control(fields[name], (typed or {}).get(name, field_text(fields[name], review)), list((wrong or {}).get(name, ())))
            for name in fields_of_minutes(review)
        ),
        actions=tuple(Action.objects.filter(subject_id=review.pk).select_related("owner").order_by("ref_order")),
        verbs=tuple(verbs), primary=_next_step(review, verbs),
    )


def _next_step(review: ManagementReview, verbs: list[Verb]) -> Verb | None:
    """What comes next: collect, hold, sign."""
    wanted = "sign" if review.state == "held" else "hold" if review.inputs else "collect"
    return next((verb for verb in verbs if verb.name == wanted), None)
