"""The shapes every record shares. Concrete kinds live in the domains; only the counter of references lives here."""

import re
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from mainstay.kit.uuid7 import uuid7
from mainstay.platform.records.life_cycle import LifeCycle
from mainstay.platform.records.scoping import ScopedManager, UnscopedManager


class RefOrderField(models.CharField):  # type: ignore[type-arg] # generic only in the stubs
    """The reference with its numbers padded, so that A-2 stands before A-10 on every database. Fills itself."""

    def __init__(self, **rest: Any) -> None:
        told: Any = {"max_length": 120, "editable": False, "default": ""} | rest
        super().__init__(**told)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        order = re.sub(r"\d{1,10}", lambda found: found[0].zfill(10), getattr(model_instance, "ref", ""))[:120]
        setattr(model_instance, self.attname, order)
        return order


def state_field(cycle: LifeCycle) -> "models.CharField[str, str]":
    """The column of a life cycle: changed by moves only, never by plain editing."""
    return models.CharField(_("state"), max_length=30, choices=cycle.choices, default=cycle.start, editable=False)


class Scoped(models.Model):
    """Anything that belongs to an organisation and is seen according to its place in it."""

    scope_path: ClassVar[str] = "unit"
    """Query path from the model to the unit that decides who sees it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        "units.Unit", on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("organisation")
    )

    objects = ScopedManager()
    unscoped_for_system = UnscopedManager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped_for_system"

    @classmethod
    def permission_noun(cls) -> str:
        """The noun of its permissions: `risk` in `risk.view`; snake case of the class name."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def place(self) -> UUID:
        """The unit whose grants decide about this record."""
        here: Any = self
        *path, last = self.scope_path.split("__")
        for step in path:
            here = getattr(here, step)
        return here.pk if last == "pk" else getattr(here, f"{last}_id")  # type: ignore[no-any-return]


class Record(Scoped):
    """One row of a register: named, owned, placed, versioned (shared fields of every register)."""

    ref_prefix: ClassVar[str] = ""
    life_cycle: ClassVar[LifeCycle | None] = None
    ref_within: ClassVar[str] = ""
    """The reference field whose record numbers this kind, where references are unique only there: “F-1:A.5.1”."""

    ref = models.CharField(_("reference"), max_length=40, help_text=_("Short and for people: unique in the organisation."))
    ref_order = RefOrderField()
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), max_length=20_000, blank=True)
    unit = models.ForeignKey(
        "units.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"),
        help_text=_("Where in the organisation this belongs; decides who sees it."),
    )
    owner = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("owner"),
        help_text=_("The person accountable for it."),
    )
    tags = models.CharField(_("tags"), max_length=500, blank=True, help_text=_("Words separated by commas."))
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta(Scoped.Meta):
        abstract = True
        ordering = ("ref",)

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"

    @property
    def label(self) -> str:
        return str(self)


class Link(Scoped):
    """A connection an auditor may ask about: who said so, when, and why. Either it is there or it is not."""

    ends: ClassVar[tuple[str, str]]
    """The names of the two foreign keys: from, to. The first decides who sees and who may change it."""

    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("linked"), auto_now_add=True)
    created_by = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("linked by")
    )

    class Meta(Scoped.Meta):
        abstract = True

    @classmethod
    def permission_noun(cls) -> str:
        """A link is seen and changed with the record it starts from: it has no permissions of its own."""
        start: Any = cls._meta.get_field(cls.ends[0])
        return start.remote_field.model.permission_noun()  # type: ignore[no-any-return]

    @property
    def unit_id(self) -> UUID:
        return self.place


class RefCounter(models.Model):
    """The last number given out per organisation and prefix, so that a reference is never used twice."""

    organisation = models.ForeignKey("units.Unit", on_delete=models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=10)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("organisation", "prefix"), name="ref_counter_unique")]
