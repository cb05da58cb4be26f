"""One minimal valid record of each kind, made the way every door makes it."""

from datetime import date
from typing import Any

from mainstay.domains.assurance.models import Audit, AuditProgramme, Finding, Improvement, ManagementReview, Nonconformity
from mainstay.domains.assurance.registers import (
    AUDIT_PROGRAMMES,
    AUDITS,
    FINDINGS,
    IMPROVEMENTS,
    MANAGEMENT_REVIEWS,
    NONCONFORMITIES,
)
from mainstay.domains.library.models import Framework
from mainstay.registers import crud


def make_audit_programme(
    *, framework: Framework, start_on: date = date(2026, 1, 1), end_on: date = date(2028, 12, 31), **rest: Any
) -> AuditProgramme:
    """A programme over three years."""
    given = {"name": "Audit programme", "framework": str(framework.pk), "start_on": start_on, "end_on": end_on}
    return crud.create(AUDIT_PROGRAMMES, given | rest)  # type: ignore[no-any-return]


def make_audit(**rest: Any) -> Audit:
    """A planned internal audit without a team."""
    return crud.create(AUDITS, {"name": "Internal audit", "scope": "All of it", "criteria": "ISO/IEC 27001"} | rest)  # type: ignore[no-any-return]


def make_finding(*, audit: Audit | None = None, **rest: Any) -> Finding:
    """A minor finding; without an audit, of a new one."""
    given = {"name": "Leavers keep their badges", "grade": "minor", "audit": str((audit or make_audit()).pk)}
    return crud.create(FINDINGS, given | rest)  # type: ignore[no-any-return]


def make_nonconformity(**rest: Any) -> Nonconformity:
    """An open minor nonconformity that nobody owns yet."""
    return crud.create(NONCONFORMITIES, {"name": "Leavers keep their badges"} | rest)  # type: ignore[no-any-return]


def make_management_review(**rest: Any) -> ManagementReview:
    """A planned review."""
    return crud.create(MANAGEMENT_REVIEWS, {"name": "Management review"} | rest)  # type: ignore[no-any-return]


def make_improvement(**rest: Any) -> Improvement:
    """An idea."""
    return crud.create(IMPROVEMENTS, {"name": "One form for leavers"} | rest)  # type: ignore[no-any-return]
