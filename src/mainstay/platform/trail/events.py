"""What happened without a row of a table changing, on the trail beside the changes: erasures, new epochs, checks."""

import secrets
from collections.abc import Mapping

from django.db import connection, transaction
from django.utils import timezone

from mainstay.kit.canonical import canonical_bytes
from mainstay.platform.trail.backends.told import told
from mainstay.platform.trail.models import Change

ERASURE, EPOCH = "trail.erasure", "trail.epoch"
"""The events by which the rest of the trail is judged: what was erased, and how an epoch began."""


def record(what: str, about: str, details: Mapping[str, object]) -> Change:
    """Write an event, by whoever acts. `what` is noun and verb as `trail.erasure`, `about` the id of what it is about."""
    return write(what, about, op=Change.Operation.EVENT, row=canonical_bytes(details).decode(), before=None)


def write(table: str, key: str, *, op: str, row: str | None, before: str | None) -> Change:
    """Put on the trail what no trigger does: an event, or a row that was changed while they were off."""
    actor, channel, reason, request = told()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # The transaction has its id before the change has its number: the sequencer relies on that order.
                cursor.execute("SELECT pg_current_xact_id()")
        return Change.objects.create(
            at=timezone.now(), table=table, pk_text=key, op=op, row=row, before=before, salt=secrets.token_bytes(16),
            actor=actor, channel=channel, reason=reason, request=request,
        )
