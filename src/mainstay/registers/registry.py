"""The registers there are. Apps hand theirs over in `ready`; nothing is found by scanning."""

from collections.abc import Iterable, Iterator

from mainstay.platform.records.errors import NotFound
from mainstay.platform.records.models import Record, Scoped
from mainstay.platform.search.registry import searchable
from mainstay.registers.declaration import ExtraPanel, Register, RelatedPanel

_by_slug: dict[str, Register] = {}
_related: list[RelatedPanel] = []
_extra: list[ExtraPanel] = []


def add(*registers: Register) -> None:
    """Make registers known. A second declaration of the same model is a mistake (ValueError)."""
    for register in registers:
        known = _by_slug.get(register.slug)
        if known is not None and known is not register:
            raise ValueError(f"two registers are called {register.slug}")
        _by_slug[register.slug] = register
        searchable(register.model, kind=register.noun, title="name", body=register.search)


def relate(panels: Iterable[RelatedPanel | ExtraPanel]) -> None:
    """Add panels of an upper app to the pages of a lower one."""
    for item in panels:
        if isinstance(item, RelatedPanel):
            if item not in _related:
                _related.append(item)
        elif item not in _extra:
            _extra.append(item)


def all_registers() -> Iterator[Register]:
    """Every register, in the order of its app."""
    yield from _by_slug.values()


def get(slug: str) -> Register:
    """The register of that name; NotFound otherwise."""
    register = _by_slug.get(slug)
    if register is None:
        raise NotFound(f"There is no register called “{slug}”.")
    return register


def of(model: type[Scoped]) -> Register | None:
    """The register of a model, if it has one."""
    return next((register for register in _by_slug.values() if register.model is model), None)


def related_panels(model: type[Scoped]) -> list[RelatedPanel]:
    return [item for item in _related if item.on is model]


def extra_panels(model: type[Scoped]) -> list[ExtraPanel]:
    """Panels drawn by domains for this kind; one made for `Record` stands on every page."""
    # What a domain made for this kind stands before what every record has.
    return sorted((item for item in _extra if issubclass(model, item.on)), key=lambda item: item.on is Record)
