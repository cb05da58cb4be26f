"""Looking at an earlier state: within the block this thread's default database is the rebuilt one, and nothing is written."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mainstay.platform.records.moment import InThePast, Moment, standing_at
from mainstay.platform.trail.backends.sqlite3.base import DatabaseWrapper
from mainstay.platform.trail.moments.database import for_reading

READS = ("SELECT", "WITH", "EXPLAI", "PRAGMA", "BEGIN", "SAVEPO", "RELEAS", "ROLLBA")


class _Kept(threading.local):
    """The file a thread looked at last, still open: whoever looks back opens several pages of the same moment."""

    file: Path | None = None
    connection: DatabaseWrapper | None = None


_kept = _Kept()


@contextmanager
def as_known(moment: Moment, file: Path) -> Iterator[None]:
    """Read from the file that holds the state of the moment; today's database is reachable as `live_alias()`.

    Whoever acts does so with the rights of today: the actor has been found before.
    """
    with standing_at(moment, _opened(file)):
        yield


def let_go() -> None:
    """Close the file this thread looked at last, so that what was thrown away is gone."""
    if _kept.connection is not None:
        _kept.connection.close()
        _kept.file = _kept.connection = None


def _opened(file: Path) -> DatabaseWrapper:
    kept = _kept.connection
    if kept is None or _kept.file != file:
        let_go()
        kept = for_reading(file)
        kept.execute_wrappers.append(_refuse_writes)
        _kept.file, _kept.connection = file, kept
    return kept


def _refuse_writes(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    if not str(sql).lstrip(" (\n")[:6].upper().startswith(READS):
        raise InThePast
    return execute(sql, params, many, context)
