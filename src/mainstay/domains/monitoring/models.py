"""What is measured, and every measurement there ever was (27001 9.1)."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.domains.context.models import Objective
from mainstay.domains.monitoring.computed import MANUAL, all_computed
from mainstay.platform.records.life_cycle import LifeCycle, Move, State
from mainstay.platform.records.models import Record, Scoped, state_field

DIGITS, PLACES = 18, 4

METRIC_LIFE = LifeCycle(
    states=(
        State(value="measured", label=_("being measured"), tone="good"),
        State(value="retired", label=_("retired"), tone="quiet"),
    ),
    moves=(
        Move(name="retire", label=_("Stop measuring"), sources=("measured",), target="retired", needs_reason=True),
        Move(name="resume", label=_("Measure again"), sources=("retired",), target="measured"),
    ),
)


def source_choices() -> list[tuple[str, object]]:
    """By hand, or one of the values that the apps offer. Asked at run time: upper apps hand theirs over after this loads."""
    return [(MANUAL, _("entered by hand")), *((item.name, item.label) for item in all_computed())]


def value_field(label: object, **rest: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(label, max_digits=DIGITS, decimal_places=PLACES, **rest)  # type: ignore[arg-type] # lazy texts


class Metric(Record):
    """What is measured, how, how often, and which value is good enough (9.1 a to d)."""

    ref_prefix: ClassVar[str] = "M"
    life_cycle: ClassVar[LifeCycle] = METRIC_LIFE

    class Direction(models.TextChoices):
        HIGHER = "higher", _("higher is better")
        LOWER = "lower", _("lower is better")

    state = state_field(METRIC_LIFE)
    measures = models.CharField(_("what it measures"), max_length=300, blank=True)
    method = models.TextField(
        _("method"), max_length=5_000, blank=True, help_text=_("How two people would arrive at the same value (9.1 b).")
    )
    unit_of_measure = models.CharField(_("unit of measure"), max_length=40, blank=True, help_text=_("As %, days, incidents."))
    frequency_days = models.PositiveSmallIntegerField(
        _("every so many days"), default=90, validators=[MinValueValidator(1), MaxValueValidator(1_100)],
        help_text=_("Without a measurement for so long the metric is unknown, never green."),
    )
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices, default=Direction.HIGHER)
    target = value_field(_("target"), help_text=_("Met from this value on."))
    amber = value_field(
        _("still partly met"), null=True, blank=True,
        help_text=_("Partly met between this and the target. Empty: a missed target is not met."),
    )
    source = models.CharField(_("source"), max_length=60, choices=source_choices, default=MANUAL)
    objective = models.ForeignKey(
        Objective, on_delete=models.SET_NULL, related_name="metrics", null=True, blank=True, verbose_name=_("objective"),
        help_text=_("The objective whose progress this shows (6.2)."),
    )
    latest_value = value_field(_("latest value"), null=True, editable=False)
    latest_on = models.DateField(_("measured to"), null=True, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="metric_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(amber__isnull=True)
                | models.Q(direction="higher", amber__lte=models.F("target"))
                | models.Q(direction="lower", amber__gte=models.F("target")),
                name="metric_amber_on_the_worse_side",
                violation_error_message=_("“Still partly met” lies on the better side of the target."),
            ),
        ]


class Measurement(Scoped):
    """One value for one period. Only ever added: a wrong one is answered by measuring the same period again."""

    scope_path: ClassVar[str] = "metric__unit"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="measurements", verbose_name=_("metric"))
    period_from = models.DateField(_("from"))
    period_to = models.DateField(_("to"))
    value = value_field(_("value"))
    source = models.CharField(_("source"), max_length=60)
    note = models.CharField(_("note"), max_length=500, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("recorded by")
    )

    class Meta(Scoped.Meta):
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        ordering = ("-period_to", "-recorded_at")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")), name="measurement_period_in_order",
                violation_error_message=_("The period ends before it begins."),
            ),
        ]
        indexes = [models.Index(fields=("metric", "-period_to", "-recorded_at"), name="measurement_latest")]

    def __str__(self) -> str:
        return f"{self.value.normalize():f} ({self.period_from} – {self.period_to})"

    @property
    def label(self) -> str:
        return str(self)
