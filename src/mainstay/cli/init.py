"""`mainstay init`: from an empty folder to an installation with one person who may sign in."""

import json
import os
import sys
from typing import Annotated

import typer

from mainstay.configuration import ConfigurationError, read_configuration

app = typer.Typer(rich_markup_mode=None, add_completion=False)

ORGANISATION, NAME, EMAIL = "Our organisation", "Administrator", "admin@localhost"


@app.command()
def init(
    org: Annotated[str, typer.Option("--org", metavar="NAME", help="The organisation.")] = "",
    admin: Annotated[str, typer.Option("--admin", metavar="EMAIL", help="E-mail address of the first administrator.")] = "",
    name: Annotated[str, typer.Option("--name", metavar="PERSON", help="Their name.")] = "",
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="postgresql://user@host:port/name; without it SQLite in the home.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")] = False,
) -> None:
    """Make the data directory with keys and database, the organisation and its first administrator.

    Prints a one-time sign-in link that works for an hour. Refuses a home that already has an organisation.
    """
    if sys.stdin.isatty() and not as_json:
        org = org or typer.prompt("Organisation", default=ORGANISATION)
        name = name or typer.prompt("Your name", default=NAME)
        admin = admin or typer.prompt("Your e-mail address", default=EMAIL)
    configure(database)

    from mainstay.cli.homes import load  # noqa: PLC0415 # settings are read when they are loaded, so after `configure`

    load()
    from mainstay.cli.founding import found  # noqa: PLC0415 # needs the product loaded

    found(organisation=org or ORGANISATION, name=name or NAME, email=admin or EMAIL, as_json=as_json)


def configure(database: str) -> None:
    """Make the home, and keep the address of its database there, readable by its owner alone."""
    configuration = read_configuration()
    configuration.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not database or database == configuration.database:
        return
    file = configuration.home / "mainstay.toml"
    if configuration.database:
        raise ConfigurationError(f"{file} or MAINSTAY_DATABASE already names another database.")
    earlier = file.read_text("utf-8") if file.is_file() else ""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        # A JSON text is a TOML text.
        target.write(f"database = {json.dumps(database)}\n{earlier}")
    try:
        read_configuration()
    except ConfigurationError:
        file.write_text(earlier, "utf-8")
        raise
