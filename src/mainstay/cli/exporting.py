"""`mainstay export`: a register as a file."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mainstay.cli.asking import Columns, Filters, Search, Sort, listing_of
from mainstay.cli.options import As, AsKnown, Json, Org, at_the_shell
from mainstay.cli.output import say, write_json
from mainstay.registers import registry
from mainstay.registers.exports import export as export_rows
from mainstay.registers.exports import exportable

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


@app.command()
def export(
    name: Annotated[str, typer.Argument(metavar="REGISTER", help="As `mainstay registers` lists it.")],
    kind: Annotated[Format | None, typer.Option("--format", help="By the file's ending unless said; CSV without one.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Standard output unless said.")] = None,
    filters: Filters = None, search: Search = "", sort: Sort = "", columns: Columns = "",
    every_column: Annotated[bool, typer.Option("--all-columns", help="Also those that the list does not show.")] = False,
    as_known: AsKnown = "", as_: As = "", org: Org = "", as_json: Json = False,
) -> None:
    """Write the records of a register that filters and search let through, in their order."""
    chosen = kind or (Format.JSON if as_json else _format_of(output))
    if chosen is Format.XLSX and output is None and sys.stdout.isatty():
        raise typer.BadParameter("a workbook is not for a terminal: say where with -o", param_hint="--format")
    with at_the_shell(as_, org, known=as_known):
        register = registry.get(name)
        named = exportable(register) if every_column else [part.strip() for part in columns.split(",") if part.strip()] or None
        listing = listing_of(register, filters=filters, search=search, sort=sort)
        pieces = export_rows(register, listing, chosen.value, columns=named)
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        with output.open("wb") as target:
            size = sum(target.write(piece) for piece in pieces)
    if as_json:
        write_json({"file": output, "bytes": size})
    else:
        say(f"{output}: {size} bytes")


def _format_of(output: Path | None) -> Format:
    ending = output.suffix.lstrip(".").lower() if output else ""
    return Format(ending) if ending in tuple(Format) else Format.CSV
