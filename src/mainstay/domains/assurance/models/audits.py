"""Audits: what is audited when, by whom, against what, and what was found (9.2)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.library.models import Framework, Requirement
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, Scoped, state_field


class Grade(models.TextChoices):
    """What an auditor says about a requirement."""

    CONFORMITY = "conformity", _("conformity")
    MINOR = "minor", _("minor nonconformity")
    MAJOR = "major", _("major nonconformity")
    OPPORTUNITY = "opportunity", _("opportunity for improvement")
    OBSERVATION = "observation", _("observation")


NONCONFORMING = (Grade.MINOR, Grade.MAJOR)


class AuditProgramme(Record):
    """The audits of a period taken together, which must cover the whole framework (9.2.2)."""

    ref_prefix: ClassVar[str] = "AUP"

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="audit_programmes",
                                  verbose_name=_("framework"))
    start_on = models.DateField(_("from"))
    end_on = models.DateField(_("to"))

    class Meta(Record.Meta):
        verbose_name = _("audit programme")
        verbose_name_plural = _("audit programmes")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="audit_programme_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(end_on__gt=models.F("start_on")), name="audit_programme_period_in_order",
                violation_error_message=_("The period ends before it begins."),
            ),
        ]


AUDIT_LIFE = LifeCycle(
    states=(
        State(value="planned", label=_("planned")), State(value="running", label=_("running"), tone="busy"),
        State(value="reported", label=_("reported"), tone="good"), State(value="closed", label=_("closed"), tone="quiet"),
    ),
    moves=(
        Move(name="start", label=_("Start"), sources=("planned",), target="running", by_hand=False, tone="primary"),
        Move(name="report", label=_("Report"), sources=("running",), target="reported", by_hand=False, tone="primary"),
        Move(name="resume", label=_("Resume"), sources=("reported",), target="running", needs_reason=True),
        Move(name="close", label=_("Close"), sources=("reported",), target="closed", by_hand=False, tone="primary"),
    ),
    frozen=("reported", "closed"),
)


class Audit(Record):
    """One audit. Nobody audits what is theirs, unless a person outside the team waives that with a reason (9.2.2 c)."""

    ref_prefix: ClassVar[str] = "AU"
    life_cycle: ClassVar[LifeCycle] = AUDIT_LIFE

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("internal")
        EXTERNAL = "external", _("external")
        SUPPLIER = "supplier", _("of a supplier")

    state = state_field(AUDIT_LIFE)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.INTERNAL)
    framework = models.ForeignKey(
        Framework, on_delete=models.PROTECT, related_name="audits", null=True, blank=True, verbose_name=_("framework")
    )
    criteria = models.TextField(_("criteria"), max_length=5_000, blank=True,
                                help_text=_("What is held to be right: standard, policies, contracts."))
    scope = models.TextField(_("scope"), max_length=5_000, blank=True, help_text=_("Units, sites, processes and time looked at."))
    start_on = models.DateField(_("from"), null=True, blank=True)
    end_on = models.DateField(_("to"), null=True, blank=True)
    lead = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("lead auditor")
    )
    independence_waiver = models.TextField(
        _("waiver of independence"), max_length=2_000, blank=True,
        help_text=_("Why someone may audit what is theirs, and what makes up for it. Written by someone outside the team."),
    )
    waived_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("waived by")
    )
    conclusion = models.TextField(_("conclusion"), max_length=10_000, blank=True,
                                  help_text=_("Needed before the audit is reported."))
    reported_on = models.DateField(_("reported on"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("audit")
        verbose_name_plural = _("audits")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="audit_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(end_on__isnull=True) | models.Q(start_on__isnull=True)
                | models.Q(end_on__gte=models.F("start_on")),
                name="audit_period_in_order", violation_error_message=_("The audit ends before it begins."),
            ),
        ]


class AuditMember(Link):
    """A person is on the team of an audit."""

    scope_path: ClassVar[str] = "audit__unit"
    ends: ClassVar[tuple[str, str]] = ("audit", "person")

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("audit", "person"), name="audit_member_unique")]


class AuditItem(Scoped):
    """One line of the checklist: a requirement, and what the audit says of it."""

    scope_path: ClassVar[str] = "audit__unit"
    NOT_TESTED: ClassVar[str] = "not_tested"

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="items")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="audit_items")
    result = models.CharField(
        _("result"), max_length=12, choices=[*Grade.choices, (NOT_TESTED, _("not tested"))], default=NOT_TESTED
    )
    note = models.TextField(_("note"), max_length=5_000, blank=True)
    recorded_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", null=True)
    recorded_at = models.DateTimeField(_("recorded"), auto_now=True)

    class Meta(Scoped.Meta):
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklist items")
        ordering = ("requirement__position",)
        constraints = [models.UniqueConstraint(fields=("audit", "requirement"), name="audit_item_unique")]


class Finding(Record):
    """What an audit found, with what it rests on."""

    ref_prefix: ClassVar[str] = "FI"

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="findings", verbose_name=_("audit"))
    grade = models.CharField(_("grade"), max_length=12, choices=Grade.choices)
    requirement = models.ForeignKey(
        Requirement, on_delete=models.PROTECT, related_name="findings", null=True, blank=True, verbose_name=_("requirement")
    )
    statement = models.TextField(_("statement"), max_length=5_000, blank=True, help_text=_("What is, against what should be."))
    evidence = models.TextField(_("evidence"), max_length=5_000, blank=True,
                                help_text=_("What was seen, read or heard, and where."))

    class Meta(Record.Meta):
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="finding_ref_unique")]
