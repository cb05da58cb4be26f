"""Which records can be found by search, and by which of their fields."""

import re
from dataclasses import dataclass
from typing import cast

from django.db import models

from mainstay.platform.records.models import Scoped


@dataclass(frozen=True, kw_only=True, slots=True)
class Searchable:
    """A kind of document in the index: the columns of a table that become its reference, title and body."""

    kind: str
    model: type[Scoped]
    title: str
    body: tuple[str, ...]
    ref: str
    unit: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def permission(self) -> str:
        return f"{self.model.permission_noun()}.view"

    def column(self, name: str) -> str:
        """The column of a field, given as `name` or, for a foreign key, as `name_id`."""
        field = cast("models.Field[object, object]", self.model._meta.get_field(name))
        return cast(str, field.column)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """All columns a document is made of, so that a change of any other leaves the index alone."""
        names = (self.ref, self.title, *self.body, self.unit, "organisation_id")
        return tuple(dict.fromkeys(self.column(name) for name in names if name))


_kinds: dict[str, Searchable] = {}


def searchable(
    model: type[Scoped],
    *,
    kind: str,
    title: str = "name",
    body: tuple[str, ...] = (),
    ref: str = "ref",
    unit: str = "unit_id",
) -> None:
    """Let records of `model` be found as `kind`.

    Fields are columns of the model's own table; `ref` may be empty. `unit` names the column that decides who
    finds the record (`id` for units themselves). Call it when the app is ready: the index is checked after
    migrating.
    """
    if not re.fullmatch(r"[a-z][a-z_]{0,40}", kind):
        raise ValueError(f"{kind} is not a kind of document: small letters and underscores")
    entry = Searchable(kind=kind, model=model, title=title, body=body, ref=ref, unit=unit)
    if _kinds.get(kind, entry) != entry:
        raise ValueError(f"the kind {kind} is searchable twice")
    entry.text_columns  # noqa: B018 # a field that does not exist is refused here rather than in SQL
    _kinds[kind] = entry


def searchable_kinds() -> tuple[Searchable, ...]:
    return tuple(_kinds[kind] for kind in sorted(_kinds))
