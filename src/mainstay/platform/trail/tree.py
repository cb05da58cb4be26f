"""The tree as the database stores it: whole tiles of 256 nodes, and the leaves right of them."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from django.db.backends.base.base import BaseDatabaseWrapper

from mainstay.kit.merkle import NodeAt, leaf_hash, tree_hash
from mainstay.platform.trail import leaves
from mainstay.platform.trail.leaves import Entry

WIDTH = 256
LEVELS = 8
"""A tile spans eight levels of the tree."""


class Missing(LookupError):
    """A change, leaf or tile that the tree rests on is not there."""


def sealed_changes(connection: BaseDatabaseWrapper, epoch: int, start: int, end: int) -> list[tuple[Entry, bytes]]:
    """The changes at the places from `start` to before `end`, with the commitments their leaves hold."""
    query = (
        f"SELECT {leaves.columns(connection.vendor)}, l.commitment FROM trail_leaf l JOIN trail_change c ON c.seq = l.seq "  # noqa: S608 # our own names
        'WHERE l.epoch = %s AND l."index" >= %s AND l."index" < %s ORDER BY l."index"'
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [epoch, start, end])
        return [(Entry._make(row[:12]), bytes(row[12])) for row in cursor.fetchall()]


def leaf_hashes(connection: BaseDatabaseWrapper, epoch: int, start: int, end: int) -> list[bytes]:
    """Raises Missing unless every place is taken by a change that is still there."""
    found = sealed_changes(connection, epoch, start, end)
    if len(found) != end - start:
        raise Missing(f"of the entries {start} to {end - 1}, {end - start - len(found)} are missing")
    return [leaf_hash(leaves.leaf_bytes(change, committed)) for change, committed in found]


def stored_node(connection: BaseDatabaseWrapper, epoch: int) -> NodeAt:
    """Any complete subtree, from at most a tile for each eight levels; below the first tile from the leaves themselves."""

    @lru_cache(maxsize=64)
    def tile(level: int, place: int) -> bytes | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT hashes FROM trail_tile WHERE epoch = %s AND level = %s AND place = %s", [epoch, level, place]
            )
            found = cursor.fetchone()
        return bytes(found[0]) if found else None

    def node(level: int, place: int) -> bytes:
        step, up = divmod(level, LEVELS)
        first = place << up
        whole = tile(step, first // WIDTH)
        if whole is not None:
            at = first % WIDTH * 32
            return tree_hash([whole[at + 32 * item:at + 32 * item + 32] for item in range(1 << up)])
        if step == 0:
            return tree_hash(leaf_hashes(connection, epoch, first, first + (1 << up)))
        return tree_hash([root_of_tile(step - 1, first + item) for item in range(1 << up)])

    def root_of_tile(level: int, place: int) -> bytes:
        whole = tile(level, place)
        if whole is None:
            raise Missing(f"the tile {level}/{place} is missing")
        return tree_hash([whole[at:at + 32] for at in range(0, 32 * WIDTH, 32)])

    return node


class GrowingTree:
    """The right edge of the stored tree while leaves are added: its root at any time, and each tile once it is full."""

    def __init__(self, size: int, node: NodeAt, keep: Callable[[int, int, bytes], None]) -> None:
        """`node` reads the stored tree of `size` leaves; `keep(level, place, hashes)` is given every tile that fills."""
        self.size = size
        self._keep = keep
        self._open: list[list[bytes]] = []
        level, complete = 0, size
        while complete:
            start = complete - complete % WIDTH
            self._open.append([node(level * LEVELS, place) for place in range(start, complete)])
            level, complete = level + 1, complete // WIDTH

    def root(self) -> bytes:
        """The root of all leaves so far: what is open at each level, with the root of what is open below at its right."""
        below: list[bytes] = []
        for hashes in self._open:
            if hashes or below:
                below = [tree_hash(hashes + below)]
        return tree_hash(below)

    def open_tiles(self) -> Iterator[tuple[int, int, bytes]]:
        """Level, place and hashes of the tiles at the right edge that are not full."""
        complete = self.size
        for level, hashes in enumerate(self._open):
            if hashes:
                yield level, complete // WIDTH, b"".join(hashes)
            complete //= WIDTH

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash."""
        self.size += 1
        done, level = self.size, 0
        while True:
            if level == len(self._open):
                self._open.append([])
            self._open[level].append(hashed)
            if len(self._open[level]) < WIDTH:
                return
            done //= WIDTH
            self._keep(level, done - 1, b"".join(self._open[level]))
            hashed = tree_hash(self._open[level])
            self._open[level] = []
            level += 1
