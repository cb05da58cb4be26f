"""`mainstay upgrade`: the database to this version, with a copy of it kept from before."""

import shutil
from pathlib import Path

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from mainstay import __version__
from mainstay.cli.founding import mark_complete
from mainstay.cli.health import basic_problems
from mainstay.cli.options import Json, operator
from mainstay.cli.output import say, write_json
from mainstay.platform.access.roles import ensure_roles
from mainstay.platform.records.actor import acting
from mainstay.platform.records.statistics import refresh_statistics
from mainstay.platform.trail.sealing import seal_noting_trouble

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Apply the migrations of this version, renew triggers and roles, and seal what that changed.

    An SQLite database is copied to `backups/` of the home first; back PostgreSQL up with its own tools.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    copy = _copy_before() if plan and executor.loader.applied_migrations else None
    call_command("migrate", verbosity=0, interactive=False)
    if plan:
        refresh_statistics()
    with acting(operator()):
        ensure_roles()
    problems = basic_problems()
    if not problems:
        seal_noting_trouble()
        mark_complete()
        _clear_static()
    if as_json:
        write_json({"version": __version__, "applied": [str(item) for item, _ in plan], "copy": copy, "problems": problems})
    else:
        say(f"{len(plan)} migrations applied; the home is at version {__version__}.")
        if copy:
            say(f"The database as it was: {copy}")
        for problem in problems:
            say(problem)
    if problems:
        raise typer.Exit(1)


def _clear_static() -> None:
    """The first release copied static files into the home."""
    shutil.rmtree(settings.CONFIGURATION.home / "static", ignore_errors=True)
    (settings.CONFIGURATION.home / "static.stamp").unlink(missing_ok=True)


def _copy_before() -> Path | None:
    if connection.vendor != "sqlite":
        return None
    folder: Path = settings.CONFIGURATION.home / "backups"
    folder.mkdir(exist_ok=True, mode=0o700)
    target = folder / f"before-{__version__}-{timezone.now():%Y%m%dT%H%M%SZ}.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])
    target.chmod(0o600)
    return target
