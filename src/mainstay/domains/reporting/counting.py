"""The counts behind the journey: one query per kind of record, whatever their number."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q

from mainstay.domains.assets.models import Asset, Process
from mainstay.domains.assurance.models import Audit, ManagementReview, Nonconformity
from mainstay.domains.assurance.queries import seen
from mainstay.domains.awareness.models import Course
from mainstay.domains.context.models import ContextIssue, InterestedParty, ManagementSystem, Objective, Obligation
from mainstay.domains.context.services import missing_scope_parts
from mainstay.domains.controls.models import Applicability, Control, SoaVersion
from mainstay.domains.documents.models import Document
from mainstay.domains.library.models import Framework
from mainstay.domains.monitoring.models import Metric
from mainstay.domains.reporting.facts import Facts
from mainstay.domains.risk.models import Risk, RiskAssessment, RiskCriteria
from mainstay.domains.work.models import Action
from mainstay.kit.dates import add_months


def _count(condition: Q) -> Count:
    return Count("pk", filter=condition)


def read_facts(*, on: date) -> Facts:
    """Count what the actor may see of the organisation."""
    return Facts(
        yesterday=str(on - timedelta(days=1)), **_scope(), **_assets(), **_risks(), **_treatment(), **_documents(on),
        **_operation(on), **_checking(on),
    )


def _scope() -> dict[str, Any]:
    systems = list(seen(ManagementSystem).order_by("ref")[:20])
    first = systems[0] if systems else None
    issues = seen(ContextIssue).order_by().aggregate(
        **{f"issues_{kind}": _count(Q(kind=kind)) for kind in ("internal", "external", "climate")}
    )
    return {
        "systems": len(systems), "system": first.ref if first else "",
        "scope_approved": any(item.state == "approved" for item in systems),
        "scope_missing": len(missing_scope_parts(first)) if first else 0, **issues,
        "parties": seen(
            InterestedParty
        ).count(), "obligations": seen(Obligation).count(), "objectives": seen(Objective).count(),
    }


def _assets() -> dict[str, Any]:
    return {
        "processes": seen(Process).count(),
        **seen(Asset).exclude(state="retired").order_by().aggregate(
            assets=Count("pk"), assets_without_owner=_count(
                Q(owner__isnull=True)
            ), assets_without_need=_count(Q(need__isnull=True))
        ),
    }


def _risks() -> dict[str, Any]:
    criteria = list(seen(RiskCriteria).filter(state__in=("approved", "draft")).order_by("-edition")[:20])
    in_force = next((item for item in criteria if item.state == "approved"), None)
    draft = next((item for item in criteria if item.state == "draft"), None)
    living = seen(Risk).exclude(state="closed")
    rounds = list(seen(RiskAssessment).order_by("-ref").values_list("ref", "state")[:200])
    unfinished = next(((ref, state) for ref, state in rounds if state != "approved"), ("", ""))
    unrated = living.filter(inherent_level__isnull=True).order_by("ref").values_list("ref", flat=True).first()
    above = Q(current_level__gt=F("criteria__acceptance_level"))
    return {
        "criteria_in_force": in_force is not None, "criteria_draft": draft.ref if draft else "",
        "acceptance_level": in_force.acceptance_level if in_force else 0,
        "assessments_approved": sum(1 for _ref, state in rounds if state == "approved"),
        "assessment_open": unfinished[0], "assessment_state": unfinished[1], "risk_unrated": unrated or "",
        **living.order_by().aggregate(
            risks=Count("pk"), risks_unrated=_count(
                Q(inherent_level__isnull=True)
            ), risks_without_owner=_count(Q(owner__isnull=True)),
            risks_above=_count(above), risks_untreated=_count(above & Q(option="")),
        ),
    }


def _treatment() -> dict[str, Any]:
    rows = seen(Applicability)
    versions = list(seen(SoaVersion).order_by("-number").values_list("ref", "state")[:200])
    framework = Framework.objects.filter(
        pk__in=rows.order_by().values("requirement__framework")
    ).order_by("ref").values_list("ref", flat=True)
    return {
        "soa_approved": any(state == "approved" for _ref, state in versions),
        "soa_proposed": next((ref for ref, state in versions if state == "proposed"), ""),
        "soa_framework": framework.first() or "",
        **rows.order_by().aggregate(soa_rows=Count("pk"), soa_undecided=_count(Q(decision="undecided"))),
    }


def _documents(on: date) -> dict[str, Any]:
    in_force = Q(state="in_force")
    return seen(Document).order_by().aggregate(
        policies=_count(in_force & Q(kind=Document.Kind.POLICY)), documents=_count(in_force),
        documents_unpublished=_count(Q(state="draft")), documents_overdue=_count(in_force & Q(next_review_on__lt=on)),
    )


def _operation(on: date) -> dict[str, Any]:
    unfinished = Q(state__in=("open", "doing"))
    return {
        **seen(Control).exclude(state="retired").order_by().aggregate(
            controls=Count("pk"), controls_operating=_count(Q(state="operating")), controls_without_owner=_count(
                Q(owner__isnull=True)
            )
        ),
        "courses": seen(Course).filter(state="published").count(),
        **seen(Action).order_by().aggregate(
            actions_open=_count(unfinished), actions_overdue=_count(unfinished & Q(due_on__lt=on)),
        ),
    }


def _checking(on: date) -> dict[str, Any]:
    year = add_months(on, -12)
    unfinished = ~Q(state="closed")
    return {
        "metrics": seen(Metric).filter(state="measured").count(),
        "audits_recent": seen(Audit).filter(
            kind=Audit.Kind.INTERNAL, state__in=("reported", "closed"), reported_on__gte=year,
        ).count(),
        "reviews_recent": seen(ManagementReview).filter(state="signed", held_on__gte=year).count(),
        **seen(Nonconformity).order_by().aggregate(
            nonconformities_open=_count(unfinished), nonconformities_overdue=_count(unfinished & Q(due_on__lt=on))
        ),
    }
