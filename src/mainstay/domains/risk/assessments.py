"""A round of risk assessment: under one version of the criteria, reviewed, and frozen when approved (8.2)."""

from typing import Annotated, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.domains.risk.criteria import in_force
from mainstay.domains.risk.models import Risk, RiskAssessment
from mainstay.domains.risk.services import frozen_risk
from mainstay.domains.work.own_work import has_prepared, left_to_others
from mainstay.domains.work.services import decide
from mainstay.kit.canonical import digest
from mainstay.platform.records.errors import RuleViolation
from mainstay.registers.verbs import Help, Long, move, verb


def prepare_assessment(assessment: RiskAssessment, changed: frozenset[str]) -> None:
    """A new assessment works under the criteria in force (6.1.2 b)."""
    if assessment.criteria_id is None:
        assessment.criteria = in_force(assessment.organisation_id)


@verb(_("Submit for review"), on=RiskAssessment, when=lambda item: item.state == "draft", tone="primary")
def submit_assessment(
    assessment: RiskAssessment, *, reason: Annotated[str, Long(500), Help("", _("Note"))] = ""
) -> RiskAssessment:
    """Say that all risks of the round are assessed. Refused while one of them is not rated or was rated otherwise."""
    if assessment.criteria is None:
        assessment.criteria = in_force(assessment.organisation_id)
    if assessment.criteria is None:
        raise RuleViolation(_("There are no approved risk criteria to assess by (6.1.2 a)."), code="no_criteria")
    risks = list(Risk.unscoped_for_system.filter(assessment=assessment).order_by("ref"))
    if not risks:
        raise RuleViolation(_("No risk belongs to this assessment yet."), code="empty")
    unrated = [risk.ref for risk in risks if risk.inherent_level is None]
    if unrated:
        raise RuleViolation(_("Not rated yet: %(refs)s.") % {"refs": ", ".join(unrated[:10])}, code="unrated")
    otherwise = [risk.ref for risk in risks if risk.criteria_id != assessment.criteria_id and risk.state != "closed"]
    if otherwise:
        raise RuleViolation(
            _("Rated by another version of the criteria: %(refs)s. Assess them anew, so that results compare (6.1.2 b).")
            % {"refs": ", ".join(otherwise[:10])}, code="other_criteria",
        )
    return move(assessment, "submit")  # type: ignore[no-any-return]


def _submitted_it(assessment: RiskAssessment) -> str:
    own = ("name", "start_on", "end_on", "participants")
    return left_to_others(assessment, is_own=has_prepared(assessment, content=own, hand_in="in_review"))


@verb(
    _("Approve"), on=RiskAssessment, when=lambda item: item.state == "in_review", unless=_submitted_it, tone="primary"
)
def approve_assessment(
    assessment: RiskAssessment, *, reason: Annotated[str, Long(500), Help(_("Kept with the approval."), _("Note"))] = ""
) -> RiskAssessment:
    """Approve the results as they stand; they are frozen with their hash (8.2).

    Whoever set up or submitted the round cannot be the one. Rating a risk of it does not count: all owners do that.
    """
    frozen = frozen_assessment(assessment)
    decide(assessment, decision="approved", frozen=frozen, reason=reason)
    assessment.frozen, assessment.digest = frozen, digest(frozen)
    assessment.approved_at = timezone.now()
    return move(assessment, "approve")  # type: ignore[no-any-return]


def frozen_assessment(assessment: RiskAssessment) -> dict[str, Any]:
    """All results of the round."""
    risks = Risk.unscoped_for_system.filter(assessment=assessment).select_related("criteria", "owner").order_by("ref")
    criteria = assessment.criteria
    return {
        "ref": assessment.ref, "name": assessment.name, "start_on": str(assessment.start_on or ""),
        "end_on": str(assessment.end_on or ""),
        "criteria": criteria.ref if criteria else "", "edition": criteria.edition if criteria else None,
        "participants": assessment.participants, "risks": [frozen_risk(risk) for risk in risks],
    }
