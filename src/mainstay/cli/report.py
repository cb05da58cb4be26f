"""`mainstay report`: what leaves the house."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mainstay.cli.options import As, AsKnown, Json, Org, at_the_shell
from mainstay.cli.output import say, write_json, write_rows
from mainstay.domains.reporting.reports import FORMATS, REPORTS, file_name, render_report

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Without one, the reports are listed.")] = "",
    kind: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"{', '.join(FORMATS)}; by the file's ending unless said.")
    ] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="A name of its own unless said.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="2027-01-31", help="As of this day.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter: version=SOA-1, classification=public.")
    ] = None,
    as_known: AsKnown = "", as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Write a report to a file, as the web and the API give it out."""
    if not name:
        _list(as_json=as_json)
        return
    chosen = kind or (output.suffix.lstrip(".").lower() if output else "") or "pdf"
    parameters = dict(_pair(text) for text in settings or ())
    with at_the_shell(as_, org, known=as_known):
        rendered = render_report(name, chosen, on=on.date() if on else None, parameters=parameters)
        target = output or Path(file_name(name, chosen, parameters=parameters))
    target.write_bytes(rendered.content)
    if as_json:
        write_json({"file": target, "bytes": len(rendered.content)})
    else:
        say(f"{target}: {len(rendered.content)} bytes")


def _list(*, as_json: bool) -> None:
    described = [
        {
            "name": item.name, "title": str(item.title), "about": str(item.about), "takes_day": item.takes_day,
            "parameters": [*item.parameters, *([item.edition] if item.edition else []), "classification"],
        }
        for item in REPORTS.values()
    ]
    if as_json:
        write_json(described)
    else:
        write_rows(("name", "about"), [(str(item["name"]), str(item["about"])) for item in described])


def _pair(text: str) -> tuple[str, str]:
    name, given, value = text.partition("=")
    if not given:
        raise typer.BadParameter(f"“{text}” is not NAME=VALUE", param_hint="--set")
    return name.strip(), value.strip()
