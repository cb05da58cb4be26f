"""Panels that need more than one domain or the pictures: why an asset needs its protection."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from mainstay.domains.assets.models import Asset, Need, Process
from mainstay.registers import registry
from mainstay.registers.declaration import ExtraPanel

PROPERTIES = ("confidentiality", "integrity", "availability")


def why_this_need(asset: Asset) -> Mapping[str, Any] | None:
    """Per property: the asset's own need, what it inherits, and from which dependents and processes directly."""
    if asset.need is None:
        return None
    dependents = list(
        Asset.objects.filter(supported_by__supporting=asset, state__in=("in_use", "planned"))
        .only("ref", "name", *PROPERTIES, *(f"inherited_{name}" for name in PROPERTIES)).order_by("ref")
    )
    processes = list(Process.objects.filter(asset_links__asset=asset).only("ref", "name", "criticality").order_by("ref"))
    return {"rows": [_row(asset, name, dependents, processes) for name in PROPERTIES]}


def _row(asset: Asset, name: str, dependents: list[Asset], processes: list[Process]) -> Mapping[str, Any]:
    own, inherited = getattr(asset, name), getattr(asset, f"inherited_{name}")
    sources: list[Asset | Process] = []
    if inherited is not None:
        sources += [item for item in dependents if _need(item, name) == inherited]
        if name == "availability":
            sources += [item for item in processes if item.criticality == inherited]
    field: Any = Asset._meta.get_field(name)
    return {
        "label": field.verbose_name, "own": _word(own), "inherited": _word(inherited), "sources": sources,
        "result": _word(max(own or 0, inherited or 0) or None), "is_inherited": (inherited or 0) > (own or 0),
    }


def _need(asset: Asset, name: str) -> int:
    return max(getattr(asset, name) or 0, getattr(asset, f"inherited_{name}") or 0)


def _word(value: int | None) -> str:
    return str(Need(value).label) if value else ""


def subscribe() -> None:
    """Put the panels on their pages."""
    registry.relate([
        ExtraPanel(title=_("Why this protection need"), on=Asset, template="reporting/why_need.html", context=why_this_need)
    ])
