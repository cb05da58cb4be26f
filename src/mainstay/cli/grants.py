"""`mainstay grant`: roles at units."""

from datetime import date, datetime
from typing import Annotated

import typer

from mainstay.cli.options import As, Json, Org, at_the_shell, user_named
from mainstay.cli.output import say, write_json
from mainstay.platform.access.models import Grant, Role
from mainstay.platform.access.services import grant as give_role
from mainstay.platform.access.services import revoke
from mainstay.platform.identity.models import User
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.errors import NotFound
from mainstay.platform.units.models import Unit
from mainstay.registers.references import Unresolved, resolve

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def grant(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    role: Annotated[str, typer.Argument(metavar="ROLE", help="As risk_owner; a wrong one lists them all.")],
    unit: Annotated[str, typer.Option("--unit", metavar="REF", help="Where; the whole organisation unless said.")] = "",
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="2027-01-31", help="The last day.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the role back.")] = False,
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Give a user a role at a unit and below it, or take it back."""
    with at_the_shell(as_, org) as actor:
        place, user = unit_named(unit, actor), user_named(email)
        if remove:
            held = Grant.objects.filter(user=user, role=role_named(role), unit=place).first()
            if held is None:
                raise NotFound(f"{user.email} does not hold {role} at {place.name}.")
            revoke(held)
        else:
            give(user, role, place, until=until.date() if until else None)
    if as_json:
        write_json({"email": user.email, "role": role, "unit": place.ref, "until": until and until.date(), "held": not remove})
    else:
        say(f"{user.email} {'no longer holds' if remove else 'holds'} {role} at {place.name}.")


def give(user: User, slug: str, unit: Unit, *, until: date | None = None) -> Grant:
    return give_role(user, role_named(slug), unit, until)


def role_named(slug: str) -> Role:
    role = Role.objects.filter(slug=slug.replace("-", "_")).first()
    if role is None:
        names = ", ".join(Role.objects.order_by("slug").values_list("slug", flat=True))
        raise NotFound(f"There is no role “{slug}”; there are {names}.")
    return role


def unit_named(ref: str, actor: Actor) -> Unit:
    """The unit of that reference or name; the whole organisation when none is said."""
    try:
        found: Unit = resolve(Unit, ref or actor.organisation_id, organisation=actor.organisation_id)
    except Unresolved as error:
        raise NotFound(str(error)) from error
    return found
