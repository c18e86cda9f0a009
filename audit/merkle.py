"""Merkle trees as in RFC 6962 section 2.1 (SHA-256). Pure: hashes in, hashes out.

A *range* is the compact form of a tree of n leaves: the roots of its perfect subtrees, largest first. It is all that
is needed to append and to tell the root, whatever n is. A `Tree` keeps every perfect subtree's root and can prove.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class WrongProof(Exception):
    """A proof does not lead to the root that it was made for."""


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Range:
    """The compact form of a tree of `size` leaves. `nodes` has one hash for each bit that is set in `size`."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.nodes) != self.size.bit_count() or any(len(node) != HASH_SIZE for node in self.nodes):
            raise ValueError("the hashes of a range do not fit its size")

    def extended(self, leaves: Iterable[bytes]) -> Range:
        """The range after these leaf hashes."""
        builder = Builder(self)
        for leaf in leaves:
            builder.append(leaf)
        return builder.range

    @property
    def root(self) -> bytes:
        return _fold(self.nodes)


class Builder:
    """A range that grows in place, for streams of leaves."""

    __slots__ = ("_nodes", "size")

    def __init__(self, start: Range | None = None) -> None:
        start = start or Range()
        self.size = start.size
        self._nodes = list(start.nodes)

    def append(self, leaf: bytes) -> None:
        nodes, size = self._nodes, self.size
        while size & 1:
            leaf = node_hash(nodes.pop(), leaf)
            size >>= 1
        nodes.append(leaf)
        self.size += 1

    @property
    def range(self) -> Range:
        return Range(self.size, tuple(self._nodes))

    @property
    def root(self) -> bytes:
        return _fold(self._nodes)


class Tree:
    """A whole tree in memory, 64 bytes a leaf: proofs for any leaf and any two sizes."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = list(leaves)
        self._levels = [level]  # level k holds the roots of the perfect subtrees of 2**k leaves
        while len(level) > 1:
            level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
            self._levels.append(level)

    @property
    def size(self) -> int:
        return len(self._levels[0])

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves."""
        size = self.size if size is None else size
        self._demand(0 <= size <= self.size)
        return self._root(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962, nearest sibling first."""
        size = self.size if size is None else size
        self._demand(0 <= index < size <= self.size)
        start, end, path = 0, size, []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """PROOF(old, D[new]) of RFC 6962; empty when the sizes are equal or `old` is 0."""
        new = self.size if new is None else new
        self._demand(0 <= old <= new <= self.size)
        if old in (0, new):
            return []
        start, end, is_whole, path = 0, new, True, []
        while old != end:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start, is_whole = middle, False
        if not is_whole:
            path.append(self._root(start, end))
        return path[::-1]

    def _root(self, start: int, end: int) -> bytes:
        """The root of leaves start…end, where `start` is a multiple of the largest power of two within."""
        nodes = []
        while start < end:
            height = (end - start).bit_length() - 1
            nodes.append(self._levels[height][start >> height])
            start += 1 << height
        return _fold(nodes)

    @staticmethod
    def _demand(is_within: bool) -> None:  # noqa: FBT001 - one condition, said where it is called
        if not is_within:
            raise ValueError("the tree has no such leaves")


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises WrongProof unless `leaf` is leaf `index` of the tree of `size` leaves with this root (RFC 9162)."""
    if not 0 <= index < size:
        raise WrongProof("the leaf's index lies outside the tree")
    first, last, found = index, size - 1, leaf
    for node in proof:
        if last == 0:
            raise WrongProof("the proof is too long")
        if first & 1 or first == last:
            found = node_hash(node, found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, node)
        first, last = first >> 1, last >> 1
    if last:
        raise WrongProof("the proof is too short")
    if found != root:
        raise WrongProof("the proof leads to another root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:  # noqa: C901 - the RFC's steps, in its order
    """Raises WrongProof unless the tree of `new` leaves begins with that of `old` leaves (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        raise WrongProof("the older tree is larger")
    if old in (0, new):
        if proof or (old_root != new_root if old == new else old_root != EMPTY_ROOT):
            raise WrongProof("the roots do not agree")
        return
    nodes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not nodes:
        raise WrongProof("the proof is too short")
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    found_old = found_new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise WrongProof("the proof is too long")
        if first & 1 or first == last:
            found_old, found_new = node_hash(node, found_old), node_hash(node, found_new)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found_new = node_hash(found_new, node)
        first, last = first >> 1, last >> 1
    if last or found_old != old_root or found_new != new_root:
        raise WrongProof("the proof leads to other roots")


def _fold(nodes: Sequence[bytes]) -> bytes:
    if not nodes:
        return EMPTY_ROOT
    found = nodes[-1]
    for node in reversed(nodes[:-1]):
        found = node_hash(node, found)
    return found


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
