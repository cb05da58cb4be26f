"""Who prepared something does not approve it (27001 A.5.3); the trail knows who did."""

import json
from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from mainstay.platform.access.models import ApiToken
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.records.models import Record
from mainstay.platform.trail.models import Change


def left_to_others(record: Record, *, is_own: bool) -> str:
    """Why the actor does not decide about the record, when it is their own work; empty when it is not."""
    if not is_own:
        return ""
    told = _("This is your own work, so somebody else decides on it (A.5.3).")
    logins = User.objects.filter(person__organisation_id=record.organisation_id, is_active=True)
    if logins.count() == 1:
        told += " " + _("Yours is the only login here: invite a second person under Administration, Users.")
    return told


def has_prepared(record: Record, *, content: Collection[str], hand_in: str = "") -> bool:
    """Whether the actor's person wrote any of `content`, columns of the record, or moved it to the state `hand_in`.

    What was written before the record last left a frozen state does not count: that was decided on then.
    """
    identities = _identities(current_actor())
    cycle = type(record).life_cycle
    changes = Change.objects.filter(table=record._meta.db_table, pk_text=record.pk.hex).order_by("-seq")
    for change in changes.only("seq", "actor", "op", "before", "row").iterator() if identities else ():
        before, after = (json.loads(text) if text else {} for text in (change.before, change.row))
        if cycle is not None and before.get("state") in cycle.frozen:
            return False
        if change.actor in identities and _bears(change, before, after, content, hand_in):
            return True
    return False


def _identities(actor: Actor) -> frozenset[str]:
    """Every name the trail has for the actor's person: their login and its tokens."""
    if actor.person_id is None:
        return frozenset()
    users = User.objects.filter(person_id=actor.person_id).values_list("pk", flat=True)
    tokens = ApiToken.objects.filter(user__person_id=actor.person_id).values_list("pk", flat=True)
    return frozenset([*(f"user:{key.hex}" for key in users), *(f"token:{key.hex}" for key in tokens)])


def _bears(change: Change, before: dict[str, Any], after: dict[str, Any], content: Collection[str], hand_in: str) -> bool:
    if change.op == Change.Operation.INSERT or not after:
        # Content that was erased from the trail is taken for what was decided on.
        return True
    return any(before.get(name) != after.get(name) for name in content) or bool(
        hand_in and after.get("state") == hand_in != before.get("state")
    )
