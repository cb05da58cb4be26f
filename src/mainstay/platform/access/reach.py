"""How far a role reaches: the unit it is held at and those below it, looked up when somebody first asks.

Most requests never do. Lists join the closure of the unit tree, and a question about a place is often about the very
unit of the role.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, MutableSet
from functools import cached_property
from typing import Self
from uuid import UUID

from mainstay.platform.records.moment import live_alias
from mainstay.platform.units.models import UnitPath


class Closure:
    """The descendants of some units, themselves included, in one query."""

    def __init__(self, units: Iterable[UUID]) -> None:
        self._units = frozenset(units)

    @cached_property
    def below(self) -> dict[UUID, set[UUID]]:
        found: defaultdict[UUID, set[UUID]] = defaultdict(set)
        # Of today also in an earlier state: what somebody may see there is decided now.
        paths = UnitPath.objects.using(live_alias()).filter(ancestor__in=self._units)
        for ancestor, descendant in paths.values_list("ancestor_id", "descendant_id"):
            found[ancestor].add(descendant)
        return found


class Reach(MutableSet[UUID]):
    """The units below one, itself included, as a set."""

    def __init__(self, unit: UUID, closure: Closure) -> None:
        self._unit, self._closure = unit, closure

    @classmethod
    def of(cls, units: Iterable[UUID]) -> dict[UUID, Self]:
        """The reach of each unit; all are looked up together."""
        wanted = set(units)
        closure = Closure(wanted)
        return {unit: cls(unit, closure) for unit in wanted}

    @classmethod
    def _from_iterable(cls, it: Iterable[UUID]) -> MutableSet[UUID]:  # type: ignore[override] # what sets are combined to
        return set(it)

    @property
    def _all(self) -> set[UUID]:
        return self._closure.below[self._unit]

    def __contains__(self, unit: object) -> bool:
        return unit == self._unit or unit in self._all

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, value: UUID) -> None:
        self._all.add(value)

    def discard(self, value: UUID) -> None:
        self._all.discard(value)
