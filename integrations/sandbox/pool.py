"""Worker processes that can be ended, and the process that they are forked from."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from integrations.sandbox.confine import NETWORK_ABI, landlock_abi
from integrations.sandbox.isolation import Isolation, bubblewrap, interpreter
from integrations.sandbox.wire import Frames

_HERE: Final = Path(__file__).parent
_PROJECT: Final = _HERE.parents[1]
_OWN: Final = (_HERE.parent / "__init__.py", _HERE.parent / "core", _HERE)
_PACKAGES: Final = ("jsonata", "msgspec", "re2", "jsonatapy")
_COMMAND: Final = struct.Struct("!cQ")
_ANSWER: Final = struct.Struct("!Q")
_START_SECONDS: Final = 20.0
_COMMAND_SECONDS: Final = 5.0
_END_SECONDS: Final = 2.0


class Unavailable(Exception):
    """No worker can be had; the text says why."""


class Texts:
    """The expressions that a worker was told: each is sent once, and few are kept there."""

    MOST: Final = 64
    MOST_CHARACTERS: Final = 1_000_000

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._characters = 0

    def tell(self, text: str) -> tuple[int, str | None, bool]:
        """The number of a text, the text itself if it is new, and whether all others are forgotten."""
        if (number := self._numbers.get(text)) is not None:
            return number, None, False
        if len(self._numbers) >= self.MOST or self._characters + len(text) > self.MOST_CHARACTERS:
            self._numbers.clear()
            self._characters = 0
        number = self._numbers[text] = len(self._numbers)
        self._characters += len(text)
        return number, text, number == 0


class Worker:
    """The console's end of one worker. `number` is the template's name for it."""

    def __init__(self, connection: socket.socket, number: int, template: Template, limit: int) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.number = number
        self.template = template
        self.frames = Frames(limit)
        self.texts = Texts()

    def is_quiet(self) -> bool:
        """Whether it waits for a question: one that ended, or speaks unasked, does not."""
        poller = select.poll()
        poller.register(self.connection, select.POLLIN)
        return not poller.poll(0)

    def close(self) -> None:
        self.connection.close()


class Template:
    """The process that workers are forked from. Starting it takes some tenths of a second, a fork some milliseconds."""

    def __init__(self, isolation: Isolation) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                _command(isolation),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise Unavailable(error.strerror or "the system refuses it") from error
        finally:
            theirs.close()
        self._await_readiness()

    def _await_readiness(self) -> None:
        self._control.settimeout(_START_SECONDS)
        try:
            said = self._control.recv(1024)
        except OSError:
            said = b"it does not start in time"
        if said != b"ready":
            self.close()
            raise Unavailable(said.decode(errors="replace") or "it ended at once")
        self._control.settimeout(_COMMAND_SECONDS)

    def fork(self, memory: int, limit: int) -> Worker:
        """A new worker with so much memory, whose answers have at most `limit` bytes. Raises Unavailable."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [_COMMAND.pack(b"F", memory)], [theirs.fileno()])
                answer = self._control.recv(_ANSWER.size, socket.MSG_WAITALL)
            (number,) = _ANSWER.unpack(answer)
        except (OSError, struct.error) as error:
            ours.close()
            raise Unavailable("the process that makes them ended") from error
        if not number:
            ours.close()
            raise Unavailable("the system has no room for another process")
        return Worker(ours, number, self, limit)

    def kill(self, worker: Worker) -> None:
        """End a worker, whatever it does. Nothing happens to one that ended by itself."""
        with suppress(OSError), self._lock:
            self._control.sendall(_COMMAND.pack(b"K", worker.number))

    @property
    def is_alive(self) -> bool:
        """It says nothing unasked, so that whatever can be read here is its end."""
        try:
            poller = select.poll()
            poller.register(self._control, select.POLLIN)
            with self._lock:
                return not poller.poll(0)
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """End it and its workers: it does so when its socket ends."""
        self._control.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """After a fork of the console: leave it to the process that started it."""
        self._control.close()
        self._process.returncode = 0  # it is nobody's child here, and must not be waited for


