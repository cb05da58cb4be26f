# ruff: noqa: S608 # names of our own tables and fixed texts are put together; there is no value among them
"""Triggers that write the trail, generated from the models for SQLite and PostgreSQL.

On SQLite the triggers call functions that only a connection of the product has, so a write through any other client
fails; on PostgreSQL such a write is on the trail with the actor "outside".
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "trail_change"
PREFIX = "trail_"
COLUMNS = "at, tbl, pk, op, row, before, salt, actor, channel, reason, request"


def captured_models() -> list[type[models.Model]]:
    """Every concrete model of the product, but those that say why not in `trail_exempt`."""
    return [
        model for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("mainstay.") and model._meta.managed and not hasattr(model, "trail_exempt")
    ]


def column_expression(field: "models.Field[object, object]", source: str, vendor: str) -> str:
    """SQL for one column as JSON, in one form on both databases: UUIDs as 32 hex digits, times in UTC and decimals as text."""
    column = f'{source}."{field.column}"'
    kind = _storage(field)
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


def _storage(field: "models.Field[object, object]") -> str:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field.get_internal_type()


def _row(model: type[models.Model], source: str, vendor: str) -> str:
    builder = "json_object" if vendor == "sqlite" else "jsonb_build_object"
    pairs = ", ".join(
        f"'{field.column}', {column_expression(field, source, vendor)}" for field in model._meta.concrete_fields
    )
    return f"{builder}({pairs})" + ("" if vendor == "sqlite" else "::text")


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


SEALED_SQLITE = {
    f"{PREFIX}guard_{event.lower()}": (
        f'CREATE TRIGGER "{PREFIX}guard_{event.lower()}" BEFORE {event} ON {TABLE} '
        "BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END"
    )
    for event in ("UPDATE", "DELETE")
}
GUARD_FUNCTION = "BEGIN RAISE EXCEPTION 'the trail is append-only'; END"


def _sqlite_wanted() -> dict[str, str]:
    wanted = dict(SEALED_SQLITE)
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
    wanted = {f"{PREFIX}guard": (TABLE, GUARD_FUNCTION, "BEFORE UPDATE OR DELETE OR TRUNCATE")}
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
        each = "STATEMENT" if table == TABLE else "ROW"
        yield f'CREATE TRIGGER "{name}" {timing} ON "{table}" FOR EACH {each} EXECUTE FUNCTION {function}()'
