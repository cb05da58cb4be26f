"""The map of processes and what they rest on: from a process to its assets, and on to what those rely on."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from mainstay.domains.assets.models import Asset, Dependency, Process, ProcessAsset
from mainstay.domains.assurance.queries import seen
from mainstay.domains.reporting.render.document import Svg
from mainstay.domains.reporting.render.figures import Node, layered_graph

MOST_NODES = 60
CRITICAL = Process.Criticality.HIGH
MOST_PROCESSES = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """One process or asset of the map."""

    id: UUID
    ref: str
    name: str
    kind: str
    href: str
    is_vital: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DependencyMap:
    """Boxes and arrows, from what is done to what it rests on; `is_cut` where there was more than fits."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Box, Box], ...]
    is_cut: bool


def offered_processes() -> list[Process]:
    """The processes one can choose, the most critical first."""
    return sorted(seen(Process).order_by("ref")[:500], key=lambda item: -(item.criticality or 0))


def shown_processes(offered: Sequence[Process], ref: str) -> list[Process]:
    """The chosen process, or the critical ones, or the first ones where none is called critical."""
    chosen = [item for item in offered if item.ref == ref]
    critical = [item for item in offered if (item.criticality or 0) >= CRITICAL]
    return chosen or critical[:MOST_PROCESSES] or list(offered[:MOST_PROCESSES])


def map_of(processes: Sequence[Process]) -> DependencyMap:
    """All that the processes rest on, breadth first: one query per layer."""
    boxes = {
        item.pk: Box(
            id=item.pk, ref=item.ref, name=item.name, kind=_("process"), href=f"/processes/{item.ref}",
            is_vital=(item.criticality or 0) >= CRITICAL,
        )
        for item in processes
    }
    edges: list[tuple[UUID, UUID]] = list(
        ProcessAsset.unscoped_for_system.filter(process__in=list(boxes)).order_by("pk").values_list("process_id", "asset_id")
    )
    frontier, is_cut = {asset for _process, asset in edges}, False
    while frontier:
        room = MOST_NODES - len(boxes)
        fresh = list(seen(Asset).exclude(state="retired").filter(pk__in=frontier).order_by("ref")[: room + 1])
        is_cut = is_cut or len(fresh) > room
        for asset in fresh[:room]:
            boxes[asset.pk] = Box(
                id=asset.pk, ref=asset.ref, name=asset.name, kind=str(asset.get_kind_display()), href=f"/assets/{asset.ref}",
                is_vital=(asset.need or 0) >= 3,
            )
        added = [asset.pk for asset in fresh[:room]]
        found = list(
            Dependency.unscoped_for_system.filter(dependent__in=added).order_by("pk").values_list(
                "dependent_id", "supporting_id",
            )
        )
        edges += found
        frontier = {supporting for _dependent, supporting in found} - set(boxes)
        if is_cut:
            break
    arrows = tuple((boxes[start], boxes[end]) for start, end in dict.fromkeys(edges) if start in boxes and end in boxes)
    return DependencyMap(boxes=tuple(boxes.values()), arrows=arrows, is_cut=is_cut)


def drawing(shown: DependencyMap, *, title: str) -> Svg:
    """The map as a picture whose boxes lead to their records."""
    nodes = [
        Node(
            id=str(box.id), label=box.name, kind=f"{box.ref} {box.kind}", href=box.href, emphasis=box.is_vital,
        ) for box in shown.boxes
    ]
    return layered_graph(nodes, [(str(start.id), str(end.id)) for start, end in shown.arrows], title=title)
