"""Questions an administrator asks: who has a login and which roles, who did what."""

from collections import defaultdict
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from mainstay.platform.access.models import Grant
from mainstay.platform.identity.models import AccessEvent, User
from mainstay.platform.jobs.models import Job
from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.trail.models import Change
from mainstay.platform.units.models import Unit
from mainstay.registers.history import actor_names


def visible_users() -> "QuerySet[User]":
    """Logins of people at units where the actor may see users."""
    actor = current_actor()
    found = User.objects.select_related("person", "person__unit")
    if actor.is_system:
        return found
    units: set[UUID] = set()
    for holding in actor.holdings_for("user.view"):
        units.update(holding.covers)
    return found.filter(person__unit__in=units)


def users_with_roles() -> list[dict[str, Any]]:
    """Each login with its roles and its last sign-in: three queries."""
    users = list(visible_users().order_by("person__name"))
    roles: defaultdict[UUID, list[Grant]] = defaultdict(list)
    for grant in Grant.unscoped_for_system.filter(user__in=users).select_related("role", "unit").order_by("role__name"):
        roles[grant.user_id].append(grant)
    signed_in = dict(
        AccessEvent.objects.filter(kind=AccessEvent.Kind.SIGNED_IN, user__in=users).values_list("user").annotate(at=Max("at"))
    )
    return [{"user": user, "grants": roles[user.pk], "signed_in": signed_in.get(user.pk)} for user in users]


def unit_tree() -> list[dict[str, Any]]:
    """The visible units in tree order with their depth."""
    children: defaultdict[UUID | None, list[Unit]] = defaultdict(list)
    units = list(Unit.objects.order_by("name"))
    known = {unit.pk for unit in units}
    for unit in units:
        children[unit.parent_id if unit.parent_id in known else None].append(unit)
    found: list[dict[str, Any]] = []
    waiting = [(unit, 0) for unit in reversed(children[None])]
    while waiting:
        unit, depth = waiting.pop()
        found.append({"unit": unit, "depth": depth, "indent": "\u2003" * depth})
        waiting += [(child, depth + 1) for child in reversed(children[unit.pk])]
    return found


def trail_entries(*, before: int | None, table: str, limit: int = 100) -> list[dict[str, Any]]:
    """The latest changes of everything, newest first; where there are several organisations, of one's own."""
    found = Change.objects.order_by("-seq").defer("row", "before", "salt")
    actor = current_actor()
    if not actor.is_system and Unit.unscoped_for_system.filter(parent=None).count() > 1:
        key = actor.organisation_id.hex if actor.organisation_id else ""
        texts = [f'"organisation_id":{blank}"{key}"' for blank in ("", " ")]
        own = [Q(**{f"{column}__contains": text}) for column in ("row", "before") for text in texts]
        found = found.filter(reduce(or_, own))
    if before is not None:
        found = found.filter(seq__lt=before)
    if table:
        found = found.filter(table=table)
    changes = list(found[:limit])
    names = actor_names({change.actor for change in changes})
    return [{"change": change, "who": names.get(change.actor, change.actor)} for change in changes]


def visible_jobs(actor: Actor) -> "QuerySet[Job]":
    """One's own jobs, and those of the organisation for who may see jobs there."""
    jobs = Job.objects.order_by("-created_at")
    if actor.is_system:
        return jobs
    own = jobs.filter(user=actor.user_id)
    return own | jobs.filter(organisation_id=actor.organisation_id) if actor.may("job.view") else own


def events_of(user: User, *, limit: int = 20) -> list[AccessEvent]:
    """What happened at the door with this login."""
    return list(AccessEvent.objects.filter(user=user).order_by("-at")[:limit])


