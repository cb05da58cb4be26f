"""Two implementations of the tree, the product's and the verifier's, against vectors of others and against each other."""

import json
from base64 import b64decode
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.kit import merkle
from mainstay.offline import mainstay_verify, mainstay_witnessed
from mainstay.platform.trail.tree import GrowingTree

VECTORS = Path(__file__).with_name("vectors")
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Of the first leaves above, as tests of Certificate Transparency have had them since its beginning."""
MOST = 130


class Grown:
    """A tree of so many leaves with every complete subtree, by the definition."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.levels = [[merkle.leaf_hash(leaf) for leaf in leaves]]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            self.levels.append([merkle.node_hash(*below[place:place + 2]) for place in range(0, len(below) - 1, 2)])

    def node(self, level: int, place: int) -> bytes:
        return self.levels[level][place]

    def root(self, size: int) -> bytes:
        return merkle.range_hash(0, size, self.node)


GROWN = Grown([f"L{index}".encode() for index in range(MOST)])


def vectors(kind: str) -> list[Any]:
    found = json.loads((VECTORS / f"{kind}.json").read_text("utf-8"))
    return [pytest.param(item, id=f"{kind}/{item['name']}") for item in found]


def raw(item: dict[str, Any], *names: str) -> list[bytes]:
    return [b64decode(item[name] or "") for name in names]


def path(item: dict[str, Any]) -> list[bytes]:
    return [b64decode(hashed) for hashed in item["proof"] or []]


