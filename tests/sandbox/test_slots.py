"""Slots: as many holders as there are slots, whichever process they are in, and none lost by a crash."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from integrations.sandbox.slots import Busy, Slots

HOLD = """
import sys, time
from pathlib import Path
from integrations.sandbox.slots import Slots
with Slots(folder=Path(sys.argv[1]), count=int(sys.argv[2])).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(slots: Slots) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(slots.folder), str(slots.count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_there_are_as_many_as_counted_over_all_processes(tmp_path: Path):
    slots = Slots(folder=tmp_path / "slots", count=2)
    with holder(slots) as other:
        with slots.hold(wait=0), pytest.raises(Busy), slots.hold(wait=0):
            pass
        with slots.hold(wait=0):
            pass  # given back after a failure within
        assert other.stdin is not None
        other.stdin.close()
    with slots.hold(wait=0), slots.hold(wait=0):
        pass


def test_a_process_that_is_killed_gives_its_slot_back(tmp_path: Path):
    slots = Slots(folder=tmp_path, count=1)
    with holder(slots) as other:
        with pytest.raises(Busy), slots.hold(wait=0):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait(10)
    with slots.hold(wait=0):
        pass


def test_one_waits_a_little_for_a_slot(tmp_path: Path):
    slots = Slots(folder=tmp_path, count=1)
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with slots.hold():
            held.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    started = time.monotonic()
    with pytest.raises(Busy), slots.hold(wait=0.1):
        pass
    assert 0.1 <= time.monotonic() - started < 2
    threading.Timer(0.1, leave.set).start()
    with slots.hold(wait=10):
        pass
    thread.join()


def test_one_web_process_is_left_to_everybody():
    assert [Slots.leaving_one(n) for n in (1, 2, 4)] == [1, 1, 3]
