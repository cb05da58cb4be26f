"""What a user may do where: the actor of a user or token, and the giving and taking of roles and tokens."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from mainstay.platform.access import tokens
from mainstay.platform.access.models import ApiToken, Grant, Role
from mainstay.platform.access.patterns import all_covered, checked
from mainstay.platform.access.reach import Reach
from mainstay.platform.access.roles import ADMINISTRATOR
from mainstay.platform.identity.models import SignInLink, User
from mainstay.platform.identity.services import deactivate, make_link
from mainstay.platform.records.actor import Actor, Holding, acting, current_actor
from mainstay.platform.records.errors import Invalid, NotAllowed, NotSignedIn, RuleViolation
from mainstay.platform.records.events import Privileged, announce
from mainstay.platform.records.waiting import if_free
from mainstay.platform.units.models import Unit

LONGEST_TOKEN_DAYS = 365
USE_NOTED_EVERY = timedelta(minutes=1)


def actor_for(user: User, *, channel: str) -> Actor:
    """The actor of a user, from today's grants, in one query. NotSignedIn for a closed login."""
    if not user.is_active:
        raise NotSignedIn(_("This login is closed."))
    return Actor(
        label=user.person.name,
        channel=channel,
        identity=f"user:{user.id.hex}",
        user_id=user.id,
        person_id=user.person_id,
        organisation_id=user.person.organisation_id,
        holdings=holdings_of(user),
    )


def holdings_of(user: User) -> tuple[Holding, ...]:
    """The roles the user holds today, in one query; how far they reach is looked up when needed."""
    held = _current_grants().filter(user=user)
    return _holdings(held.values_list("role__slug", "role__patterns", "unit_id", "organisation_id"))


def _holdings(held: Iterable[tuple[str, list[str], UUID, UUID]]) -> tuple[Holding, ...]:
    """Holdings from role, patterns, unit and organisation."""
    grants = list(held)
    reach = Reach.of(unit for _role, _patterns, unit, _organisation in grants)
    return tuple(
        Holding(role=role, patterns=tuple(patterns), unit=unit, organisation=organisation, covers=reach[unit])
        for role, patterns, unit, organisation in grants
    )


def may_grant(actor: Actor, role: Role, unit: Unit) -> bool:
    """Whether the actor may give roles at the unit and itself holds there what the role includes."""
    return actor.may("grant.add", unit=unit.id) and _holds(actor, role.patterns, unit.id)


@transaction.atomic
def grant(user: User, role: Role, unit: Unit, until: date | None = None) -> Grant:
    """Give the role at the unit and below, until the end of a day; one already held gets the new end."""
    actor = current_actor()
    actor.require("grant.add", unit=unit.id)
    if not may_grant(actor, role, unit):
        raise NotAllowed(_("You can give only what you hold here yourself."))
    if user.person.organisation_id != unit.organisation_id:
        raise RuleViolation(_("A role is held within the person's own organisation."))
    if until is not None and until < timezone.localdate():
        raise Invalid({"until": [_("This day is past.")]})
    _lock(unit.organisation_id)
    held: Grant | None = Grant.unscoped_for_system.filter(user=user, role=role, unit=unit).first()
    if held is None:
        held = Grant(user=user, role=role, unit=unit, organisation_id=unit.organisation_id)
    elif until is not None:
        _keep_an_administrator(held)
    held.until = until
    held.save()
    announce(Privileged())
    return held


@transaction.atomic
def revoke(held: Grant) -> None:
    """Take a role back that one could give. The last administrator of an organisation stays."""
    actor = current_actor()
    actor.require("grant.delete", unit=held.unit_id)
    if not _holds(actor, held.role.patterns, held.unit_id):
        raise NotAllowed(_("You can take back only what you hold here yourself."))
    _lock(held.organisation_id)
    _keep_an_administrator(held)
    held.delete()
    announce(Privileged())


@transaction.atomic
def end_access(user: User) -> User:
    """Close a login, unless it is the last administrator's."""
    _lock(user.person.organisation_id)
    for held in _current_grants().filter(user=user).select_related("role"):
        _keep_an_administrator(held)
    return deactivate(user)


def invite(user: User, *, purpose: SignInLink.Purpose, hours: int | None = None) -> str:
    """A one-time link for a user whom the actor outranks everywhere: whoever makes it could enter with it."""
    actor = current_actor()
    for held in _current_grants().filter(user=user).select_related("role"):
        if not _holds(actor, held.role.patterns, held.unit_id):
            raise NotAllowed(_("This person holds roles that you do not; ask an administrator."))
    return make_link(user, purpose, hours=hours)