class Pool:
    """At most `size` workers, made when needed. Safe to use from several threads and after a fork."""

    def __init__(self, *, size: int, memory: int, answer: int, isolation: Isolation | None = None) -> None:
        """`memory` of each worker, and `answer`, the most that is read from it: bytes. `isolation` None: the best."""
        self.size = size
        self.memory = memory
        self.answer = answer
        self.isolation = isolation
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._starting = threading.Lock()
        self._template: Template | None = None
        self._idle: list[Worker] = []
        self._workers: set[Worker] = set()
        self._places = self.size

    def acquire(self, *, wait: bool) -> Worker | None:
        """A worker that waits for questions; None when all are busy and `wait` is false. Raises Unavailable."""
        with self._changed:
            while True:
                while self._idle:
                    worker = self._idle.pop()
                    if worker.is_quiet():
                        return worker
                    self._drop(worker)
                if self._places:
                    self._places -= 1
                    break
                if not wait:
                    return None
                self._changed.wait()
        return self._made()

    def _made(self) -> Worker:
        try:
            worker = self._forked()
        except BaseException:
            with self._changed:
                self._places += 1
                self._changed.notify()
            raise
        with self._changed:
            self._workers.add(worker)
        return worker

    def _forked(self) -> Worker:
        try:
            return self._living().fork(self.memory, self.answer)
        except Unavailable:  # it may have ended a moment ago; a new one gets a chance
            return self._living().fork(self.memory, self.answer)

    def _living(self) -> Template:
        with self._starting:
            if self._template is not None and not self._template.is_alive:
                self._template.close()
                self._template = None
            if self._template is None:
                self._template = Template(self.isolation or Isolation.detect())
            return self._template

    def release(self, worker: Worker) -> None:
        """Give back a worker that answered all that it was asked."""
        with self._changed:
            self._idle.append(worker)
            self._changed.notify()

    def discard(self, worker: Worker) -> None:
        """End a worker instead of giving it back."""
        with self._changed:
            self._drop(worker)
            self._changed.notify()

    def _drop(self, worker: Worker) -> None:
        worker.template.kill(worker)
        worker.close()
        self._workers.discard(worker)
        self._places += 1

    def close(self) -> None:
        """End all workers. A later call starts new ones."""
        with self._changed:
            while self._idle:
                self._drop(self._idle.pop())
            self._changed.notify_all()
        with self._starting:
            template, self._template = self._template, None
        if template is not None:
            template.close()

    def abandon(self) -> None:
        """After a fork of the console: the workers are the parent's, and only copies of their sockets are here."""
        for worker in self._workers:
            worker.close()
        if self._template is not None:
            self._template.forget()
        self._begin()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _abandon_all() -> None:
    for pool in list(_pools):
        pool.abandon()


os.register_at_fork(after_in_child=_abandon_all)


def _command(isolation: Isolation) -> list[str]:
    """The template's command line. `-I -S`: no site-packages, no environment, no user's own modules."""
    places = _packages()
    seen = [str(path) for path in (*_OWN, *places)]
    parents = list(dict.fromkeys([str(_PROJECT), *(str(path.parent) for path in places)]))
    confine = {"readable": [*interpreter(), *seen], "listable": [*parents, str(_HERE.parent)]}
    # With both, /proc may be there while the template starts (see accelerated.py): workers cannot read it.
    is_both = isolation is Isolation.BUBBLEWRAP and landlock_abi() >= NETWORK_ABI
    settings = {"paths": parents, "confine": confine if is_both or isolation is Isolation.LANDLOCK else None}
    own = [str(Path(sys.executable).resolve()), "-I", "-S", "-B", str(_HERE / "template.py"), json.dumps(settings)]
    if isolation is not Isolation.BUBBLEWRAP:
        return own
    program, *options = bubblewrap(seen)
    return [program, *(("--proc", "/proc") if is_both else ()), *options, "--", *own]


def _packages() -> Sequence[Path]:
    """The engine's packages where they stand, with the libraries that a wheel may have beside them."""
    found: list[Path] = []
    for name in _PACKAGES:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            place = Path(spec.origin).parent
            found += [place, *place.parent.glob(f"*{name}*.libs")]
    return found
