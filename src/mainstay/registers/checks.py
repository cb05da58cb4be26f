"""System checks: `django-admin check` refuses a declaration that does not fit its model, before a page has to.

Each complaint names the register and the word that is wrong. Ids: `registers.E001` unknown name, `registers.E002` a path
that leads nowhere, `registers.E003` something the database cannot order or filter by.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from mainstay.platform.records.models import Link
from mainstay.registers import registry
from mainstay.registers.declaration import Column, LinkField, Register, RelatedPanel
from mainstay.registers.fields import fields_of
from mainstay.registers.lists import OPERATORS, all_columns, sortable

UNKNOWN, NO_WAY, UNFIT = "registers.E001", "registers.E002", "registers.E003"


def check_registers(app_configs: Sequence[AppConfig] | None = None, **_rest: Any) -> list[CheckMessage]:
    """All complaints about the registers and panels that the apps handed over."""
    wanted = None if app_configs is None else {config.label for config in app_configs}
    found: list[CheckMessage] = []
    for register in registry.all_registers():
        if wanted is not None and register.model._meta.app_label not in wanted:
            continue
        found += complaints_about(register)
        for item in registry.related_panels(register.model):
            found += complaints_about_panel(item)
    return found


def complaints_about(register: Register) -> list[CheckMessage]:
    """What does not fit the model in one declaration."""
    broken = list(_links(register))
    if broken:
        # Fields are read through the links: with a broken one every other answer would be an accident.
        return broken
    return [*_names(register), *_columns(register), *_order(register)]


def complaints_about_panel(item: RelatedPanel) -> list[CheckMessage]:
    """What does not fit in a panel that one register puts on the page of another."""
    where = f"the panel “{item.title}” on {item.on.__name__}"
    other = registry.of(item.of)
    if other is None:
        return [_error(where, f"shows {item.of.__name__}, which has no register", UNKNOWN)]
    found = []
    end = _end_of(item.of, item.via)
    if not (isinstance(end, type) and issubclass(item.on, end)):
        found.append(_error(where, f"finds its rows by “{item.via}”, which does not lead from {item.of.__name__} to it", NO_WAY))
    if not _links_hold(other):
        return found
    return [*found, *_unknown(where, "column", item.columns, all_columns(other))]


def _names(register: Register) -> Iterator[CheckMessage]:
    """Names that must be fields: filters, panels, key, derived, defaults; and the texts that search reads."""
    where, fields = _where(register), fields_of(register)
    own = {item.name: item for item in register.model._meta.concrete_fields}
    yield from _unknown(where, "filter", register.filters, fields)
    for name in register.filters:
        if name in fields and not OPERATORS[fields[name].kind]:
            yield _error(where, f"cannot be filtered by “{name}”, which is {fields[name].kind}", UNFIT)
    for panel in register.panels:
        yield from _unknown(where, f"field of the panel “{panel.title}”", panel.fields, fields)
    yield from _unknown(where, "key", (register.key,), fields)
    yield from _unknown(where, "derived field", register.derived, own)
    yield from _unknown(where, "default", register.defaults, fields)
    yield from _unknown(where, "field to search", register.search, own)


def _columns(register: Register) -> Iterator[CheckMessage]:
    """A column is a field, or says by path or `needs` what it reads; every path it names leads somewhere."""
    where, fields = _where(register), fields_of(register)
    for item in register.columns:
        if item.name not in fields and item.path is None and not item.needs:
            yield _error(where, f"the column “{item.name}” is no field and reads nothing", UNKNOWN)
        elif item.name in fields and fields[item.name].kind in ("references", "json") and item.path is None:
            yield _error(where, f"the column “{item.name}” has no value that fits in a cell", UNKNOWN)
        for path in _paths(item):
            if _end_of(register.model, path) is None:
                yield _error(where, f"the column “{item.name}” reads “{path}”, which leads nowhere", NO_WAY)


def _paths(item: Column) -> tuple[str, ...]:
    return item.needs if item.path is None else (item.path, *item.needs)


def _links(register: Register) -> Iterator[CheckMessage]:
    for link in register.links:
        if not _holds(register, link):
            ends = ", ".join(getattr(link.through, "ends", ()))
            yield _error(
                _where(register),
                f"the link “{link.name}” goes through {link.through.__name__} ({ends}), which does not begin here", NO_WAY,
            )


def _links_hold(register: Register) -> bool:
    return all(_holds(register, link) for link in register.links)


def _holds(register: Register, link: LinkField) -> bool:
    """Whether the link's first end is this register's model and its second some other record."""
    if not issubclass(link.through, Link) or len(getattr(link.through, "ends", ())) != 2:
        return False
    first, second = (_end_of(link.through, name) for name in link.through.ends)
    return isinstance(first, type) and issubclass(register.model, first) and isinstance(second, type)


def _order(register: Register) -> Iterator[CheckMessage]:
    """The order is a column whose value the database holds, since pages continue at the last value shown."""
    if register.order.lstrip("-") not in sortable(register):
        yield _error(_where(register), f"cannot be ordered by “{register.order}”", UNFIT)


def _end_of(model: type[models.Model], path: str) -> "type[models.Model] | models.Field[Any, Any] | None":
    """Where a query path ends: the model a relation leads to, else the field; None when a step does not exist."""
    here: Any = model
    for step in path.split("__"):
        if not isinstance(here, type):
            return None
        try:
            field: Any = here._meta.get_field(step)  # type: ignore[attr-defined] # a model: `isinstance` told
        except FieldDoesNotExist:
            return None
        here = field.related_model if field.is_relation else field
    return here  # type: ignore[no-any-return] # built from Django's untyped metadata


def _unknown(where: str, kind: str, names: Iterable[str], known: Iterable[str]) -> Iterator[CheckMessage]:
    for name in names:
        if name not in known:
            yield _error(where, f"the {kind} “{name}” does not exist", UNKNOWN)


def _where(register: Register) -> str:
    return f"the register {register.slug}"


def _error(where: str, text: str, code: str) -> CheckMessage:
    return Error(f"{where[:1].upper()}{where[1:]}: {text}.", id=code)
