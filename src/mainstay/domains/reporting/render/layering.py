"""Where the boxes of a graph go: layers by longest path, order by barycentre.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures",
IEEE Transactions on Systems, Man, and Cybernetics 11 (2), 1981, without dummy nodes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

_SWEEPS = 4
_TALLEST = 40

Edge = tuple[str, str]


def place(nodes: Sequence[str], edges: Iterable[Edge]) -> dict[str, tuple[int, int]]:
    """Layer and rank of every node, both from zero; edges to strangers and to oneself are ignored."""
    known = set(nodes)
    wanted = list(dict.fromkeys((a, b) for a, b in edges if a != b and a in known and b in known))
    forward = _without_cycles(nodes, wanted)
    columns = _columns(nodes, forward)
    _order(columns, forward)
    return {name: (layer, rank) for layer, column in enumerate(columns) for rank, name in enumerate(column)}


def _successors(edges: Iterable[Edge]) -> defaultdict[str, list[str]]:
    after: defaultdict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        after[source].append(target)
    return after


def _without_cycles(nodes: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """The edges less those that lead back into the path a depth-first walk came by."""
    after, state, back = _successors(edges), dict.fromkeys(nodes, "new"), set()
    entered = {target for _, target in edges}
    # Beginning where nothing leads in keeps the natural start of a process on the left.
    for root in sorted(nodes, key=lambda name: name in entered):
        if state[root] != "new":
            continue
        state[root] = "open"
        # A stack of our own, since five hundred nodes in a row would exhaust Python's.
        path = [(root, iter(after[root]))]
        while path:
            name, rest = path[-1]
            target = next(rest, None)
            if target is None:
                state[name] = "done"
                path.pop()
            elif state[target] == "open":
                back.add((name, target))
            elif state[target] == "new":
                state[target] = "open"
                path.append((target, iter(after[target])))
    return [edge for edge in edges if edge not in back]


def _columns(nodes: Sequence[str], edges: Sequence[Edge]) -> list[list[str]]:
    """Nodes by longest path from a start; a column too tall to draw is wrapped into the next."""
    after, layer, waiting = _successors(edges), dict.fromkeys(nodes, 0), dict.fromkeys(nodes, 0)
    for _, target in edges:
        waiting[target] += 1
    ready = [name for name in nodes if not waiting[name]]
    for name in ready:
        for target in after[name]:
            layer[target] = max(layer[target], layer[name] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    by_layer: defaultdict[int, list[str]] = defaultdict(list)
    for name in nodes:
        by_layer[layer[name]].append(name)
    return [by_layer[at][start : start + _TALLEST] for at in sorted(by_layer) for start in range(0, len(by_layer[at]), _TALLEST)]


def _order(columns: list[list[str]], edges: Sequence[Edge]) -> None:
    """Sort each column by its neighbours' mean rank, sweeping right and left, so that few edges cross."""
    before, after = _successors((b, a) for a, b in edges), _successors(edges)
    rank = {name: float(at) for column in columns for at, name in enumerate(column)}
    for sweep in range(_SWEEPS):
        rightwards = sweep % 2 == 0
        for column in columns if rightwards else reversed(columns):
            neighbours = before if rightwards else after
            wished = {name: _mean(neighbours[name], rank) for name in column}
            column.sort(key=wished.__getitem__)
            rank.update((name, float(at)) for at, name in enumerate(column))


def _mean(names: Sequence[str], rank: Mapping[str, float]) -> float:
    return sum(rank[name] for name in names) / len(names) if names else 0.0