@transaction.atomic
def create_token(user: User, *, name: str, scopes: Sequence[str] = ("*",), days: int = 90) -> tuple[ApiToken, str]:
    """A token of one's own and its secret, told this once. It may what its scopes and the user both may."""
    actor = current_actor()
    # Not with a token: it could outlive itself or widen its scopes.
    if not actor.is_system and actor.identity != f"user:{user.id.hex}":
        raise NotAllowed(_("People make their own tokens, signed in themselves."))
    actor.require("token.add")
    if not name.strip() or len(name) > 100:
        raise Invalid({"name": [_("Say in 1 to 100 characters what the token is for.")]})
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Invalid({"days": [_("A token lives 1 to %(days)d days.") % {"days": LONGEST_TOKEN_DAYS}]})
    secret = tokens.fresh_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        digest=tokens.digest(secret),
        scopes=checked(scopes, field="scopes"),
        stamp=user.stamp,
        expires_at=timezone.now() + timedelta(days=days),
    )
    announce(Privileged())
    return token, secret


def actor_for_token(secret: str, *, channel: str = "api") -> Actor:
    """The actor of a token: its user's holdings within its scopes, in one query. NotSignedIn, the same for every reason.

    Nothing of it is kept from one request to the next: what has ended is refused at once, by every process.
    """
    told = _told_of_token(secret) if tokens.is_well_formed(secret) else []
    if not told:
        raise NotSignedIn(_("This token is not valid."))
    token, today = told[0], timezone.localdate()
    actor = Actor(
        label=token["user__person__name"],
        channel=channel,
        identity=f"token:{token['id'].hex}",
        user_id=token["user_id"],
        person_id=token["user__person_id"],
        organisation_id=token["user__person__organisation_id"],
        holdings=_holdings(
            (row["user__grants__role__slug"], row["user__grants__role__patterns"], row["user__grants__unit_id"],
             row["user__grants__organisation_id"])
            for row in told
            if row["user__grants__unit_id"] and (row["user__grants__until"] is None or row["user__grants__until"] >= today)
        ),
        scopes=tuple(token["scopes"]),
    )
    _note_use(token["id"], token["last_used_at"], actor)
    return actor


@transaction.atomic
def revoke_token(token: ApiToken) -> ApiToken:
    """End a token at once: one's own, or with `token.delete` that of anyone in the unit."""
    actor = current_actor()
    if actor.user_id != token.user_id:
        actor.require("token.delete", unit=token.user.person.unit_id)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        announce(Privileged())
    return token


def _current_grants() -> QuerySet[Grant]:
    is_current = Q(until=None) | Q(until__gte=timezone.localdate())
    current: QuerySet[Grant] = Grant.unscoped_for_system.filter(is_current)
    return current


def _holds(actor: Actor, patterns: Iterable[str], unit: UUID) -> bool:
    """Whether the actor itself may, by its roles and scopes, whatever the patterns permit at the unit."""
    if actor.is_system:
        return True
    wanted = tuple(patterns)
    held = [pattern for holding in actor.holdings if unit in holding.covers for pattern in holding.patterns]
    return all_covered(held, wanted) and all_covered(actor.scopes, wanted)


def _lock(organisation: UUID) -> None:
    """One at a time per organisation: two administrators must not remove each other at once."""
    Unit.unscoped_for_system.select_for_update().get(pk=organisation)


def _keep_an_administrator(held: Grant) -> None:
    """RuleViolation if without this grant nobody would administer the organisation for good."""
    if held.role.slug != ADMINISTRATOR or held.unit_id != held.organisation_id:
        return
    others = Grant.unscoped_for_system.filter(
        role__slug=ADMINISTRATOR, unit_id=held.organisation_id, until=None, user__is_active=True
    ).exclude(user_id=held.user_id)
    if not others.exists():
        raise RuleViolation(_("An organisation keeps at least one administrator."), code="last_administrator")


_TOLD_OF_TOKEN = (
    "id", "scopes", "stamp", "expires_at", "last_used_at", "revoked_at", "user_id", "user__is_active", "user__stamp",
    "user__person_id", "user__person__name", "user__person__organisation_id", "user__grants__role__slug",
    "user__grants__role__patterns", "user__grants__unit_id", "user__grants__organisation_id", "user__grants__until",
)


def _told_of_token(secret: str) -> list[dict[str, Any]]:
    """A valid token with its user, one row for each role ever given that was not taken back; nothing for any other."""
    told = list(ApiToken.objects.filter(digest=tokens.digest(secret)).values(*_TOLD_OF_TOKEN))
    if not told or told[0]["revoked_at"] is not None or told[0]["expires_at"] <= timezone.now():
        return []
    return told if told[0]["user__is_active"] and told[0]["stamp"] == told[0]["user__stamp"] else []


def _note_use(token: UUID, last: datetime | None, actor: Actor) -> None:
    """At most once a minute: a write per request would cost more than the request.

    Not now where the database is busy with a long write, such as an import on SQLite: what is noted must refuse nothing.
    """
    now = timezone.now()
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    if last is None or last <= now - USE_NOTED_EVERY:
        with acting(actor), if_free():
            ApiToken.objects.filter(is_due, pk=token).update(last_used_at=now)
