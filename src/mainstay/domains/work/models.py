"""Work and decisions, about anything: actions with a due date, approvals bound to what was seen."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Record, Scoped, state_field

ACTION_LIFE = LifeCycle(
    states=(
        State(value="open", label=_("open")), State(value="doing", label=_("in progress"), tone="busy"),
        State(value="done", label=_("done"), tone="good"), State(value="dropped", label=_("dropped"), tone="quiet"),
    ),
    moves=(
        Move(name="begin", label=_("Begin"), sources=("open",), target="doing"),
        Move(name="finish", label=_("Mark as done"), sources=("open", "doing"), target="done", by_hand=False),
        Move(name="drop", label=_("Drop"), sources=("open", "doing"), target="dropped", needs_reason=True),
        Move(name="reopen", label=_("Reopen"), sources=("done", "dropped"), target="open", needs_reason=True),
    ),
)


class Action(Record):
    """Something a person does by a date, because of a record: a treatment, a correction, a decision of a review."""

    ref_prefix: ClassVar[str] = "ACT"
    life_cycle: ClassVar[LifeCycle] = ACTION_LIFE

    class Priority(models.TextChoices):
        HIGH = "high", _("high")
        NORMAL = "normal", _("normal")
        LOW = "low", _("low")

    state = state_field(ACTION_LIFE)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    due_on = models.DateField(_("due"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, editable=False)
    effort_days = models.DecimalField(_("effort, days"), max_digits=7, decimal_places=1, null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    subject_kind = models.CharField(_("about"), max_length=40, blank=True, editable=False)
    subject_id = models.UUIDField(null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="action_ref_unique")]
        indexes = [
            models.Index(fields=("owner", "state", "due_on"), name="action_owed"),
            models.Index(fields=("subject_id",), name="action_subject"),
        ]


class Approval(Scoped):
    """A decision by a person about exactly what they saw: `digest` is the SHA-256 of `frozen`, in canonical JSON."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")

    unit = models.ForeignKey("units.Unit", on_delete=models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    subject_label = models.CharField(max_length=250)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", null=True)
    digest = models.CharField(max_length=64)
    frozen = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta(Scoped.Meta):
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        indexes = [models.Index(fields=("subject_id", "at"), name="approval_subject")]

    @property
    def subject(self) -> tuple[str, UUID]:
        return self.subject_kind, self.subject_id
