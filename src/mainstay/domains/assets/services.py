"""Keeping inherited protection needs true: computed by `evaluation.inherited_needs`, stored so that lists can sort by them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from mainstay.domains.assets.evaluation import NONE, Needs, highest, inherited_needs
from mainstay.domains.assets.models import Asset, Dependency, Process, ProcessAsset

NEED_FIELDS = ("confidentiality", "integrity", "availability")
INHERITED = tuple(f"inherited_{name}" for name in NEED_FIELDS)
CHUNK = 5_000


def own_needs(asset: Asset) -> Needs:
    return asset.confidentiality or 0, asset.integrity or 0, asset.availability or 0


def prepare_asset(asset: Asset, changed: frozenset[str]) -> None:
    """Before an asset is stored: its overall need is the highest of its own and its inherited needs."""
    inherited = tuple(getattr(asset, name) or 0 for name in INHERITED)
    need = max(*own_needs(asset), *inherited) or None
    if need != asset.need:
        asset.need = need
        asset.need_changed_at = timezone.now()


def after_assets(assets: Sequence[Asset], changed: frozenset[str]) -> None:
    """After assets are stored: what depends on them, or stopped to, inherits anew."""
    if changed and not changed & {*NEED_FIELDS, "depends_on"}:
        return
    touched = [asset.pk for asset in assets]
    for asset in assets:
        touched += getattr(asset, "unlinked", {}).get("depends_on", [])
    if not changed and not any(any(own_needs(asset)) for asset in assets) and not _are_linked(touched):
        return
    derive_needs(touched)


def _are_linked(ids: Sequence[UUID]) -> bool:
    return any(
        Dependency.unscoped_for_system.filter(**{f"{end}_id__in": ids[start : start + CHUNK]}).exists()
        for end in ("dependent", "supporting") for start in range(0, len(ids), CHUNK)
    )


def after_processes(processes: Sequence[Process], changed: frozenset[str]) -> None:
    """After processes are stored: the assets they use inherit the availability they need."""
    if changed and not changed & {"criticality", "assets"}:
        return
    ids = [process.pk for process in processes]
    touched = list(ProcessAsset.unscoped_for_system.filter(process_id__in=ids).values_list("asset_id", flat=True))
    for process in processes:
        touched += getattr(process, "unlinked", {}).get("assets", [])
    derive_needs(touched)


def derive_needs(start: Iterable[UUID]) -> int:
    """Recompute what the given assets, and all that support them, inherit. Returns how many rows changed."""
    affected = _supporting_closure(set(start))
    if not affected:
        return 0
    assets = _read(affected)
    inner, given = _edges(affected)
    computed = inherited_needs({key: own_needs(asset) for key, asset in assets.items()}, inner, given)
    now = timezone.now()
    changed = []
    for key, asset in assets.items():
        before = tuple(getattr(asset, name) for name in (*INHERITED, "need"))
        for name, value in zip(INHERITED, computed[key], strict=True):
            setattr(asset, name, value or None)
        asset.need = max(*own_needs(asset), *computed[key]) or None
        if asset.need != before[-1]:
            asset.need_changed_at = now
        if tuple(getattr(asset, name) for name in (*INHERITED, "need")) != before:
            changed.append(asset)
    Asset.unscoped_for_system.bulk_update(changed, [*INHERITED, "need", "need_changed_at"], batch_size=400)
    return len(changed)


def _supporting_closure(start: set[UUID]) -> set[UUID]:
    """The assets and everything they rely on, breadth first: one query per level and chunk."""
    seen, frontier = set(start), start
    while frontier:
        found: set[UUID] = set()
        for chunk in _chunks(frontier):
            found |= set(
                Dependency.unscoped_for_system.filter(dependent_id__in=chunk).values_list("supporting_id", flat=True)
            )
        frontier = found - seen
        seen |= frontier
    return seen


def _read(ids: set[UUID]) -> dict[UUID, Asset]:
    fields = ("id", *NEED_FIELDS, *INHERITED, "need", "need_changed_at")
    found: dict[UUID, Asset] = {}
    for chunk in _chunks(ids):
        found |= {asset.pk: asset for asset in Asset.unscoped_for_system.filter(pk__in=chunk).only(*fields)}
    return found


def _edges(ids: set[UUID]) -> tuple[list[tuple[UUID, UUID]], dict[UUID, Needs]]:
    """Dependencies among the assets, and what flows in from processes and from assets outside the set."""
    inner: list[tuple[UUID, UUID]] = []
    given: dict[UUID, Needs] = {}
    paths = [f"dependent__{name}" for name in (*NEED_FIELDS, *INHERITED)]
    for chunk in _chunks(ids):
        rows: Any = Dependency.unscoped_for_system.filter(supporting_id__in=chunk, dependent__state__in=("in_use", "planned"))
        for dependent, supporting, *values in rows.values_list("dependent_id", "supporting_id", *paths):
            if dependent in ids:
                inner.append((dependent, supporting))
            else:
                c, i, a, ic, ii, ia = (value or 0 for value in values)
                given[supporting] = highest(given.get(supporting, NONE), (max(c, ic), max(i, ii), max(a, ia)))
        uses: Any = ProcessAsset.unscoped_for_system.filter(asset_id__in=chunk)
        for asset, criticality in uses.values_list("asset_id", "process__criticality"):
            given[asset] = highest(given.get(asset, NONE), (0, 0, criticality or 0))
    return inner, given


def _chunks(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    listed = list(ids)
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))
