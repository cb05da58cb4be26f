"""`mainstay check`."""

from typing import Annotated

import typer

from mainstay.cli.health import all_problems, basic_problems
from mainstay.cli.options import Json
from mainstay.cli.output import say, write_json

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def check(
    quick: Annotated[bool, typer.Option("--quick", help="Only what `serve` looks at before it starts.")] = False,
    as_json: Json = False,
) -> None:
    """Check keys, migrations, the trail's and the search's triggers, foreign keys, database and files.

    Exit code 1 when something is found; each problem is one line.
    """
    problems = basic_problems() if quick else all_problems()
    if as_json:
        write_json({"problems": problems})
    elif problems:
        for problem in problems:
            say(problem)
    else:
        say("Sound.")
    if problems:
        raise typer.Exit(1)
