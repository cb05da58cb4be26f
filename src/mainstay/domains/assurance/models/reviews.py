"""Management looks at the ISMS as a whole and decides (9.3)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Link, Record, state_field

REVIEW_LIFE = LifeCycle(
    states=(
        State(value="planned", label=_("planned")), State(value="held", label=_("held"), tone="busy"),
        State(value="signed", label=_("signed"), tone="good"),
    ),
    moves=(
        Move(name="hold", label=_("Hold"), sources=("planned",), target="held", by_hand=False, tone="primary"),
        Move(name="resume", label=_("Back to planned"), sources=("held",), target="planned", needs_reason=True),
        Move(name="sign", label=_("Sign"), sources=("held",), target="signed", by_hand=False, tone="primary"),
    ),
    frozen=("signed",),
)


class ManagementReview(Record):
    """One review: the inputs as they were collected, who was there, and what was decided."""

    ref_prefix: ClassVar[str] = "MR"
    life_cycle: ClassVar[LifeCycle] = REVIEW_LIFE

    state = state_field(REVIEW_LIFE)
    planned_on = models.DateField(_("planned for"), null=True, blank=True)
    held_on = models.DateField(_("held on"), null=True, editable=False)
    feedback = models.TextField(
        _("feedback from interested parties"), max_length=10_000, blank=True,
        help_text=_("What customers, authorities and staff said since the last review (9.3.2 e); goes into the inputs."),
    )
    decisions = models.TextField(
        _("decisions"), max_length=20_000, blank=True, help_text=_("On improvement and on changes to the ISMS (9.3.3).")
    )
    inputs = models.JSONField(_("inputs"), null=True, editable=False)
    inputs_digest = models.CharField(_("SHA-256 of the inputs"), max_length=64, blank=True, editable=False)
    collected_at = models.DateTimeField(_("inputs collected"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("management review")
        verbose_name_plural = _("management reviews")
        constraints = [models.UniqueConstraint(fields=("organisation", "ref"), name="management_review_ref_unique")]


class Attendance(Link):
    """A person took part in a management review."""

    scope_path: ClassVar[str] = "review__unit"
    ends: ClassVar[tuple[str, str]] = ("review", "person")

    review = models.ForeignKey(ManagementReview, on_delete=models.CASCADE, related_name="attendances")
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=("review", "person"), name="attendance_unique")]
