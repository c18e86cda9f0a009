"""HCL text as blocks and expressions that know their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.core.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`resource "type" "name" { … }`: `line` is that of its first word."""

    type: str
    labels: tuple[str, ...]
    line: int
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HclFile:
    """One `.tf` or `.tfvars` file. With a problem the blocks may be incomplete."""

    file: str
    blocks: tuple[Block, ...] = ()
    attributes: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_hcl(text: bytes, file: str) -> HclFile:
    """Read one `.tf`, `.tfvars`, `.tf.json` or `.tfvars.json` file; JSON ones are refused with a problem. Never raises."""
    raise NotImplementedError
