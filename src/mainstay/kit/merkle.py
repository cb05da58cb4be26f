"""The Merkle tree of RFC 6962 (section 2.1, the same as RFC 9162): hashes, growing roots and proofs, SHA-256 throughout.

A *node* at level `l` and place `n` is the root of the complete subtree over leaves `n * 2**l` to `(n + 1) * 2**l - 1`; level
0 holds the leaf hashes. Proofs are lists of 32-byte hashes, the deepest first.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()

NodeAt = Callable[[int, int], bytes]
"""Level and place -> hash of that complete subtree."""


class ProofError(ValueError):
    """A proof that does not prove what it was brought for; the message says what failed."""


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def tree_hash(hashes: Sequence[bytes]) -> bytes:
    """The root over neighbours of equal size, of which the last may be smaller (RFC 6962, 2.1)."""
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > 1:
        above = [sha256(b"\x01" + hashes[place] + hashes[place + 1]).digest() for place in range(0, len(hashes) - 1, 2)]
        if len(hashes) & 1:
            above.append(hashes[-1])
        hashes = above
    return hashes[0]


def range_hash(start: int, end: int, node: NodeAt) -> bytes:
    """The root over the leaves from `start` to before `end`, where `start` is a multiple of the next power of two."""
    if start >= end:
        return EMPTY_ROOT
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(width)
    return node_hash(range_hash(start, middle, node), range_hash(middle, end, node))


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, node: NodeAt) -> list[bytes]:
    """That the leaf at `index` is in the tree of `size` leaves (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_hash(middle, end, node))
            end = middle
        else:
            proof.append(range_hash(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, node: NodeAt) -> list[bytes]:
    """That the tree of `old` leaves is the beginning of the one of `new` leaves (RFC 6962, 2.1.2); `old` is at least 1."""
    if not 1 <= old <= new:
        raise ValueError(f"{old} leaves cannot be the beginning of {new}")
    proof: list[bytes] = []
    start, end, is_whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(range_hash(middle, end, node))
            end = middle
        else:
            proof.append(range_hash(start, middle, node))
            start, is_whole = middle, False
    if not is_whole:
        proof.append(range_hash(start, end, node))
    return proof[::-1]


def verify_inclusion(index: int, size: int, hashed: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ProofError unless `proof` leads from the leaf hash at `index` to the root of `size` leaves."""
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} among {size}")
    _check_lengths([hashed])
    for sibling, is_left in _sides(index, size - 1, proof):
        hashed = node_hash(sibling, hashed) if is_left else node_hash(hashed, sibling)
    if hashed != root:
        raise ProofError("the proof leads to another root")


def _sides(place: int, last: int, proof: Sequence[bytes]) -> Iterable[tuple[bytes, bool]]:
    """Each hash of a proof with whether it stands on the left; nothing may be missing or spare (RFC 9162, 2.1.3.2)."""
    _check_lengths(proof)
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is longer than the tree is deep")
        is_left = place & 1 == 1 or place == last
        yield sibling, is_left
        if is_left and not place & 1:
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is shorter than the tree is deep")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raise ProofError unless `proof` shows that the tree of `old` leaves begins the one of `new` leaves."""
    if not 1 <= old <= new:
        raise ProofError(f"{old} leaves cannot be the beginning of {new}")
    if old == new:
        if proof:
            raise ProofError("trees of equal size take an empty proof")
        if old_root != new_root:
            raise ProofError("trees of equal size have different roots")
        return
    hashes = list(proof)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if place == 0 and old & (old - 1) == 0:
        # A complete subtree: its root is where the way up starts, and the proof leaves it out.
        first = old_root
    elif hashes:
        first = hashes.pop(0)
    else:
        raise ProofError("the proof is empty")
    _check_lengths([first])
    before = after = first
    for sibling, is_left in _sides(place, last, hashes):
        after = node_hash(sibling, after) if is_left else node_hash(after, sibling)
        before = node_hash(sibling, before) if is_left else before
    if before != old_root:
        raise ProofError("the proof does not lead to the older root")
    if after != new_root:
        raise ProofError("the proof does not lead to the newer root")


def _check_lengths(proof: Sequence[bytes]) -> None:
    if any(len(item) != 32 for item in proof):
        raise ProofError("a hash of the proof has not 32 bytes")
