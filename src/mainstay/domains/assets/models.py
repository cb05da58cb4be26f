"""What is worth protecting: business processes, assets, and how they depend on one another (A.5.9 to A.5.13)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, state_field


class Need(models.IntegerChoices):
    """How much confidentiality, integrity or availability matters, 1 to 4."""

    LOW = 1, _("low")
    MEDIUM = 2, _("medium")
    HIGH = 3, _("high")
    VERY_HIGH = 4, _("very high")


def need_field(label: object, help_text: object = "") -> "models.PositiveSmallIntegerField[int | None, int | None]":
    return models.PositiveSmallIntegerField(label, choices=Need.choices, null=True, blank=True, help_text=help_text)  # type: ignore[arg-type] # lazy texts


def inherited_field(label: object) -> "models.PositiveSmallIntegerField[int | None, int | None]":
    return models.PositiveSmallIntegerField(label, choices=Need.choices, null=True, editable=False)  # type: ignore[arg-type] # lazy texts


class Process(Record):
    """A business process: what the organisation does, and how long it can do without it."""

    ref_prefix: ClassVar[str] = "BP"

    class Criticality(models.IntegerChoices):
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")
        VITAL = 4, _("vital")

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True, verbose_name=_("part of")
    )
    criticality = models.PositiveSmallIntegerField(
        _("criticality"), choices=Criticality.choices, null=True, blank=True
    )
    rto_hours = models.PositiveIntegerField(
        _("RTO, hours"), null=True, blank=True, help_text=_("Recovery time objective: back within.")
    )
    rpo_hours = models.PositiveIntegerField(
        _("RPO, hours"), null=True, blank=True, help_text=_("Recovery point objective: data lost at most.")
    )
    mtpd_hours = models.PositiveIntegerField(
        _("MTPD, hours"), null=True, blank=True, help_text=_("Maximum tolerable period of disruption.")
    )
    inputs = models.TextField(_("inputs"), max_length=2_000, blank=True)
    outputs = models.TextField(_("outputs"), max_length=2_000, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="process_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(mtpd_hours__isnull=True) | models.Q(rto_hours__isnull=True)
                | models.Q(rto_hours__lte=models.F("mtpd_hours")),
                name="process_recovers_in_time",
                violation_error_message=_("The recovery time (RTO) is longer than what can be tolerated (MTPD)."),
            ),
        ]


ASSET_LIFE = LifeCycle(
    states=(
        State(value="in_use", label=_("in use"), tone="good"), State(value="planned", label=_("planned"), tone="busy"),
        State(value="retired", label=_("retired"), tone="quiet"),
    ),
    moves=(
        Move(name="deploy", label=_("Put into use"), sources=("planned",), target="in_use"),
        Move(name="retire", label=_("Retire"), sources=("in_use", "planned"), target="retired", needs_reason=True),
        Move(name="restore", label=_("Take back into use"), sources=("retired",), target="in_use", needs_reason=True),
    ),
)


class Asset(Record):
    """Information and what carries or processes it. Inherited needs are the maximum over all that depends on it."""

    ref_prefix: ClassVar[str] = "A"
    life_cycle: ClassVar[LifeCycle] = ASSET_LIFE

    class Kind(models.TextChoices):
        INFORMATION = "information", _("information")
        APPLICATION = "application", _("application")
        SOFTWARE = "software", _("software")
        HARDWARE = "hardware", _("hardware")
        DEVICE = "device", _("device")
        SERVICE = "service", _("service")
        NETWORK = "network", _("network")
        PEOPLE = "people", _("people")
        SITE = "site", _("site")
        SUPPLIER_SERVICE = "supplier_service", _("supplier service")
        PAPER = "paper", _("paper")

    class Form(models.TextChoices):
        DIGITAL = "digital", _("digital")
        PAPER = "paper", _("paper")
        CLOUD = "cloud", _("cloud")
        PHYSICAL = "physical", _("physical")

    class Classification(models.TextChoices):
        PUBLIC = "public", _("public")
        INTERNAL = "internal", _("internal")
        CONFIDENTIAL = "confidential", _("confidential")
        STRICT = "strictly_confidential", _("strictly confidential")

    class Encrypted(models.TextChoices):
        YES = "yes", _("yes")
        PARTLY = "partly", _("partly")
        NO = "no", _("no")
        UNKNOWN = "unknown", _("unknown")

    class Personal(models.TextChoices):
        NONE = "none", _("none")
        PERSONAL = "personal", _("personal")
        SPECIAL = "special", _("special category")
        UNKNOWN = "unknown", _("unknown")

    state = state_field(ASSET_LIFE)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.INFORMATION)
    form = models.CharField(_("form"), max_length=10, choices=Form.choices, blank=True)
    classification = models.CharField(_("classification"), max_length=30, choices=Classification.choices, blank=True)
    personal_data = models.CharField(
        _("personal data"), max_length=10, choices=Personal.choices, default=Personal.UNKNOWN,
        help_text=_("Special categories are health, biometric, belief and the like (GDPR art. 9)."),
    )
    confidentiality = need_field(_("confidentiality"), _("Its own need; what it inherits is added by Mainstay."))
    integrity = need_field(_("integrity"))
    availability = need_field(_("availability"))
    inherited_confidentiality = inherited_field(_("inherited confidentiality"))
    inherited_integrity = inherited_field(_("inherited integrity"))
    inherited_availability = inherited_field(_("inherited availability"))
    need = models.PositiveSmallIntegerField(_("protection need"), choices=Need.choices, null=True, editable=False)
    need_changed_at = models.DateTimeField(null=True, editable=False)
    custodian = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("custodian")
    )
    location = models.CharField(_("location"), max_length=200, blank=True)
    encrypted = models.CharField(
        _("encrypted at rest"), max_length=10, choices=Encrypted.choices, default=Encrypted.UNKNOWN
    )
    backup = models.CharField(_("backup"), max_length=200, blank=True)
    acquired_on = models.DateField(_("in use since"), null=True, blank=True)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    remarks = models.TextField(_("remarks"), max_length=5_000, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="asset_ref_unique")]
        indexes = [
            # The list in its order, and what is searched above it, without the table.
            models.Index(fields=("organisation", "ref_order", "id", "ref", "name"), name="asset_order"),
            models.Index(fields=("organisation", "name", "id"), name="asset_name"),
            models.Index(fields=("organisation", "kind", "ref_order"), name="asset_kind"),
            models.Index(fields=("organisation", "need", "ref_order"), name="asset_need"),
            models.Index(fields=("owner", "ref_order"), name="asset_owner"),
            models.Index(fields=("organisation", "need_changed_at"), name="asset_need_changed"),
            # What counts over all assets read instead of the table. The organisation does not come first, or SQLite would
            # take this index for lists, and sort them.
            models.Index(fields=("state", "organisation", "owner", "need"), name="asset_counting"),
        ]


class Dependency(Link):
    """One asset relies on another, which so inherits its protection needs."""

    scope_path: ClassVar[str] = "dependent__unit"
    ends: ClassVar[tuple[str, str]] = ("dependent", "supporting")

    dependent = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="supported_by")
    supporting = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="supports")

    class Meta(Link.Meta):
        verbose_name = _("dependency")
        verbose_name_plural = _("dependencies")
        constraints = [
            models.UniqueConstraint(fields=("dependent", "supporting"), name="dependency_unique"),
            models.CheckConstraint(
                condition=~models.Q(dependent=models.F("supporting")), name="dependency_on_another",
                violation_error_message=_("An asset does not depend on itself."),
            ),
        ]


class ProcessAsset(Link):
    """A process uses an asset, which so inherits the availability the process needs."""

    scope_path: ClassVar[str] = "process__unit"
    ends: ClassVar[tuple[str, str]] = ("process", "asset")

    process = models.ForeignKey(Process, on_delete=models.CASCADE, related_name="asset_links")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="process_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("process", "asset"), name="process_asset_unique")]
