# ruff: noqa: S608 # names of tables and columns come from models, kinds from a checked pattern; never from a request
"""The index as SQL: a table of documents, kept by triggers on the registers, and a full text index on it.

Because triggers keep it, bulk writes, imports and plain SQL are found like anything else. The index is
derived: it has no migrations and may be rebuilt at any time. SQLite uses FTS5 (folding case and diacritics),
PostgreSQL a generated tsvector column over text folded the same way.
"""

from collections.abc import Iterator
from hashlib import sha256

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from mainstay.platform.search.registry import Searchable, searchable_kinds

DOCUMENTS = "search_document"
INDEX = "search_index"
PREFIX = "search_"
LIKE_PREFIX = "search\\_%"
COLUMNS = "kind, object_id, organisation_id, unit_id, ref, title, body"
CHANGED = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ")[2:])
LONGEST_BODY = 100_000
"""Characters of a body that are indexed; far below the 1 MB that PostgreSQL's tsvector can hold."""

SQLITE_TABLES = {
    DOCUMENTS: (
        f"CREATE TABLE {DOCUMENTS} (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, object_id TEXT NOT NULL, "
        "organisation_id TEXT NOT NULL, unit_id TEXT NOT NULL, ref TEXT NOT NULL, title TEXT NOT NULL, "
        "body TEXT NOT NULL, UNIQUE (object_id, kind))"
    ),
    "search_document_ref": f"CREATE INDEX search_document_ref ON {DOCUMENTS} (ref COLLATE NOCASE)",
    INDEX: (
        f"CREATE VIRTUAL TABLE {INDEX} USING fts5(ref, title, body, content='{DOCUMENTS}', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
    ),
}
_FTS = (
    f"INSERT INTO {INDEX}({{command}}rowid, ref, title, body) "
    "VALUES ({value}{row}.id, {row}.ref, {row}.title, {row}.body);"
)
_FTS_ADD = _FTS.format(command="", value="", row="NEW")
_FTS_TAKE = _FTS.format(command=f"{INDEX}, ", value="'delete', ", row="OLD")
SQLITE_INDEX_TRIGGERS = {
    f"{PREFIX}fts_{event.lower()}": (
        f"CREATE TRIGGER {PREFIX}fts_{event.lower()} AFTER {event} ON {DOCUMENTS} BEGIN {does} END"
    )
    for event, does in (("INSERT", _FTS_ADD), ("DELETE", _FTS_TAKE), ("UPDATE", f"{_FTS_TAKE} {_FTS_ADD}"))
}

# Punctuation parts words, as in FTS5: PostgreSQL's own parser would read R-42 as a word and a negative
# number.
FOLD = """
SELECT lower(translate(normalize(regexp_replace(normalize(source, NFKD), '[\\u0300-\\u036f]', '', 'g'), NFC),
  '!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 32)))
"""
POSTGRESQL_TABLES = (
    f"CREATE FUNCTION {PREFIX}fold(source text) RETURNS text "
    f"LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $search${FOLD}$search$",
    f"CREATE TABLE {DOCUMENTS} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, "
    "object_id uuid NOT NULL, organisation_id uuid NOT NULL, unit_id uuid NOT NULL, ref text NOT NULL, "
    "title text NOT NULL, body text NOT NULL, words tsvector GENERATED ALWAYS AS ("
    f"setweight(to_tsvector('simple'::regconfig, {PREFIX}fold(ref)), 'A') || "
    f"setweight(to_tsvector('simple'::regconfig, {PREFIX}fold(title)), 'B') || "
    f"setweight(to_tsvector('simple'::regconfig, {PREFIX}fold(body)), 'C')) STORED, UNIQUE (object_id, kind))",
    f"CREATE INDEX search_document_ref ON {DOCUMENTS} (lower(ref))",
    f"CREATE INDEX {INDEX} ON {DOCUMENTS} USING gin (words)",
)
POSTGRESQL_DIGEST = sha256("\n".join(POSTGRESQL_TABLES).encode()).hexdigest()


def _values(entry: Searchable, source: str) -> str:
    """The values of one document, in the order of COLUMNS."""

    def text(name: str) -> str:
        return f"coalesce({source}.\"{entry.column(name)}\", '')"

    ref = text(entry.ref) if entry.ref else "''"
    body = " || ' ' || ".join(text(name) for name in entry.body) or "''"
    keys = ", ".join(f'{source}."{entry.column(name)}"' for name in ("id", "organisation_id", entry.unit))
    return f"'{entry.kind}', {keys}, {ref}, {text(entry.title)}, substr({body}, 1, {LONGEST_BODY})"


def _put(entry: Searchable) -> str:
    return (
        f"INSERT INTO {DOCUMENTS} ({COLUMNS}) VALUES ({_values(entry, 'NEW')}) "
        f"ON CONFLICT (object_id, kind) DO UPDATE SET {CHANGED};"
    )


def _take(entry: Searchable) -> str:
    return (
        f"DELETE FROM {DOCUMENTS} WHERE object_id = OLD.\"{entry.column('id')}\" AND kind = '{entry.kind}';"
    )


def _differs(entry: Searchable, operator: str) -> str:
    return " OR ".join(f'OLD."{column}" {operator} NEW."{column}"' for column in entry.text_columns)


def sqlite_triggers(entry: Searchable) -> dict[str, str]:
    """Name -> statement of the three triggers of a table."""
    wanted = {}
    for event, when, does in (
        ("INSERT", "", _put(entry)),
        ("UPDATE", f"WHEN {_differs(entry, 'IS NOT')} ", _put(entry)),
        ("DELETE", "", _take(entry)),
    ):
        name = f"{PREFIX}{entry.kind}_{event.lower()}"
        wanted[name] = f'CREATE TRIGGER "{name}" AFTER {event} ON "{entry.table}" {when}BEGIN {does} END'
    return wanted


