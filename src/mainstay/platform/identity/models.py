"""People, the logins some of them have, and what happened at the door."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.records.models import Record


class Person(Record):
    """Anyone the ISMS is about, with or without a login. Never deleted: people leave, records stay."""

    ref_prefix: ClassVar[str] = "P"
    plural_slug: ClassVar[str] = "people"

    class Employment(models.TextChoices):
        EMPLOYEE = "employee", _("employee")
        CONTRACTOR = "contractor", _("contractor")
        EXTERNAL = "external", _("external")

    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    manager = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="reports", null=True, blank=True,
        verbose_name=_("manager"),
    )
    employment = models.CharField(
        _("employment"), max_length=20, choices=Employment.choices, default=Employment.EMPLOYEE
    )
    start_on = models.DateField(_("started on"), null=True, blank=True)
    leave_on = models.DateField(_("leaves on"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(fields=("organisation", "ref"), name="person_ref_unique"),
            models.UniqueConstraint(
                fields=("organisation", "email"), condition=~models.Q(email=""), name="person_email_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(leave_on__isnull=True) | models.Q(start_on__isnull=True)
                | models.Q(leave_on__gte=models.F("start_on")),
                name="person_leaves_after_starting",
            ),
        ]
        indexes = [models.Index(fields=("organisation", "name"), name="person_name")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> models.QuerySet["User"]:
        """With the person: whoever asks for a login next asks whose it is."""
        return super().get_queryset().select_related("person")

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """The login of a person. `stamp` changes with every credential change and ends all other sessions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="user")
    email = models.EmailField(max_length=254, unique=True)
    is_active = models.BooleanField(default=True)
    stamp = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    last_login = None  # Django's way to drop the column: access events tell it better

    objects = UserManager()

    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email

    def get_session_auth_hash(self) -> str:
        """Bound to the password and to the stamp, so that either change ends the sessions made before."""
        return super().get_session_auth_hash() + f".{self.stamp}"


class SignInLink(models.Model):
    """A one-time way in: the first sign-in ever, an invitation, a reset. Only its hash is kept."""

    class Purpose(models.TextChoices):
        SETUP = "setup", _("first sign-in")
        INVITATION = "invitation", _("invitation")
        RESET = "reset", _("password reset")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class AccessEvent(models.Model):
    """What happened at the door: every sign-in, refusal, lockout and credential change, for the trail."""

    class Kind(models.TextChoices):
        TRIED = "tried", _("sign-in not finished")
        SIGNED_IN = "signed_in", _("signed in")
        REFUSED = "refused", _("sign-in refused")
        LOCKED = "locked", _("sign-in locked")
        SIGNED_OUT = "signed_out", _("signed out")
        LINK_USED = "link_used", _("one-time link used")
        LINK_MADE = "link_made", _("one-time link made")
        PASSWORD_SET = "password_set", _("password set")
        DENIED = "denied", _("access denied")
        EXPORTED = "exported", _("exported")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=254, blank=True)
    address = models.CharField(max_length=45, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("name", "at"), name="access_event_by_name"),
            models.Index(fields=("address", "at"), name="access_event_by_address"),
        ]
