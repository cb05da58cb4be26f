"""The frameworks that come with the product, read from the data files beside this module."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import msgspec

from mainstay.domains.library.oscal import Catalogue, CatalogueError, RequirementEntry

_DATA = files("mainstay.domains.library") / "data"


class _Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ref: str
    title: str
    kind: Literal["group", "assessable"]
    text: str
    parent: str | None = None
    guidance: str = ""
    attributes: dict[str, tuple[str, ...]] = {}


class _Framework(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    version: str
    publisher: str
    licence_note: str
    locale: str
    requirements: tuple[_Requirement, ...]


def bundled_ids() -> tuple[str, ...]:
    """Ids of the frameworks that come with the product, in alphabetical order."""
    names = (entry.name for entry in _DATA.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def read_bundled(framework_id: str) -> Catalogue:
    """Read one of the frameworks that `bundled_ids` names; `CatalogueError` for any other id."""
    if framework_id not in bundled_ids():
        raise CatalogueError(f"There is no framework {framework_id!r}; known are {', '.join(bundled_ids())}")
    source = (_DATA / f"{framework_id}.toml").read_bytes()
    try:
        framework = msgspec.toml.decode(source, type=_Framework)
    except msgspec.DecodeError as error:
        raise CatalogueError(f"{framework_id}.toml: {error}") from error
    return Catalogue(
        id=framework.id,
        name=framework.name,
        version=framework.version,
        publisher=framework.publisher,
        licence_note=framework.licence_note,
        locale=framework.locale,
        entries=tuple(
            RequirementEntry(
                ref=requirement.ref,
                parent=requirement.parent,
                title=requirement.title,
                text=requirement.text,
                guidance=requirement.guidance,
                kind=requirement.kind,
                attributes=requirement.attributes,
                order=order,
            )
            for order, requirement in enumerate(framework.requirements)
        ),
    )
