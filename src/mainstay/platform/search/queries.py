# ruff: noqa: S608 # only fixed texts and placeholders are put together; every value is a parameter
"""Finding records of all kinds by words, among those the actor may see, in one query."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from mainstay.platform.records.actor import Actor
from mainstay.platform.records.moment import current_moment
from mainstay.platform.search.index_sql import DOCUMENTS, INDEX
from mainstay.platform.search.registry import searchable_kinds
from mainstay.platform.search.words import SEARCHED, marks_in, snippet_of, words_of
from mainstay.platform.units.models import UnitPath

MOST_CANDIDATES = 2_000
"""Matches that are ranked. A query that matches more is too short to be ranked well, and must not cost more."""

Marks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One record that was found. Texts are plain; marks are (start, end) positions of matches in them."""

    kind: str
    object_id: UUID
    ref: str
    title: str
    title_marks: Marks
    snippet: str
    snippet_marks: Marks
    rank: float
    """Higher is better; comparable within one answer only."""


def search(text: str, *, actor: Actor, limit: int = 20, kinds: Collection[str] | None = None) -> list[Hit]:
    """The best matches: all words must occur, the last one also as the beginning of a word.

    A record whose reference is what was typed comes first. No character has a meaning of its own.
    """
    words = words_of(text)
    visible, scope = _visible(actor, kinds)
    if not words or not visible:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(_sqlite(visible), _sqlite_parameters(text, words, scope, limit))
        else:
            cursor.execute(_postgresql(visible), _postgresql_parameters(text, words, scope, limit))
        return [_hit(row, words) for row in cursor.fetchall()]


def few_matches(kind: str, text: str, *, most: int) -> RawSQL | None:
    """The ids of the documents of one kind that hold every word at the beginning of a word; None if more than `most`.

    As a subquery, so that they need not travel. Whether the actor may see them is for the caller, who filters its own rows.
    """
    words = words_of(text)
    if not words:
        return None
    if connection.vendor == "sqlite":
        parameters = [" AND ".join(f'"{word}"*' for word in words), kind]
        found = f"FROM {INDEX} JOIN {DOCUMENTS} d ON d.id = {INDEX}.rowid WHERE {INDEX} MATCH %s AND d.kind = %s"
    else:
        parameters = [" & ".join(f"'{word}':*" for word in words), kind]
        found = f"FROM {DOCUMENTS} d WHERE d.words @@ to_tsquery('simple', %s) AND d.kind = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 {found} LIMIT %s) few", [*parameters, most + 1])
        if cursor.fetchone()[0] > most:
            return None
    return RawSQL(f"SELECT d.object_id {found}", parameters)  # noqa: S611 # fixed texts and parameters


def _hit(row: tuple[Any, ...], words: tuple[str, ...]) -> Hit:
    kind, identifier, ref, title, body, rank = row
    snippet, snippet_marks = snippet_of(body, words)
    return Hit(
        kind=kind,
        object_id=identifier if isinstance(identifier, UUID) else UUID(identifier),
        ref=ref,
        title=title,
        title_marks=marks_in(title, words),
        snippet=snippet,
        snippet_marks=snippet_marks,
        rank=rank,
    )


def _visible(actor: Actor, kinds: Collection[str] | None) -> tuple[str, list[Any]]:
    """SQL that is true for documents the actor may see, as `ScopedQuerySet.visible_to` decides; empty for none.

    Kinds that the actor holds at the same places share a condition, so the usual actor costs one.
    """
    wanted = [entry for entry in searchable_kinds() if kinds is None or entry.kind in kinds]
    if actor.is_system:
        places: dict[Any, list[str]] = {None: [entry.kind for entry in wanted]} if wanted else {}
    else:
        places = defaultdict(list)
        for entry in wanted:
            held = actor.holdings_for(entry.permission)
            if held:
                roots = frozenset(
                    holding.organisation for holding in held if holding.unit == holding.organisation
                )
                below = frozenset(holding.unit for holding in held) - roots
                if current_moment() is not None:
                    # Who holds what is decided by the tree of today, which the file of an earlier state has not.
                    below = frozenset().union(*(holding.covers for holding in held if holding.unit in below))
                places[roots, below].append(entry.kind)
    conditions, parameters = [], []
    for place, held_kinds in places.items():
        condition, more = _place_condition(*place) if place else ("", [])
        conditions.append(f"(d.kind IN ({_marks(held_kinds)}){condition})")
        parameters += [*held_kinds, *more]
    return " OR ".join(conditions), parameters


