"""A process that evaluates what it is asked until it is ended: forked by `template.py`, and confined with it.

Nothing here is sent to but by the console. Whatever an expression does ends in an answer, or in the end of the process.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from integrations.core import acceleration, expressions
from integrations.core.documents import JSON
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result, Undefined
from integrations.sandbox import accelerated, limits, wire
from integrations.sandbox.wire import Analyse, Evaluate, Probe, Question

Engine = Callable[[str, JSON | Undefined, Mapping[str, JSON], expressions.Limits], Outcome]

_CHUNK: Final = 256 * 1024
_STACK: Final = 64 * 1024 * 1024  # C code recurses with the nesting of values
_FILES: Final = 16
_BASE: Final = 32 * 1024 * 1024  # of memory: the interpreter and the engine
_KEPT: Final = 4  # a worker that ever took a fourth of its memory leaves, so that no run finds less than another
_SPARE_SECONDS: Final = 5  # of processor time beyond a run's own, for a worker whose console does not end it
_ANALYSIS_SECONDS: Final = 10
_PR_SET_PDEATHSIG: Final = 1
_RUSAGE_UNIT: Final = 1 if sys.platform == "darwin" else 1024


def evaluate(text: str, data: JSON | Undefined, bindings: Mapping[str, JSON], bounds: expressions.Limits) -> Outcome:
    """The engine of `integrations.core`, with this machine's clock."""
    now = int(time.time() * 1000)
    return expressions.evaluate(text, data, bindings, limits=bounds, clock=time.monotonic, now=now)


ENGINES: Final[Mapping[str, Engine]] = {  # by the name that a question has
    acceleration.Engine.REFERENCE: evaluate,
    acceleration.Engine.FAST: accelerated.first_fast(evaluate),
    acceleration.Engine.FAST_ALONE: accelerated.fast_alone,
}


def warm() -> None:
    """Have the engine make what it makes once, before there are workers: they share it."""
    wanted = expressions.Limits(seconds=10)
    evaluate('{"a": $map([1..3], function($n) {$n & "x"}), "b": b[c = /x/i].$uppercase(d)}', {"b": []}, {}, wanted)
    expressions.analyse('{"a": response.b}')
    accelerated.warm()


def serve(connection: socket.socket, memory: int) -> None:
    """Answer questions until the console closes its end. Bounds this process first."""
    _limit(memory)
    worker = _Worker(connection, memory)
    frames = wire.Frames(sys.maxsize)  # the console is trusted, and bounds what it sends
    while chunk := connection.recv(_CHUNK):
        for _, body in frames.feed(chunk):
            if not worker.answer(body):
                return


def _limit(memory: int) -> None:
    """Bounds that hold from here on; those that the system does not know are left out."""
    wanted = {
        "RLIMIT_DATA": (memory + _BASE, memory + _BASE),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NOFILE": (_FILES, _FILES),
        "RLIMIT_NPROC": (0, 0),
        "RLIMIT_STACK": (_STACK, resource.getrlimit(resource.RLIMIT_STACK)[1]),
    }
    for name, bounds in wanted.items():
        if (limit := getattr(resource, name, None)) is not None:
            with suppress(ValueError, OSError):  # macOS refuses some
                resource.setrlimit(limit, bounds)


