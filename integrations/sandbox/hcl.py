"""Evaluate a root module of an exported commit in a process that can reach nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.core.documents import JSON
from integrations.core.hcl_log import log_problems
from integrations.core.problems import Code, Problem, in_order
from integrations.core.text import problem, short
from integrations.sandbox.export import export_tree
from integrations.sandbox.isolation import Isolation, command, request
from integrations.sandbox.process import Finished, Stop, run

__all__ = ["Evaluated", "HclEvaluator", "Isolation", "export_tree"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """tfparse's result for one root: for `terraform.documents`. `result` is None exactly when there are problems."""

    result: JSON
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HclEvaluator:
    """Evaluates one root at a time, each in a fresh process.

    `allow_unsandboxed` is the setting HCL_ALLOW_UNSANDBOXED_EVALUATION; `seconds` the wall clock of one root;
    `isolation` None: the best that works on this machine.
    """

    allow_unsandboxed: bool = False
    seconds: float = 30.0
    isolation: Isolation | None = None

    def evaluate(self, export: Path, root: str, variable_files: Sequence[str], *, trusted: bool = False) -> Evaluated:
        """Evaluate the folder `root` (relative to `export`, "/" between parts; "" for the export itself).

        `variable_files`: from `terraform.variable_files`. `trusted`: the repository is one that this console made
        itself, so that it may be evaluated where no isolation works.
        """
        isolation = Isolation.detect() if self.isolation is None else self.isolation
        if isolation is Isolation.NONE and not (trusted or self.allow_unsandboxed):
            message = (
                "HCL is code, and on this machine neither bubblewrap nor Landlock works to keep it in. Install "
                "bubblewrap, or set HCL_ALLOW_UNSANDBOXED_EVALUATION if whoever can push to the repository may also "
                "read this machine's files."
            )
            return _failed(Code.HCL_NO_SANDBOX, message, root)
        body = request(
            isolation,
            export.resolve(),
            seconds=int(self.seconds) * 2 + 1,  # of processor time, on two cores or more
            root=root,
            variable_files=list(variable_files),
        )
        return self._read(run(command(isolation, export.resolve()), body, seconds=self.seconds), root)

    def _read(self, finished: Finished, root: str) -> Evaluated:
        if finished.stopped is Stop.TIME:
            message = f"The evaluation took longer than {self.seconds:g} seconds and was ended."
            return _failed(Code.HCL_TIMEOUT, message, root)
        if finished.stopped is Stop.OUTPUT:
            return _failed(Code.TOO_LARGE, "The evaluation gave more than can be taken, and was ended.", root)
        try:
            answer = json.loads(finished.output)
        except (ValueError, RecursionError):
            message = f"The evaluation ended without a result (status {finished.status}): it went beyond its limits."
            return _failed(Code.HCL_FAILED, message, root)
        found = in_order(log_problems(finished.log.splitlines(), root))
        if found:
            return Evaluated(result=None, problems=found)
        if "error" in answer:
            return _failed(Code.HCL_FAILED, f"The evaluation failed: {short(str(answer['error']))}.", root)
        return Evaluated(result=answer["result"])


def _failed(code: Code, message: str, root: str) -> Evaluated:
    return Evaluated(result=None, problems=(problem(code, message, root or ".", 1),))
