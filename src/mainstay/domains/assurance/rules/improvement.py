"""Chapters 9 and 10: measured, audited, reviewed, corrected, improved."""

from datetime import date, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from mainstay.domains.assurance.models import Audit, AuditProgramme, Improvement, Nonconformity
from mainstay.domains.assurance.queries import coverage, seen
from mainstay.domains.assurance.review_inputs import all_inputs
from mainstay.domains.assurance.rules.checks import a_year_before, approved_subjects, every, every_of, exists, proof, proofs
from mainstay.domains.assurance.rules.leadership import signed_reviews
from mainstay.domains.assurance.verdicts import Check, Proof, Status, Verdict, judge
from mainstay.domains.monitoring.models import Metric
from mainstay.domains.work.models import Action


def monitoring(on: date) -> Verdict:
    """9.1: metrics with method and owner, measured as often as they say."""
    metrics = list(seen(Metric).filter(state="measured").order_by("ref_order"))
    none = _("Say what is measured: define metrics.")
    late = [
        item for item in metrics
        if item.latest_on is None or not item.latest_on <= on <= item.latest_on + timedelta(days=item.frequency_days)
    ]
    return judge((
        every_of(
            metrics, failing=[item for item in metrics if not item.method.strip() or item.owner_id is None], model=Metric,
            none=none, missing=_("Give these metrics a method and an owner: %(refs)s."),
        ),
        every_of(metrics, failing=late, model=Metric, none=none, missing=_("Measure these metrics: %(refs)s.")),
    ))


def internal_audit(on: date) -> Verdict:
    """9.2: a programme in force that reaches every clause and control, and an audit reported within a year."""
    programmes = seen(AuditProgramme).filter(start_on__lte=on, end_on__gte=on).select_related("framework").order_by("ref_order")
    programme = programmes.first()
    recent = seen(Audit).filter(
        kind=Audit.Kind.INTERNAL, state__in=("reported", "closed"), reported_on__gte=a_year_before(on), reported_on__lte=on
    )
    return judge((
        exists([programme] if programme else [], missing=_("Set up an audit programme for the coming years.")),
        _reaches_all(programme, on),
        exists(list(recent.order_by("ref_order")[:6]),
               missing=_("Carry out and report an internal audit; the last is missing or over a year old.")),
    ))


def _reaches_all(programme: AuditProgramme | None, on: date) -> Check:
    """Everything was audited, or stands on the checklist of an audit that is still to come; never all of it only planned."""
    if programme is None:
        return Check(is_met=False, missing=_("Without a programme nothing is covered."))
    reached = coverage(programme, on=on)
    text = _("%(audited)d of %(asked)d requirements audited, %(planned)d planned") % {
        "audited": len(reached.audited), "asked": len(reached.asked), "planned": len(reached.planned),
    }
    is_met = bool(reached.audited) and not reached.missing
    return Check(
        is_met=is_met, because=(Proof(text=text, kind=AuditProgramme.permission_noun(), ref=programme.ref, id=programme.pk,
                                      status=Status.MET if is_met else Status.PARTLY),),
        missing="" if is_met
        else _("Audit, or put on the checklist of a planned audit, these requirements (%(count)d): %(refs)s.")
        % {"count": len(reached.missing), "refs": ", ".join(reached.missing[:6]) + (" …" if len(reached.missing) > 6 else "")},
    )


def management_review(on: date) -> Verdict:
    """9.3: held within a year with all inputs, decided, and signed by someone who was there."""
    reviews = signed_reviews(on)
    signed = approved_subjects(reviews, on=on)
    review = next((item for item in reviews if item.pk in signed), None)
    if review is None:
        return judge((Check(is_met=False,
                            missing=_("Hold a management review and have it signed; the last is missing or over a year old.")),))
    wanted = {item.letter for item in all_inputs()}
    present = {section["letter"] for section in (review.inputs or {}).get("sections", ())}
    silent = [
        section["title"] for section in (review.inputs or {}).get("sections",
                                                                  ()) if section["letter"] == "e" and not section["text"].strip()
    ]
    return judge((
        Check(is_met=True, because=(proof(review),)),
        Check(
            is_met=wanted <= present and not silent,
            missing="" if wanted <= present and not silent
            else _("The review lacks inputs: %(inputs)s.") % {"inputs": ", ".join([*sorted(wanted - present), *silent])},
        ),
        Check(is_met=bool(review.decisions.strip()), missing="" if review.decisions.strip() else _("Record what was decided.")),
    ))


def continual_improvement(on: date) -> Verdict:
    """10.1: improvements are recorded and get on."""
    improvements = seen(Improvement).exclude(state="dropped")
    moving = list(
        improvements.filter(Q(state="planned", due_on__gte=on) | Q(state="done", done_on__gte=a_year_before(on), done_on__lte=on))
        .order_by("ref_order")[:6]
    )
    return judge((
        exists(moving, missing=_("Plan an improvement, or finish one: nothing got better within a year.")),
        every(
            improvements, failing=Q(state="planned", due_on__lt=on), none=_("Record what could be better."),
            missing=_("These improvements are late: %(refs)s."),
        ),
    ))


def corrective_action(on: date) -> Verdict:
    """10.2: every nonconformity is owned, dated and on time; those closed were verified by someone."""
    found = seen(Nonconformity)
    if not found.exists():
        return Verdict(
            status=Status.UNKNOWN,
            missing=_("No nonconformity was ever recorded; audits, incidents and measurements usually bring some."),
        )
    late = list(seen(Action).filter(
        subject_kind=Nonconformity.permission_noun(), state__in=("open", "doing"), due_on__lt=on
    ).order_by("ref_order")[:6])
    return judge((
        every(
            found, failing=~Q(state="closed") & (Q(owner=None) | Q(due_on=None)), none="",
            missing=_("Give these nonconformities an owner and a date: %(refs)s."),
        ),
        every(found, failing=~Q(state="closed") & Q(due_on__lt=on), none="",
              missing=_("These nonconformities are late: %(refs)s.")),
        Check(
            is_met=not late, because=proofs(late, Status.NOT_MET),
            missing="" if not late
            else _("These corrective actions are late: %(refs)s.") % {"refs": ", ".join(item.ref for item in late)},
        ),
        every(
            found.filter(state="closed"), failing=Q(verified_by=None) | Q(root_cause="") | Q(correction=""),
            none=_("No corrective action has been verified yet."),
            missing=_("These were closed without cause, correction or verification: %(refs)s."),
        ),
    ))
