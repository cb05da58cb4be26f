"""Larger samples for trying out size: further sites with the assets, controls and risks of the sample, varied by a seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

from mainstay.demo.people import first_user
from mainstay.demo.reading import Story, levels, rows
from mainstay.demo.spine import asset_fields, control_fields, risk_fields
from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.controls.models import Control
from mainstay.domains.controls.registers import CONTROLS
from mainstay.domains.risk.registers import RISKS
from mainstay.platform.access.services import actor_for
from mainstay.platform.records.actor import acting
from mainstay.platform.units.services import add_unit
from mainstay.registers import crud
from mainstay.registers.declaration import Register
from mainstay.registers.verbs import move

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
SITES_AT_ONCE = 12
RISKS_PER_ASSET, CONTROLS_PER_ASSET = 5, 10
FIRST = (
    "Alten", "Birken", "Dorn", "Eichen", "Falken", "Grün", "Hasel", "Kirch", "Mühl", "Neu", "Ober", "Rosen", "Stein", "Tannen",
)
LAST = ("bach", "berg", "burg", "dorf", "feld", "hausen", "heim", "tal", "wald", "werth")
KINDS = ("Hospital", "Clinic", "Medical Centre")
HERE = ("St. Afra", "Central", "Waldsee", "Talheim")


@dataclass(frozen=True, kw_only=True)
class Template:
    """A record of the sample as cleaned values, with the keys it names among the site's own records."""

    key: str
    values: Mapping[str, Any]
    assets: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Site:
    """A further site, and the records it has so far by the keys of the sample."""

    place: str
    unit: UUID
    share: frozenset[str]
    """The assets it gets, by the keys of the sample: all of them, but for the last site."""
    dice: Random
    assets: dict[str, UUID] = field(default_factory=dict)
    controls: dict[str, UUID] = field(default_factory=dict)


