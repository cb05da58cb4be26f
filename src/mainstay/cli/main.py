"""The entry of the command line: what commands there are, loaded only when asked for, and one answer to every refusal."""

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mainstay import __version__

REFUSED, WRONG_USAGE = 1, 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One command: the module that carries it out, and what the overview says of it."""

    module: str
    about: str
    needs_home: bool = True
    """Whether it works on an installation: Django is set up before the module is loaded."""


COMMANDS = {
    "init": Door(module="init", about="Set up a new installation; prints a one-time sign-in link.", needs_home=False),
    "demo": Door(module="demo", about="Set up a realistic sample organisation, a hospital group.", needs_home=False),
    "serve": Door(module="serve", about="Serve pages and API, and run jobs, in one process tree.", needs_home=False),
    "worker": Door(module="worker", about="Run jobs only: further workers beside `serve`."),
    "import": Door(module="importing", about="Bring a CSV or XLSX file into a register."),
    "export": Door(module="exporting", about="Write a register to CSV, XLSX or JSON."),
    "library": Door(module="library", about="Frameworks: what there is, and bringing them in."),
    "report": Door(module="report", about="Write a report, such as the Statement of Applicability."),
    "evaluate": Door(module="evaluate", about="Readiness by clause, with what is missing."),
    "registers": Door(module="overview", about="Each register with its fields, filters and verbs."),
    "user": Door(module="users", about="Logins: add, list, link, deactivate."),
    "grant": Door(module="grants", about="Give a user a role at a unit, or take it back."),
    "token": Door(module="api_tokens", about="API tokens: create, list, revoke."),
    "compare": Door(module="compare", about="What differs between two moments."),
    "trail": Door(module="trail", about="What was changed, when and by whom."),
    "check": Door(module="check", about="Whether the installation is sound; names each problem."),
    "upgrade": Door(module="upgrade", about="Bring the database to this version of the product."),
}

REGISTER = ("REGISTER", "list, show, add, change, delete or a verb: `mainstay risks accept R-42 --until 2027-01-31`.")


class Doors(TyperGroup):
    """The commands above, and one for each register, none of them loaded before it is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, door.about) for name, door in COMMANDS.items()] + [REGISTER])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        door = COMMANDS.get(cmd_name)
        if door is None:
            if not cmd_name.replace("-", "").isalpha():
                return None
            ready()
            return import_module("mainstay.cli.records").command_for(cmd_name)
        if door.needs_home:
            ready()
        return typer.main.get_command(import_module(f"mainstay.cli.{door.module}").app)


app = typer.Typer(
    cls=Doors, rich_markup_mode=None, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="An information security management system that runs itself and proves itself. MAINSTAY_HOME names its data directory.",
    epilog="Exit code: 0 done, 1 refused or found something, 2 wrong usage. `mainstay COMMAND --help` tells more.",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mainstay {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version.")] = False,
) -> None:
    pass


def ready(*, new: bool = False) -> None:
    """Load the product for the home that is configured; unless `new`, there must be an installation."""
    from mainstay.cli.homes import load, require_home  # noqa: PLC0415 # keeps --help and --version quick

    if not new:
        require_home()
    load()


def run() -> None:
    """Carry out the command line of this process and end it with the code that says how it went."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise SystemExit(REFUSED) from None
    except BrokenPipeError:
        # Whoever read the output has had enough; nothing more is to be written, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(REFUSED) from None
    except Exception as error:  # noqa: BLE001 # the edge of the command line: one line, and the code
        from mainstay.cli.refusals import tell  # noqa: PLC0415 # keeps --help and --version quick

        tell(error, as_json="--json" in sys.argv)
        raise SystemExit(REFUSED) from None


if __name__ == "__main__":
    run()
