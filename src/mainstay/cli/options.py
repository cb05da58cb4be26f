"""Options that every acting command takes, and the actor they mean."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer
from django.utils.translation import gettext as _

from mainstay.cli.output import progress, say
from mainstay.platform.access.services import actor_for
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor, acting, reading_only, system
from mainstay.platform.records.errors import NotFound, RuleViolation
from mainstay.platform.trail import sealing
from mainstay.platform.trail.moments.cache import built
from mainstay.platform.trail.moments.resolve import resolve
from mainstay.platform.trail.moments.routing import as_known
from mainstay.platform.units.models import Unit

As = Annotated[
    str, typer.Option("--as", metavar="EMAIL", help="Act as this user, with their rights; else as the operator.")
]
Org = Annotated[str, typer.Option("--org", metavar="NAME", help="The organisation, where there are several.")]
AsKnown = Annotated[
    str, typer.Option("--as-known", metavar="2026-10-01", help="As known at the end of that day, or at size:42 of the trail.")
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]


@contextmanager
def at_the_shell(as_: str = "", org: str = "", *, reason: str = "", known: str = "") -> Iterator[Actor]:
    """Act as a user, or as the operator: whoever may run commands on the home owns the installation anyway.

    With `known`, in the earlier state that it names, which is rebuilt if need be.
    """
    actor = _user_actor(as_, org) if as_ else operator(organisation_named(org))
    with acting(actor, reason=reason), sealing.writes_only_if_sealed():
        if known:
            with _then(known, actor) as reader:
                yield reader
        else:
            yield actor
    sealing.seal_noting_trouble(wait=False)


@contextmanager
def _then(known: str, actor: Actor) -> Iterator[Actor]:
    """Stand in the earlier state that is named, and say which it is."""
    moment = resolve(known)
    with progress(_("Rebuilding an earlier state")) as step:
        file = built(moment, lambda done, total: step(done, total, ""))
    say(moment, as_json=True)
    with as_known(moment, file), acting(reading_only(actor)) as reader:
        yield reader


def operator(organisation: Unit | None = None) -> Actor:
    """The product at the hands of whoever is logged in to the machine; the trail names them."""
    login = _login()
    base = system("cli", organisation=organisation.pk if organisation else None)
    return replace(base, identity=f"operator:{login}"[:80], label=f"{login} ({_('operator')})", _cache={})


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"  # a container's user may have no name


def organisations() -> list[Unit]:
    return list(Unit.unscoped_for_system.filter(parent=None).order_by("created_at"))


def organisation_named(name: str) -> Unit:
    """The organisation of that name, or the only one there is."""
    known = organisations()
    if not known:
        raise NotFound(_("There is no organisation yet. Begin with `mainstay init`."))
    found = [unit for unit in known if not name or name.casefold() in (unit.name.casefold(), str(unit.pk))]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"“{unit.name}”" for unit in known)
    raise RuleViolation(_("Say which organisation with --org: %(names)s.") % {"names": names}, code="which_organisation")


def user_named(email: str) -> User:
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(_("There is no login “%(email)s”.") % {"email": email})
    return user


def _user_actor(email: str, org: str) -> Actor:
    user = user_named(email)
    if org and organisation_named(org).pk != user.person.organisation_id:
        raise NotFound(_("“%(email)s” does not belong to this organisation.") % {"email": email})
    return actor_for(user, channel="cli")