def grow(story: Story, size: int, *, progress: Callable[[int, int, str], None]) -> None:
    """Add sites until there are `size` assets, with a fifth as many risks and a tenth as many controls."""
    layers, controls, risks = _asset_layers(story), _controls(story), _risks(story)
    keys = [item.key for layer in layers for item in layer]
    sites = _sites(story, keys, missing=size - len(keys))
    done = len(keys)
    # An actor knows the units there were when it was made.
    with acting(actor_for(first_user(), channel="demo"), reason="Sample organisation, larger", request="demo"):
        for start in range(0, len(sites), SITES_AT_ONCE):
            group = sites[start : start + SITES_AT_ONCE]
            for layer in layers:
                pairs = [(site, item) for site in group for item in layer if item.key in site.share]
                for (site, item), asset in zip(pairs, _made(ASSETS, pairs, partial(_asset, story)), strict=True):
                    site.assets[item.key] = asset.pk
            pairs = [
                (site, item) for site in group
                for item in islice(controls[site.dice.randrange(2) :: 2], len(site.share) // CONTROLS_PER_ASSET)
            ]
            for (site, item), control in zip(pairs, _made(CONTROLS, pairs, _control), strict=True):
                site.controls[item.key] = control.pk
            _operate(group)
            pairs = [(site, item) for site in group for item in islice(risks, len(site.share) // RISKS_PER_ASSET)]
            _made(RISKS, pairs, partial(_risk, story))
            done += sum(len(site.share) for site in group)
            progress(done, size, f"assets of {size}")


def _sites(story: Story, keys: Sequence[str], *, missing: int) -> list[Site]:
    """As many sites as it takes. What the last one lacks is what nothing else relies on: keys come from the ground up."""
    found: list[Site] = []
    while missing > 0:
        number = len(found)
        place = FIRST[number % len(FIRST)] + LAST[number // len(FIRST) % len(LAST)]
        kind = KINDS[(number + number // (len(FIRST) * len(LAST))) % len(KINDS)]
        unit = add_unit(story.organisation, name=f"{place} {kind}", kind="site", ref=f"X{number + 1}")
        share = frozenset(keys[:missing])
        found.append(Site(place=place, unit=unit.pk, share=share, dice=Random(number)))  # noqa: S311 # variety, no secret
        missing -= len(share)
    return found


# Templates


def _asset_layers(story: Story) -> list[list[Template]]:
    told = [asset_fields(row, number, story) for number, row in enumerate(rows("assets", today=story.today), start=1)]
    return [
        [
            Template(
                key=row["key"], assets=tuple(row["depends_on"].split()),
                values=_cleaned(story, ASSETS, row, without=("key", "ref", "unit", "depends_on")),
            )
            for row in layer
        ]
        for layer in levels(told, "depends_on")
    ]


def _controls(story: Story) -> list[Template]:
    told = [row for row in rows("controls", today=story.today) if row["state"] != "retired"]
    return [
        Template(
            key=row["key"], assets=tuple(row["assets"].split() if "assets" in row else ()),
            values=_cleaned(story, CONTROLS, control_fields(row), without=("key", "unit", "assets")),
        )
        for row in told
    ]


def _risks(story: Story) -> list[Template]:
    return [
        Template(
            key=row["key"], assets=tuple(row.get("assets", "").split()),
            controls=tuple(part.split("/")[0] for part in row.get("controls", "").split()),
            values=_cleaned(story, RISKS, risk_fields(row), without=("key", "ref", "unit", "assets")),
        )
        for row in rows("risks", today=story.today)
    ]


def _cleaned(story: Story, register: Register, row: Mapping[str, Any], *, without: Sequence[str]) -> dict[str, Any]:
    return crud.clean(register, {name: cell for name, cell in row.items() if name not in without}, resolver=story.keys)


# Records of a site


def _made(
    register: Register, pairs: Sequence[tuple[Site, Template]], values: Callable[[Site, Template], dict[str, Any]]
) -> list[Any]:
    return crud.create_many(register, [values(site, item) for site, item in pairs])


def _asset(story: Story, site: Site, item: Template) -> dict[str, Any]:
    needs = {
        name: max(1, item.values[name] - (site.dice.random() < 0.2))
        for name in ("confidentiality", "integrity", "availability") if item.values.get(name)
    }
    return dict(item.values) | needs | {
        "name": _at(site, item.values["name"]), "unit": site.unit,
        "depends_on": [site.assets[key] for key in item.assets if key in site.assets],
        "review_on": story.today + timedelta(days=site.dice.randrange(-20, 340)),
    }


def _control(site: Site, item: Template) -> dict[str, Any]:
    return dict(item.values) | {
        "name": _at(site, item.values["name"]), "unit": site.unit,
        "assets": [site.assets[key] for key in item.assets if key in site.assets],
    }


def _operate(sites: Sequence[Site]) -> None:
    """Three of four controls are in operation; nothing rests on the new ones yet."""
    for site in sites:
        ids = [key for key in site.controls.values() if site.dice.random() < 0.75]
        for control in Control.unscoped_for_system.select_for_update(of=("self",)).filter(pk__in=ids):
            move(control, "operate")


def _risk(story: Story, site: Site, item: Template) -> dict[str, Any]:
    controls = [site.controls.get(key) or story.keys.find(Control, key) for key in item.controls]
    return dict(item.values) | {
        "name": _at(site, item.values["name"]), "unit": site.unit, "controls": list(dict.fromkeys(controls)),
        "assets": [site.assets.get(key) or story.keys.find(Asset, key) for key in item.assets],
        "review_on": story.today + timedelta(days=site.dice.randrange(-10, 360)),
    }


def _at(site: Site, name: str) -> str:
    """The name as it reads at the site: its own place for the sample's, or added at the end."""
    for here in HERE:
        if here in name:
            return name.replace(here, site.place)
    return f"{name}, {site.place}"
