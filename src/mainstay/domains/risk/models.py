"""Risks and the approved method by which they are judged (27001 6.1.2, 6.1.3, 8.2)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.domains.context.models import Obligation
from mainstay.domains.controls.models import Control
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, state_field

CRITERIA_LIFE = LifeCycle(
    states=(
        State(value="draft", label=_("draft"), tone="busy"),
        State(value="approved", label=_("approved"), tone="good"),
        State(value="superseded", label=_("superseded"), tone="quiet"),
    ),
    moves=(
        Move(name="approve", label=_("Approve"), sources=("draft",), target="approved", by_hand=False),
        Move(name="supersede", label=_("Supersede"), sources=("approved",), target="superseded", by_hand=False),
    ),
    frozen=("approved", "superseded"),
)


class RiskCriteria(Record):
    """A version of the method: scales, matrix, levels, and what may be accepted by whom (6.1.2 a).

    `likelihoods` and `impacts` are lists of {value, label, ...}; `matrix[l-1][i-1]` is a level number; `levels` are
    {number, label, colour, authority, ...}, 1 being the lowest.
    """

    ref_prefix: ClassVar[str] = "RC"
    plural_slug: ClassVar[str] = "risk-criteria"
    life_cycle: ClassVar[LifeCycle] = CRITERIA_LIFE

    state = state_field(CRITERIA_LIFE)
    edition = models.PositiveIntegerField(_("version"), default=1, editable=False)
    source = models.CharField(_("source"), max_length=300, blank=True)
    likelihoods = models.JSONField(_("likelihood scale"), editable=False)
    impacts = models.JSONField(_("impact scale"), editable=False)
    matrix = models.JSONField(_("matrix"), editable=False)
    levels = models.JSONField(_("levels"), editable=False)
    acceptance_level = models.PositiveSmallIntegerField(
        _("acceptable up to level"),
        help_text=_("Risks above this level need treatment or an acceptance by someone with authority."),
    )
    review_months = models.PositiveSmallIntegerField(
        _("months between assessments"), default=12, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("risk criteria")
        verbose_name_plural = _("risk criteria")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="risk_criteria_ref_unique"),
            models.UniqueConstraint(
                fields=("organisation",), condition=models.Q(state="approved"), name="risk_criteria_one_in_force"
            ),
        ]


ASSESSMENT_LIFE = LifeCycle(
    states=(
        State(value="draft", label=_("draft"), tone="busy"),
        State(value="in_review", label=_("in review"), tone="busy"),
        State(value="approved", label=_("approved"), tone="good"),
    ),
    moves=(
        Move(name="submit", label=_("Submit for review"), sources=("draft",), target="in_review", by_hand=False),
        Move(name="return", label=_("Return to draft"), sources=("in_review",), target="draft", needs_reason=True),
        Move(name="approve", label=_("Approve"), sources=("in_review",), target="approved", by_hand=False),
    ),
    frozen=("approved",),
)


class RiskAssessment(Record):
    """One round of assessing risks under one version of the criteria; its results are frozen on approval (8.2)."""

    ref_prefix: ClassVar[str] = "RA"
    life_cycle: ClassVar[LifeCycle] = ASSESSMENT_LIFE

    state = state_field(ASSESSMENT_LIFE)
    criteria = models.ForeignKey(
        RiskCriteria, on_delete=models.PROTECT, related_name="assessments", verbose_name=_("criteria"), null=True, editable=False
    )
    start_on = models.DateField(_("from"), null=True, blank=True)
    end_on = models.DateField(_("to"), null=True, blank=True)
    participants = models.TextField(_("participants"), max_length=2_000, blank=True)
    frozen = models.JSONField(null=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    approved_at = models.DateTimeField(_("approved"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("risk assessment")
        verbose_name_plural = _("risk assessments")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="risk_assessment_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(end_on__isnull=True)
                | models.Q(start_on__isnull=True)
                | models.Q(end_on__gte=models.F("start_on")),
                name="risk_assessment_period_in_order",
                violation_error_message=_("The period ends before it begins."),
            ),
        ]


RISK_LIFE = LifeCycle(
    states=(
        State(value="identified", label=_("identified")),
        State(value="assessed", label=_("assessed"), tone="busy"),
        State(value="treated", label=_("in treatment"), tone="busy"),
        State(value="closed", label=_("closed"), tone="quiet"),
    ),
    moves=(
        Move(name="assess", label=_("Assess"), sources=("identified", "assessed", "treated"), target="assessed", by_hand=False),
        Move(name="treat", label=_("Decide treatment"), sources=("assessed", "treated"), target="treated", by_hand=False),
        Move(name="close", label=_("Close"), sources=("identified", "assessed", "treated"), target="closed", needs_reason=True),
        Move(name="reopen", label=_("Reopen"), sources=("closed",), target="identified", needs_reason=True),
    ),
)

SCALE = (MinValueValidator(1), MaxValueValidator(10))


def scale_field(label: object) -> "models.PositiveSmallIntegerField[int | None, int | None]":
    """A value on a scale of the criteria; its upper end depends on the version."""
    return models.PositiveSmallIntegerField(label, null=True, blank=True, validators=SCALE)  # type: ignore[arg-type] # lazy texts


def level_field(label: object) -> "models.PositiveSmallIntegerField[int | None, int | None]":
    """A derived number, written by `evaluation.rate` alone."""
    return models.PositiveSmallIntegerField(label, null=True, editable=False)  # type: ignore[arg-type] # lazy texts


class Risk(Record):
    """What could go wrong, how likely, how bad, and what is done about it.

    People rate the risk as it would be without controls (inherent). Current counts the controls in operation, target
    those planned as well; both are derived from the treatment links, and levels from the criteria.
    """

    ref_prefix: ClassVar[str] = "R"
    life_cycle: ClassVar[LifeCycle] = RISK_LIFE

    class Option(models.TextChoices):
        MODIFY = "modify", _("modify")
        RETAIN = "retain", _("retain")
        AVOID = "avoid", _("avoid")
        SHARE = "share", _("share")

    state = state_field(RISK_LIFE)
    criteria = models.ForeignKey(
        RiskCriteria, on_delete=models.PROTECT, related_name="risks", null=True, editable=False, verbose_name=_("criteria")
    )
    assessment = models.ForeignKey(
        RiskAssessment, on_delete=models.SET_NULL, related_name="risks", null=True, blank=True, verbose_name=_("assessment")
    )
    threat = models.CharField(_("threat"), max_length=300, blank=True, help_text=_("Who or what causes it."))
    vulnerability = models.CharField(_("vulnerability"), max_length=300, blank=True, help_text=_("The weakness it uses."))
    consequence = models.TextField(_("consequence"), max_length=5_000, blank=True)
    likelihood = scale_field(_("likelihood"))
    impact_confidentiality = scale_field(_("impact on confidentiality"))
    impact_integrity = scale_field(_("impact on integrity"))
    impact_availability = scale_field(_("impact on availability"))
    impact_financial = scale_field(_("financial impact"))
    impact_legal = scale_field(_("legal impact"))
    impact_safety = scale_field(_("impact on safety"))
    rationale = models.TextField(_("why so rated"), max_length=5_000, blank=True)
    option = models.CharField(_("treatment option"), max_length=10, choices=Option.choices, blank=True, editable=False)
    option_reason = models.TextField(_("reason for the option"), max_length=2_000, blank=True, editable=False)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    impact = level_field(_("impact"))
    inherent_level = level_field(_("inherent level"))
    current_likelihood = level_field(_("current likelihood"))
    current_impact = level_field(_("current impact"))
    current_level = level_field(_("current level"))
    target_likelihood = level_field(_("target likelihood"))
    target_impact = level_field(_("target impact"))
    target_level = level_field(_("target level"))
    assessed_at = models.DateTimeField(_("assessed"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="risk_ref_unique")]
        indexes = [
            # The list in its order, and what is searched above it, without the table.
            models.Index(fields=("organisation", "ref_order", "id", "ref", "name"), name="risk_order"),
            models.Index(fields=("organisation", "current_level", "ref_order"), name="risk_level"),
            models.Index(fields=("organisation", "state", "ref_order"), name="risk_state"),
            models.Index(fields=("owner", "ref_order"), name="risk_owner"),
            # What counts over all risks read: a tenth of the table, and already in the order of what weighs most. The
            # organisation does not come first, or SQLite would take this index for lists, and sort them.
            models.Index(
                fields=(
                    "inherent_level", "ref_order", "organisation", "state", "current_level", "target_level", "option", "owner",
                    "review_on", "assessed_at", "current_likelihood", "current_impact", "criteria", "ref", "id",
                ),
                name="risk_counting",
            ),
            # `queries.standings` groups in this order, so that nothing is sorted.
            models.Index(
                fields=("current_level", "criteria", "current_likelihood", "current_impact", "organisation", "state"),
                name="risk_standing",
            ),
        ]


class RiskAsset(Link):
    """A risk bears on an asset."""

    scope_path: ClassVar[str] = "risk__unit"
    ends: ClassVar[tuple[str, str]] = ("risk", "asset")

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="asset_links")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="risk_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("risk", "asset"), name="risk_asset_unique")]


class RiskObligation(Link):
    """A risk touches an obligation."""

    scope_path: ClassVar[str] = "risk__unit"
    ends: ClassVar[tuple[str, str]] = ("risk", "obligation")

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="obligation_links")
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="risk_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("risk", "obligation"), name="risk_obligation_unique")]


class Treatment(Link):
    """A control treats a risk: by how many steps it lowers likelihood and impact once in operation (6.1.3 b)."""

    scope_path: ClassVar[str] = "risk__unit"
    ends: ClassVar[tuple[str, str]] = ("risk", "control")

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="treatments")
    control = models.ForeignKey(Control, on_delete=models.PROTECT, related_name="treatments")
    likelihood_effect = models.PositiveSmallIntegerField(_("lowers likelihood by"), default=1, validators=[MaxValueValidator(4)])
    impact_effect = models.PositiveSmallIntegerField(_("lowers impact by"), default=0, validators=[MaxValueValidator(4)])

    class Meta(Link.Meta):
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        constraints = [models.UniqueConstraint(fields=("risk", "control"), name="treatment_unique")]
        indexes = [models.Index(fields=("control", "risk"), name="treatment_control")]


ACCEPTANCE_LIFE = LifeCycle(
    states=(
        State(value="given", label=_("given"), tone="good"),
        State(value="withdrawn", label=_("withdrawn"), tone="quiet"),
    ),
    moves=(Move(name="withdraw", label=_("Withdraw"), sources=("given",), target="withdrawn", needs_reason=True),),
    frozen=("given", "withdrawn"),
)


class RiskAcceptance(Record):
    """Someone with authority accepts a residual risk until a day, at the level it then had (6.1.3 f)."""

    ref_prefix: ClassVar[str] = "RAC"
    life_cycle: ClassVar[LifeCycle] = ACCEPTANCE_LIFE

    state = state_field(ACCEPTANCE_LIFE)
    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="acceptances", verbose_name=_("risk"), editable=False)
    accepted_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False)
    authority = models.CharField(_("authority"), max_length=60, editable=False)
    level = models.PositiveSmallIntegerField(_("level accepted"), editable=False)
    until = models.DateField(_("until"), editable=False)
    frozen = models.JSONField(editable=False)
    digest = models.CharField(max_length=64, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("risk acceptance")
        verbose_name_plural = _("risk acceptances")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="risk_acceptance_ref_unique")]
        indexes = [models.Index(fields=("risk", "until"), name="risk_acceptance_until")]
