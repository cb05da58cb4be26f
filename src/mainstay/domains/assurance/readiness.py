"""How far the management system meets clauses 4 to 10 of ISO/IEC 27001:2022, from the records alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.assurance.models import (
    Audit,
    AuditProgramme,
    Improvement,
    ManagementReview,
    Nonconformity,
)
from mainstay.domains.assurance.rules import context, improvement, leadership, operation, planning, support
from mainstay.domains.assurance.verdicts import Status, Verdict
from mainstay.domains.awareness.models import Course
from mainstay.domains.context.models import ContextIssue, InterestedParty, ManagementSystem, Objective
from mainstay.domains.controls.models import Applicability, Control, SoaVersion
from mainstay.domains.documents.models import Document
from mainstay.domains.monitoring.models import Metric
from mainstay.domains.risk.models import Risk, RiskAssessment, RiskCriteria
from mainstay.domains.suppliers.models import Supplier
from mainstay.domains.work.models import Action
from mainstay.platform.records.actor import current_actor

Rule = Callable[[date], Verdict]


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """One row of the table: a clause, its short name, its rule and the kinds of record the rule reads."""

    number: str
    name: object
    rule: Rule
    reads: tuple[type[Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClauseVerdict:
    """What the records say about one clause."""

    clause: str
    name: object
    verdict: Verdict


def _clause(number: str, name: object, rule: Rule, *reads: type[Any]) -> Clause:
    return Clause(number=number, name=name, rule=rule, reads=reads)


CLAUSES: tuple[Clause, ...] = (
    _clause("4.1", _("Context of the organisation"), context.context_of_the_organisation, ContextIssue),
    _clause("4.2", _("Interested parties"), context.interested_parties, InterestedParty),
    _clause("4.3", _("Scope"), context.scope, ManagementSystem),
    _clause("4.4", _("ISMS"), context.management_system, ManagementSystem, RiskCriteria),
    _clause("5.1", _("Leadership"), leadership.leadership, ManagementReview, Objective, Action, Control),
    _clause("5.2", _("Policy"), leadership.policy, Document),
    _clause("5.3", _("Roles"), leadership.roles, ManagementSystem, Control, Risk, Asset),
    _clause("6.1.1", _("Risks and opportunities"), planning.risks_and_opportunities, Risk, Improvement),
    _clause("6.1.2", _("Risk assessment process"), planning.risk_assessment_process, RiskCriteria, Risk, RiskAssessment),
    _clause("6.1.3", _("Risk treatment process"), planning.risk_treatment_process, Risk, Applicability, SoaVersion, Control),
    _clause("6.2", _("Objectives"), planning.objectives, Objective, Metric, Document),
    _clause("6.3", _("Planned changes"), planning.planned_changes, Document),
    _clause("7.1", _("Resources"), support.resources, Action, ManagementReview),
    _clause("7.2", _("Competence"), support.competence, Document),
    _clause("7.3", _("Awareness"), support.awareness, Course),
    _clause("7.4", _("Communication"), support.communication, Document),
    _clause("7.5", _("Documented information"), support.documented_information, Document, ManagementSystem, RiskCriteria,
            SoaVersion),
    _clause("8.1", _("Operational planning"), operation.operational_planning, Action, Supplier, Document),
    _clause("8.2", _("Risk assessment performed"), operation.risk_assessment_performed, RiskAssessment, Risk),
    _clause("8.3", _("Risk treatment performed"), operation.risk_treatment_performed, Control, Action),
    _clause("9.1", _("Monitoring and measurement"), improvement.monitoring, Metric),
    _clause("9.2", _("Internal audit"), improvement.internal_audit, AuditProgramme, Audit),
    _clause("9.3", _("Management review"), improvement.management_review, ManagementReview),
    _clause("10.1", _("Continual improvement"), improvement.continual_improvement, Improvement),
    _clause("10.2", _("Nonconformity and corrective action"), improvement.corrective_action, Nonconformity, Action),
)


def evaluate(on: date) -> tuple[ClauseVerdict, ...]:
    """The verdict on every clause as of a day, from what the actor may see, in a fixed number of queries."""
    return tuple(ClauseVerdict(clause=item.number, name=item.name, verdict=evaluate_clause(item, on)) for item in CLAUSES)


def evaluate_clause(clause: Clause, on: date) -> Verdict:
    """The verdict on one clause; unknown to those who may not see the records it rests on."""
    actor = current_actor()
    hidden = [model for model in clause.reads if not actor.may(f"{model.permission_noun()}.view")]
    if hidden:
        kinds = ", ".join(str(model._meta.verbose_name_plural) for model in hidden)
        return Verdict(
            status=Status.UNKNOWN, missing=gettext("It rests on records that you may not see: %(kinds)s.") % {"kinds": kinds}
        )
    return clause.rule(on)
