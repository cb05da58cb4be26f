"""What went wrong or might have: events, incidents and breaches, minute by minute (A.5.24 to A.5.28, A.6.8)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, Scoped, state_field

INCIDENT_LIFE = LifeCycle(
    states=(
        State(value="reported", label=_("reported"), tone="bad"), State(value="triaged", label=_("triaged"), tone="busy"),
        State(value="contained", label=_("contained"), tone="busy"), State(value="resolved", label=_("resolved"), tone="good"),
        State(value="closed", label=_("closed"), tone="quiet"),
    ),
    # Every step writes the timeline, so each is a service.
    moves=(
        Move(name="triage", label=_("Triage"), sources=("reported",), target="triaged", by_hand=False, tone="primary"),
        Move(name="dismiss", label=_("Dismiss as event"), sources=("reported", "triaged"), target="closed", by_hand=False),
        Move(name="contain", label=_("Contain"), sources=("triaged",), target="contained", by_hand=False),
        Move(name="resolve", label=_("Resolve"), sources=("triaged", "contained"), target="resolved", by_hand=False),
        Move(name="close", label=_("Close"), sources=("resolved",), target="closed", by_hand=False),
        Move(name="reopen", label=_("Reopen"), sources=("resolved", "closed"), target="triaged", by_hand=False,
             needs_reason=True),
        Move(name="reconsider", label=_("Reconsider"), sources=("closed",), target="reported", by_hand=False, needs_reason=True),
    ),
    frozen=("closed",),
)


class RootCauseMethod(models.TextChoices):
    """How a root cause was found."""

    FIVE_WHYS = "five_whys", _("five whys")
    FISHBONE = "fishbone", _("cause and effect diagram")
    FAULT_TREE = "fault_tree", _("fault tree")
    BARRIER = "barrier", _("barrier analysis")
    TIMELINE = "timeline", _("timeline analysis")
    OTHER = "other", _("other")


class Incident(Record):
    """Something that happened to information. Anyone may report it with a name and a few words; triage says what it is."""

    ref_prefix: ClassVar[str] = "INC"
    life_cycle: ClassVar[LifeCycle] = INCIDENT_LIFE

    class Category(models.TextChoices):
        MALWARE = "malware", _("malware")
        PHISHING = "phishing", _("phishing")
        DATA_LOSS = "data_loss", _("data loss")
        ACCESS = "unauthorised_access", _("unauthorised access")
        AVAILABILITY = "availability", _("availability")
        PHYSICAL = "physical", _("physical")
        SUPPLIER = "supplier", _("supplier")
        HUMAN_ERROR = "human_error", _("human error")
        OTHER = "other", _("other")

    class Classification(models.TextChoices):
        EVENT = "event", _("event")
        INCIDENT = "incident", _("incident")
        BREACH = "breach", _("breach")

    class Severity(models.IntegerChoices):
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")
        CRITICAL = 4, _("critical")

    state = state_field(INCIDENT_LIFE)
    classification = models.CharField(
        _("classification"), max_length=10, choices=Classification.choices, blank=True, editable=False
    )
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, null=True, editable=False)
    category = models.CharField(_("category"), max_length=30, choices=Category.choices, default=Category.OTHER)
    reported_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("reported by")
    )
    occurred_at = models.DateTimeField(_("happened"), null=True, blank=True)
    detected_at = models.DateTimeField(_("noticed"), null=True, blank=True)
    aware_at = models.DateTimeField(
        _("aware"), null=True, editable=False,
        help_text=_("When the organisation knew with reasonable certainty; legal periods run from here."),
    )
    affects_confidentiality = models.BooleanField(_("confidentiality affected"), default=False)
    affects_integrity = models.BooleanField(_("integrity affected"), default=False)
    affects_availability = models.BooleanField(_("availability affected"), default=False)
    personal_data_affected = models.BooleanField(
        _("personal data affected"), default=False, help_text=_("Makes the notification duty of GDPR art. 33 run.")
    )
    is_significant = models.BooleanField(
        _("significant (NIS2)"), default=False,
        help_text=_(
            "Severe disruption, financial loss or considerable damage to others (NIS2 art. 23 (3)); makes its duties run."
        ),
    )
    contained_at = models.DateTimeField(_("contained"), null=True, editable=False)
    resolved_at = models.DateTimeField(_("resolved"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    root_cause = models.TextField(_("root cause"), max_length=5_000, blank=True)
    root_cause_method = models.CharField(
        _("found by"), max_length=20, choices=RootCauseMethod.choices, blank=True, help_text=_("How the root cause was found.")
    )
    lessons = models.TextField(_("lessons"), max_length=5_000, blank=True,
                               help_text=_("What you do differently from now on (A.5.27)."))
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="incident_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(detected_at__isnull=True) | models.Q(occurred_at__isnull=True)
                | models.Q(detected_at__gte=models.F("occurred_at")),
                name="incident_noticed_after_it_happened",
                violation_error_message=_("It was noticed before it happened."),
            ),
        ]
        indexes = [models.Index(fields=("organisation", "state", "ref"), name="incident_state")]


class IncidentAsset(Link):
    """An incident struck an asset."""

    scope_path: ClassVar[str] = "incident__unit"
    ends: ClassVar[tuple[str, str]] = ("incident", "asset")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="asset_links")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="incident_links")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("incident", "asset"), name="incident_asset_unique")]


class TimelineEntry(Scoped):
    """One thing seen, decided or done during an incident. Written once: a mistake is put right by a further entry."""

    scope_path: ClassVar[str] = "incident__unit"

    class Kind(models.TextChoices):
        NOTE = "note", _("note")
        DECISION = "decision", _("decision")
        CONTAINMENT = "containment", _("containment")
        COMMUNICATION = "communication", _("communication")
        EVIDENCE = "evidence", _("evidence")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="timeline")
    at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("recorded by")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.NOTE)
    text = models.TextField(_("text"), max_length=5_000)

    class Meta(Scoped.Meta):
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        ordering = ("at", "recorded_at", "id")
        indexes = [models.Index(fields=("incident", "at"), name="timeline_entry_at")]


class Notification(Scoped):
    """What was told to an authority, or why nothing had to be: the only thing that settles a notification duty."""

    scope_path: ClassVar[str] = "incident__unit"

    class Outcome(models.TextChoices):
        SENT = "sent", _("sent")
        NOT_OWED = "not_owed", _("not owed, for the reason given")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notifications")
    duty = models.CharField(_("duty"), max_length=40)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.SENT)
    sent_at = models.DateTimeField(_("sent"))
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("recorded by")
    )
    text = models.TextField(_("text"), max_length=5_000)

    class Meta(Scoped.Meta):
        verbose_name = _("notification to an authority")
        verbose_name_plural = _("notifications to authorities")
        ordering = ("sent_at", "id")
        indexes = [models.Index(fields=("incident", "duty"), name="incident_notification_duty")]
