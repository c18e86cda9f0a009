"""The tree against RFC 6962's definition, word for word, against pymerkle, and its laws."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, strategies as st
from pymerkle import InmemoryTree

from audit.merkle import (
    EMPTY_ROOT,
    Builder,
    Range,
    Tree,
    WrongProof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

bodies = st.lists(st.binary(max_size=20), max_size=70)


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def test_the_published_vectors():
    # From the test data of Certificate Transparency.
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    builder = Builder()
    assert builder.root == EMPTY_ROOT
    for text, root in zip(inputs, roots, strict=True):
        builder.append(leaf_hash(bytes.fromhex(text)))
        assert builder.root.hex() == root


@given(bodies)
def test_every_way_to_a_root_gives_the_defined_root(found):
    leaves = [leaf_hash(body) for body in found]
    tree = Tree(leaves)
    for size in range(len(leaves) + 1):
        expected = defined_root(leaves[:size])
        assert Range().extended(leaves[:size]).root == expected == tree.root(size)


@given(bodies, st.data())
def test_appending_in_batches_is_the_same_as_at_once(found, data):
    leaves = [leaf_hash(body) for body in found]
    cut = data.draw(st.integers(0, len(leaves)))
    assert Range().extended(leaves[:cut]).extended(leaves[cut:]) == Range().extended(leaves)


@given(bodies.filter(bool), st.data())
def test_a_leaf_is_proved_where_it_stands_and_nowhere_else(found, data):
    leaves = [leaf_hash(body) for body in found]
    tree = Tree(leaves)
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    proof, root = tree.inclusion(index, size), tree.root(size)
    verify_inclusion(leaves[index], index, size, proof, root)
    for wrong in (
        (leaf_hash(b"another"), index, size, proof, root),
        (leaves[index], index, size, [*proof, root], root),
        (leaves[index], index, size, proof, leaf_hash(b"another")),
        (leaves[index], size, size, proof, root),
    ):
        if wrong[0] == leaves[index] and wrong[1:] == (index, size, proof, root):
            continue
        with pytest.raises(WrongProof):
            verify_inclusion(*wrong)
    if proof:
        with pytest.raises(WrongProof):
            verify_inclusion(leaves[index], index, size, proof[:-1], root)


@given(bodies, st.data())
def test_an_older_tree_is_proved_to_begin_a_newer_one(found, data):
    leaves = [leaf_hash(body) for body in found]
    tree = Tree(leaves)
    new = data.draw(st.integers(0, len(leaves)))
    old = data.draw(st.integers(0, new))
    proof = tree.consistency(old, new)
    verify_consistency(old, new, tree.root(old), tree.root(new), proof)
    with pytest.raises(WrongProof):
        verify_consistency(old, new, leaf_hash(b"another"), tree.root(new), proof)
    if old:
        with pytest.raises(WrongProof):
            verify_consistency(old, new, tree.root(old), leaf_hash(b"another"), proof)
    with pytest.raises(WrongProof):
        verify_consistency(old, new, tree.root(old), tree.root(new), [*proof, EMPTY_ROOT])
    if 0 < old < new and proof:
        with pytest.raises(WrongProof):
            verify_consistency(old, new, tree.root(old), tree.root(new), proof[:-1])


def test_another_implementation_agrees():
    oracle = InmemoryTree(algorithm="sha256")
    found = [bytes([number]) * (number % 7) for number in range(40)]
    for body in found:
        oracle.append_entry(body)
    tree = Tree(leaf_hash(body) for body in found)
    for size in range(1, len(found) + 1):
        assert oracle.get_root(size) == tree.root(size)


def test_a_range_whose_hashes_do_not_fit_its_size_is_refused():
    with pytest.raises(ValueError):
        Range(3, (b"\0" * 32,))
