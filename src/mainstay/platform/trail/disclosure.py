"""Which contents of the trail somebody may take away."""

import json
from collections.abc import Mapping
from uuid import UUID

from django.apps import apps

from mainstay.platform.access.models import ApiToken
from mainstay.platform.identity.models import SignInLink, User
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.models import Scoped
from mainstay.platform.trail.bundle import See
from mainstay.platform.trail.leaves import Entry
from mainstay.platform.units.models import Unit

CREDENTIALS = frozenset(model._meta.db_table for model in (User, SignInLink, ApiToken))
"""Their contents leave the installation for nobody."""


def seen_by(actor: Actor) -> See:
    """Whose content the actor may see: records of kinds they may view in the whole of their organisation.

    What belongs to no organisation is for the operator, while there is only one whose people it could be about.
    """
    nouns: Mapping[str, str] = {
        model._meta.db_table: model.permission_noun() for model in apps.get_models() if issubclass(model, Scoped)
    }
    seen = {table for table, noun in nouns.items() if actor.may(f"{noun}.view", unit=actor.organisation_id)}
    sees_the_rest = actor.is_system and Unit.unscoped_for_system.filter(parent=None).count() == 1

    def see(change: Entry) -> bool:
        if change.table in CREDENTIALS:
            return False
        if change.table not in nouns:
            return sees_the_rest
        row = json.loads(change.row or change.before or "{}")
        return change.table in seen and row.get("organisation_id") == _hex(actor.organisation_id)

    return see


def _hex(key: UUID | None) -> str:
    return key.hex if key else ""
