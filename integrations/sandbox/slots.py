"""A bound on how many evaluations run at once on this machine, so that no person can occupy every web process.

A slot is a file that is locked (flock) while an evaluation runs. The system drops the lock when the process ends,
however it ends, so no slot is ever lost.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Busy", "Slots"]

_PAUSE: Final = 0.01  # seconds between two looks


class Busy(Exception):
    """Every slot is taken, and none became free in time. Nothing was evaluated; the same request may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """`count` slots, shared by all processes of the machine that name the same folder, which is made when needed.

    Usually `Slots(folder=…, count=Slots.leaving_one(web_processes))`.
    """

    folder: Path
    count: int

    @staticmethod
    def leaving_one(web_processes: int) -> int:
        """As many slots as leave one web process to everybody else; at least one."""
        return max(1, web_processes - 1)

    @contextmanager
    def hold(self, *, wait: float = 0.25) -> Iterator[None]:
        """Hold a slot within the block. Raises Busy when none is free for `wait` seconds."""
        descriptor = self._taken(time.monotonic() + wait)
        try:
            yield
        finally:
            os.close(descriptor)

    def _taken(self, deadline: float) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            for number in range(self.count):
                if (descriptor := _locked(self.folder / f"slot-{number}")) is not None:
                    return descriptor
            if time.monotonic() >= deadline:
                raise Busy
            time.sleep(_PAUSE)


def _locked(path: Path) -> int | None:
    """An open descriptor (closed on exec) that holds the lock of the file; None where another one holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