def _place_condition(roots: frozenset[UUID], below: frozenset[UUID]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    if roots:
        parts.append(f"d.organisation_id IN ({_marks(roots)})")
    if below:
        within = f"SELECT descendant_id FROM {UnitPath._meta.db_table} WHERE ancestor_id IN ({_marks(below)})"
        parts.append(f"d.unit_id IN ({_marks(below) if current_moment() is not None else within})")
    return f" AND ({' OR '.join(parts)})", [_key(identifier) for identifier in (*roots, *below)]


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _key(identifier: UUID) -> object:
    return identifier.hex if connection.vendor == "sqlite" else identifier


def _sqlite(visible: str) -> str:
    # FTS5 gives matches by document number; the newest first, so that the cap leaves out the oldest.
    return f"""
    WITH found AS (
      SELECT d.id, -1000.0 AS score FROM {DOCUMENTS} d WHERE d.ref = %s COLLATE NOCASE AND ({visible})
      UNION ALL
      SELECT * FROM (
        SELECT d.id, bm25({INDEX}, 10.0, 5.0, 1.0) AS score FROM {INDEX} JOIN {DOCUMENTS} d ON d.id = {INDEX}.rowid
        WHERE {INDEX} MATCH %s AND ({visible}) ORDER BY {INDEX}.rowid DESC LIMIT {MOST_CANDIDATES}
      )
    ), best AS (SELECT id, min(score) AS score FROM found GROUP BY id ORDER BY 2, id DESC LIMIT %s)
    SELECT d.kind, d.object_id, d.ref, d.title, substr(d.body, 1, {SEARCHED}), -best.score
    FROM best JOIN {DOCUMENTS} d ON d.id = best.id ORDER BY best.score, d.id DESC
    """


def _sqlite_parameters(text: str, words: tuple[str, ...], scope: list[Any], limit: int) -> list[Any]:
    # Words are letters and digits only; quoted, none of them is an operator.
    match = " AND ".join(f'"{word}"' for word in words) + "*"
    return [_reference(text), *scope, match, *scope, limit]


def _postgresql(visible: str) -> str:
    return f"""
    WITH found AS (
      SELECT d.id, 1000.0 AS score FROM {DOCUMENTS} d WHERE lower(d.ref) = lower(%s) AND ({visible})
      UNION ALL
      SELECT m.id, ts_rank('{{0, 0.1, 0.5, 1.0}}', m.words, to_tsquery('simple', %s)) FROM (
        SELECT d.id, d.words FROM {DOCUMENTS} d WHERE d.words @@ to_tsquery('simple', %s) AND ({visible})
        LIMIT {MOST_CANDIDATES}
      ) m
    ), best AS (SELECT id, max(score) AS score FROM found GROUP BY id ORDER BY 2 DESC, id DESC LIMIT %s)
    SELECT d.kind, d.object_id, d.ref, d.title, substr(d.body, 1, {SEARCHED}), best.score
    FROM best JOIN {DOCUMENTS} d ON d.id = best.id ORDER BY best.score DESC, d.id DESC
    """


def _postgresql_parameters(text: str, words: tuple[str, ...], scope: list[Any], limit: int) -> list[Any]:
    match = " & ".join(f"'{word}'" for word in words) + ":*"
    return [_reference(text), *scope, match, match, *scope, limit]


def _reference(text: str) -> str:
    """What was typed, as a reference, without what a database cannot take: NUL and lone surrogates."""
    return text.strip()[:40].replace("\x00", "").encode("utf-8", "ignore").decode()