def postgresql_function(entry: Searchable) -> str:
    """The body of the one trigger function of a table."""
    return (
        f"BEGIN\nIF TG_OP = 'TRUNCATE' THEN DELETE FROM {DOCUMENTS} WHERE kind = '{entry.kind}';\n"
        f"ELSIF TG_OP = 'DELETE' THEN {_take(entry)}\n"
        f"ELSIF TG_OP = 'UPDATE' THEN IF {_differs(entry, 'IS DISTINCT FROM')} THEN {_put(entry)} END IF;\n"
        f"ELSE {_put(entry)}\nEND IF; RETURN NULL; END"
    )


def _postgresql_triggers(entry: Searchable) -> dict[str, str]:
    wanted = {}
    for suffix, events, each in (("row", "INSERT OR UPDATE OR DELETE", "ROW"), ("all", "TRUNCATE", "STATEMENT")):
        name = f"{PREFIX}{entry.kind}_{suffix}"
        wanted[name] = (
            f'CREATE TRIGGER "{name}" AFTER {events} ON "{entry.table}" FOR EACH {each} '
            f'EXECUTE FUNCTION "{PREFIX}{entry.kind}_write"()'
        )
    return wanted


def _sqlite_wanted() -> dict[str, str]:
    wanted = SQLITE_TABLES | SQLITE_INDEX_TRIGGERS
    for entry in searchable_kinds():
        wanted |= sqlite_triggers(entry)
    return wanted


def _sqlite_present(cursor: CursorWrapper) -> dict[str, str]:
    """Name -> statement of what is there; FTS5's own tables are not ours to compare."""
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE name GLOB %s AND sql IS NOT NULL AND name NOT GLOB %s",
        [f"{PREFIX}*", f"{INDEX}_*"],
    )
    return dict(cursor.fetchall())


def _postgresql_wanted() -> dict[str, str]:
    wanted = {DOCUMENTS: POSTGRESQL_DIGEST}
    for entry in searchable_kinds():
        wanted |= dict.fromkeys(_postgresql_triggers(entry), postgresql_function(entry))
    return wanted


def _postgresql_present(cursor: CursorWrapper) -> dict[str, str]:
    cursor.execute(
        "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE NOT t.tgisinternal AND t.tgname LIKE %s AND t.tgenabled <> 'D' AND n.nspname = current_schema() "
        f"UNION ALL SELECT '{DOCUMENTS}', obj_description(to_regclass('{DOCUMENTS}'), 'pg_class')",
        [LIKE_PREFIX],
    )
    return dict(cursor.fetchall())


def problems(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of parts that are missing, disabled, stale or not as this version writes them. Empty when all is indexed."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            present, wanted = _sqlite_present(cursor), _sqlite_wanted()
            strange = {
                name for name, made in present.items() if name not in wanted and "CREATE TRIGGER" in made
            }
        else:
            present, wanted = _postgresql_present(cursor), _postgresql_wanted()
            strange = set(present) - set(wanted)
    return sorted({name for name, made in wanted.items() if present.get(name) != made} | strange)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers off the registers' tables, so that a migration may reshape them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, made in _sqlite_present(cursor).items():
                if made.startswith("CREATE TRIGGER"):
                    cursor.execute(f'DROP TRIGGER "{name}"')
            return
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE proname LIKE %s AND pronamespace = current_schema()::regnamespace",
            [LIKE_PREFIX + "\\_write"],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP FUNCTION "{name}" CASCADE')


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the index anew as this version wants it, and fill it from the registers' tables."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        remove(connection)
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
            cursor.execute(f"DROP TABLE IF EXISTS {DOCUMENTS}")
            made: Iterator[str] = iter(SQLITE_TABLES.values())
        else:
            cursor.execute(f"DROP TABLE IF EXISTS {DOCUMENTS}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {PREFIX}fold(text)")
            made = iter((*POSTGRESQL_TABLES, f"COMMENT ON TABLE {DOCUMENTS} IS '{POSTGRESQL_DIGEST}'"))
        for statement in made:
            cursor.execute(statement)
        fill(connection)
        for statement in _trigger_statements(connection.vendor):
            cursor.execute(statement)


def rebuild() -> None:
    """Make and fill the index of the default database anew: after damage, or to forget erased words at once."""
    install(connections[DEFAULT_DB_ALIAS])


def fill(connection: BaseDatabaseWrapper) -> None:
    """Write the documents of all records into the empty table, then the index over them."""
    with connection.cursor() as cursor:
        for entry in searchable_kinds():
            cursor.execute(
                f'INSERT INTO {DOCUMENTS} ({COLUMNS}) SELECT {_values(entry, "r")} FROM "{entry.table}" r'
            )
        if connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")


def _trigger_statements(vendor: str) -> Iterator[str]:
    if vendor == "sqlite":
        yield from SQLITE_INDEX_TRIGGERS.values()
        for entry in searchable_kinds():
            yield from sqlite_triggers(entry).values()
        return
    for entry in searchable_kinds():
        body = postgresql_function(entry)
        yield f'CREATE FUNCTION "{PREFIX}{entry.kind}_write"() RETURNS trigger LANGUAGE plpgsql AS $search${body}$search$'
        yield from _postgresql_triggers(entry).values()


def overwrite(connection: BaseDatabaseWrapper) -> None:
    """Leave nothing in the index's own storage of what it no longer holds. Not inside a transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Words of deleted documents stay in old segments until those are merged into one.
            cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('optimize')")
        else:
            cursor.execute(f"VACUUM (FULL) {DOCUMENTS}")
