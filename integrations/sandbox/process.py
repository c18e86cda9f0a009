"""Run a worker to its end, or kill it: with an empty environment, a wall clock, and bounds on what it says."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Final

MAX_OUTPUT: Final = 64 * 1024 * 1024
MAX_LOG: Final = 1024 * 1024  # of the lines that are kept
_CHUNK: Final = 256 * 1024
_NOISE: Final = b"level=DEBUG"
_ENVIRONMENT: Final = {"GOMEMLIMIT": "768MiB"}


class Stop(StrEnum):
    """Why a worker was ended before it was done."""

    TIME = "time"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """`status`: the exit status, negative for a signal. `log`: standard error without debugging lines."""

    status: int
    output: bytes
    log: str
    stopped: Stop | None = None


def run(command: Sequence[str], request: bytes, *, seconds: float) -> Finished:
    """Start the command in a process group of its own, give it the request, and wait for at most `seconds`."""
    deadline = time.monotonic() + seconds
    process = subprocess.Popen(  # noqa: S603 - the command is ours; what is untrusted is in the files that it reads
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    assert process.stdin is not None
    with process:
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(request)
                process.stdin.close()
            output, log, stopped = _listen(process, deadline)
        finally:
            _kill(process)
        status = process.wait()
    return Finished(status=status, output=output, log=log, stopped=stopped)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole group, also what the worker may have started and left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _listen(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, str, Stop | None]:
    """Both streams until their ends, or until the clock or a bound stops it."""
    output, log = bytearray(), _Log()
    with selectors.DefaultSelector() as selector:
        assert process.stdout is not None
        assert process.stderr is not None
        selector.register(process.stdout, selectors.EVENT_READ, output.extend)
        selector.register(process.stderr, selectors.EVENT_READ, log.add)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(output), log.text(), Stop.TIME
            for key, _ in selector.select(timeout=left):
                stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
                chunk = os.read(stream.fileno(), _CHUNK)
                key.data(chunk)
                if not chunk:
                    selector.unregister(stream)
            if len(output) > MAX_OUTPUT or log.size > MAX_LOG:
                return b"", log.text(), Stop.OUTPUT
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
        return bytes(output), log.text(), None
    return bytes(output), log.text(), Stop.TIME


class _Log:
    """The log's lines but for those of debugging, which are many."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._rest = b""
        self.size = 0

    def add(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > MAX_LOG:
            lines, self._rest = [*lines, self._rest], b""
        kept = [line for line in lines if _NOISE not in line]
        self._kept += kept
        self.size += sum(map(len, kept))

    def text(self) -> str:
        return b"\n".join([*self._kept, self._rest]).decode(errors="replace")
