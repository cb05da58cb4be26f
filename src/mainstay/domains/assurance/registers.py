"""How audits, findings, nonconformities, reviews and improvements look."""

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assurance import reviewing as _reviewing  # registers the verbs  # noqa: F401
from mainstay.domains.assurance.auditing import after_audits, keep_findings, prepare_audit, prepare_finding
from mainstay.domains.assurance.correcting import follow_actions
from mainstay.domains.assurance.models import (
    Attendance,
    Audit,
    AuditMember,
    AuditProgramme,
    Finding,
    Improvement,
    ManagementReview,
    Nonconformity,
)
from mainstay.domains.assurance.panels import checklist, raised, reach, review_inputs, steps
from mainstay.domains.incidents.models import Incident
from mainstay.domains.library.models import Requirement
from mainstay.platform.records.events import listen
from mainstay.registers import registry
from mainstay.registers.crud import Saved
from mainstay.registers.declaration import ExtraPanel, LinkField, Register, RelatedPanel, column, panel
from mainstay.registers.verbs import Moved

AUDIT_PROGRAMMES = Register(
    model=AuditProgramme,
    group="check",
    icon="calendar",
    about=_("Plan the audits of one to three years so that together they reach every clause and control (9.2.2)."),
    columns=(column("ref"), column("name"), column("framework"), column("start_on"), column("end_on"), column("owner")),
    filters=("framework", "owner"),
    panels=(panel(_("Programme"), "name", "description", "framework", "start_on", "end_on"),
            panel(_("Place"), "owner", "unit", "tags")),
    in_navigation=False,
)

AUDITS = Register(
    model=Audit,
    group="check",
    icon="audit",
    about=_("Look whether what is written is done and works, by someone who does not answer for it (9.2)."),
    columns=(column("ref"), column("name"), column("kind"), column("state"), column("lead"), column("start_on"),
             column("end_on"), column("unit")),
    filters=("kind", "state", "lead", "framework", "unit", "start_on"),
    links=(LinkField(name="team", through=AuditMember, label=_("team")),),
    panels=(
        panel(_("Audit"), "name", "description", "kind", "framework", "criteria", "scope"),
        panel(_("Who and when"), "start_on", "end_on", "lead", "team", "unit"),
        panel(_("Independence"), "independence_waiver", "waived_by",
              help=_("Nobody audits what they own or operate there, unless someone outside the team waives that (9.2.2 c).")),
        panel(_("Result"), "conclusion", "reported_on"), panel(_("Place"), "owner", "tags"),
    ),
    search=("description", "criteria", "scope", "conclusion"),
    prepare=prepare_audit,
    after=after_audits,
)

FINDINGS = Register(
    model=Finding,
    group="check",
    icon="eye",
    about=_("What audits found, each with the requirement it is about and what it rests on."),
    columns=(column("ref"), column("name"), column("grade"), column("audit"), column("requirement"), column("owner")),
    filters=("grade", "audit", "requirement", "owner", "unit"),
    panels=(panel(_("Finding"), "audit", "name", "grade", "requirement", "statement", "evidence", "description"),
            panel(_("Place"), "owner", "unit", "tags")),
    search=("description", "statement", "evidence"),
    prepare=prepare_finding,
    in_navigation=False,
)

NONCONFORMITIES = Register(
    model=Nonconformity,
    group="act",
    icon="nonconformity",
    about=_("What is not as it should be: put right, its cause removed, and the effect verified by someone else (10.2)."),
    columns=(column("ref"), column("name"), column("grade"), column("state"), column("source"), column("owner"),
             column("due_on")),
    filters=("state", "grade", "source", "owner", "unit", "due_on"),
    panels=(
        panel(_("What is wrong"), "name", "description", "grade", "source", "finding"),
        panel(_("Correction and cause"), "correction", "root_cause", "root_cause_method"),
        panel(_("Effect"), "how_verified", "verified_by", "verified_on"),
        panel(_("Responsibility"), "owner", "due_on", "unit", "tags"),
    ),
    search=("description", "correction", "root_cause"),
)

MANAGEMENT_REVIEWS = Register(
    model=ManagementReview,
    group="check",
    icon="users",
    about=_("Management looks at the whole ISMS and decides; the inputs come from the records (9.3)."),
    columns=(column("ref"), column("name"), column("state"), column("planned_on"), column("held_on"), column("owner")),
    filters=("state", "owner", "planned_on"),
    links=(LinkField(name="attendance", through=Attendance, label=_("who was there")),),
    panels=(
        panel(_("Review"), "name", "description", "planned_on", "attendance", "feedback"),
        panel(_("Decisions"), "decisions"), panel(_("Proof"), "held_on", "collected_at", "inputs_digest"),
        panel(_("Place"), "owner", "unit", "tags"),
    ),
    search=("description", "decisions", "feedback"),
)

IMPROVEMENTS = Register(
    model=Improvement,
    group="act",
    icon="improvement",
    about=_("What could be better, from an idea to what it brought (10.1)."),
    columns=(column("ref"), column("name"), column("state"), column("owner"), column("due_on"), column("done_on")),
    filters=("state", "owner", "unit", "due_on"),
    panels=(panel(_("Improvement"), "name", "description", "benefit", "finding"),
            panel(_("Outcome"), "due_on", "done_on", "result"),
            panel(_("Place"), "owner", "unit", "tags")),
    search=("description", "benefit", "result"),
)


def subscribe() -> None:
    """Hear what happens below: corrective actions that are done, findings that someone deletes."""
    listen(Moved, follow_actions)
    listen(Saved, keep_findings)


registry.add(AUDIT_PROGRAMMES, AUDITS, FINDINGS, NONCONFORMITIES, MANAGEMENT_REVIEWS, IMPROVEMENTS)
registry.relate([
    ExtraPanel(title=_("Checklist"), on=Audit, template="assurance/checklist.html", context=checklist),
    RelatedPanel(title=_("Findings"), on=Audit, of=Finding, via="audit", columns=("ref", "name", "grade", "requirement")),
    RelatedPanel(title=_("Nonconformities"), on=Finding, of=Nonconformity, via="finding",
                 columns=("ref", "name", "state", "owner")),
    RelatedPanel(title=_("Improvements"), on=Finding, of=Improvement, via="finding", columns=("ref", "name", "state")),
    RelatedPanel(title=_("Findings"), on=Requirement, of=Finding, via="requirement", columns=("ref", "name", "grade", "audit")),
    ExtraPanel(title=_("Coverage"), on=AuditProgramme, template="assurance/coverage.html", context=reach),
    ExtraPanel(title=_("Inputs"), on=ManagementReview, template="assurance/inputs.html", context=review_inputs),
    ExtraPanel(title=_("The way to its end"), on=Nonconformity, template="assurance/steps.html", context=steps),
    ExtraPanel(title=_("Nonconformities"), on=Audit, template="assurance/raised.html", context=raised),
    ExtraPanel(title=_("Nonconformities"), on=Incident, template="assurance/raised.html", context=raised),
])
