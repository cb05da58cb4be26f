"""`mainstay user`: logins."""

from typing import Annotated, Any

import typer
from django.db import transaction

from mainstay.cli.founding import link_address
from mainstay.cli.grants import give, unit_named
from mainstay.cli.options import As, Json, Org, at_the_shell, user_named
from mainstay.cli.output import say, write_json, write_rows
from mainstay.platform.access.models import Grant
from mainstay.platform.access.services import end_access, invite
from mainstay.platform.identity.models import AccessEvent, Person, SignInLink, User
from mainstay.platform.identity.services import create_user, reactivate
from mainstay.platform.records.actor import Actor, current_actor
from mainstay.platform.records.errors import NotAllowed, NotFound
from mainstay.platform.records.refs import next_refs

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Logins: add, list, link, deactivate, reactivate."
)

Email = Annotated[str, typer.Argument(metavar="EMAIL")]


@app.command("list")
def list_(as_: As = "", org: Org = "", as_json: Json = False) -> None:
    """List logins with the roles they hold today and when they last signed in."""
    with at_the_shell(as_, org) as actor:
        people = Person.objects.filter(organisation_id=actor.organisation_id)
        users = list(User.objects.filter(person__in=people).order_by("email"))
        rows = [_row(user) for user in users]
    if as_json:
        write_json(rows)
        return
    write_rows(
        ("e-mail", "name", "roles", "open", "last sign-in"),
        [
            (row["email"], row["name"], ", ".join(row["roles"]), "yes" if row["is_active"] else "no",
             (row["last_sign_in"] or "")[:16])
            for row in rows
        ],
    )


def _row(user: User) -> dict[str, Any]:
    held = Grant.unscoped_for_system.filter(user=user).select_related("role", "unit")
    entered = AccessEvent.objects.filter(user=user, kind__in=(AccessEvent.Kind.SIGNED_IN, AccessEvent.Kind.LINK_USED))
    last = entered.order_by("-at").values_list("at", flat=True).first()
    return {
        "email": user.email, "name": user.person.name, "is_active": user.is_active,
        "roles": [f"{item.role.slug} at {item.unit.name}" for item in held],
        "last_sign_in": last.isoformat() if last else None,
    }


@app.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="Of the person, when they are not in the register of people yet.")] = "",
    role: Annotated[list[str] | None, typer.Option("--role", help="A role at the unit; may be given several times.")] = None,
    unit: Annotated[str, typer.Option("--unit", metavar="REF", help="Where; the whole organisation unless said.")] = "",
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Give a person a login and roles, and print the link by which they choose a password (24 h)."""
    with at_the_shell(as_, org) as actor, transaction.atomic():
        place = unit_named(unit, actor)
        person = Person.objects.filter(organisation_id=place.organisation_id, email__iexact=email.strip()).first()
        if person is None:
            actor.require("person.add", unit=place.pk)
            person = Person(
                organisation_id=place.organisation_id, unit=place, ref=next_refs(place.organisation_id, Person.ref_prefix)[0],
                name=name.strip() or email.split("@", maxsplit=1)[0], email=email.strip().lower(),
            )
            person.save(force_insert=True)
        user = create_user(person)
        for slug in role or ():
            give(user, slug, place)
        link = link_address(invite(user, purpose=SignInLink.Purpose.INVITATION))
    _tell(user, link, as_json=as_json)


@app.command()
def link(email: Email, as_: As = "", org: Org = "", as_json: Json = False) -> None:
    """Print a new one-time sign-in link; it voids earlier ones and, when used, the password."""
    with at_the_shell(as_, org) as actor:
        user = _visible(email, actor)
        address = link_address(invite(user, purpose=SignInLink.Purpose.RESET))
    _tell(user, address, as_json=as_json)


@app.command()
def deactivate(email: Email, as_: As = "", org: Org = "", as_json: Json = False) -> None:
    """Close a login: its sessions, tokens and links end at once. The person and their history stay."""
    with at_the_shell(as_, org) as actor:
        user = end_access(_visible(email, actor))
    _tell_state(user, as_json=as_json)


@app.command("reactivate")
def reactivate_(email: Email, as_: As = "", org: Org = "", as_json: Json = False) -> None:
    """Open a closed login again."""
    with at_the_shell(as_, org) as actor:
        user = reactivate(_visible(email, actor))
    _tell_state(user, as_json=as_json)


def _visible(email: str, actor: Actor) -> User:
    """The login, if its person is one the actor may see in the organisation."""
    user = user_named(email)
    if not Person.objects.filter(pk=user.person_id, organisation_id=actor.organisation_id).exists():
        raise NotFound(f"There is no login “{email}”.")
    if not current_actor().may("user.change", unit=user.person.unit_id):
        raise NotAllowed("Your roles do not include “user.change” here.")
    return user


def _tell(user: User, address: str, *, as_json: bool) -> None:
    if as_json:
        write_json({"email": user.email, "link": address})
    else:
        say(f"Works once, for {user.email}:")
        typer.echo(address)


def _tell_state(user: User, *, as_json: bool) -> None:
    if as_json:
        write_json({"email": user.email, "is_active": user.is_active})
    else:
        say(f"{user.email} is {'open' if user.is_active else 'closed'}.")
