"""The method: taken from a ready-made one, revised in drafts, approved, and only then used (6.1.2 a)."""

from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from msgspec import to_builtins

from mainstay.domains.risk.evaluation import level_at
from mainstay.domains.risk.models import Risk, RiskCriteria
from mainstay.domains.risk.templates_data import read_criteria
from mainstay.domains.work.own_work import has_prepared, left_to_others
from mainstay.domains.work.services import decide
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import Invalid, NotFound
from mainstay.platform.records.refs import next_refs
from mainstay.platform.units.models import Unit
from mainstay.registers.verbs import Help, Long, move, verb

APPROVED = ("name", "edition", "likelihoods", "impacts", "matrix", "levels", "acceptance_level", "review_months")
"""What an approval of criteria is about."""


def in_force(organisation: UUID) -> RiskCriteria | None:
    """The approved criteria of an organisation, if any."""
    return RiskCriteria.unscoped_for_system.filter(organisation_id=organisation, state="approved").first()  # type: ignore[no-any-return] # managers are made at run time


@transaction.atomic
def adopt_criteria(template: str, *, unit: Unit) -> RiskCriteria:
    """Make a draft from a ready-made method, by its id (`iso-27005-5x5`, `nist-sp-800-30`, ...)."""
    current_actor().require("risk_criteria.add", unit=unit.id)
    found = next((item for item in read_criteria() if item.id == template), None)
    if found is None:
        raise NotFound(_("There is no ready-made method “%(name)s”.") % {"name": template})
    plain: Any = to_builtins(found)
    draft = RiskCriteria(
        organisation_id=unit.organisation_id,
        unit=unit,
        name=found.name,
        source=found.source,
        likelihoods=plain["likelihood"],
        impacts=plain["impact"],
        matrix=plain["matrix"],
        levels=plain["levels"],
        acceptance_level=found.acceptable_level,
        edition=_next_edition(unit.organisation_id),
        ref=next_refs(unit.organisation_id, RiskCriteria.ref_prefix)[0],
    )
    draft.save(force_insert=True)
    return draft


def _next_edition(organisation: UUID) -> int:
    last = RiskCriteria.unscoped_for_system.filter(organisation_id=organisation).aggregate(last=Max("edition"))["last"]
    return (last or 0) + 1


@verb(_("Revise"), on=RiskCriteria, when=lambda criteria: criteria.state != "draft")
def revise_criteria(criteria: RiskCriteria) -> RiskCriteria:
    """Start a new draft from these criteria; risks keep the version they were rated by until it is approved."""
    draft = RiskCriteria(
        organisation_id=criteria.organisation_id,
        unit_id=criteria.unit_id,
        owner_id=criteria.owner_id,
        name=criteria.name,
        description=criteria.description,
        source=criteria.source,
        likelihoods=criteria.likelihoods,
        impacts=criteria.impacts,
        matrix=criteria.matrix,
        levels=criteria.levels,
        acceptance_level=criteria.acceptance_level,
        review_months=criteria.review_months,
        edition=_next_edition(criteria.organisation_id),
        ref=next_refs(criteria.organisation_id, RiskCriteria.ref_prefix)[0],
    )
    draft.save(force_insert=True)
    return draft


def _drafted_it(criteria: RiskCriteria) -> str:
    return left_to_others(criteria, is_own=has_prepared(criteria, content=APPROVED))


@verb(
    _("Approve"), on=RiskCriteria, when=lambda criteria: criteria.state == "draft", unless=_drafted_it, tone="primary"
)
def approve_criteria(
    criteria: RiskCriteria, *, reason: Annotated[str, Long(500), Help(_("Kept with the approval."), _("Note"))] = ""
) -> RiskCriteria:
    """Put the criteria in force; the version until now is superseded. Risks are rated by it from their next assessment.

    Whoever drafted it cannot be the one.
    """
    check_criteria(criteria)
    for earlier in RiskCriteria.unscoped_for_system.select_for_update(of=("self",)).filter(
        organisation_id=criteria.organisation_id, state="approved"
    ):
        move(earlier, "supersede")
    decide(criteria, decision="approved", frozen=frozen_criteria(criteria), reason=reason)
    criteria.approved_at = timezone.now()
    return move(criteria, "approve")  # type: ignore[no-any-return]


def check_criteria(criteria: RiskCriteria) -> None:
    """Refuse a method that is not one: a matrix of the wrong size, unknown levels, or a level that falls as risk grows."""
    rows, columns = len(criteria.likelihoods), len(criteria.impacts)
    known = {level["number"] for level in criteria.levels}
    errors = []
    if not (2 <= rows <= 10 and 2 <= columns <= 10):
        errors.append(_("Scales have 2 to 10 steps."))
    elif len(criteria.matrix) != rows or any(len(row) != columns for row in criteria.matrix):
        errors.append(_("The matrix needs a row per likelihood and a column per impact."))
    elif any(number not in known for row in criteria.matrix for number in row):
        errors.append(_("The matrix names a level that is not described."))
    elif not _is_monotone(criteria.matrix):
        errors.append(_("A level falls where likelihood or impact rises."))
    if criteria.acceptance_level not in known:
        errors.append(_("The acceptable level is not one of the levels."))
    if errors:
        raise Invalid({"matrix": errors})


def _is_monotone(matrix: list[list[int]]) -> bool:
    across = all(left <= right for row in matrix for left, right in pairwise(row))
    down = all(low <= high for upper, lower in pairwise(matrix) for low, high in zip(upper, lower, strict=True))
    return across and down


def frozen_criteria(criteria: RiskCriteria) -> dict[str, Any]:
    """The method as it is approved."""
    return {name: getattr(criteria, name) for name in APPROVED}


def effect_on_risks(draft: RiskCriteria) -> list[dict[str, Any]]:
    """What approving a draft would change: each visible risk whose current level would differ (shown before saving)."""
    found = []
    risks = Risk.objects.filter(organisation_id=draft.organisation_id, current_likelihood__isnull=False).exclude(state="closed")
    for ref, name, likelihood, impact, level in risks.order_by("ref").values_list(
        "ref", "name", "current_likelihood", "current_impact", "current_level"
    ):
        try:
            then = level_at(draft, likelihood, impact)
        except LookupError:
            then = None
        if then != level:
            found.append({"ref": ref, "name": name, "before": level, "after": then})
    return found
