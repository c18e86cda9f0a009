"""The one place where git is run: nothing inherited, no shell, bounded in time, output and disk."""

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from integrations.git.errors import GitError, GitErrorCode

MAX_OUTPUT = 64 * 1024 * 1024
KEPT_STDERR = 16 * 1024
TICK = 0.2  # seconds between looks at the watched directory

NOWHERE = "/nonexistent"

SETTINGS = (
    "advice.fetchShowForcedUpdates=false",
    "core.askPass=",
    "core.bigFileThreshold=32m",  # larger blobs are streamed, not held in memory
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=true",
    "credential.helper=",
    "fetch.fsckObjects=true",
    "fetch.recurseSubmodules=false",
    "fetch.showForcedUpdates=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "http.sslVerify=true",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "transfer.credentialsInUrl=die",
    "transfer.fsckObjects=true",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    code: int
    stdout: bytes
    stderr: str  # the last KEPT_STDERR bytes


def environment(extra: Mapping[str, str], config: Sequence[tuple[str, str]]) -> dict[str, str]:
    """A whole environment for git: nothing of this process's but PATH.

    `config` is given as GIT_CONFIG_*, which, unlike an argument, other users of the machine cannot see.
    """
    made = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": NOWHERE,
        "XDG_CONFIG_HOME": NOWHERE,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_CONFIG_COUNT": str(len(config)),
    }
    for number, (key, value) in enumerate(config):
        made[f"GIT_CONFIG_KEY_{number}"] = key
        made[f"GIT_CONFIG_VALUE_{number}"] = value
    return {**made, **extra}


def run_git(
    arguments: Sequence[str],
    *,
    git_dir: Path | None,
    timeout: float,
    extra: Mapping[str, str] | None = None,
    config: Sequence[tuple[str, str]] = (),
    max_output: int = MAX_OUTPUT,
    watch: Callable[[], None] | None = None,
    inherit: Sequence[int] = (),
) -> Finished:
    """Run `git <arguments>` to its end; the exit code is the caller's to judge.

    `timeout` is in seconds of wall clock and `max_output` in bytes of stdout; past either the whole process group is
    killed and GitError(TIMED_OUT or TOO_LARGE) raised. `watch` is called every TICK and stops git by raising.
    `inherit` lists file descriptors that git keeps open (a lock outlives this process with it).
    """
    program = shutil.which("git")
    if program is None:
        raise GitError(GitErrorCode.FAILED, "The program git is not installed on this machine.")
    place = [f"--git-dir={git_dir}"] if git_dir is not None else []
    settings = [part for setting in SETTINGS for part in ("-c", setting)]
    process = subprocess.Popen(  # noqa: S603 - an argument list that holds only checked names, and no shell
        [program, *settings, *place, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env=environment(extra or {}, config),
        start_new_session=True,
        pass_fds=tuple(inherit),
    )
    try:
        deadline = time.monotonic() + timeout
        stdout, stderr = _collect(process, deadline, timeout, max_output, watch)
        code = process.wait(timeout=max(1.0, deadline - time.monotonic()))
        return Finished(code=code, stdout=stdout, stderr=stderr.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        raise _timed_out(timeout) from None
    finally:
        _end(process)


def _collect(
    process: subprocess.Popen[bytes],
    deadline: float,
    timeout: float,
    max_output: int,
    watch: Callable[[], None] | None,
) -> tuple[bytes, bytes]:
    if process.stdout is None or process.stderr is None:
        raise TypeError("both streams are pipes")
    kept: dict[IO[bytes], bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    looked = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for stream in kept:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(max(0.0, min(TICK, deadline - time.monotonic()))):
                stream = process.stdout if key.fileobj is process.stdout else process.stderr
                chunk = os.read(stream.fileno(), 65536)
                if not chunk:
                    selector.unregister(stream)
                kept[stream] += chunk
            del kept[process.stderr][:-KEPT_STDERR]
            now = time.monotonic()
            if now > deadline:
                raise _timed_out(timeout)
            if len(kept[process.stdout]) > max_output:
                raise GitError(GitErrorCode.TOO_LARGE, f"Git answered with more than {max_output} bytes.")
            if watch is not None and now - looked >= TICK:
                looked = now
                watch()
    return bytes(kept[process.stdout]), bytes(kept[process.stderr])


def _timed_out(timeout: float) -> GitError:
    return GitError(
        GitErrorCode.TIMED_OUT, f"Git did not finish within {timeout:g} s.", data={"seconds": f"{timeout:g}"}
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the group: git's own children (ssh, index-pack) outlive a killed git otherwise."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
