"""Reads go through what the actor may see. `objects` raises without an actor; the other door is named for what it is."""

from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from django.db import models

from mainstay.platform.records.actor import Actor, Holding, current_actor
from mainstay.platform.records.moment import current_moment

if TYPE_CHECKING:
    from mainstay.platform.records.models import Scoped

_M = TypeVar("_M", bound="Scoped")


class ScopedQuerySet(models.QuerySet[_M]):
    """A queryset that knows how to narrow itself to what an actor may see."""

    def visible_to(self, actor: Actor, *, permission: str | None = None) -> Self:
        """Only records at units where the actor holds `permission` (default: view of this kind)."""
        if actor.is_system:
            return self
        model = self.model
        holdings = actor.holdings_for(permission or f"{model.permission_noun()}.view")
        if not holdings:
            return self.none()
        path = model.scope_path
        roots = [holding.organisation for holding in holdings if holding.unit == holding.organisation]
        # A role at the root covers the whole organisation: one indexed column decides.
        condition = models.Q(**{f"{_organisation_path(path)}__in": roots}) if roots else models.Q()
        below = [holding for holding in holdings if holding.unit not in roots]
        if below:
            condition |= models.Q(**{f"{path}__in": _units_below(model, below)})
        return self.filter(condition)

    def of_organisation_of(self, record: "Scoped") -> Self:
        """Only records of the same organisation: nothing crosses a root."""
        return self.filter(organisation_id=record.organisation_id)


def _organisation_path(path: str) -> str:
    return "organisation_id" if path in ("unit", "pk") else "__".join([*path.split("__")[:-1], "organisation_id"])


def _units_below(model: type["Scoped"], holdings: list[Holding]) -> "models.QuerySet[Any] | set[UUID]":
    """The closure of the units held, as a subquery that the database joins; in an earlier state the one of today, as a list."""
    if current_moment() is not None:
        return set().union(*(holding.covers for holding in holdings))
    units = [holding.unit for holding in holdings]
    organisation = cast(Any, model._meta.get_field("organisation"))
    unit_model = organisation.remote_field.model
    return cast(
        "models.QuerySet[Any]",
        unit_model.unscoped_for_system.filter(above__ancestor__in=units).values("pk"),
    )


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc] # a class made at run time
    """`Model.objects`: what the current actor may see, and NotSignedIn when there is none."""

    def get_queryset(self) -> ScopedQuerySet[Any]:
        return cast("ScopedQuerySet[Any]", super().get_queryset()).visible_to(current_actor())


class UnscopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc] # a class made at run time
    """Everything, for the few places that act for the product itself; an architecture test lists them."""
