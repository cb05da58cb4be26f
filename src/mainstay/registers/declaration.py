"""What a register is: one frozen declaration per kind of record, data only, read by every door."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.db import models

from mainstay.platform.records.models import Link, Record, Scoped

Group = Literal["plan", "do", "check", "act", "library", "administration"]
Shown = Callable[[Any, Mapping[str, Any]], str]
"""Given a column's value and the row, the text or safe HTML to show."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a list. `path` reads across relations (`owner__name`); `needs` are further paths `show` reads."""

    name: str
    label: object | None = None
    path: str | None = None
    show: Shown | None = None
    needs: tuple[str, ...] = ()
    shown_first: bool = True
    """Whether it is shown until a person chooses columns."""


def column(name: str, **rest: Any) -> Column:
    """A column by name, the usual case in one word."""
    return Column(name=name, **rest)


@dataclass(frozen=True, kw_only=True)
class LinkField:
    """A field whose values are links of their own: `assets` of a risk, kept as RiskAsset rows."""

    name: str
    through: type[Link]
    label: object
    help: object = ""
    required: bool = False

    @property
    def target(self) -> type[Scoped]:
        model: Any = self.through._meta.get_field(self.through.ends[1])
        return model.remote_field.model  # type: ignore[no-any-return]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """A filter by records further away than a field or link leads: the risks behind a requirement."""

    name: str
    label: object
    target: type[Scoped]
    condition: Callable[[Sequence[UUID]], models.Q]
    """Given ids of targets, what is true of the records that reach any of them."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A titled group of fields on the detail page and in the form."""

    title: object
    fields: tuple[str, ...]
    help: object = ""


def panel(title: object, *fields: str, help: object = "") -> Panel:  # the word people know from models
    return Panel(title=title, fields=fields, help=help)


@dataclass(frozen=True, kw_only=True)
class RelatedPanel:
    """Records of another register on a detail page: `of` rows whose query path `via` leads to the record shown."""

    title: object
    on: type[Scoped]
    of: type[Scoped]
    via: str
    columns: tuple[str, ...] = ()
    help: object = ""


@dataclass(frozen=True, kw_only=True)
class ExtraPanel:
    """A panel that a domain draws itself: `context(record)` fills `template`; None leaves the panel out."""

    title: object
    on: type[Scoped]
    template: str
    context: Callable[[Any], Mapping[str, Any] | None]
    aside: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Register:
    """One list of records of one kind, and everything the doors need to know about it."""

    model: type[Record]
    group: Group
    icon: str
    columns: tuple[Column, ...]
    panels: tuple[Panel, ...]
    filters: tuple[str, ...] = ()
    links: tuple[LinkField, ...] = ()
    reaches: tuple[Reach, ...] = ()
    search: tuple[str, ...] = ("description",)
    """Long texts found by full-text search, besides reference and name."""
    order: str = "ref"
    key: str = "ref"
    """How an import recognises a row that exists."""
    about: object = ""
    """One sentence for the empty list: what this register is for."""
    derived: tuple[str, ...] = ()
    """Columns of the model that one function computes and no door writes."""
    prepare: Callable[[Any, frozenset[str]], None] | None = None
    """Called before a record is stored, with the names that change: fills derived columns, refuses what breaks a rule."""
    after: Callable[[Sequence[Any], frozenset[str]], None] | None = None
    """Called once after records are stored: derives what depends on several of them."""
    defaults: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    in_navigation: bool = True
    may_add: bool = True
    """False where records come about only through a verb or service of the domain."""
    add_page: str = ""
    """Path of a page of the domain that makes them then, offered to those who may add."""
    home: str = ""
    """Path of a page that stands in for the list in the navigation (the SoA), empty for the list itself."""

    @property
    def noun(self) -> str:
        return self.model.permission_noun()

    @property
    def slug(self) -> str:
        """Its name in addresses, API and command line: the plural, with hyphens."""
        return slug_of(self.model)

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def label_plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def has_states(self) -> bool:
        return self.model.life_cycle is not None

    def permission(self, verb: str) -> str:
        return f"{self.noun}.{verb}"


def slug_of(model: type[models.Model]) -> str:
    """`RiskCriteria` -> `risk-criteria`, `Risk` -> `risks`: regular English plurals of the class name."""
    explicit = getattr(model, "plural_slug", "")
    if explicit:
        return str(explicit)
    words = model.permission_noun().replace("_", "-")  # type: ignore[attr-defined] # every registered model is Scoped
    if words.endswith("y") and words[-2] not in "aeiou":
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith(("s", "x", "ch", "sh")) else f"{words}s"
