"""What happens to risks: they are rated, treated and accepted, and their levels follow."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mainstay.domains.controls.models import Control
from mainstay.domains.risk.criteria import in_force
from mainstay.domains.risk.evaluation import (
    ROLE_RANKS,
    Effect,
    authority_needed,
    current,
    level_of,
    overall_impact,
    target,
)
from mainstay.domains.risk.models import Risk, RiskAcceptance, RiskAsset, RiskCriteria, Treatment
from mainstay.domains.work.services import decide
from mainstay.kit.canonical import digest
from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.records.moment import current_day
from mainstay.platform.records.refs import next_refs
from mainstay.registers.crud import Saved, touch
from mainstay.registers.verbs import Choices, Help, Long, Moved, move, verb

IMPACTS = (
    "impact_confidentiality",
    "impact_integrity",
    "impact_availability",
    "impact_financial",
    "impact_legal",
    "impact_safety",
)
RATING = frozenset({"likelihood", *IMPACTS})
LEVELS = (
    "impact",
    "inherent_level",
    "current_likelihood",
    "current_impact",
    "current_level",
    "target_likelihood",
    "target_impact",
    "target_level",
)
LONGEST_ACCEPTANCE = timedelta(days=366)


def prepare_risk(risk: Risk, changed: frozenset[str]) -> None:
    """Before a risk is stored: rate it by the criteria in force when its rating changed, and derive its levels."""
    is_new = not changed
    rated = any(getattr(risk, name) is not None for name in RATING)
    if not (changed & RATING or (is_new and rated)):
        return
    risk.criteria = in_force(risk.organisation_id)
    if risk.criteria is None:
        raise RuleViolation(_("Approve risk criteria before you rate risks (6.1.2 a)."), code="no_criteria")
    _check_scales(risk, risk.criteria)
    derive(risk, risk.criteria, [] if is_new else effects_of([risk.pk]).get(risk.pk, []))
    risk.assessed_at = timezone.now()
    if risk.state == "identified" and risk.inherent_level is not None:
        risk.state = "assessed"


def _check_scales(risk: Risk, criteria: RiskCriteria) -> None:
    tops = {name: len(criteria.impacts) for name in IMPACTS} | {"likelihood": len(criteria.likelihoods)}
    errors = {
        name: [_("The scale of %(criteria)s ends at %(top)d.") % {"criteria": criteria.name, "top": top}]
        for name, top in tops.items()
        if (getattr(risk, name) or 0) > top
    }
    if errors:
        raise Invalid(errors)


def derive(risk: Risk, criteria: RiskCriteria, effects: Sequence[Effect]) -> None:
    """Write the derived levels onto a risk: the only place that does."""
    risk.impact = overall_impact([getattr(risk, name) for name in IMPACTS])
    inherent = current(criteria, risk.likelihood, risk.impact, [])
    now, then = (rate(criteria, risk.likelihood, risk.impact, effects) for rate in (current, target))
    risk.inherent_level = inherent.level
    risk.current_likelihood, risk.current_impact, risk.current_level = now.likelihood, now.impact, now.level
    risk.target_likelihood, risk.target_impact, risk.target_level = then.likelihood, then.impact, then.level


def effects_of(risks: Iterable[UUID]) -> dict[UUID, list[Effect]]:
    """What the controls linked to each risk do to it."""
    found: dict[UUID, list[Effect]] = {}
    rows = Treatment.unscoped_for_system.filter(risk_id__in=list(risks)).values_list(
        "risk_id", "likelihood_effect", "impact_effect", "control__state"
    )
    for risk, likelihood, impact, state in rows:
        effect = Effect(
            likelihood=likelihood,
            impact=impact,
            is_operating=state == "operating",
            is_planned=state in ("planned", "implementing"),
        )
        found.setdefault(risk, []).append(effect)
    return found


def derive_levels(ids: Sequence[UUID]) -> int:
    """Recompute the levels of the given risks, as after a control changed its state. Returns how many changed."""
    effects = effects_of(ids)
    changed = []
    for risk in Risk.unscoped_for_system.filter(pk__in=ids, criteria__isnull=False).select_related("criteria"):
        before = [getattr(risk, name) for name in LEVELS]
        derive(risk, risk.criteria, effects.get(risk.pk, []))
        if [getattr(risk, name) for name in LEVELS] != before:
            changed.append(risk)
    Risk.unscoped_for_system.bulk_update(changed, LEVELS, batch_size=400)
    return len(changed)


def after_risks(risks: Sequence[Risk], changed: frozenset[str]) -> None:
    """After risks are stored: when their controls changed, their levels follow."""
    if "controls" in changed or (not changed and any(risk.criteria_id for risk in risks)):
        derive_levels([risk.pk for risk in risks])


def follow_controls(event: Moved) -> None:
    """When a control goes into or out of operation, the risks it treats follow."""
    if isinstance(event.record, Control):
        # All of them, whatever the one who moved the control may see: a level is the same for everybody.
        treated = Treatment.unscoped_for_system.filter(control=event.record)
        derive_levels(list(treated.values_list("risk_id", flat=True)))


def follow_deleted_controls(event: Saved) -> None:
    """Nothing treats a risk that is linked to nothing: links go with their control."""
    if event.model is Control and "deleted" in event.changed:
        derive_levels(list(Risk.unscoped_for_system.filter(criteria__isnull=False).values_list("pk", flat=True)))


# Verbs


@verb(_("Assess"), on=Risk, when=lambda risk: risk.state != "closed")
def assess_risk(
    risk: Risk,
    *,
    likelihood: Annotated[int, Help(_("How often, on the scale of the criteria, if there were no controls."), _("Likelihood"))],
    impact_confidentiality: Annotated[int | None, Help("", _("Impact on confidentiality"))] = None,
    impact_integrity: Annotated[int | None, Help("", _("Impact on integrity"))] = None,
    impact_availability: Annotated[int | None, Help("", _("Impact on availability"))] = None,
    impact_financial: Annotated[int | None, Help("", _("Financial impact"))] = None,
    impact_legal: Annotated[int | None, Help("", _("Legal impact"))] = None,
    impact_safety: Annotated[int | None, Help("", _("Impact on safety"))] = None,
    rationale: Annotated[
        str, Long(5000), Help(_("What the rating rests on, so that others come to the same."), _("Why so rated"))
    ] = "",
) -> Risk:
    """Rate the inherent risk by the criteria in force (6.1.2 d)."""
    given = {
        "impact_confidentiality": impact_confidentiality,
        "impact_integrity": impact_integrity,
        "impact_availability": impact_availability,
        "impact_financial": impact_financial,
        "impact_legal": impact_legal,
        "impact_safety": impact_safety,
    }
    if all(value is None for value in given.values()):
        raise Invalid({"impact_confidentiality": [_("Rate at least one impact.")]})
    below = [name for name, value in ({"likelihood": likelihood} | given).items() if value is not None and value < 1]
    if below:
        raise Invalid({name: [_("Scales begin at 1.")] for name in below})
    risk.likelihood = likelihood
    for name, value in given.items():
        setattr(risk, name, value)
    risk.rationale = rationale or risk.rationale
    prepare_risk(risk, frozenset(RATING))
    touch(risk)
    return risk


@verb(_("Decide treatment"), on=Risk, when=lambda risk: risk.state in ("assessed", "treated"), tone="primary", bulk=True)
def treat_risk(
    risk: Risk,
    *,
    option: Annotated[str, Choices(tuple((item.value, item.label) for item in Risk.Option)), Help("", _("Option"))],
    reason: Annotated[str, Long(2000), Help(_("Why this option."), _("Reason"))],
    controls: Annotated[list[Control], Help(_("Controls that lower the risk, as C-1, C-2."), _("Controls"))] = [],  # noqa: B006 # never changed
    likelihood_effect: Annotated[
        int, Help(_("Steps each new control lowers the likelihood by, 0 to 4."), _("Lowers likelihood by"))
    ] = 1,
    impact_effect: Annotated[int, Help(_("Steps each new control lowers the impact by, 0 to 4."), _("Lowers impact by"))] = 0,
) -> Risk:
    """Decide how the risk is treated, and by which controls (6.1.3 a, b)."""
    wrong = {
        name: [_("From 0 to 4.")]
        for name, value in (("likelihood_effect", likelihood_effect), ("impact_effect", impact_effect))
        if not 0 <= value <= 4
    }
    if wrong:
        raise Invalid(wrong)
    if option == Risk.Option.MODIFY and not controls and not Treatment.unscoped_for_system.filter(risk=risk).exists():
        raise Invalid({"controls": [_("Modifying a risk takes at least one control.")]})
    for control in controls:
        _link(risk, control, likelihood_effect, impact_effect, reason)
    risk.option, risk.option_reason = option, reason
    move(risk, "treat")
    derive_levels([risk.pk])
    risk.refresh_from_db()
    return risk


@verb(_("Set control effect"), on=Risk, name="link_control", when=lambda risk: risk.state != "closed")
def link_control(
    risk: Risk,
    *,
    control: Annotated[Control, Help("", _("Control"))],  # type: ignore[valid-type] # the Django plugin misreads it
    likelihood_effect: Annotated[int, Help(_("Steps down, 0 to 4."), _("Lowers likelihood by"))] = 1,
    impact_effect: Annotated[int, Help(_("Steps down, 0 to 4."), _("Lowers impact by"))] = 0,
    reason: Annotated[str, Long(500), Help(_("What the effect rests on."), _("Reason"))] = "",
) -> Risk:
    """Say what a control does to the risk once it operates."""
    if not (0 <= likelihood_effect <= 4 and 0 <= impact_effect <= 4):
        raise Invalid({"likelihood_effect": [_("From 0 to 4.")]})
    _link(risk, control, likelihood_effect, impact_effect, reason)
    derive_levels([risk.pk])
    risk.refresh_from_db()
    return risk


@verb(_("Remove control"), on=Risk, name="unlink_control", when=lambda risk: risk.state != "closed", tone="warning")
def unlink_control(
    risk: Risk,
    *,
    control: Annotated[Control, Help("", _("Control"))],  # type: ignore[valid-type] # the Django plugin misreads it
    reason: Annotated[str, Long(500), Help(_("Why it no longer treats this risk."), _("Reason"))],
) -> Risk:
    """Say that a control no longer treats the risk."""
    gone, _rows = Treatment.unscoped_for_system.filter(risk=risk, control=control).delete()
    if not gone:
        raise Invalid({"control": [_("This control does not treat this risk.")]})
    derive_levels([risk.pk])
    risk.refresh_from_db()
    return risk


def _link(risk: Risk, control: Control, likelihood: int, impact: int, reason: str) -> None:
    if control.state == "retired":
        raise Invalid({"control": [_("%(control)s is retired and treats nothing.") % {"control": control.label}]})
    Treatment.unscoped_for_system.update_or_create(
        risk=risk,
        control=control,
        defaults={
            "organisation_id": risk.organisation_id,
            "likelihood_effect": likelihood,
            "impact_effect": impact,
            "reason": reason[:500],
            "created_by_id": current_actor().person_id,
        },
    )


def is_above_acceptance(risk: Risk) -> bool:
    """Whether the risk, as it is today, is higher than what the criteria let stand without anyone's acceptance."""
    return risk.criteria is not None and risk.current_level is not None and risk.current_level > risk.criteria.acceptance_level


