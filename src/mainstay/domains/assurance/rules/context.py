"""Chapter 4: the organisation, who has a stake in it, and where the ISMS ends."""

from datetime import date

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from mainstay.domains.assurance.queries import seen
from mainstay.domains.assurance.rules.checks import a_year_before, approved_subjects, every_of, exists, proofs
from mainstay.domains.assurance.verdicts import Check, Verdict, judge
from mainstay.domains.context.models import ContextIssue, InterestedParty, ManagementSystem, PartyRequirement
from mainstay.domains.context.services import missing_scope_parts
from mainstay.domains.risk.models import RiskCriteria


def context_of_the_organisation(on: date) -> Verdict:
    """4.1: internal and external issues, reviewed within a year; climate change considered (Amd 1:2024)."""
    issues = list(seen(ContextIssue).order_by("ref_order"))
    kinds = ContextIssue.Kind
    climate = [item for item in issues if item.kind == kinds.CLIMATE and (item.is_relevant or item.description.strip())]
    old = [item for item in issues if item.reviewed_on is None or not a_year_before(on) <= item.reviewed_on <= on]
    return judge((
        exists([item for item in issues if item.kind == kinds.INTERNAL], missing=_("Record at least one internal issue.")),
        exists([item for item in issues if item.kind == kinds.EXTERNAL], missing=_("Record at least one external issue.")),
        exists(climate, missing=_("Record whether climate change is relevant, with the reason if it is not.")),
        every_of(
            issues, failing=old, model=ContextIssue, none=_("There is no issue to review."),
            missing=_("Review the issues that nobody looked at for a year: %(refs)s."),
        ),
    ))


def interested_parties(on: date) -> Verdict:
    """4.2: every party has requirements, each decided on; reviewed within a year."""
    asked = Prefetch("requirements", queryset=PartyRequirement.unscoped_for_system.order_by("ref_order"))
    parties = list(seen(InterestedParty).order_by("ref_order").prefetch_related(asked))
    requirements = [item for party in parties for item in party.requirements.all()]
    none = _("Name the interested parties: customers, authorities, owners, staff, suppliers.")
    return judge((
        every_of(
            parties, failing=[party for party in parties if not party.requirements.all()], model=InterestedParty, none=none,
            missing=_("Say what these parties ask: %(refs)s."),
        ),
        every_of(
            requirements, failing=[item for item in requirements if item.addressed == PartyRequirement.Addressed.UNDECIDED],
            model=PartyRequirement, none=_("Record what the parties ask."),
            missing=_("Decide whether the ISMS addresses these requirements: %(refs)s."),
        ),
        every_of(
            parties, failing=[
                party for party in parties if party.reviewed_on is None or not a_year_before(on) <= party.reviewed_on <= on
            ],
            model=InterestedParty, none=_("There is no party to review."),
            missing=_("Review the parties that nobody looked at for a year: %(refs)s."),
        ),
    ))


def scope(on: date) -> Verdict:
    """4.3: a scope with boundaries, interfaces and justified exclusions, approved by a person."""
    systems = list(seen(ManagementSystem).order_by("ref_order"))
    approved = approved_subjects(systems, on=on)
    none = _("Describe the management system and its scope.")
    return judge((
        every_of(
            systems, failing=[item for item in systems if missing_scope_parts(item)], model=ManagementSystem, none=none,
            missing=_("Complete the scope, its boundaries, interfaces and exclusions: %(refs)s."),
        ),
        every_of(
            systems, failing=[item for item in systems if item.state != "approved" or item.pk not in approved],
            model=ManagementSystem, none=_("Have the scope approved."), missing=_("Have the scope approved: %(refs)s."),
        ),
    ))


def management_system(on: date) -> Verdict:
    """4.4: the processes of the ISMS run: a method is approved and a cycle is under way."""
    methods = list(seen(RiskCriteria).filter(state="approved", approved_at__date__lte=on).order_by("ref_order"))
    systems = list(seen(ManagementSystem).order_by("ref_order"))
    running = [
        item for item in systems
        if item.cycle_start_on and item.cycle_start_on <= on and (item.cycle_end_on is None or on <= item.cycle_end_on)
    ]
    return judge((
        exists(methods, missing=_("Approve risk criteria: without a method the ISMS has no process.")),
        Check(
            is_met=bool(running), because=proofs(running),
            missing="" if running else _("Start a cycle: give the management system a beginning and an end that include today."),
        ),
    ))
