"""Chapter 8: what was planned is done."""

from datetime import date

from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils.translation import gettext as _

from mainstay.domains.assurance.queries import seen
from mainstay.domains.assurance.rules.checks import documents_for, every, exists, proofs
from mainstay.domains.assurance.rules.leadership import TREATS
from mainstay.domains.assurance.verdicts import Check, Status, Verdict, judge
from mainstay.domains.controls.models import Control
from mainstay.domains.risk.models import Risk, RiskAssessment, RiskAsset, Treatment
from mainstay.domains.suppliers.models import Supplier
from mainstay.domains.work.models import Action
from mainstay.kit.dates import add_months

UNFINISHED = ("open", "doing")


def operational_planning(on: date) -> Verdict:
    """8.1: treatment on time, changes under control, and suppliers looked into as often as they weigh."""
    unsound = Q(last_assessed_on=None) | Q(next_assessment_on=None) | Q(next_assessment_on__lt=on) | Q(last_result="failed")
    return judge((
        every(
            seen(Action).filter(subject_kind__in=TREATS).exclude(state="dropped"), failing=Q(state__in=UNFINISHED, due_on__lt=on),
            none=_("Plan actions for the treatment of risks."),
            missing=_("Finish the treatment actions that are late (%(count)d): %(refs)s."),
        ),
        every(
            seen(Supplier).filter(state="active"), failing=unsound,
            none=_("Record the suppliers of what is outsourced and assess them."),
            missing=_("Assess these suppliers, or part with those that are not suitable (%(count)d): %(refs)s."),
        ),
        exists(
            documents_for("6.3", "8.1", "A.8.32", on=on),
            missing=_("Publish how changes are controlled and link it to clause 8.1 or control A.8.32."),
        ),
    ))


def risk_assessment_performed(on: date) -> Verdict:
    """8.2: an assessment approved within the interval of its criteria, and nothing changed since that nobody looked at."""
    approved = seen(RiskAssessment).filter(state="approved", approved_at__date__lte=on).select_related("criteria")
    last = approved.order_by("-approved_at").first()
    is_recent = last is not None and last.criteria is not None and last.approved_at is not None and (
        add_months(last.approved_at.date(), last.criteria.review_months) >= on
    )
    risks = seen(Risk).exclude(state="closed")
    earliest = risks.aggregate(at=Min("assessed_at"))["at"]
    # From the assets that changed since anything was assessed, which are few, to the risks that are older.
    stale = RiskAsset.unscoped_for_system.filter(
        asset__need_changed_at__gt=earliest, risk__assessed_at__lt=F("asset__need_changed_at"),
    ) if earliest else RiskAsset.unscoped_for_system.none()
    return judge((
        Check(
            is_met=is_recent, because=proofs([last]) if is_recent and last else (),
            missing="" if is_recent else _("Complete a risk assessment and have it approved; the last is missing or too old."),
        ),
        every(
            risks, failing=Q(assessed_at=None) | Q(pk__in=stale.values("risk")), none=_("Identify and assess risks."),
            missing=_("Assess these risks, never assessed or changed since in their assets (%(count)d): %(refs)s."),
        ),
    ))


def risk_treatment_performed(on: date) -> Verdict:
    """8.3: treatment has results, and nothing of it is late."""
    treatments = Treatment.unscoped_for_system.filter(control=OuterRef("pk")).exclude(risk__state="closed")
    treating = seen(Control).filter(Exists(treatments))
    operating = list(treating.filter(state="operating").order_by("ref_order")[:6])
    results = operating or list(seen(Action).filter(subject_kind__in=TREATS, state="done").order_by("ref_order")[:6])
    return judge((
        exists(results, missing=_("Put a control that treats a risk into operation, or finish a treatment action.")),
        every(
            treating.exclude(state="retired"), failing=Q(state__in=("planned", "implementing"), due_on__lt=on),
            none=_("Link controls to the risks they treat."),
            missing=_("These controls should be in operation by now: %(refs)s."),
        ),
        _no_late_actions(on, has_results=bool(results)),
    ))


def _no_late_actions(on: date, *, has_results: bool) -> Check:
    late = list(seen(Action).filter(subject_kind__in=TREATS, state__in=UNFINISHED, due_on__lt=on).order_by("ref_order")[:6])
    if late:
        refs = ", ".join(action.ref for action in late)
        return Check(
            is_met=False, because=proofs(late, Status.NOT_MET),
            missing=_("Finish the treatment actions that are late: %(refs)s.") % {"refs": refs},
        )
    # Nothing late says something only where something was done.
    return Check(is_met=has_results, missing="" if has_results else _("Keep what came of the treatment."))
