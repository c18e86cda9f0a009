"""Inclusion proofs without reading the log: from stored roots of subtrees, and the few leaves beside the one proved.

The roots of perfect subtrees of WIDTH leaves never change. They are kept, WIDTH of them a row (`Tile`), so that a tree
of a million leaves is told by 16 rows, and a proof reads those and at most 2 x WIDTH leaves. Tiles are filled by
whoever needs them and by a task; they prove nothing by themselves: they must lead to the signed root, and tiles that
lead elsewhere are made again from the leaves, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.merkle import HASH_SIZE, Builder, Tree
from audit.models import Checkpoint, Leaf, Tile

WIDTH = 256
_ROW = WIDTH * HASH_SIZE


class Unprovable(Exception):
    """The leaves do not lead to the root that was signed. Run `audit_verify`: it names the first that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Leaf `index` with `hash` is in the tree that `checkpoint` signed; `path` has the nearest sibling first."""

    index: int
    hash: bytes
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


class Prover:
    """Paths of leaves in the tree of one checkpoint. Holds two hashes for every WIDTH leaves, and no leaf.

    Raises Unprovable where the leaves do not lead to the signed root, so that every path that it gives does.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        root = bytes(checkpoint.root)
        if self._read() != root:
            Tile.objects.all().delete()
            if self._read() != root:
                raise Unprovable

    def block(self, index: int) -> Tree:
        """The tree of the leaves that share the subtree of WIDTH leaves with this one."""
        place = index // WIDTH
        found = Tree(_leaves(place * WIDTH, min((place + 1) * WIDTH, self.checkpoint.size)))
        if not found.size or found.root() != self._nodes[place]:
            raise Unprovable
        return found

    def path(self, index: int, block: Tree) -> tuple[bytes, ...]:
        """From leaf `index` of `block` to the root, the nearest sibling first."""
        place, within = divmod(index, WIDTH)
        return (*block.inclusion(within), *self._above.inclusion(place))

    def _read(self) -> bytes:
        """The root that the stored nodes lead to; empty when there are too few leaves."""
        full, rest = divmod(self.checkpoint.size, WIDTH)
        self._nodes = _roots(full)
        if len(self._nodes) < full:
            return b""
        if rest:
            # The unfinished block at the end counts as one node: RFC 6962 splits the tree above it all the same.
            self._nodes.append(_root_of(_leaves(full * WIDTH, self.checkpoint.size)))
        self._above = Tree(self._nodes)
        return self._above.root()


def newest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def prove(entry_id: int) -> Proof | None:
    """The entry's proof against the newest checkpoint; None while it is not sealed, or no checkpoint covers it.

    Raises Unprovable.
    """
    leaf = Leaf.objects.filter(entry_id=entry_id).first()
    checkpoint = newest()
    if leaf is None or checkpoint is None or leaf.index >= checkpoint.size:
        return None
    prover = Prover(checkpoint)
    path = prover.path(leaf.index, prover.block(leaf.index))
    return Proof(index=leaf.index, hash=bytes(leaf.hash), path=path, checkpoint=checkpoint)


def fill(blocks: int) -> int:
    """Stores the roots of the first `blocks` subtrees of WIDTH leaves, those that are missing; says how many were made.

    Two that fill at once write the same.
    """
    known = len(_stored())
    made = 0
    while known < blocks:
        row, offset = divmod(known, WIDTH)
        upto = min(blocks, (row + 1) * WIDTH)
        fresh = list(_made(known, upto))
        before = b""
        if offset:
            before = bytes(Tile.objects.values_list("nodes", flat=True).get(pk=row))[: offset * HASH_SIZE]
        Tile.objects.update_or_create(index=row, defaults={"nodes": before + b"".join(fresh)})
        made, known = made + len(fresh), known + len(fresh)
        if known < upto:
            break  # leaves are missing: verification says which
    return made


def keep_up() -> int:
    """Fills what the newest checkpoint covers."""
    checkpoint = newest()
    return fill(checkpoint.size // WIDTH) if checkpoint else 0


def _roots(blocks: int) -> list[bytes]:
    stored = _stored()
    if len(stored) < blocks:
        fill(blocks)
        stored = _stored()
    return stored[:blocks]


def _stored() -> list[bytes]:
    """Roots from the first on, up to the first gap."""
    found: list[bytes] = []
    for index, raw in Tile.objects.order_by("index").values_list("index", "nodes"):
        nodes = bytes(raw)
        if index * WIDTH != len(found) or len(nodes) % HASH_SIZE or len(nodes) > _ROW:
            break
        found += [nodes[at : at + HASH_SIZE] for at in range(0, len(nodes), HASH_SIZE)]
    return found


def _made(first: int, end: int) -> Iterator[bytes]:
    """The roots of the subtrees first … end, as far as their leaves are there."""
    leaves = _leaves(first * WIDTH, end * WIDTH)
    for at in range(0, len(leaves) - WIDTH + 1, WIDTH):
        yield _root_of(leaves[at : at + WIDTH])


def _leaves(start: int, end: int) -> list[bytes]:
    rows = Leaf.objects.filter(index__gte=start, index__lt=end).order_by("index").values_list("hash", flat=True)
    return [bytes(hashed) for hashed in rows]


def _root_of(leaves: Sequence[bytes]) -> bytes:
    builder = Builder()
    for leaf in leaves:
        builder.append(leaf)
    return builder.root
