"""The organisation as a tree. Roots are organisations (tenants); nothing crosses a root."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.platform.records.models import Scoped


class Unit(Scoped):
    """An organisation, a division, a site or a team. A root is its own organisation."""

    scope_path: ClassVar[str] = "pk"
    ref_prefix: ClassVar[str] = "U"
    life_cycle: ClassVar[None] = None

    class Kind(models.TextChoices):
        ORGANISATION = "organisation", _("organisation")
        DIVISION = "division", _("division")
        SITE = "site", _("site")
        TEAM = "team", _("team")

    ref = models.CharField(_("reference"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), max_length=20_000, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.TEAM)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True, verbose_name=_("part of")
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta(Scoped.Meta):
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ("ref",)
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="unit_ref_unique"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True, organisation=models.F("id")) | models.Q(parent__isnull=False),
                name="unit_root_is_its_own_organisation",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.name

    @property
    def unit_id(self) -> UUID:
        return self.id


class UnitPath(models.Model):
    """The closure of the tree: one row per unit and each unit above it, itself included at depth 0."""

    ancestor = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="below")
    descendant = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="above")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("ancestor", "descendant"), name="unit_path_unique")]
