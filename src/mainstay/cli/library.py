"""Frameworks from the shell: those that come with the product, and OSCAL catalogues."""

from pathlib import Path
from typing import Annotated

import typer

from mainstay.cli.options import As, Json, Org, at_the_shell, organisation_named
from mainstay.cli.output import progress, say, write_json, write_rows
from mainstay.domains.library.bundled import bundled_ids, read_bundled
from mainstay.domains.library.models import Framework, Requirement
from mainstay.domains.library.services import import_bundled, import_oscal
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.errors import NotFound
from mainstay.platform.units.models import Unit

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Frameworks: what there is, and bringing them in."
)


def _unit(actor: Actor, org: str) -> Unit:
    return Unit.unscoped_for_system.get(pk=actor.organisation_id) if actor.organisation_id else organisation_named(org)


@app.command("list")
def list_(as_: As = "", org: Org = "", as_json: Json = False) -> None:
    """List the frameworks that come with the product and those brought in."""
    with at_the_shell(as_, org) as actor:
        present = {item.catalogue_id: item for item in Framework.objects.filter(organisation_id=_unit(actor, org).pk)}
    rows = [(item.catalogue_id, item.name, item.ref) for item in present.values()]
    rows += [(name, read_bundled(name).name, "") for name in bundled_ids() if name not in present]
    if as_json:
        write_json([{"id": name, "name": title, "ref": ref or None} for name, title, ref in rows])
    else:
        write_rows(("id", "name", "brought in as"), rows)


@app.command()
def add(
    identifiers: Annotated[list[str], typer.Argument(metavar="ID...", help="As `mainstay library list` shows them.")],
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Bring in frameworks that come with the product."""
    unknown = [name for name in identifiers if name not in bundled_ids()]
    if unknown:
        raise NotFound(f"There is no framework “{unknown[0]}”; there are {', '.join(bundled_ids())}.")
    with at_the_shell(as_, org) as actor:
        _tell([import_bundled(name, unit=_unit(actor, org)) for name in identifiers], as_json=as_json)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="OSCAL catalogues in JSON.")],
    as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Bring in OSCAL catalogues, each as one framework."""
    with at_the_shell(as_, org) as actor:
        made = []
        with progress("Frameworks") as step:
            for number, file in enumerate(files):
                step(number, len(files), file.name)
                made.append(import_oscal(file.read_bytes(), unit=_unit(actor, org)))
        _tell(made, as_json=as_json)


def _tell(frameworks: list[Framework], *, as_json: bool) -> None:
    counts = {item.pk: Requirement.objects.filter(framework=item).count() for item in frameworks}
    if as_json:
        write_json([
            {"id": item.pk, "ref": item.ref, "name": item.name, "requirements": counts[item.pk]} for item in frameworks
        ])
        return
    for item in frameworks:
        say(f"{item.ref} {item.name}: {counts[item.pk]} requirements")
