"""Those the organisation relies on outside of it, and how far it looked into them (27001 A.5.19 to A.5.23)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, state_field

SUPPLIER_LIFE = LifeCycle(
    states=(
        State(value="active", label=_("in use"), tone="good"), State(value="candidate", label=_("candidate"), tone="busy"),
        State(value="ended", label=_("ended"), tone="quiet"),
    ),
    moves=(
        Move(name="engage", label=_("Engage"), sources=("candidate", "ended"), target="active"),
        Move(name="consider", label=_("Back to candidate"), sources=("active",), target="candidate", needs_reason=True),
        Move(name="end", label=_("End"), sources=("active", "candidate"), target="ended", needs_reason=True),
    ),
)


class Result(models.TextChoices):
    """What an assessment came to."""

    PASSED = "passed", _("suitable")
    CONDITIONAL = "conditional", _("suitable with conditions")
    FAILED = "failed", _("not suitable")


class Supplier(Record):
    """Someone who delivers, hosts, maintains or processes something for the organisation."""

    ref_prefix: ClassVar[str] = "S"
    life_cycle: ClassVar[LifeCycle] = SUPPLIER_LIFE

    class Criticality(models.IntegerChoices):
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")
        VITAL = 4, _("vital")

    class MostSensitive(models.TextChoices):
        NONE = "none", _("none of ours")
        INTERNAL = "internal", _("internal")
        CONFIDENTIAL = "confidential", _("confidential or personal")
        STRICT = "strict", _("strictly confidential or special category")

    class Tier(models.IntegerChoices):
        FIRST = 1, _("1: decides over us")
        SECOND = 2, _("2: important")
        THIRD = 3, _("3: ordinary")
        FOURTH = 4, _("4: replaceable")

    state = state_field(SUPPLIER_LIFE)
    criticality = models.PositiveSmallIntegerField(
        _("criticality"), choices=Criticality.choices, null=True, blank=True,
        help_text=_("How much stops if they stop. Left empty, it counts as vital."),
    )
    data = models.CharField(
        _("most sensitive data they hold"), max_length=20, choices=MostSensitive.choices, blank=True,
        help_text=_("Left empty, it counts as strictly confidential."),
    )
    data_categories = models.CharField(_("data categories"), max_length=500, blank=True)
    services = models.TextField(_("services"), max_length=5_000, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), max_length=254, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    certificate = models.CharField(_("certificate"), max_length=200, blank=True, help_text=_("As ISO/IEC 27001, by whom."))
    certificate_until = models.DateField(_("certificate valid until"), null=True, blank=True)
    contract_until = models.DateField(_("contract until"), null=True, blank=True)
    exit_plan = models.TextField(
        _("exit plan"), max_length=5_000, blank=True, help_text=_("How you would leave, and get your data back (A.5.23).")
    )
    tier = models.PositiveSmallIntegerField(_("tier"), choices=Tier.choices, default=Tier.FIRST, editable=False)
    last_assessed_on = models.DateField(_("last assessed"), null=True, editable=False)
    last_score = models.PositiveSmallIntegerField(_("last score"), null=True, editable=False)
    last_result = models.CharField(_("last result"), max_length=20, choices=Result.choices, blank=True, editable=False)
    next_assessment_on = models.DateField(_("next assessment"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="supplier_ref_unique")]
        indexes = [models.Index(fields=("organisation", "state", "next_assessment_on"), name="supplier_assessment_due")]


class SupplierAsset(Link):
    """A supplier provides an asset, or runs it."""

    scope_path: ClassVar[str] = "supplier__unit"
    ends: ClassVar[tuple[str, str]] = ("supplier", "asset")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="asset_links")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="supplier_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("supplier", "asset"), name="supplier_asset_unique")]


class Answer(models.TextChoices):
    """How far something is shown. No answer is the worst answer."""

    YES = "yes", _("yes, shown")
    PARTLY = "partly", _("partly")
    NO = "no", _("no")


def answer_field(label: object, help_text: object) -> "models.CharField[str, str]":
    return models.CharField(
        label, max_length=10, choices=Answer.choices, blank=True, editable=False, help_text=help_text  # type: ignore[arg-type] # lazy texts
    )


class SupplierAssessment(Record):
    """What was found when a supplier was looked into, with the score the answers give. Never changed afterwards."""

    ref_prefix: ClassVar[str] = "SA"

    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="assessments", verbose_name=_("supplier"), editable=False
    )
    assessed_on = models.DateField(_("assessed on"), editable=False)
    assessed_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("assessed by")
    )
    management = answer_field(_("managed security"), _("Certified, audited, or an ISMS they let you see."))
    contract = answer_field(_("security in the contract"), _("Duties, audit right and what happens at the end (A.5.20)."))
    access = answer_field(_("access under control"), _("Own accounts, multi-factor sign-in, leavers removed."))
    protection = answer_field(_("data protected"), _("Encrypted, apart from other customers' data, located where agreed."))
    incidents = answer_field(_("incidents told in time"), _("They have to tell you, and whom, and within which hours."))
    chain = answer_field(_("their own suppliers known"), _("You know them, and the same duties bind them (A.5.21)."))
    continuity = answer_field(_("continuity tested"), _("Backups and recovery, tested within the year."))
    leaving = answer_field(_("you can leave"), _("Data comes back in a usable form and is erased there (A.5.23)."))
    score = models.PositiveSmallIntegerField(_("score"), editable=False)
    result = models.CharField(_("result"), max_length=20, choices=Result.choices, editable=False)
    notes = models.TextField(_("notes"), max_length=5_000, blank=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("supplier assessment")
        verbose_name_plural = _("supplier assessments")
        ordering = ("-assessed_on",)
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="supplier_assessment_ref_unique"),
            models.CheckConstraint(condition=models.Q(score__lte=100), name="supplier_assessment_score_possible"),
        ]
