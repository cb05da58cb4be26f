"""Whether an installation is sound. Each problem is a sentence that names what is wrong and what mends it."""

from collections.abc import Iterator
from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from mainstay.platform.files.store import verify_files
from mainstay.platform.search import index_sql
from mainstay.platform.trail import signer, triggers
from mainstay.platform.units.models import Unit

KEYS = ("session", "root")
SHOWN = 10


def basic_problems() -> list[str]:
    """What must hold before anybody is served: keys, migrations, the triggers of trail and search."""
    found = list(_keys())
    unapplied = list(_migrations())
    if unapplied:
        # Everything else depends on the tables, and would only say the same again.
        return [*found, *unapplied]
    return [*found, *_triggers(), *_organisation()]


def all_problems() -> list[str]:
    """Everything that can be checked, reading the whole database and every stored file."""
    unapplied = list(_migrations())
    if unapplied:
        return basic_problems()
    return [*basic_problems(), *_foreign_keys(), *_database(), *_files()]


def _keys() -> Iterator[str]:
    folder = settings.CONFIGURATION.home / "keys"
    # The trail's key is made when something is sealed first; from then on nothing goes without it.
    for name in (*KEYS, *((signer.KEY,) if (signer.folder() / "state.json").exists() else ())):
        path = folder / f"{name}.key"
        if not path.is_file():
            yield f"The key {path} is missing; put it back from where keys are kept."
        elif path.stat().st_mode & 0o077:
            yield f"The key {path} can be read by others; `chmod 400` it."


def _migrations() -> Iterator[str]:
    # By name, without loading them: that would take longer than all else that `serve` looks at.
    applied = MigrationRecorder(connection).applied_migrations()
    for app in apps.get_app_configs():
        folder = find_spec(f"{app.name}.migrations")
        for module in sorted(item.name for item in iter_modules(folder.submodule_search_locations if folder else ())):
            if (app.label, module) not in applied:
                yield f"The migration {app.label}.{module} is not applied; run `mainstay upgrade`."


def _triggers() -> Iterator[str]:
    for title, names in (("trail", triggers.problems(connection)), ("search", index_sql.problems(connection))):
        for name in names[:SHOWN]:
            yield f"The {title}'s trigger {name} is missing, off or not as this version writes it; run `mainstay upgrade`."
        if len(names) > SHOWN:
            yield f"{len(names) - SHOWN} more of the {title}'s triggers are not as they should be."


def _organisation() -> Iterator[str]:
    if not Unit.unscoped_for_system.filter(parent=None).exists():
        yield "There is no organisation yet; run `mainstay init` or `mainstay demo`."


def _foreign_keys() -> Iterator[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT \"table\", rowid, \"parent\" FROM pragma_foreign_key_check LIMIT 10")
            for table, row, parent in cursor.fetchall():
                yield f"Row {row} of {table} refers to a row of {parent} that does not exist."
            return
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")
        for (name,) in cursor.fetchall():
            yield f"The foreign key {name} is not validated."
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgisinternal AND t.tgenabled = 'D' AND c.relnamespace = current_schema()::regnamespace GROUP BY 1"
        )
        for (table,) in cursor.fetchall():
            yield f"The foreign keys of {table} are switched off."


def _database() -> Iterator[str]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(10)")
            for (line,) in cursor.fetchall():
                if line != "ok":
                    yield f"The database file is damaged: {line}."


def _files() -> Iterator[str]:
    for problem in verify_files():
        named = f" ({', '.join(problem.names)})" if problem.names else ""
        yield f"The stored file {problem.path}{named} is {problem.kind}{': ' + problem.message if problem.message else ''}."
