"""The organisation's context and the management system itself (27001 clauses 4 to 6.2)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.library.models import Framework, Requirement
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, state_field

SCOPE_LIFE = LifeCycle(
    states=(
        State(value="draft", label=_("scope in draft"), tone="busy"),
        State(value="approved", label=_("scope approved"), tone="good"),
    ),
    moves=(
        Move(name="approve", label=_("Approve scope"), sources=("draft",), target="approved", by_hand=False),
        Move(name="reopen", label=_("Change scope"), sources=("approved",), target="draft", needs_reason=True),
    ),
    frozen=("approved",),
)


class ManagementSystem(Record):
    """The ISMS: what it protects, where its boundary lies, what it leaves out and why (4.3, 4.4)."""

    ref_prefix: ClassVar[str] = "ISMS"
    life_cycle: ClassVar[LifeCycle] = SCOPE_LIFE

    state = state_field(SCOPE_LIFE)
    scope_statement = models.TextField(
        _("scope statement"), max_length=10_000, blank=True, help_text=_("What is protected, for whom, in one paragraph.")
    )
    boundaries = models.TextField(
        _("boundaries"), max_length=10_000, blank=True, help_text=_("Organisation, sites, systems: where it ends.")
    )
    interfaces = models.TextField(
        _("interfaces and dependencies"), max_length=10_000, blank=True,
        help_text=_("What crosses the boundary, and what others do for you."),
    )
    exclusions = models.TextField(
        _("exclusions, each with its reason"), max_length=10_000, blank=True, help_text=_("Write “none” if there are none.")
    )
    risk_appetite = models.TextField(_("risk appetite"), max_length=5_000, blank=True)
    certification_body = models.CharField(_("certification body"), max_length=200, blank=True)
    cycle_start_on = models.DateField(_("cycle began"), null=True, blank=True)
    cycle_end_on = models.DateField(_("cycle ends"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("management system")
        verbose_name_plural = _("management systems")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="management_system_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(cycle_end_on__isnull=True) | models.Q(cycle_start_on__isnull=True)
                | models.Q(cycle_end_on__gt=models.F("cycle_start_on")),
                name="management_system_cycle_in_order", violation_error_message=_("The cycle ends before it begins."),
            ),
        ]


class Adoption(Link):
    """A framework the management system follows."""

    scope_path: ClassVar[str] = "management_system__unit"
    ends: ClassVar[tuple[str, str]] = ("management_system", "framework")

    management_system = models.ForeignKey(ManagementSystem, on_delete=models.CASCADE, related_name="adoptions")
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="adoptions")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("management_system", "framework"), name="adoption_unique")]


class ContextIssue(Record):
    """Something inside or outside the organisation that bears on the ISMS; climate change among it (4.1)."""

    ref_prefix: ClassVar[str] = "CI"

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("internal")
        EXTERNAL = "external", _("external")
        CLIMATE = "climate", _("climate")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    effect = models.TextField(_("effect on the ISMS"), max_length=5_000, blank=True)
    is_relevant = models.BooleanField(_("relevant"), default=True, help_text=_("If not, say why in the description."))
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("context issue")
        verbose_name_plural = _("context issues")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="context_issue_ref_unique")]


class InterestedParty(Record):
    """Someone who has a stake in the organisation's information security (4.2)."""

    ref_prefix: ClassVar[str] = "IP"

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("customer or patient")
        EMPLOYEE = "employee", _("employees")
        AUTHORITY = "authority", _("authority")
        SUPPLIER = "supplier", _("supplier or partner")
        OWNER = "owner", _("owner or investor")
        OTHER = "other", _("other")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.OTHER)
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("interested party")
        verbose_name_plural = _("interested parties")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="interested_party_ref_unique")]


class Obligation(Record):
    """A legal, regulatory, contractual or internal duty (A.5.31)."""

    ref_prefix: ClassVar[str] = "OB"

    class Kind(models.TextChoices):
        LEGAL = "legal", _("legal")
        REGULATORY = "regulatory", _("regulatory")
        CONTRACTUAL = "contractual", _("contractual")
        INTERNAL = "internal", _("internal")

    class Result(models.TextChoices):
        COMPLIANT = "compliant", _("compliant")
        PARTLY = "partly", _("partly compliant")
        NOT_COMPLIANT = "not_compliant", _("not compliant")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=100, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    citation = models.CharField(_("citation"), max_length=200, blank=True)
    evaluated_on = models.DateField(_("compliance evaluated on"), null=True, blank=True)
    next_evaluation_on = models.DateField(_("next evaluation"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=20, choices=Result.choices, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="obligation_ref_unique")]


class ObligationRequirement(Link):
    """An obligation is a reason for a requirement to apply: the law behind a control in the SoA."""

    scope_path: ClassVar[str] = "obligation__unit"
    ends: ClassVar[tuple[str, str]] = ("obligation", "requirement")

    obligation = models.ForeignKey(Obligation, on_delete=models.CASCADE, related_name="requirement_links")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="obligation_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("obligation", "requirement"), name="obligation_requirement_unique")]


class PartyRequirement(Record):
    """What an interested party asks, and whether the ISMS addresses it (4.2 b, c)."""

    ref_prefix: ClassVar[str] = "PR"

    class Addressed(models.TextChoices):
        YES = "yes", _("through the ISMS")
        NO = "no", _("not through the ISMS")
        UNDECIDED = "undecided", _("not decided")

    party = models.ForeignKey(
        InterestedParty, on_delete=models.CASCADE, related_name="requirements", verbose_name=_("interested party")
    )
    addressed = models.CharField(
        _("addressed"), max_length=10, choices=Addressed.choices, default=Addressed.UNDECIDED
    )
    how = models.TextField(_("how"), max_length=5_000, blank=True)
    obligation = models.ForeignKey(
        Obligation, on_delete=models.SET_NULL, related_name="party_requirements", null=True, blank=True,
        verbose_name=_("obligation"),
    )

    class Meta(Record.Meta):
        verbose_name = _("party requirement")
        verbose_name_plural = _("party requirements")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="party_requirement_ref_unique")]


class Objective(Record):
    """An information security objective: measurable, dated, owned (6.2)."""

    ref_prefix: ClassVar[str] = "OBJ"

    measure = models.CharField(_("what is measured"), max_length=300, blank=True)
    unit_of_measure = models.CharField(_("unit of measure"), max_length=40, blank=True)
    baseline = models.DecimalField(_("baseline"), max_digits=14, decimal_places=2, null=True, blank=True)
    target = models.DecimalField(_("target"), max_digits=14, decimal_places=2, null=True, blank=True)
    latest = models.DecimalField(_("latest value"), max_digits=14, decimal_places=2, null=True, blank=True)
    latest_on = models.DateField(_("measured on"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    plan = models.TextField(_("plan"), max_length=5_000, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="objective_ref_unique")]
