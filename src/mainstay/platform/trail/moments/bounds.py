"""Which changes were known at a moment: those whose leaf lies below its checkpoint."""

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import connections, models

from mainstay.platform.records.moment import Moment, current_moment, live_alias

if TYPE_CHECKING:
    from mainstay.platform.trail.models import Change

_BELOW = '(l.epoch < %s OR (l.epoch = %s AND l."index" < %s))'


def last_seq(moment: Moment) -> int:
    """The highest number of any change that was known."""
    return _bound(moment.epoch, moment.size, moment.root)[0]


def known_changes(moment: Moment) -> tuple[str, list[int]]:
    """SQL to follow `FROM trail_change c`, with its parameters, that leaves the changes known at the moment."""
    last, is_gapless = _bound(moment.epoch, moment.size, moment.root)
    if is_gapless:
        return "WHERE c.seq <= %s", [last]
    return f"JOIN trail_leaf l ON l.seq = c.seq WHERE {_BELOW}", [moment.epoch, moment.epoch, moment.size]


def touched_between(earlier: Moment, later: Moment) -> dict[str, list[str]]:
    """The keys of the rows that changes between two moments are about, by the table's name of then."""
    query = (
        "SELECT DISTINCT c.tbl, c.pk FROM trail_leaf l JOIN trail_change c ON c.seq = l.seq "  # noqa: S608 # our own text
        f"WHERE {_BELOW} AND NOT {_BELOW} ORDER BY c.tbl, c.pk"
    )
    bounds = [later.epoch, later.epoch, later.size, earlier.epoch, earlier.epoch, earlier.size]
    found: defaultdict[str, list[str]] = defaultdict(list)
    with connections[live_alias()].cursor() as cursor:
        cursor.execute(query, bounds)
        for table, key in cursor.fetchall():
            found[table].append(key)
    return found


# The root makes it one tree among all there may ever be, so what is found once holds for good.
@lru_cache(maxsize=256)
def _bound(epoch: int, size: int, root: str) -> tuple[int, bool]:
    """The highest number known, and whether every one up to it was and will be.

    On PostgreSQL that is never certain: a lower number may be committed after a higher one was sealed.
    """
    live = connections[live_alias()]
    with live.cursor() as cursor:
        cursor.execute(f"SELECT max(l.seq), count(*) FROM trail_leaf l WHERE {_BELOW}", [epoch, epoch, size])  # noqa: S608 # our own text
        last, known = cursor.fetchone()
        if live.vendor != "sqlite":
            return int(last or 0), False
        # The index is a tenth of the table, which SQLite would read for a range of its numbers.
        cursor.execute("SELECT count(*) FROM trail_change INDEXED BY trail_change_of_record WHERE seq <= %s", [last or 0])
        return int(last or 0), cursor.fetchone()[0] == known


class KnownManager(models.Manager["Change"]):
    """`Change.objects`: the trail as it is, or in an earlier state as much of it as was known then, from today's database."""

    def get_queryset(self) -> "models.QuerySet[Change]":
        found = super().get_queryset()
        moment = current_moment()
        if moment is None:
            return found
        leaf: Any = self.model._meta.apps.get_model("trail", "Leaf")
        known = models.Q(epoch__lt=moment.epoch) | models.Q(epoch=moment.epoch, index__lt=moment.size)
        leaves = leaf.objects.using(live_alias()).filter(known, seq=models.OuterRef("seq"))
        return found.using(live_alias()).filter(models.Exists(leaves), seq__lte=last_seq(moment))
