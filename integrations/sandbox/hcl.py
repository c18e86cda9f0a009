"""Evaluate a root module of an exported commit in a process that can reach nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.core.documents import JSON
from integrations.core.problems import Problem
from integrations.core.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """tfparse's result for one root: for `terraform.documents`. `result` is None exactly when there are problems."""

    result: JSON
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HclEvaluator:
    """`allow_unsandboxed` is the setting HCL_ALLOW_UNSANDBOXED_EVALUATION; `seconds` the wall clock of one root."""

    allow_unsandboxed: bool = False
    seconds: float = 30.0

    def evaluate(self, export: Path, root: str, variable_files: Sequence[str], *, trusted: bool = False) -> Evaluated:
        """Evaluate the root folder `root` (relative to `export`, "/" between parts).

        `variable_files`: from `terraform.variable_files`. `trusted`: the repository is one that this console made
        itself, so that it may be evaluated where no isolation works.
        """
        raise NotImplementedError


def export_tree(tree: Tree, paths: Iterable[str], destination: Path) -> tuple[Problem, ...]:
    """Write the regular files at `paths` below the empty folder `destination`.

    Symlinks, submodules, `.terraform/` and unsafe names are left out; each comes back as a problem where it was asked for.
    """
    raise NotImplementedError
