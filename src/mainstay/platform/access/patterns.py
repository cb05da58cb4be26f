"""Patterns over permissions: `risk.accept`, `risk.*`, `*.view`, `*`. A star stands for any characters."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from django.utils.translation import gettext as _

from mainstay.platform.records.errors import Invalid

PATTERN = re.compile(r"[a-z_*]+(\.[a-z_*]+)?")


def covers(held: str, wanted: str) -> bool:
    """Whether `held` matches every permission that `wanted` matches.

    With the star as the only wildcard it is enough to match `wanted` as text: each of its stars can only be
    matched by a star of `held`, and so can whatever it stands for.
    """
    return fnmatchcase(wanted, held)


def all_covered(held: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether each wanted pattern is covered by one of those held; conservative about sums of several."""
    possessed = tuple(held)
    return all(any(covers(one, pattern) for one in possessed) for pattern in wanted)


def checked(patterns: Iterable[str], *, field: str) -> list[str]:
    """The patterns in order, each once; Invalid when one is none. `covers` relies on this grammar."""
    listed = list(dict.fromkeys(patterns))
    if not listed or not all(PATTERN.fullmatch(pattern) for pattern in listed):
        raise Invalid({field: [_("Permissions are written as risk.view, risk.*, *.view or *.")]})
    return listed
