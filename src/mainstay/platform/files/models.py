"""What is known of an uploaded file. Its bytes lie encrypted in the home (see `store`)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.models import Scoped


class StoredFile(Scoped):
    """One upload: a label, a checked type, and the key to bytes that equal uploads of an organisation share."""

    scope_path: ClassVar[str] = "unit"

    unit = models.ForeignKey(
        "units.Unit",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("unit"),
        help_text=_("Where in the organisation this belongs; decides who sees it."),
    )
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    size = models.BigIntegerField(_("size in bytes"), editable=False)
    name = models.CharField(
        _("file name"), max_length=255, help_text=_("A label; no path is ever made of it.")
    )
    media_type = models.CharField(_("media type"), max_length=100, editable=False)
    wrapped_key = models.BinaryField(max_length=40, editable=False)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    created_by = models.ForeignKey(
        "identity.Person",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("uploaded by"),
    )

    class Meta(Scoped.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ("-id",)
        indexes = [models.Index(fields=("organisation", "sha256"), name="stored_file_content")]
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gte=0), name="stored_file_size_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.name
