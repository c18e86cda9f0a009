"""JSON Lines in, JSON Lines out: one evaluation a line, in the order of the lines.

What has been read is answered before more is waited for, so that a program may write a line and read its answer. No
more is held than one chunk of input with its answers, however long the file is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from console.json_text import NotJson, parse
from integrations.core.documents import JSON
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, outcome_as_json
from integrations.queries.outputs import Evaluates
from integrations.sandbox.evaluator import Run

BAD_LINE: Final = "G0022"
_KEYS: Final = frozenset({"id", "expression", "input", "bindings"})
_CHUNK = 1 << 18  # bytes that are read at once
_GROUP = 128  # lines that are evaluated together
LONGEST_LINE = 1 << 26  # bytes; the sandbox's own limits on expression and input are far below


class Line(NamedTuple):
    """One line that is not blank, counted from 1. `text` None: it is longer than is read."""

    number: int
    text: bytes | None


class Request(NamedTuple):
    """A line that was understood, or why not: then `run` is a fault."""

    number: int
    id: JSON
    run: Run | Fault


def answers(stream: BinaryIO, evaluator: Evaluates) -> Iterator[list[dict[str, Any]]]:
    """The answers, group by group: write each group out before asking for the next."""
    for group in _groups(stream):
        requests = [request_of(line) for line in group]
        runs = [request.run for request in requests if isinstance(request.run, Run)]
        outcomes = iter(evaluator.evaluate_many(runs))
        yield [
            _answer(request, request.run if isinstance(request.run, Fault) else next(outcomes)) for request in requests
        ]


def request_of(line: Line) -> Request:
    if line.text is None:
        return _refused(line, None, f"is longer than the {LONGEST_LINE >> 20} MiB that are read")
    try:
        said = parse(line.text)
    except NotJson as error:
        return _refused(line, None, f"cannot be read. {error}")
    if not isinstance(said, dict):
        return _refused(line, None, "is not an object {id, expression, input?, bindings?}")
    known = said.get("id")
    if strangers := [key for key in said if key not in _KEYS]:
        return _refused(line, known, f"has the key “{strangers[0][:60]}”; known are id, expression, input, bindings")
    if "id" not in said:
        return _refused(line, None, "has no id")
    expression, bindings = said.get("expression"), said.get("bindings", {})
    if not isinstance(expression, str):
        return _refused(line, known, "needs an expression, which is a text")
    if not isinstance(bindings, dict):
        return _refused(line, known, "has bindings that are no object")
    return Request(line.number, known, Run(expression=expression, data=said.get("input", UNDEFINED), bindings=bindings))


def _refused(line: Line, known: JSON, why: str) -> Request:
    return Request(line.number, known, Fault(code=BAD_LINE, message=f"Line {line.number} {why}."))


def _answer(request: Request, outcome: Outcome) -> dict[str, Any]:
    is_bad = isinstance(request.run, Fault)
    return {"id": request.id, **({"line": request.number} if is_bad else {}), **outcome_as_json(outcome)}


def _groups(stream: BinaryIO) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in _lines(stream):
        if line is not None:
            group.append(line)
        if group and (line is None or len(group) == _GROUP):
            yield group
            group = []
    if group:
        yield group


def _lines(stream: BinaryIO) -> Iterator[Line | None]:
    """Every line that is not blank; None each time that reading on may wait."""
    number, rest, is_too_long = 1, bytearray(), False
    while chunk := _read(stream):
        *whole, tail = chunk.split(b"\n")
        for piece in whole:
            text = bytes(rest) + piece
            if is_too_long or text.strip():
                yield Line(number, None if is_too_long or len(text) > LONGEST_LINE else text)
            number, is_too_long = number + 1, False
            rest.clear()
        rest += tail
        if len(rest) > LONGEST_LINE:
            is_too_long = True
            rest.clear()
        yield None
    if is_too_long or rest.strip():
        yield Line(number, None if is_too_long else bytes(rest))


def _read(stream: Any) -> bytes:
    """What is there, at most a chunk of it; waits only while there is nothing. Empty at the end."""
    found: bytes = stream.read1(_CHUNK)
    return found
