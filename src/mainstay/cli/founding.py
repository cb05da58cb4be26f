"""Founding an installation: database, roles, organisation, first person."""

from dataclasses import dataclass

import typer
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils.translation import gettext as _

from mainstay import __version__
from mainstay.cli.options import operator
from mainstay.cli.output import say, write_json
from mainstay.keys import key_bytes
from mainstay.platform.access.models import Grant, Role
from mainstay.platform.access.roles import ADMINISTRATOR, ensure_roles
from mainstay.platform.access.services import grant
from mainstay.platform.identity.models import AccessEvent, Person, SignInLink, User
from mainstay.platform.identity.services import create_user, make_link
from mainstay.platform.records.actor import acting
from mainstay.platform.records.errors import Invalid, RuleViolation
from mainstay.platform.records.refs import next_refs
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import found_organisation

FIRST_ROLES = (ADMINISTRATOR, "ciso", "management")
"""What the first person holds: who prepares and who approves; for what they prepared themselves they invite somebody else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Founded:
    """A new organisation, its first user, and the secret of their one-time link."""

    organisation: Unit
    user: User
    token: str


def found(*, organisation: str, name: str, email: str, as_json: bool) -> None:
    """Found the installation and tell how to sign in."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid({"admin": [_("“%(email)s” is not an e-mail address.") % {"email": email}]}) from error
    prepare_home()
    made = found_with_person(organisation=organisation, name=name, email=email)
    mark_complete()
    home, link = settings.CONFIGURATION.home, link_address(made.token)
    if as_json:
        write_json({"home": home, "organisation": made.organisation.pk, "user": made.user.email, "link": link})
        return
    say(f"{made.organisation.name} is ready in {home}.")
    say(f"Start it with `mainstay serve` and sign in once, within an hour, as {made.user.email}:")
    typer.echo(link)


def prepare_home() -> None:
    """Keys, database and shipped roles of a home that has no organisation yet. Refuses to run twice."""
    refuse_founded()
    key_bytes(settings.CONFIGURATION.home, "root")
    call_command("migrate", verbosity=0, interactive=False)
    with acting(operator()):
        ensure_roles()


def mark_complete() -> None:
    """Leave the sign by which `make run` knows, without loading the product, that a home needs no founding."""
    (settings.CONFIGURATION.home / "version").write_text(f"{__version__}\n", "utf-8")


def refuse_founded() -> None:
    """RuleViolation where an organisation exists."""
    if Unit._meta.db_table in connection.introspection.table_names() and Unit.unscoped_for_system.exists():
        raise RuleViolation(
            _("There is an organisation in %(home)s already. Nothing was changed.") % {"home": settings.CONFIGURATION.home},
            code="exists",
        )


@transaction.atomic
def found_with_person(*, organisation: str, name: str, email: str) -> Founded:
    """Create the organisation and the person who holds the first roles at its root."""
    with acting(operator()):
        unit = found_organisation(organisation.strip())
    with acting(operator(unit)):
        person = Person(
            organisation=unit, unit=unit, ref=next_refs(unit.pk, Person.ref_prefix)[0], name=name.strip(), email=email.lower()
        )
        person.save(force_insert=True)
        user = create_user(person)
        for slug in FIRST_ROLES:
            grant(user, Role.objects.get(slug=slug), unit)
        return Founded(organisation=unit, user=user, token=make_link(user, SignInLink.Purpose.SETUP))


def link_address(token: str) -> str:
    return f"{settings.CONFIGURATION.url.rstrip('/')}/sign-in/link/{token}"


def first_way_in() -> str:
    """A fresh one-time link for the first administrator while nobody ever signed in; empty afterwards."""
    kinds = (AccessEvent.Kind.SIGNED_IN, AccessEvent.Kind.LINK_USED)
    if AccessEvent.objects.filter(kind__in=kinds).exists():
        return ""
    first = (
        Grant.unscoped_for_system.filter(role__slug=ADMINISTRATOR, until=None, user__is_active=True)
        .order_by("created_at", "pk").select_related("user__person").first()
    )
    if first is None:
        return ""
    with acting(operator(first.unit)):
        return link_address(make_link(first.user, SignInLink.Purpose.SETUP))
