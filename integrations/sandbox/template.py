"""The process that workers are forked from: run by `pool.py`, never imported. It evaluates nothing itself.

It has the engine imported, is confined, and has one thread, so that a fork takes a few milliseconds and is safe.
Standard input is a socket to the console. A command is one byte and a number:
    F memory    fork a worker; a socket comes with it. Answered by the worker's number, 0 for none
    K number    kill that worker
At the end of the socket it ends, and its workers with it.
The argument is JSON: {"paths": what to import from, "confine": null or {"readable", "listable"} for Landlock}.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import struct
import sys

COMMAND = struct.Struct("!cQ")
ANSWER = struct.Struct("!Q")


def main() -> None:
    control = socket.socket(fileno=os.dup(0))
    os.dup2(1, 0)  # standard output goes nowhere
    try:
        _prepare(json.loads(sys.argv[1]))
    except BaseException as error:
        control.sendall(f"{type(error).__name__}: {error}"[:500].encode("utf-8", "replace"))
        raise
    control.sendall(b"ready")
    workers: set[int] = set()
    while (received := _next(control)) is not None:
        command, number, descriptors = received
        _bury(workers)
        if command == b"F":
            pid = _fork(control, descriptors[0], number)
            os.close(descriptors[0])
            if pid:
                workers.add(pid)
            control.sendall(ANSWER.pack(pid))
        elif command == b"K" and number in workers:
            os.kill(number, signal.SIGKILL)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def _prepare(settings: dict) -> None:  # type: ignore[type-arg] # JSON
    sys.path[:0] = settings["paths"]
    from integrations.sandbox import confine, worker

    worker.warm()
    if settings["confine"]:
        confine.restrict_files(settings["confine"]["readable"], settings["confine"]["listable"])
    gc.collect()
    gc.freeze()  # what is there now is never looked at again, and so stays shared with the workers


def _next(control: socket.socket) -> tuple[bytes, int, list[int]] | None:
    data, descriptors, _, _ = socket.recv_fds(control, COMMAND.size, 1)
    while data and len(data) < COMMAND.size:
        more = control.recv(COMMAND.size - len(data))
        data = data + more if more else b""
    if not data:
        return None
    command, number = COMMAND.unpack(data)
    return command, number, descriptors


def _bury(workers: set[int]) -> None:
    """Take note of workers that ended: a number stays theirs until then, so that none but a worker is ever killed."""
    while workers:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        workers.discard(pid)


def _fork(control: socket.socket, descriptor: int, memory: int) -> int:
    """The worker's number; 0 where the system has no room for one. The worker itself never returns from here."""
    from integrations.sandbox import worker

    template = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        return 0
    if pid:
        return pid
    try:
        worker.end_with_parent(template)
        control.close()
        worker.serve(socket.socket(fileno=descriptor), memory)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
