"""Keeping inherited protection needs true: computed by `evaluation.inherited_needs`, stored so that lists can sort by them."""

from collections import defaultdict
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
    """Recompute what the given assets, and all that support them, inherit. Returns how many rows changed.

    Rows that come to the same result are written together: an import of many assets costs a few statements.
    """
    affected = _supporting_closure(set(start))
    if not affected:
        return 0
    stored = _read(affected)
    own: dict[UUID, Needs] = {key: _needs(values) for key, values in stored.items()}
    computed = inherited_needs(own, *_edges(affected))
    same: defaultdict[tuple[int | None, ...], list[UUID]] = defaultdict(list)
    for key, before in stored.items():
        inherited = tuple(value or None for value in computed[key])
        need = max(*own[key], *computed[key]) or None
        if (*inherited, need) != before[3:]:
            same[*inherited, need, int(need != before[-1])].append(key)
    now = timezone.now()
    for (*derived, is_moved), keys in same.items():
        values: dict[str, Any] = dict(zip((*INHERITED, "need"), derived, strict=True))
        if is_moved:
            values["need_changed_at"] = now
        for chunk in _chunks(keys):
            Asset.unscoped_for_system.filter(pk__in=chunk).update(**values)
    return sum(len(keys) for keys in same.values())


def _needs(values: Sequence[int | None]) -> Needs:
    confidentiality, integrity, availability = (value or 0 for value in values[:3])
    return confidentiality, integrity, availability


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


def _read(ids: set[UUID]) -> dict[UUID, tuple[int | None, ...]]:
    """Own needs, inherited needs and overall need of each asset."""
    fields = (*NEED_FIELDS, *INHERITED, "need")
    found: dict[UUID, tuple[int | None, ...]] = {}
    for chunk in _chunks(ids):
        rows: Any = Asset.unscoped_for_system.filter(pk__in=chunk).order_by().values_list("pk", *fields)
        found |= {key: tuple(values) for key, *values in rows}
    return found


def _edges(ids: set[UUID]) -> tuple[list[tuple[UUID, UUID]], dict[UUID, Needs]]:
    """Dependencies among the assets, and what flows in from processes and from assets outside the set."""
    inner: list[tuple[UUID, UUID]] = []
    given: dict[UUID, Needs] = {}
    for chunk in _chunks(ids):
        # Links first, then what they lead from: joined, SQLite may try every asset with every one of a long list.
        pairs = list(Dependency.unscoped_for_system.filter(supporting_id__in=chunk).values_list("dependent_id", "supporting_id"))
        living = _living({dependent for dependent, _supporting in pairs})
        for dependent, supporting in pairs:
            if dependent in living and dependent in ids:
                inner.append((dependent, supporting))
            elif dependent in living:
                given[supporting] = highest(given.get(supporting, NONE), living[dependent])
        uses: Any = ProcessAsset.unscoped_for_system.filter(asset_id__in=chunk)
        for asset, criticality in uses.values_list("asset_id", "process__criticality"):
            given[asset] = highest(given.get(asset, NONE), (0, 0, criticality or 0))
    return inner, given


def _living(ids: set[UUID]) -> dict[UUID, Needs]:
    """Of the assets those not retired, each with what it passes on: the higher of its own and its inherited needs."""
    found: dict[UUID, Needs] = {}
    for chunk in _chunks(ids):
        rows: Any = Asset.unscoped_for_system.filter(pk__in=chunk, state__in=("in_use", "planned")).order_by()
        for key, *values in rows.values_list("pk", *NEED_FIELDS, *INHERITED):
            c, i, a, ic, ii, ia = (value or 0 for value in values)
            found[key] = (max(c, ic), max(i, ii), max(a, ia))
    return found


def _chunks(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    listed = list(ids)
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))
