"""What is wrong, why, what removes the cause and whether that worked; and what could be better (10.1, 10.2)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.assurance.models.audits import Finding
from mainstay.domains.incidents.models import RootCauseMethod
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Record, state_field

NONCONFORMITY_LIFE = LifeCycle(
    states=(
        State(value="open", label=_("open"), tone="bad"), State(value="analysed", label=_("cause known"), tone="busy"),
        State(value="acting", label=_("being corrected"), tone="busy"),
        State(value="verifying", label=_("to be verified"), tone="busy"), State(value="closed", label=_("closed"), tone="good"),
    ),
    moves=(
        Move(name="analyse", label=_("Analyse"), sources=("open", "analysed"), target="analysed", by_hand=False, tone="primary"),
        Move(name="plan", label=_("Plan action"), sources=("analysed", "acting"), target="acting", by_hand=False, tone="primary"),
        Move(name="complete", label=_("Actions done"), sources=("acting",), target="verifying", by_hand=False),
        Move(name="resume", label=_("Actions taken up again"), sources=("verifying",), target="acting", by_hand=False),
        Move(name="verify", label=_("Effective"), sources=("verifying",), target="closed", by_hand=False, tone="primary"),
        Move(name="ineffective", label=_("Not effective"), sources=("verifying",), target="open", by_hand=False),
        Move(name="reopen", label=_("Reopen"), sources=("closed",), target="open", needs_reason=True, tone="warning"),
    ),
    frozen=("closed",),
)


class Nonconformity(Record):
    """A requirement that is not fulfilled. Its cause, plan and verification come about by verbs alone, in their order."""

    ref_prefix: ClassVar[str] = "NC"
    life_cycle: ClassVar[LifeCycle] = NONCONFORMITY_LIFE

    class Source(models.TextChoices):
        AUDIT = "audit", _("audit")
        INCIDENT = "incident", _("incident")
        MONITORING = "monitoring", _("monitoring")
        OTHER = "other", _("other")

    class Grade(models.TextChoices):
        MINOR = "minor", _("minor")
        MAJOR = "major", _("major")

    state = state_field(NONCONFORMITY_LIFE)
    source = models.CharField(_("source"), max_length=12, choices=Source.choices, default=Source.OTHER)
    subject_kind = models.CharField(_("found in"), max_length=40, blank=True, editable=False)
    subject_id = models.UUIDField(null=True, editable=False)
    finding = models.ForeignKey(
        Finding, on_delete=models.PROTECT, related_name="nonconformities", null=True, editable=False, verbose_name=_("finding")
    )
    grade = models.CharField(_("grade"), max_length=10, choices=Grade.choices, default=Grade.MINOR)
    due_on = models.DateField(_("to be corrected by"), null=True, blank=True)
    correction = models.TextField(
        _("correction"), max_length=5_000, blank=True, help_text=_("What was done about the effect, at once (10.2 a).")
    )
    root_cause = models.TextField(_("root cause"), max_length=5_000, blank=True, editable=False)
    root_cause_method = models.CharField(
        _("found by"), max_length=20, choices=RootCauseMethod.choices, blank=True, editable=False
    )
    how_verified = models.TextField(_("how the effect was seen"), max_length=5_000, blank=True, editable=False)
    verified_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("verified by")
    )
    verified_on = models.DateField(_("verified on"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("nonconformity")
        verbose_name_plural = _("nonconformities")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="nonconformity_ref_unique")]
        indexes = [
            models.Index(fields=("organisation", "state", "ref"), name="nonconformity_state"),
            models.Index(fields=("subject_id",), name="nonconformity_subject"),
        ]


IMPROVEMENT_LIFE = LifeCycle(
    states=(
        State(value="idea", label=_("idea")), State(value="planned", label=_("planned"), tone="busy"),
        State(value="done", label=_("done"), tone="good"), State(value="dropped", label=_("dropped"), tone="quiet"),
    ),
    moves=(
        Move(name="plan", label=_("Plan"), sources=("idea", "planned"), target="planned", by_hand=False, tone="primary"),
        Move(name="finish", label=_("Mark as done"), sources=("planned",), target="done", by_hand=False, tone="primary"),
        Move(name="drop", label=_("Drop"), sources=("idea", "planned"), target="dropped", needs_reason=True),
        Move(name="reopen", label=_("Reopen"), sources=("done", "dropped"), target="idea", needs_reason=True),
    ),
    frozen=("done", "dropped"),
)


class Improvement(Record):
    """Something that could be better without being wrong (10.1)."""

    ref_prefix: ClassVar[str] = "IM"
    life_cycle: ClassVar[LifeCycle] = IMPROVEMENT_LIFE

    state = state_field(IMPROVEMENT_LIFE)
    benefit = models.TextField(_("what it brings"), max_length=5_000, blank=True)
    finding = models.ForeignKey(
        Finding, on_delete=models.PROTECT, related_name="improvements", null=True, blank=True, verbose_name=_("finding")
    )
    due_on = models.DateField(_("due"), null=True, editable=False)
    done_on = models.DateField(_("done on"), null=True, editable=False)
    result = models.TextField(_("result"), max_length=5_000, blank=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("improvement")
        verbose_name_plural = _("improvements")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="improvement_ref_unique")]
