# ruff: noqa: S608 # names of our own tables and fixed texts are put together; there is no value among them
"""Triggers that write the trail, generated from the models for SQLite and PostgreSQL.

On SQLite the triggers call functions that only a connection of the product has, so a write through any other client
fails; on PostgreSQL such a write is on the trail with the actor "outside".
"""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "trail_change"
PREFIX = "trail_"
COLUMNS = "at, tbl, pk, op, row, before, salt, actor, channel, reason, request"


def captured_models() -> list[type[models.Model]]:
    """Every concrete model of the product, but those that say why not in `trail_exempt`."""
    return [model for model in product_models() if not hasattr(model, "trail_exempt")]


def product_models() -> list[type[models.Model]]:
    """Every model with a table of the product's own."""
    return [
        model for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("mainstay.") and model._meta.managed
    ]


def column_expression(field: "models.Field[object, object]", source: str, vendor: str) -> str:
    """SQL for one column as JSON, in one form on both databases: UUIDs as 32 hex digits, times in UTC and decimals as text."""
    column = f'{source}."{field.column}"'
    kind = storage(field)
    if vendor == "sqlite":
        match kind:
            case "BooleanField":
                return f"json(CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
            case "JSONField":
                return f"json({column})"
            case "BinaryField":
                return f"lower(hex({column}))"
            case "DecimalField":
                places = getattr(field, "decimal_places", 0)
                return f"CASE WHEN {column} IS NOT NULL THEN printf('%.{places}f', {column}) END"
            case "DateTimeField":
                # SQLite keeps whole seconds without a fraction.
                return f"CASE length({column}) WHEN 19 THEN {column} || '.000000' ELSE {column} END"
        return column
    match kind:
        case "UUIDField":
            return f"replace({column}::text, '-', '')"
        case "DateTimeField":
            return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        case "BinaryField":
            return f"encode({column}, 'hex')"
        case "DecimalField":
            return f"{column}::text"
    return column


def storage(field: "models.Field[Any, Any]") -> str:
    """The kind of column, of what it refers to where it is a reference."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field.get_internal_type()


def _row(model: type[models.Model], source: str, vendor: str) -> str:
    builder = "json_object" if vendor == "sqlite" else "jsonb_build_object"
    pairs = ", ".join(
        f"'{field.column}', {column_expression(field, source, vendor)}" for field in model._meta.concrete_fields
    )
    return f"{builder}({pairs})" + ("" if vendor == "sqlite" else "::text")


def rows_queries(vendor: str) -> dict[str, str]:
    """Table -> SQL for key and row of all its rows, in the form of the trail and in the order of keys."""
    return {
        model._meta.db_table: _rows_query(
            model._meta.db_table, column_expression(model._meta.pk, "live", vendor), _row(model, "live", vendor), vendor
        )
        for model in captured_models()
    }


def installed_rows_queries(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The same as the installed triggers tell it: before a migration, when the models are ahead of the tables."""
    present = (_sqlite_present if connection.vendor == "sqlite" else _postgresql_present)(connection)
    found = {}
    for text in present.values():
        told = INSTALLED[connection.vendor].search(text)
        if told is not None:
            table = told["table"] if connection.vendor == "sqlite" else _table_of(connection, text, present)
            key, row = (told[part].replace('NEW."', 'live."') for part in ("key", "row"))
            found[table] = _rows_query(table, key, row, connection.vendor)
    return found


INSTALLED = {
    "sqlite": re.compile(
        r"'now'\), '(?P<table>\w+)', CAST\((?P<key>.+?) AS TEXT\), 'I', (?P<row>.+), NULL, randomblob", re.DOTALL
    ),
    "postgresql": re.compile(r"TG_TABLE_NAME, \((?P<key>.+?)\)::text, 'I', (?P<row>.+?), NULL, uuid_send", re.DOTALL),
}


def _table_of(connection: BaseDatabaseWrapper, text: str, present: dict[str, str]) -> str:
    name = next(name for name, body in present.items() if body == text)
    with connection.cursor() as cursor:
        cursor.execute("SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = %s", [name])
        return str(cursor.fetchone()[0])


def _rows_query(table: str, key: str, row: str, vendor: str) -> str:
    text, order = (f"CAST({key} AS TEXT)", "key") if vendor == "sqlite" else (f"({key})::text", 'key COLLATE "C"')
    return f'SELECT key, told FROM (SELECT {text} AS key, {row} AS told FROM "{table}" live) r ORDER BY {order}'


def trigger_name(model: type[models.Model], operation: str) -> str:
    return f"{PREFIX}{model._meta.db_table}_{operation}"[:63]


def sqlite_triggers(model: type[models.Model]) -> dict[str, str]:
    """Name -> statement of the three triggers of a table."""
    table, key = model._meta.db_table, model._meta.pk
    wanted = {}
    for operation, event, source in (("I", "INSERT", "NEW"), ("U", "UPDATE", "NEW"), ("D", "DELETE", "OLD")):
        after = "NULL" if operation == "D" else _row(model, "NEW", "sqlite")
        before = "NULL" if operation == "I" else _row(model, "OLD", "sqlite")
        name = trigger_name(model, operation)
        wanted[name] = (
            f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" BEGIN '
            f"INSERT INTO {TABLE} ({COLUMNS}) VALUES (strftime('%Y-%m-%d %H:%M:%f', 'now'), '{table}', "
            f"CAST({column_expression(key, source, 'sqlite')} AS TEXT), '{operation}', {after}, {before}, "
            "randomblob(16), mainstay_actor(), mainstay_channel(), mainstay_reason(), mainstay_request()); END"
        )
    return wanted


