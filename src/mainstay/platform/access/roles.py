"""The shipped roles, read from `roles.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mainstay.platform.access.models import Role
from mainstay.platform.access.patterns import all_covered, checked
from mainstay.platform.records.actor import current_actor
from mainstay.platform.records.errors import NotAllowed

ADMINISTRATOR = "administrator"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShippedRole:
    """A role as the product defines it, with the permissions of the roles it includes."""

    slug: str
    name: str
    description: str
    patterns: tuple[str, ...]


@cache
def shipped_roles() -> tuple[ShippedRole, ...]:
    """All roles of `roles.toml`, in its order."""
    told = tomllib.loads(files(__package__).joinpath("roles.toml").read_text("utf-8"))
    return tuple(
        ShippedRole(
            slug=slug, name=role["name"], description=role["description"],
            patterns=tuple(_without_repetition(checked(_patterns(slug, told), field=slug))),
        )
        for slug, role in told.items()
    )


def _patterns(slug: str, told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    role = told[slug]
    included = [pattern for other in role.get("includes", ()) for pattern in _patterns(other, told)]
    return [*role["permissions"], *included]


def _without_repetition(patterns: list[str]) -> list[str]:
    """Only patterns that no other one covers already."""
    return [one for one in patterns if not all_covered((other for other in patterns if other != one), (one,))]


@transaction.atomic
def ensure_roles() -> list[Role]:
    """Bring the shipped roles into the database as this version defines them; others stay untouched."""
    if not current_actor().is_system:
        raise NotAllowed(_("Only the installation itself writes the shipped roles."))
    present = {role.slug: role for role in Role.objects.all()}
    roles = []
    for shipped in shipped_roles():
        wanted = {
            "name": shipped.name, "description": shipped.description, "patterns": list(shipped.patterns)
        }
        role = present.get(shipped.slug) or Role(slug=shipped.slug)
        # Written only when it differs: an upgrade that changes nothing leaves nothing on the trail.
        if role._state.adding or any(getattr(role, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(role, name, value)
            role.save()
        roles.append(role)
    return roles
