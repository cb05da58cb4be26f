"""Protection needs that flow along dependencies: what a thing supports decides how much it must be protected."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Needs = tuple[int, int, int]
"""Confidentiality, integrity, availability, each 0 (not said) to 4."""

NONE: Needs = (0, 0, 0)
_K = TypeVar("_K", bound=Hashable)


def highest(first: Needs, second: Needs) -> Needs:
    return max(first[0], second[0]), max(first[1], second[1]), max(first[2], second[2])


def inherited_needs(
    own: Mapping[_K, Needs], edges: Iterable[tuple[_K, _K]], given: Mapping[_K, Needs]
) -> dict[_K, Needs]:
    """What each asset inherits: the maximum, per property, over everything that depends on it, directly or not.

    `own` are the assets to compute and their own needs; `edges` are (dependent, supporting) pairs among them; `given`
    is what flows in from outside: processes, and dependents that are not computed. Cycles are tolerated: needs only
    rise, and each can rise at most four times, so the work is bounded by 12 passes over the edges.
    """
    supports: defaultdict[_K, list[_K]] = defaultdict(list)
    for dependent, supporting in edges:
        supports[dependent].append(supporting)
    found = {key: given.get(key, NONE) for key in own}
    waiting = list(own)
    while waiting:
        key = waiting.pop()
        flowing = highest(own[key], found[key])
        for supporting in supports[key]:
            raised = highest(found[supporting], flowing)
            if raised != found[supporting]:
                found[supporting] = raised
                waiting.append(supporting)
    return found