def postgresql_function(model: type[models.Model]) -> str:
    """The body of the one trigger function of a table."""
    key = model._meta.pk
    setting = "coalesce(nullif(current_setting('mainstay.{}', true), ''), '{}')"
    told = ", ".join(
        setting.format(name, fallback)
        for name, fallback in (("actor", "outside"), ("channel", "outside"), ("reason", ""), ("request", ""))
    )
    head = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES (clock_timestamp(), TG_TABLE_NAME,"
    salt = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"
    new_key, old_key = (f"({column_expression(key, source, 'postgresql')})::text" for source in ("NEW", "OLD"))
    new_row, old_row = (_row(model, source, "postgresql") for source in ("NEW", "OLD"))
    return (
        "BEGIN\n"
        f"IF TG_OP = 'INSERT' THEN {head} {new_key}, 'I', {new_row}, NULL, {salt}, {told});\n"
        f"ELSIF TG_OP = 'UPDATE' THEN {head} {new_key}, 'U', {new_row}, {old_row}, {salt}, {told});\n"
        f"ELSE {head} {old_key}, 'D', NULL, {old_row}, {salt}, {told});\n"
        "END IF; RETURN NULL; END"
    )


GUARDED = (TABLE, "trail_leaf", "trail_tile", "trail_checkpoint", "trail_key")
"""Insert only. Content may be erased from the first, by `erasure` alone; that anything else is not is what the seal proves."""
REFUSAL = "the trail is append-only"


def _sqlite_guards() -> dict[str, str]:
    wanted = {}
    for table in GUARDED:
        for event in ("UPDATE", "DELETE"):
            name = f"{PREFIX}guard_{event.lower()}" if table == TABLE else f"{PREFIX}guard_{table[len(PREFIX):]}_{event.lower()}"
            unless = "WHEN NOT mainstay_erasing() " if (table, event) == (TABLE, "UPDATE") else ""
            wanted[name] = (
                f'CREATE TRIGGER "{name}" BEFORE {event} ON {table} {unless}BEGIN SELECT RAISE(ABORT, \'{REFUSAL}\'); END'
            )
    return wanted


def _postgresql_guard(table: str) -> str:
    unless = "IF TG_OP = 'UPDATE' AND current_setting('mainstay.erasing', true) = 'on' THEN RETURN NULL; END IF;\n"
    return f"BEGIN\n{unless if table == TABLE else ''}RAISE EXCEPTION '{REFUSAL}'; END"


def _sqlite_wanted() -> dict[str, str]:
    wanted = _sqlite_guards()
    for model in captured_models():
        wanted |= sqlite_triggers(model)
    return wanted


def _sqlite_present(connection: BaseDatabaseWrapper) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{PREFIX}%"])
        return dict(cursor.fetchall())


def _postgresql_present(connection: BaseDatabaseWrapper) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE NOT t.tgisinternal AND t.tgname LIKE %s AND t.tgenabled <> 'D' AND n.nspname = current_schema()",
            [f"{PREFIX}%"],
        )
        return dict(cursor.fetchall())


def _postgresql_wanted() -> dict[str, tuple[str, str, str]]:
    """Trigger name -> (table, function body, timing)."""
    wanted = {
        f"{PREFIX}guard" + ("" if table == TABLE else f"_{table[len(PREFIX):]}"): (
            table, _postgresql_guard(table), "BEFORE UPDATE OR DELETE OR TRUNCATE"
        )
        for table in GUARDED
    }
    for model in captured_models():
        table = model._meta.db_table
        wanted[f"{PREFIX}{table}"[:63]] = (table, postgresql_function(model), "AFTER INSERT OR UPDATE OR DELETE")
    return wanted


def problems(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that are missing, disabled or not as this version writes them. Empty when all is captured."""
    if connection.vendor == "sqlite":
        present = _sqlite_present(connection)
        return sorted(name for name, statement in _sqlite_wanted().items() if present.get(name) != statement)
    present = _postgresql_present(connection)
    return sorted(name for name, (_, body, _timing) in _postgresql_wanted().items() if present.get(name) != body)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers off, so that a migration may reshape tables they name."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _sqlite_present(connection):
                cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute(
                "SELECT proname FROM pg_proc WHERE proname LIKE %s AND pronamespace = current_schema()::regnamespace",
                [f"{PREFIX}%_write"],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP FUNCTION "{name}" CASCADE')


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers of all captured tables as this version wants them."""
    remove(connection)
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor):
            cursor.execute(statement)


def _statements(vendor: str) -> Iterator[str]:
    if vendor == "sqlite":
        yield from _sqlite_wanted().values()
        return
    for name, (table, body, timing) in _postgresql_wanted().items():
        function = f'"{name[:57]}_write"'
        yield f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $trail${body}$trail$"
        each = "STATEMENT" if table in GUARDED else "ROW"
        yield f'CREATE TRIGGER "{name}" {timing} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {function}()'
