"""The bounds of an evaluation in a worker, and the faults of crossing them.

Codes that start with G01 are given here alone; those of the engine, among them the one for time, are the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from integrations.core import expressions
from integrations.core.outcomes import Fault

MEBIBYTE: Final = 1024 * 1024

TOO_LATE: Final = "D1012"  # as the engine says it, which usually notices first
INPUT_TOO_LARGE: Final = "G0101"
INPUT_NOT_TAKEN: Final = "G0102"
OUTPUT_TOO_LARGE: Final = "G0103"
OUTPUT_NOT_TAKEN: Final = "G0104"
OUT_OF_MEMORY: Final = "G0105"
CRASHED: Final = "G0106"
UNAVAILABLE: Final = "G0107"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(expressions.Limits):
    """Bounds of one evaluation in a worker; sizes in bytes of JSON.

    `input` counts the bindings too. `nesting`: lists and objects within one another, in the input and in the output.
    `memory` is that of a worker, beside what the engine itself takes; it holds for an Evaluator, not for one call.
    """

    input: int = MEBIBYTE
    output: int = 4 * MEBIBYTE
    nesting: int = 500
    memory: int = 256 * MEBIBYTE


def too_late(seconds: float) -> Fault:
    return Fault(code=TOO_LATE, message=f"The evaluation took longer than {seconds:g} seconds.")


def input_too_large(limit: int) -> Fault:
    return Fault(code=INPUT_TOO_LARGE, message=f"The input and its bindings are larger than {_size(limit)}.")


def input_too_deep(limit: int) -> Fault:
    return Fault(code=INPUT_NOT_TAKEN, message=f"The input is nested more than {limit:,} levels deep.")


def input_not_json(reason: str) -> Fault:
    return Fault(code=INPUT_NOT_TAKEN, message=f"The input is not JSON: {reason}.")


def output_too_large(limit: int) -> Fault:
    return Fault(code=OUTPUT_TOO_LARGE, message=f"The result is larger than {_size(limit)}.")


def output_too_deep(limit: int) -> Fault:
    return Fault(code=OUTPUT_NOT_TAKEN, message=f"The result is nested more than {limit:,} levels deep.")


def output_not_json(reason: str) -> Fault:
    return Fault(code=OUTPUT_NOT_TAKEN, message=f"The result is not JSON: {reason}.")


def out_of_memory(limit: int) -> Fault:
    return Fault(code=OUT_OF_MEMORY, message=f"The evaluation needed more than {_size(limit)} of memory.")


def crashed() -> Fault:
    message = "The evaluation brought its process down: it went beyond the memory or the depth that it may use."
    return Fault(code=CRASHED, message=message)


def unavailable(reason: str) -> Fault:
    return Fault(code=UNAVAILABLE, message=f"No process for evaluations can be started: {reason}.")


def _size(count: int) -> str:
    return f"{count / MEBIBYTE:g} MiB" if count >= MEBIBYTE else f"{count:,} bytes"
