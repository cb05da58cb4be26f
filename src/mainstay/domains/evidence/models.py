"""Proof: what shows that something is so, for which period, and until when that holds."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.models import Record, Scoped


class Evidence(Record):
    """A file, a link or a recorded fact that proves something. Its effective period is not its upload time."""

    ref_prefix: ClassVar[str] = "EV"
    plural_slug: ClassVar[str] = "evidence"

    class Kind(models.TextChoices):
        FILE = "file", _("file")
        LINK = "link", _("link")
        FACT = "fact", _("recorded fact")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.FACT)
    file = models.ForeignKey(
        "files.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("file")
    )
    link = models.URLField(_("link"), max_length=500, blank=True)
    effective_from = models.DateField(_("shows the time from"), null=True, blank=True)
    effective_to = models.DateField(_("shows the time to"), null=True, blank=True)
    valid_until = models.DateField(_("counts until"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="evidence_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(effective_to__isnull=True) | models.Q(effective_from__isnull=True)
                | models.Q(effective_to__gte=models.F("effective_from")),
                name="evidence_period_in_order",
                violation_error_message=_("The period ends before it begins."),
            ),
        ]


class Proof(Scoped):
    """Evidence attached to a record of any register: what it proves, who said so and when."""

    scope_path: ClassVar[str] = "evidence__unit"

    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="proofs")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+", null=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=("evidence", "subject_id"), name="proof_unique")]
        indexes = [models.Index(fields=("subject_id",), name="proof_subject")]
