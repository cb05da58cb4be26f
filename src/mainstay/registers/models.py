"""What people keep of their work with registers: how a file of theirs is read, and how they like to see a list."""

from typing import ClassVar

from django.db import models

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.records.models import Scoped


class ImportProfile(Scoped):
    """The columns of a kind of file, mapped once for everyone at a unit (`imports.mapping.MappingProfile` as JSON)."""

    unit = models.ForeignKey("units.Unit", on_delete=models.PROTECT, related_name="+")
    register = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    profile = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=("organisation", "register", "name"), name="import_profile_unique")
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A list as one user likes it: filters, order and columns, as the query string that shows it."""

    trail_exempt: ClassVar[str] = "how somebody likes to look at a list is no record"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    register = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "register", "name"), name="saved_view_unique")]

    def __str__(self) -> str:
        return self.name
