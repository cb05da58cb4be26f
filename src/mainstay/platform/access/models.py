"""Who may do what where: roles are sets of permissions, grants give a role to a user at a unit."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.identity.models import User
from mainstay.platform.records.models import Scoped


class Role(models.Model):
    """A named set of permission patterns such as `risk.*` or `*.view`, the same for all organisations."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=500, blank=True)
    patterns = models.JSONField(_("permissions"), default=list)

    def __str__(self) -> str:
        return self.name


class Grant(Scoped):
    """A role given to a user at a unit, inherited by every unit below it, until it ends."""

    scope_path: ClassVar[str] = "unit"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants")
    unit = models.ForeignKey("units.Unit", on_delete=models.PROTECT, related_name="grants")
    until = models.DateField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=("user", "role", "unit"), name="grant_unique")]

    def is_current(self, on: date) -> bool:
        return self.until is None or self.until >= on


class ApiToken(models.Model):
    """A bearer token of a user. Only its hash is kept; its rights are its scopes within the user's own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    stamp = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
