"""What the console and a worker say to each other: frames of JSON over a socket.

A frame is the length of its body (four bytes), its kind (one byte) and its body. Questions are Evaluate, Analyse and
Probe; each has one answer, in order. The console trusts no answer: a worker may have been turned by what it evaluated.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from integrations.core.documents import JSON, Analysis
from integrations.core.outcomes import Fault

_HEAD: Final = struct.Struct("!IB")

# Kinds of answers; a question's is ASK.
ASK, RESULT, UNDEFINED, FAULT, ANALYSIS, LEAVE = range(6)  # LEAVE: the worker takes no more questions


class Evaluate(msgspec.Struct, frozen=True, array_like=True, tag="evaluate"):
    """`text` None: that of the same `number` told before. `is_first`: texts told before are to be forgotten.

    `given`: the bindings, and after them the input unless it is undefined.
    """

    number: int
    text: str | None
    is_first: bool
    given: JSON
    engine: str
    seconds: float
    depth: int
    items: int
    characters: int
    output: int
    nesting: int


class Analyse(msgspec.Struct, frozen=True, array_like=True, tag="analyse"):
    text: str


class Probe(msgspec.Struct, frozen=True, array_like=True, tag="probe"):
    """To be tried: a file that should not be readable, and a local port that should not be reachable."""

    file: str
    port: int


Question = Evaluate | Analyse | Probe

encode: Final = msgspec.json.Encoder().encode
decode_value: Final = msgspec.json.Decoder().decode
decode_question: Final = msgspec.json.Decoder(Question).decode
decode_fault: Final = msgspec.json.Decoder(Fault).decode
decode_analysis: Final = msgspec.json.Decoder(Analysis).decode


class Untrusted(Exception):
    """What came is not what the other side may say."""


def framed(kind: int, body: bytes) -> bytes:
    return _HEAD.pack(len(body), kind) + body


class Frames:
    """Bytes as they come → frames. `limit`: bytes that a body may have."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._bytes = bytearray()

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """The kinds and bodies that are complete now. Raises Untrusted for one that is too large."""
        self._bytes += chunk
        start = 0
        try:
            while len(self._bytes) - start >= _HEAD.size:
                length, kind = _HEAD.unpack_from(self._bytes, start)
                if length > self.limit:
                    raise Untrusted
                end = start + _HEAD.size + length
                if len(self._bytes) < end:
                    return
                body = bytes(memoryview(self._bytes)[start + _HEAD.size : end])
                start = end
                yield kind, body
        finally:
            del self._bytes[:start]


def is_too_deep(encoded: bytes, value: JSON, limit: int) -> bool:
    """Whether lists and objects stand within one another at more than `limit` levels."""
    if encoded.count(b"[") + encoded.count(b"{") <= limit:
        return False
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > limit:
            return True
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return False