@verb(_("Accept"), on=Risk, when=is_above_acceptance, tone="warning")
def accept_risk(
    risk: Risk,
    *,
    until: Annotated[date, Help(_("The acceptance ends on this day; at most one year."), _("Until"))],
    reason: Annotated[str, Long(2000), Help(_("Why the risk is borne as it is."), _("Reason"))],
) -> RiskAcceptance:
    """Accept the residual risk as it stands (27001 6.1.3 f)."""
    actor, today = current_actor(), current_day()
    name, rank = authority_needed(risk.criteria, risk.current_level or 0)  # type: ignore[arg-type] # `when` saw to it
    if not actor.is_system and authority_of(actor, risk) < rank:
        raise NotAllowed(_("A risk of this level is accepted by %(who)s.") % {"who": name}, code="beyond_authority")
    if until < today or until > today + LONGEST_ACCEPTANCE:
        raise Invalid({"until": [_("A day within the next year.")]})
    frozen = frozen_risk(risk)
    decide(risk, decision="approved", frozen=frozen, reason=reason)
    acceptance = RiskAcceptance(  # type: ignore[misc] # its type is narrower than the stubs know
        organisation_id=risk.organisation_id,
        unit_id=risk.unit_id,
        risk=risk,
        owner_id=risk.owner_id,
        name=risk.name,
        description=reason,
        accepted_by_id=actor.person_id,
        authority=name,
        level=risk.current_level,
        until=until,
        frozen=frozen,
        digest=digest(frozen),
        ref=next_refs(risk.organisation_id, RiskAcceptance.ref_prefix)[0],
    )
    acceptance.save(force_insert=True)
    return acceptance


