"""Looking whether it works, and making it better (27001 clauses 9.2, 9.3 and 10)."""

from mainstay.domains.assurance.models.audits import (
    Audit,
    AuditItem,
    AuditMember,
    AuditProgramme,
    Finding,
    Grade,
)
from mainstay.domains.assurance.models.corrections import Improvement, Nonconformity
from mainstay.domains.assurance.models.reviews import Attendance, ManagementReview

__all__ = [
    "Attendance", "Audit", "AuditItem", "AuditMember", "AuditProgramme", "Finding", "Grade", "Improvement", "ManagementReview",
    "Nonconformity",
]