def is_subtree(start: int, end: int) -> bool:
    """Whether such a range is a subtree at all (draft-ietf-plants-merkle-tree-certs): it begins at a multiple of its width."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def accepted_inclusion(index: int, size: int, hashed: bytes, proof: list[bytes], root: bytes) -> tuple[bool, bool]:
    """What the product says, and what the verifier says."""
    try:
        merkle.verify_inclusion(index, size, hashed, proof, root)
        ours = True
    except merkle.ProofError:
        ours = False
    try:
        theirs = mainstay_witnessed.root_by_path(index, size, hashed, proof) == root
    except ValueError:
        theirs = False
    return ours, theirs


@pytest.mark.parametrize("item", vectors("inclusion"))
def test_inclusion_vectors_hold(item: dict[str, Any]) -> None:
    hashed, root = raw(item, "leafHash", "root")

    told = accepted_inclusion(item["leafIdx"], item["treeSize"], hashed, path(item), root)

    assert told == (not item["wantErr"],) * 2


@pytest.mark.parametrize("item", vectors("subtreeinclusion"))
def test_inclusion_in_a_subtree_is_that_in_a_tree_of_its_own(item: dict[str, Any]) -> None:
    hashed, root = raw(item, "leafHash", "root")
    start, end = item["start"], item["end"]

    told = accepted_inclusion(item["leafIdx"] - start, end - start, hashed, path(item), root)

    assert (is_subtree(start, end) and told[0], is_subtree(start, end) and told[1]) == (not item["wantErr"],) * 2


def accepted_consistency(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    try:
        merkle.verify_consistency(old, new, proof, old_root, new_root)
    except merkle.ProofError:
        return False
    return True


@pytest.mark.parametrize("item", vectors("consistency"))
def test_consistency_vectors_hold(item: dict[str, Any]) -> None:
    told = accepted_consistency(item["size1"], item["size2"], path(item), *raw(item, "root1", "root2"))

    assert told is not item["wantErr"]


LEFT_EDGE = [item for item in vectors("subtreeconsistency") if item.values[0]["start"] == 0 and item.values[0]["end"]]
"""Empty subtrees, which are consistent with everything, are none of ours: they prove nothing."""


@pytest.mark.parametrize("item", LEFT_EDGE)
def test_a_subtree_at_the_left_edge_is_an_older_tree(item: dict[str, Any]) -> None:
    told = accepted_consistency(item["end"], item["size"], path(item), *raw(item, "root1", "root2"))

    assert told is not item["wantErr"]


def test_known_leaves_have_the_known_roots() -> None:
    leaves = [bytes.fromhex(text) for text in LEAVES]
    rows = mainstay_verify.Rows(bytearray)
    found = {0: (merkle.tree_hash([]).hex(), mainstay_verify.root_of(rows, 0).hex())}

    for leaf in leaves:
        mainstay_verify.grow(rows, mainstay_verify.leaf_hash(leaf))
    for size in range(1, len(leaves) + 1):
        ours = merkle.tree_hash([merkle.leaf_hash(item) for item in leaves[:size]])
        found[size] = ours.hex(), mainstay_verify.root_of(rows, size).hex()

    assert found == {size: (root, root) for size, root in ROOTS.items()}


def test_known_nodes_have_the_known_hashes() -> None:
    assert merkle.leaf_hash(b"L123456").hex().startswith("395aa064")
    assert merkle.node_hash(b"N123", b"N456").hex().startswith("aa217fe8")
    assert merkle.leaf_hash(b"L123456") == mainstay_verify.leaf_hash(b"L123456")
    assert merkle.node_hash(b"N123", b"N456") == mainstay_verify.node_hash(b"N123", b"N456")


def test_every_leaf_is_in_every_tree_that_has_it_and_nowhere_else() -> None:
    for size in range(1, MOST + 1):
        root = GROWN.root(size)
        for index in range(size):
            proof, hashed = merkle.inclusion_proof(index, size, GROWN.node), GROWN.node(0, index)

            assert accepted_inclusion(index, size, hashed, proof, root) == (True, True)
            assert accepted_inclusion(index ^ 1, size, hashed, proof, root) == (False, False)


def test_every_tree_begins_with_every_smaller_one() -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            proof = merkle.consistency_proof(old, new, GROWN.node)

            assert accepted_consistency(old, new, proof, GROWN.root(old), GROWN.root(new))
            assert not accepted_consistency(old, new, proof, GROWN.root(max(1, old - 1)), GROWN.root(new)) or old == 1


def test_trees_without_a_root_or_of_equal_size_prove_nothing_by_proof() -> None:
    root = GROWN.root(5)

    assert not accepted_consistency(0, 5, [], merkle.EMPTY_ROOT, root)
    assert not accepted_consistency(5, 5, [root], root, root)
    assert not accepted_consistency(5, 5, [], root, GROWN.root(6))


@given(leaves=st.lists(st.binary(max_size=5), max_size=700), cuts=st.lists(st.integers(min_value=1, max_value=300)))
def test_the_root_does_not_depend_on_how_leaves_come_in(leaves: list[bytes], cuts: list[int]) -> None:
    tiles: dict[tuple[int, int], bytes] = {}
    grown = Grown(leaves)
    at_once, theirs = GrowingTree(0, grown.node, lambda *tile: None), mainstay_verify.Rows(bytearray)

    for leaf in leaves:
        at_once.append(merkle.leaf_hash(leaf))
        mainstay_verify.grow(theirs, mainstay_verify.leaf_hash(leaf))

    def keep(level: int, place: int, hashes: bytes) -> None:
        tiles[level, place] = hashes

    in_batches = GrowingTree(0, grown.node, keep)
    for cut in [min(cut, len(leaves)) for cut in accumulate(cuts)] + [len(leaves)]:
        # What a process that begins anew finds in the database.
        in_batches = GrowingTree(in_batches.size, grown.node, keep)
        for leaf in leaves[in_batches.size:cut]:
            in_batches.append(merkle.leaf_hash(leaf))

    assert in_batches.root() == at_once.root() == mainstay_verify.root_of(theirs, len(leaves))
    assert tiles == {
        (0, place): b"".join(grown.levels[0][place * 256:place * 256 + 256]) for place in range(len(leaves) // 256)
    }


@given(st.integers(min_value=1, max_value=MOST), st.integers(min_value=1, max_value=MOST), st.data())
def test_a_proof_with_a_changed_bit_proves_nothing(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    proof = merkle.consistency_proof(old, new, GROWN.node)
    if not proof:
        return
    at, bit = data.draw(st.integers(0, len(proof) * 32 - 1)), data.draw(st.integers(0, 7))
    spoilt = bytearray(b"".join(proof))

    spoilt[at] ^= 1 << bit

    changed = [bytes(spoilt[start:start + 32]) for start in range(0, len(spoilt), 32)]
    assert not accepted_consistency(old, new, changed, GROWN.root(old), GROWN.root(new))
    assert not accepted_consistency(old, new, proof[:-1], GROWN.root(old), GROWN.root(new))
    assert not accepted_consistency(old, new, [*proof, sha256().digest()], GROWN.root(old), GROWN.root(new))
