"""`mainstay demo`: an installation with a sample organisation to look around in."""

from enum import StrEnum
from typing import Annotated

import typer

from mainstay.cli.init import configure

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Size(StrEnum):
    SMALL = "small"
    THOUSAND = "1k"
    TEN_THOUSAND = "10k"
    HUNDRED_THOUSAND = "100k"


@app.command()
def demo(
    size: Annotated[Size, typer.Option(help="Assets, with risks and controls in proportion; small is about 400.")] = Size.SMALL,
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="postgresql://user@host:port/name; without it SQLite in the home.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")] = False,
) -> None:
    """Set up a hospital group with a living ISMS. Refuses a home that already has an organisation.

    Prints a one-time sign-in link that works for an hour.
    """
    configure(database)

    from mainstay.cli.homes import load  # noqa: PLC0415 # settings are read when they are loaded, so after `configure`

    load()
    from mainstay.cli.sample import found_sample  # noqa: PLC0415 # needs the product loaded

    found_sample(size.value, as_json=as_json)
