"""Put questions to workers of a pool, several ahead, and end a worker that does not answer in time."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from integrations.core.outcomes import Fault
from integrations.sandbox import limits, wire
from integrations.sandbox.pool import Pool, Texts, Unavailable, Worker

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

_CHUNK: Final = 256 * 1024
_AHEAD: Final = 32  # questions that a worker has beside the one that it works on
_AHEAD_BYTES: Final = 256 * 1024
_GRACE: Final = 0.25  # seconds in which the engine may notice the time itself, and say so
_WIDEN: Final = 0.02  # seconds after which a batch takes a second worker


class Refused(Exception):
    """A question that cannot be put."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Job(Protocol[T_co]):
    """A question and how its answer is read. `seconds`: after that much the worker is ended."""

    @property
    def seconds(self) -> float: ...

    def question(self, texts: Texts) -> bytes:
        """The body to send. Raises Refused."""

    def outcome(self, kind: int, body: bytes) -> T_co:
        """What the answer says. Raises wire.Untrusted for one that is none."""


@dataclass(slots=True, eq=False)
class _Lane:
    """One worker and what it was asked: numbers of jobs, in order. `since`: when it could start on the first."""

    worker: Worker
    asked: deque[int] = field(default_factory=deque)
    outgoing: bytearray = field(default_factory=bytearray)
    since: float = 0.0


class Batch(Generic[T]):
    """Jobs on their way. `outcomes` has one for each, in order, once `run` is done."""

    def __init__(self, pool: Pool, jobs: Sequence[Job[T]]) -> None:
        self.pool = pool
        self.jobs = jobs
        self.outcomes: list[Any] = [None] * len(jobs)
        self._waiting = deque(range(len(jobs)))
        self._lanes: dict[int, _Lane] = {}  # by file descriptor
        self._again: set[int] = set()
        self._poller = select.poll()

    def run(self) -> list[T | Fault]:
        try:
            self._run()
        finally:
            for lane in list(self._lanes.values()):
                self._leave(lane)
        return self.outcomes

    def _run(self) -> None:
        widen_at = time.monotonic() + _WIDEN
        while self._waiting or any(lane.asked for lane in self._lanes.values()):
            if not self._lanes and not self._take(wait=True):
                return
            for lane in list(self._lanes.values()):
                self._ask(lane)
            if self._waiting and len(self._lanes) < self.pool.size and time.monotonic() > widen_at:
                self._take(wait=False)
                for lane in list(self._lanes.values()):
                    self._ask(lane)
            self._listen()

    def _take(self, *, wait: bool) -> bool:
        """Have one more worker. False, and a Fault for all that waits, when there is none to be had at all."""
        try:
            worker = self.pool.acquire(wait=wait)
        except Unavailable as error:
            if not self._lanes:
                while self._waiting:
                    self.outcomes[self._waiting.popleft()] = limits.unavailable(str(error))
            return False
        if worker is not None:
            self._lanes[worker.connection.fileno()] = _Lane(worker)
            self._poller.register(worker.connection, select.POLLIN)
        return worker is not None

    def _leave(self, lane: _Lane) -> None:
        """Give the worker back, or end it when an answer is still owed."""
        descriptor = lane.worker.connection.fileno()
        self._poller.unregister(descriptor)
        del self._lanes[descriptor]
        if lane.asked or lane.outgoing:
            self._waiting.extendleft(reversed(lane.asked))
            self.pool.discard(lane.worker)
        else:
            self.pool.release(lane.worker)

    def _ask(self, lane: _Lane) -> None:
        """Fill what the worker has ahead, once half of it is done: many questions at a time cost one call."""
        if len(lane.asked) > _AHEAD // 2:
            return
        had = len(lane.outgoing)
        while self._waiting and len(lane.asked) <= _AHEAD and len(lane.outgoing) < _AHEAD_BYTES:
            number = self._waiting.popleft()
            try:
                body = self.jobs[number].question(lane.worker.texts)
            except Refused as refused:
                self.outcomes[number] = refused.fault
                continue
            lane.outgoing += wire.framed(wire.ASK, body)
            if not lane.asked:
                lane.since = time.monotonic()
            lane.asked.append(number)
        if len(lane.outgoing) > had:
            self._send(lane)

    def _send(self, lane: _Lane) -> None:
        try:
            sent = lane.worker.connection.send(lane.outgoing)
        except BlockingIOError:
            sent = 0
        except OSError:  # the worker ended: reading tells
            sent = len(lane.outgoing)
        del lane.outgoing[:sent]
        wanted = select.POLLIN | (select.POLLOUT if lane.outgoing else 0)
        self._poller.modify(lane.worker.connection, wanted)

    def _patience(self) -> float:
        """Seconds until the first worker is overdue."""
        due = [self._due(lane) for lane in self._lanes.values() if lane.asked]
        return max(0.0, min(due, default=0.0) - time.monotonic())

    def _due(self, lane: _Lane) -> float:
        return lane.since + self.jobs[lane.asked[0]].seconds + _GRACE

    def _listen(self) -> None:
        heard = set()
        for descriptor, event in self._poller.poll(self._patience() * 1000 + 1):
            lane = self._lanes[descriptor]
            if event & ~select.POLLOUT:
                heard.add(descriptor)
                self._receive(lane)
            elif event & select.POLLOUT:
                self._send(lane)
        now = time.monotonic()
        for descriptor, lane in list(self._lanes.items()):
            if lane.asked and descriptor not in heard and now > self._due(lane):
                self._end(lane, limits.too_late(self.jobs[lane.asked[0]].seconds))

    def _receive(self, lane: _Lane) -> None:
        try:
            chunk = lane.worker.connection.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._vanished(lane)
            return
        try:
            for kind, body in lane.worker.frames.feed(chunk):
                if kind == wire.LEAVE:
                    self._drop(lane)
                    return
                self._note(lane, kind, body)
        except wire.Untrusted:
            self._end(lane, limits.crashed())

    def _note(self, lane: _Lane, kind: int, body: bytes) -> None:
        if not lane.asked:
            raise wire.Untrusted
        self.outcomes[lane.asked[0]] = self.jobs[lane.asked[0]].outcome(kind, body)
        lane.asked.popleft()
        lane.since = time.monotonic()

    def _vanished(self, lane: _Lane) -> None:
        """The worker ended: what it worked on is at fault, unless it was taken along by the template's end."""
        if lane.asked and lane.asked[0] not in self._again and not lane.worker.template.is_alive:
            self._again.add(lane.asked[0])
            self._drop(lane)
        else:
            self._end(lane, limits.crashed())

    def _end(self, lane: _Lane, fault: Fault) -> None:
        """End the worker; the question that it works on gets the fault, the others go to another worker."""
        if lane.asked:
            self.outcomes[lane.asked.popleft()] = fault
        self._drop(lane)

    def _drop(self, lane: _Lane) -> None:
        lane.outgoing += b"\0"  # not to be given back
        self._leave(lane)
