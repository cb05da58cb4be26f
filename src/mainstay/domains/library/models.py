"""What others ask of an organisation: frameworks and their requirements, ISO 27001 among them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.models import Record


class Framework(Record):
    """A published set of requirements in one version, as ISO/IEC 27001:2022 or NIST CSF 2.0."""

    ref_prefix: ClassVar[str] = "F"

    catalogue_id = models.CharField(_("catalogue id"), max_length=120, editable=False)
    edition = models.CharField(_("edition"), max_length=60, blank=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    licence_note = models.CharField(_("licence note"), max_length=1_000, blank=True)
    locale = models.CharField(_("language"), max_length=10, default="en")

    class Meta(Record.Meta):
        verbose_name = _("framework")
        verbose_name_plural = _("frameworks")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="framework_ref_unique"),
            models.UniqueConstraint(fields=("organisation", "catalogue_id"), name="framework_catalogue_unique"),
        ]


class Requirement(Record):
    """One thing a framework asks, or a group of such things. Its reference is the framework's own (A.5.1)."""

    ref_prefix: ClassVar[str] = "Q"
    ref_within: ClassVar[str] = "framework"

    class Kind(models.TextChoices):
        GROUP = "group", _("group")
        ASSESSABLE = "assessable", _("assessable")

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="requirements", verbose_name=_("framework"))
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, related_name="children", null=True, blank=True, verbose_name=_("part of")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.ASSESSABLE)
    position = models.PositiveIntegerField(_("position"), default=0, editable=False)
    guidance = models.TextField(_("guidance"), max_length=20_000, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)

    class Meta(Record.Meta):
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        ordering = ("framework", "position")  # type: ignore[assignment] # as many as needed
        constraints = [models.UniqueConstraint(fields=("framework", "ref"), name="requirement_ref_unique")]
        indexes = [
            models.Index(fields=("framework", "position"), name="requirement_position"),
            models.Index(fields=("organisation", "ref"), name="requirement_ref"),
        ]
