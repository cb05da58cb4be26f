"""Which contents of the trail were replaced by an erasure, and by what: read from the erasures themselves."""

import json
from base64 import urlsafe_b64decode

from django.db.backends.base.base import BaseDatabaseWrapper

from mainstay.platform.trail.events import ERASURE


def replaced_contents(connection: BaseDatabaseWrapper) -> dict[int, bytes]:
    """Number of a change -> commitment to the content that stands in place of the erased one.

    An erasure is an entry like any other: whoever claims one that never was is found out by the tree.
    """
    with connection.cursor() as cursor:
        cursor.execute('SELECT "row" FROM trail_change WHERE tbl = %s AND op = %s ORDER BY seq', [ERASURE, "E"])
        told = [json.loads(row) for (row,) in cursor.fetchall()]
    replaced = [item for details in told for item in details["changes"].items()]
    return {int(seq): urlsafe_b64decode(written.removeprefix("c1:") + "=") for seq, written in replaced}
