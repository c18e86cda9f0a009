"""Landlock and resource limits, for a process to put on itself. Standard library only: it runs without site-packages.

Landlock: Linux documentation, userspace-api/landlock.rst. The system calls have the same numbers on all
architectures (asm-generic/unistd.h).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_RULE_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_FILE_ACCESS = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI: how many kinds of access to files it knows; from 5 on 16
NETWORK_ABI, _SCOPE_ABI = 4, 6

MEMORY = 1536 * 1024 * 1024  # of private writable pages; address space is no measure, since Go reserves far more
FILES = 256


class NotConfinedError(Exception):
    """The kernel refused a step; nothing untrusted may run in this process."""


def landlock_abi() -> int:
    """The version of Landlock that the kernel offers; 0 for none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def leave_network() -> bool:
    """Move into a network of its own, which has no way out. False where the system does not allow that."""
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def restrict_files(readable: Iterable[str], listable: Iterable[str]) -> None:
    """From now on only what lies at or below these paths can be read, and nothing can be written, made or removed.

    Below `listable` only the names can be seen. Threads that run already are not bound: call this before there are any.

    TCP is refused too where the kernel can, and signals and abstract sockets to other processes.
    Raises NotConfinedError when the kernel has no Landlock, or when TCP can be refused in neither way.
    """
    abi = landlock_abi()
    if not abi:
        raise NotConfinedError("the kernel has no Landlock")
    if not leave_network() and abi < NETWORK_ABI:
        raise NotConfinedError("the network cannot be left")
    libc = ctypes.CDLL(None, use_errno=True)
    handled = (1 << _FILE_ACCESS.get(abi, 16)) - 1
    attributes = struct.pack("<Q", handled)
    if abi >= NETWORK_ABI:
        attributes += struct.pack("<Q", 0b11)  # bind and connect
    if abi >= _SCOPE_ABI:
        attributes += struct.pack("<Q", 0b11)  # abstract sockets and signals
    ruleset = _checked(libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)))
    for path in readable:
        _allow(libc, ruleset, path, _READ_FILE | _EXECUTE | _READ_DIR)
    for path in listable:
        _allow(libc, ruleset, path, _READ_DIR)
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)))
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - pathlib is slow to load
            access &= ~_READ_DIR  # the kernel refuses it for a file
        rule = struct.pack("<Qi", access, descriptor)
        _checked(libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, ctypes.c_uint32(0)))
    finally:
        os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        raise NotConfinedError(os.strerror(ctypes.get_errno()))
    return result


def limit_resources(seconds: int) -> None:
    """Bounds on processor time, memory, files; those that the system does not know are left out.

    The number of processes is not bounded: the limit counts all processes of the user, and the evaluator's threads.
    """
    wanted = {"RLIMIT_CPU": seconds, "RLIMIT_FSIZE": 0, "RLIMIT_NOFILE": FILES, "RLIMIT_CORE": 0, "RLIMIT_DATA": MEMORY}
    for name, value in wanted.items():
        if (limit := getattr(resource, name, None)) is not None:
            with contextlib.suppress(ValueError, OSError):  # macOS refuses some
                resource.setrlimit(limit, (value, value))
