"""Lists in the order of what a reference is called, as assets by owner, without sorting the whole register.

The name stands in another table, so one sort would join and order every record for a page of fifty. Instead the page is filled
from one owner after the other, in the order of their names: an index on the reference answers each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from mainstay.platform.records.models import Record

GROUPS = 40
"""Owners looked at before a list is sorted as a whole after all: filters may leave most of them next to nothing."""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """Where a page begins: in which order, and at which name. None stands for the records that refer to nothing."""

    path: str
    """The reference and what it is called, as `owner__name`."""
    descending: bool
    value: str | None
    is_first: bool


def first_ids(model: type[Record], found: QuerySet[Any], beginning: Beginning, count: int) -> list[UUID] | None:
    """Ids of the first records from the beginning on; None where sorting them as a whole is better.

    Empty references come last when ascending and first when descending, as in every list.
    """
    reference, _sep, name = beginning.path.partition("__")
    if "__" in name:
        return None
    ids: list[UUID] = []
    for group in _groups(model, reference, name, beginning):
        if group is None:
            return None
        inside = {f"{reference}__in": group} if group else {f"{reference}__isnull": True}
        rows = found.filter(**inside).order_by("-pk" if beginning.descending else "pk")
        ids += rows.values_list("pk", flat=True)[: count - len(ids)]
        if len(ids) >= count:
            break
    return ids


def _groups(model: type[Record], reference: str, name: str, beginning: Beginning) -> Iterator[list[UUID] | None]:
    """The ids behind each name in order, [] for no reference; None when there are more than are looked at."""
    at_empty = not beginning.is_first and beginning.value is None
    if beginning.descending and (beginning.is_first or at_empty):
        yield []
    pairs = [] if at_empty and not beginning.descending else _targets(model, reference, name, beginning)
    is_cut = len(pairs) > GROUPS
    groups = [[key for _name, key in group] for _value, group in groupby(pairs, key=itemgetter(0))]
    # Where there are more, others of the last name may be among them.
    yield from groups[:-1] if is_cut else groups
    if is_cut:
        yield None
    elif not beginning.descending:
        yield []


def _targets(model: type[Record], reference: str, name: str, beginning: Beginning) -> list[tuple[Any, UUID]]:
    """Name and id of what records refer to, in order from the beginning on."""
    target: Any = cast(Any, model._meta.get_field(reference)).remote_field.model
    used = model.unscoped_for_system.filter(**{reference: OuterRef("pk")})
    found = target.unscoped_for_system.filter(Exists(used)).order_by(f"-{name}" if beginning.descending else name)
    if beginning.value is not None:
        found = found.filter(**{f"{name}__{'lte' if beginning.descending else 'gte'}": beginning.value})
    return list(found.values_list(name, "pk")[: GROUPS + 1])