def end_with_parent(parent: int) -> None:
    """Be killed when the process that forked this one ends, where the system can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
        os._exit(0)


class _Worker:
    def __init__(self, connection: socket.socket, memory: int) -> None:
        self.connection = connection
        self.memory = memory
        self.texts: dict[int, str] = {}
        self.leaves_above = _peak() + memory // _KEPT
        self.processor_until = 0.0

    def answer(self, body: bytes) -> bool:
        """Answer one question; False when this worker takes no more."""
        try:
            kind, answer = self._answer(body)
            stays = _peak() < self.leaves_above
        except MemoryError:
            kind, answer = wire.FAULT, wire.encode(limits.out_of_memory(self.memory))
            stays = False
        frame = wire.framed(kind, answer)
        self.connection.sendall(frame if stays else frame + wire.framed(wire.LEAVE, b""))
        return stays

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        try:
            question = wire.decode_question(body)
        except (msgspec.DecodeError, RecursionError) as error:  # numbers beyond what a float holds, for one
            return wire.FAULT, wire.encode(limits.input_not_json(str(error)))
        try:
            return self._answered(question)
        except RecursionError:
            return wire.FAULT, wire.encode(limits.crashed())

    def _answered(self, question: Question) -> tuple[int, bytes]:
        match question:
            case Evaluate():
                self._allow(question.seconds)
                return _written(self._evaluated(question), question)
            case Analyse():
                self._allow(_ANALYSIS_SECONDS)
                found = expressions.analyse(question.text)
                return wire.FAULT if isinstance(found, Fault) else wire.ANALYSIS, wire.encode(found)
            case Probe():
                return wire.RESULT, wire.encode(_reached(question))

    def _evaluated(self, question: Evaluate) -> Outcome:
        if question.is_first:
            self.texts.clear()
        if question.text is not None:
            self.texts[question.number] = question.text
        bindings, *given = question.given
        bounds = expressions.Limits(
            seconds=question.seconds, depth=question.depth, items=question.items, characters=question.characters
        )
        data = given[0] if given else UNDEFINED
        return ENGINES[question.engine](self.texts[question.number], data, bindings, bounds)

    def _allow(self, seconds: float) -> None:
        """Processor time for one run, in case that nobody is left to end this process."""
        used = time.process_time()
        if (needed := used + seconds + _SPARE_SECONDS) > self.processor_until:
            self.processor_until = needed + _SPARE_SECONDS
            hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(self.processor_until), hard))


def _written(outcome: Outcome, question: Evaluate) -> tuple[int, bytes]:
    """The outcome as an answer of strict JSON within the bounds of its size."""
    match outcome:
        case Undefined():
            return wire.UNDEFINED, b""
        case Fault():
            return wire.FAULT, wire.encode(outcome)
        case Result(value=msgspec.Raw() as written):  # by the fast engine; the console looks at what it holds
            return _sized(bytes(written), question)
        case Result(value=value):
            fault = _unsound(value, question)
            if fault is None:
                try:
                    encoded = wire.encode(value)
                except UnicodeEncodeError:
                    fault = limits.output_not_json("it holds half of a surrogate pair")
                except (TypeError, ValueError, OverflowError) as error:
                    fault = limits.output_not_json(str(error))
                else:
                    return _sized(encoded, question)
            return wire.FAULT, wire.encode(fault)


def _sized(encoded: bytes, question: Evaluate) -> tuple[int, bytes]:
    if len(encoded) <= question.output:
        return wire.RESULT, encoded
    return wire.FAULT, wire.encode(limits.output_too_large(question.output))


def _unsound(value: JSON, question: Evaluate) -> Fault | None:
    """What keeps a value from being sent.

    It is gone through level by level: it may be very deep, and parts of it may occur in it again and again.
    """
    level, depth, count = [value], 0, 0
    while level:
        below: list[JSON] = []
        for one in level:
            if (reason := _unsound_part(one, below)) is not None:
                return limits.output_not_json(reason)
            if len(below) + count > question.output:
                return limits.output_too_large(question.output)
        count += len(below)
        depth += any(isinstance(one, dict | list) for one in level)
        if depth > question.nesting:
            return limits.output_too_deep(question.nesting)
        level = below
    return None


def _unsound_part(one: JSON, below: list[JSON]) -> str | None:
    """Why one value is no JSON; what it holds is added to `below`."""
    if isinstance(one, str | int | None):
        return None
    if isinstance(one, float):
        return None if math.isfinite(one) else "it holds a number that is not finite"
    if isinstance(one, list):
        below += one
        return None
    if not isinstance(one, dict):
        return "it holds a function, or another value that JSON has not"
    below += one.values()
    return None if all(isinstance(key, str) for key in one) else "a key is no string"


def _peak() -> int:
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RUSAGE_UNIT


def _reached(wanted: Probe) -> dict[str, JSON]:
    """What can be got at from here that should not be. Asked by tests."""
    reached: dict[str, JSON] = {"environment": dict(os.environ)}
    with suppress(OSError), open(wanted.file, "rb") as file:  # noqa: PTH123 - as an attacker would
        reached["file"] = len(file.read(1))
    # nosemgrep: outbound -- an attempt that must fail
    with suppress(OSError), socket.create_connection(("127.0.0.1", wanted.port), timeout=2):
        reached["network"] = wanted.port
    return reached
