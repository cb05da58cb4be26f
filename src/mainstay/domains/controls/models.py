"""What the organisation runs against its risks, and which requirements apply here and why (6.1.3, Annex A)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.library.models import Framework, Requirement
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, state_field

CONTROL_LIFE = LifeCycle(
    states=(
        State(value="planned", label=_("planned")),
        State(value="implementing", label=_("in implementation"), tone="busy"),
        State(value="operating", label=_("operating"), tone="good"),
        State(value="retired", label=_("retired"), tone="quiet"),
    ),
    moves=(
        Move(name="start", label=_("Start implementing"), sources=("planned",), target="implementing"),
        Move(name="operate", label=_("Put into operation"), sources=("planned", "implementing"), target="operating"),
        Move(name="suspend", label=_("Back to implementation"), sources=("operating",), target="implementing", needs_reason=True),
        Move(
            name="retire",
            label=_("Retire"),
            sources=("planned", "implementing", "operating"),
            target="retired",
            needs_reason=True,
        ),
        Move(name="restore", label=_("Plan again"), sources=("retired",), target="planned", needs_reason=True),
    ),
)


class Control(Record):
    """A measure the organisation runs or plans. It satisfies requirements and treats risks through links of their own."""

    ref_prefix: ClassVar[str] = "C"
    life_cycle: ClassVar[LifeCycle] = CONTROL_LIFE

    class Type(models.TextChoices):
        PREVENTIVE = "preventive", _("preventive")
        DETECTIVE = "detective", _("detective")
        CORRECTIVE = "corrective", _("corrective")

    class Nature(models.TextChoices):
        MANUAL = "manual", _("manual")
        AUTOMATED = "automated", _("automated")
        MIXED = "mixed", _("partly automated")

    state = state_field(CONTROL_LIFE)
    type = models.CharField(_("type"), max_length=20, choices=Type.choices, default=Type.PREVENTIVE)
    nature = models.CharField(_("nature"), max_length=20, choices=Nature.choices, default=Nature.MANUAL)
    operator = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("operator")
    )
    due_on = models.DateField(_("in operation by"), null=True, blank=True)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    capital_cost = models.DecimalField(_("one-time cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    yearly_cost = models.DecimalField(_("yearly cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    state_changed_at = models.DateTimeField(null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("control")
        verbose_name_plural = _("controls")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="control_ref_unique")]
        indexes = [
            # The list in its order, and what is searched above it, without the table.
            models.Index(fields=("organisation", "ref_order", "id", "ref", "name"), name="control_order"),
            models.Index(fields=("organisation", "state", "ref_order"), name="control_state"),
            models.Index(fields=("organisation", "due_on", "state"), name="control_due"),
            models.Index(fields=("owner", "ref_order"), name="control_owner"),
        ]


class Satisfaction(Link):
    """A control satisfies a requirement, fully or in part."""

    scope_path: ClassVar[str] = "control__unit"
    ends: ClassVar[tuple[str, str]] = ("control", "requirement")

    class Coverage(models.TextChoices):
        FULL = "full", _("full")
        PARTIAL = "partial", _("partial")

    control = models.ForeignKey(Control, on_delete=models.CASCADE, related_name="satisfactions")
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="satisfactions")
    coverage = models.CharField(_("coverage"), max_length=10, choices=Coverage.choices, default=Coverage.FULL)

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("control", "requirement"), name="satisfaction_unique")]
        indexes = [models.Index(fields=("requirement", "control", "coverage"), name="satisfaction_requirement")]


class ControlAsset(Link):
    """A control protects an asset."""

    scope_path: ClassVar[str] = "control__unit"
    ends: ClassVar[tuple[str, str]] = ("control", "asset")

    control = models.ForeignKey(Control, on_delete=models.CASCADE, related_name="asset_links")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="control_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("control", "asset"), name="control_asset_unique")]


class Applicability(Record):
    """Whether a requirement applies to the management system, and why. Reasons and implementation are derived."""

    ref_prefix: ClassVar[str] = "AP"
    plural_slug: ClassVar[str] = "applicability"

    class Decision(models.TextChoices):
        UNDECIDED = "undecided", _("not decided")
        APPLICABLE = "applicable", _("applicable")
        EXCLUDED = "excluded", _("excluded")

    management_system = models.ForeignKey(
        ManagementSystem, on_delete=models.CASCADE, related_name="applicabilities", editable=False
    )
    requirement = models.ForeignKey(
        Requirement, on_delete=models.PROTECT, related_name="applicabilities", verbose_name=_("requirement"), editable=False
    )
    decision = models.CharField(_("decision"), max_length=12, choices=Decision.choices, default=Decision.UNDECIDED)
    is_best_practice = models.BooleanField(
        _("good practice"), default=False, help_text=_("Applied because it is good practice, beside what is derived.")
    )
    is_business_requirement = models.BooleanField(_("business requirement"), default=False)
    justification = models.TextField(
        _("justification"), max_length=2_000, blank=True, help_text=_("Needed for an exclusion (6.1.3 d).")
    )
    review_on = models.DateField(_("review by"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("applicability")
        verbose_name_plural = _("applicability")
        ordering = ("requirement__position",)
        constraints = [
            models.UniqueConstraint(fields=("management_system", "requirement"), name="applicability_unique"),
            models.CheckConstraint(
                condition=~models.Q(decision="excluded") | ~models.Q(justification=""),
                name="exclusion_is_justified",
                violation_error_message=_("An exclusion needs its justification (6.1.3 d)."),
            ),
        ]
        indexes = [models.Index(fields=("organisation", "ref"), name="applicability_ref")]


SOA_LIFE = LifeCycle(
    states=(
        State(value="proposed", label=_("proposed"), tone="busy"),
        State(value="approved", label=_("approved"), tone="good"),
        State(value="rejected", label=_("rejected"), tone="bad"),
        State(value="superseded", label=_("superseded"), tone="quiet"),
    ),
    moves=(
        Move(name="approve", label=_("Approve"), sources=("proposed",), target="approved", by_hand=False),
        Move(name="reject", label=_("Reject"), sources=("proposed",), target="rejected", by_hand=False),
        Move(name="supersede", label=_("Supersede"), sources=("approved",), target="superseded", by_hand=False),
    ),
    frozen=("proposed", "approved", "rejected", "superseded"),
)


class SoaVersion(Record):
    """The statement of applicability as proposed at a moment: frozen rows and their hash (6.1.3 d)."""

    ref_prefix: ClassVar[str] = "SOA"
    life_cycle: ClassVar[LifeCycle] = SOA_LIFE

    state = state_field(SOA_LIFE)
    management_system = models.ForeignKey(ManagementSystem, on_delete=models.PROTECT, related_name="soa_versions", editable=False)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+", editable=False)
    number = models.PositiveIntegerField(_("version"), editable=False)
    digest = models.CharField(_("SHA-256"), max_length=64, editable=False)
    frozen = models.JSONField(editable=False)
    proposed_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    proposed_at = models.DateTimeField(_("proposed"), editable=False)
    approved_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("SoA version")
        verbose_name_plural = _("SoA versions")
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="soa_version_ref_unique"),
            models.UniqueConstraint(fields=("management_system", "framework", "number"), name="soa_version_number_unique"),
        ]