def authority_of(actor: Actor, risk: Risk) -> int:
    """The rank of the actor's authority over a risk: its owner 1, a CISO 2, top management 3, from roles held there."""
    ranks = [ROLE_RANKS.get(holding.role, 0) for holding in actor.holdings_for("risk.accept") if risk.unit_id in holding.covers]
    if actor.person_id is not None and actor.person_id == risk.owner_id:
        ranks.append(1)
    return max(ranks, default=0)


def frozen_risk(risk: Risk) -> dict[str, Any]:
    """The risk as someone judged it: what an acceptance or an assessment binds to by hash."""
    level = level_of(risk.criteria, risk.current_level) if risk.criteria else None
    return {
        "ref": risk.ref,
        "name": risk.name,
        "description": risk.description,
        "threat": risk.threat,
        "vulnerability": risk.vulnerability,
        "consequence": risk.consequence,
        "owner": risk.owner.name if risk.owner else "",
        "option": risk.option,
        "likelihood": risk.likelihood,
        "impacts": {name.removeprefix("impact_"): getattr(risk, name) for name in IMPACTS},
        **{name: getattr(risk, name) for name in LEVELS},
        "level": level["label"] if level else "",
        "criteria": risk.criteria.ref if risk.criteria else "",
        "criteria_edition": risk.criteria.edition if risk.criteria else None,
        "assets": list(
            RiskAsset.unscoped_for_system.filter(risk=risk).order_by("asset__ref").values_list("asset__ref", flat=True)
        ),
        "controls": [
            {"ref": ref, "state": state, "likelihood_effect": down, "impact_effect": less}
            for ref, state, down, less in Treatment.unscoped_for_system.filter(risk=risk)
            .order_by("control__ref")
            .values_list("control__ref", "control__state", "likelihood_effect", "impact_effect")
        ],
    }
