"""Ready-made risk criteria: which there are, and taking one as a draft."""

from typing import Annotated

import typer

from mainstay.cli.options import As, Json, Org, at_the_shell, organisation_named
from mainstay.cli.output import say, write_json, write_rows
from mainstay.domains.risk.criteria import adopt_criteria
from mainstay.domains.risk.templates_data import read_criteria
from mainstay.platform.units.models import Unit


def add_commands(app: typer.Typer) -> None:
    app.command("methods")(methods)
    app.command("adopt")(adopt)


def methods(as_json: Json = False) -> None:
    """List the methods that come with the product."""
    if as_json:
        write_json([{"id": item.id, "name": item.name, "source": item.source} for item in read_criteria()])
    else:
        write_rows(("id", "name", "source"), [(item.id, item.name, item.source) for item in read_criteria()])


def adopt(
    method: Annotated[str, typer.Argument(metavar="ID", help="As `mainstay risk-criteria methods` lists it.")],
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Take a ready-made method as a draft, to be approved before risks are assessed (6.1.2 a)."""
    with at_the_shell(as_, org) as actor:
        unit = Unit.unscoped_for_system.get(pk=actor.organisation_id) if actor.organisation_id else organisation_named(org)
        draft = adopt_criteria(method, unit=unit)
    if as_json:
        write_json({"id": draft.pk, "ref": draft.ref, "name": draft.name, "state": draft.state})
    else:
        say(f"Draft {draft.label}. Put it in force with `mainstay risk-criteria approve {draft.ref} --as EMAIL`.")
