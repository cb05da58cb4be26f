"""Chapter 6: risks and opportunities, the method, the treatment, objectives and planned changes."""

from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from mainstay.domains.assurance.models import Improvement
from mainstay.domains.assurance.queries import seen
from mainstay.domains.assurance.rules.checks import (
    SHOWN,
    a_year_before,
    described_only,
    documents_for,
    every,
    every_of,
    exists,
    proof,
)
from mainstay.domains.assurance.verdicts import Check, Status, Verdict, judge
from mainstay.domains.context.models import Objective
from mainstay.domains.controls.evaluation import outdated
from mainstay.domains.controls.models import Applicability, SoaVersion
from mainstay.domains.controls.queries import soa_rows
from mainstay.domains.monitoring.models import Metric
from mainstay.domains.risk.models import Risk, RiskAcceptance, RiskAssessment, RiskCriteria

ISO_27001 = "iso-27001-2022"


def risks_and_opportunities(on: date) -> Verdict:
    """6.1.1: risks and opportunities are recorded, and something follows from both."""
    treated = list(seen(Risk).filter(state="treated").order_by("ref_order")[:6])
    taken_up = list(seen(Improvement).filter(state__in=("planned", "done")).order_by("ref_order")[:6])
    return judge((
        exists(treated, missing=_("Decide the treatment of at least one risk.")),
        exists(taken_up, missing=_("Record an opportunity as an improvement and plan it.")),
    ))


def risk_assessment_process(on: date) -> Verdict:
    """6.1.2: approved criteria, and every assessment and rating names the version it was made by."""
    criteria = list(seen(RiskCriteria).filter(state="approved", approved_at__date__lte=on).order_by("ref_order"))
    return judge((
        exists(criteria, missing=_("Approve risk criteria: scales, matrix and what may be accepted by whom.")),
        every(
            seen(Risk).exclude(state__in=("identified", "closed")), failing=Q(criteria=None) | Q(inherent_level=None),
            none=_("Assess risks by the criteria."), missing=_("Rate these risks by the criteria in force: %(refs)s."),
        ),
        every(
            seen(RiskAssessment), failing=Q(criteria=None), none=_("Start a risk assessment."),
            missing=_("These assessments do not name their criteria: %(refs)s."),
        ),
    ))


def risk_treatment_process(on: date) -> Verdict:
    """6.1.3: a treatment for every risk above acceptance, what remains accepted, and an SoA that is approved and true."""
    risks = seen(Risk).exclude(state="closed")
    accepted = RiskAcceptance.unscoped_for_system.filter(
        risk=OuterRef("pk"), state="given", until__gte=on, level__gte=OuterRef("current_level")
    )
    none = _("Identify and assess risks first.")
    return judge((
        every(risks, failing=Q(current_level=None), none=none, missing=_("Rate these risks: %(refs)s.")),
        every(
            risks, failing=Q(current_level__gt=F("criteria__acceptance_level"), option=""), none=none,
            missing=_("Decide the treatment of risks above acceptance (%(count)d): %(refs)s."),
        ),
        every(
            risks, failing=Q(target_level__gt=F("criteria__acceptance_level")) & ~Q(Exists(accepted)), none=none,
            missing=_("Lower, or have accepted, risks that stay above acceptance (%(count)d): %(refs)s."),
        ),
        every(
            seen(Applicability).filter(requirement__framework__catalogue_id=ISO_27001), failing=Q(decision="undecided"),
            none=_("Start the statement of applicability."),
            missing=_("Decide whether these controls of Annex A apply (%(count)d): %(refs)s."),
        ),
        _soa_is_true(on),
    ))


def _soa_is_true(on: date) -> Check:
    """The approved statement of applicability says what the records say today."""
    version = seen(SoaVersion).filter(
        state="approved", framework__catalogue_id=ISO_27001, approved_at__date__lte=on
    ).select_related("management_system", "framework").order_by("-approved_at").first()
    if version is None:
        return Check(is_met=False, missing=_("Propose the statement of applicability and have it approved."))
    changed = outdated(version.frozen["rows"], soa_rows(version.management_system, version.framework, brief=True))
    if not changed:
        return Check(is_met=True, because=(proof(version),))
    return Check(
        is_met=False, because=(proof(version, Status.PARTLY),),
        missing=_("%(ref)s no longer says what is so (requirements: %(count)d, among them %(refs)s); approve a new version.")
        % {"count": len(changed), "ref": version.ref, "refs": ", ".join(changed[:SHOWN])},
    )


def objectives(on: date) -> Verdict:
    """6.2: each measurable, dated and owned; monitored; and told to people in a published document."""
    found = list(seen(Objective).order_by("ref_order"))
    measured: dict[object, bool] = {}
    metrics = seen(Metric).filter(state="measured", objective__isnull=False)
    for objective, latest_on, days in metrics.values_list("objective_id", "latest_on", "frequency_days"):
        fresh = latest_on is not None and latest_on <= on <= latest_on + timedelta(days=days)
        measured[objective] = fresh and measured.get(objective, True)
    vague = [
        item for item in found
        if not item.measure.strip() or item.target is None or item.due_on is None or item.owner_id is None
    ]
    old = [
        item for item in found
        if not measured.get(item.pk, item.latest_on is not None and a_year_before(on) <= item.latest_on <= on)
    ]
    none = _("Set information security objectives.")
    return judge((
        every_of(
            found, failing=vague, model=Objective, none=none,
            missing=_("Give these objectives a measure, a target, a date and an owner: %(refs)s."),
        ),
        every_of(found, failing=old, model=Objective, none=none, missing=_("Measure these objectives: %(refs)s.")),
        exists(
            documents_for("6.2", on=on),
            missing=_("Publish the objectives in a document linked to clause 6.2, so that people know them."),
        ),
    ))


def planned_changes(on: date) -> Verdict:
    """6.3: changes to the ISMS are planned. Records of single changes are not kept yet."""
    return described_only(
        "6.3", on=on, missing=_("Changes to the ISMS are not kept as records yet; show how they were planned elsewhere.")
    )
