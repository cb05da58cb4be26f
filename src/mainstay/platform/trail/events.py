"""What happened without a row of a table changing, on the trail beside the changes: erasures, new epochs, checks."""

import json
import secrets
from collections.abc import Mapping

from django.db import connection, transaction
from django.utils import timezone

from mainstay.platform.trail.backends.told import told
from mainstay.platform.trail.models import Change


def record(what: str, about: str, details: Mapping[str, object]) -> Change:
    """Write an event, by whoever acts. `what` is noun and verb as `trail.erasure`, `about` the id of what it is about."""
    actor, channel, reason, request = told()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # The transaction has its id before the change has its number: the sequencer relies on that order.
                cursor.execute("SELECT pg_current_xact_id()")
        return Change.objects.create(
            at=timezone.now(), table=what, pk_text=about, op=Change.Operation.EVENT, before=None,
            row=json.dumps(details, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            salt=secrets.token_bytes(16), actor=actor, channel=channel, reason=reason, request=request,
        )
