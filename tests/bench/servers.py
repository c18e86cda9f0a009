"""PostgreSQL, Redis and web servers for the figures, each on a free port, ended with the block."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_READY_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A fresh cluster; yields its URL."""
    with cluster(folder) as made:
        yield made.url


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A fresh cluster, as durable as PostgreSQL is by itself."""
    made = Cluster(folder)
    made.start()
    try:
        _retry([*made.command("createdb"), "-h", "127.0.0.1", "-p", str(made.port), "-U", "glasshouse", "glasshouse"])
        yield made
    finally:
        made.stop("fast")


class Cluster:
    """PostgreSQL in a folder. As root it runs as the user `postgres` or `nobody`: it refuses root."""

    def __init__(self, folder: Path) -> None:
        packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self._binaries = packaged[-1] if packaged else Path(shutil.which("initdb") or "/usr/bin/initdb").parent
        self._data, self.port = folder / "postgres", free_port()
        self._log = folder / "postgres.log"
        self._data.mkdir(parents=True)
        self._log.touch()
        self._prefix: list[str] = []
        if os.geteuid() == 0:
            user = "postgres" if _has_user("postgres") else "nobody"
            shutil.chown(self._data, user)
            shutil.chown(self._log, user)
            for above in self._data.parents:
                if above == Path("/tmp"):
                    break
                above.chmod(0o755)
            self._prefix = ["setpriv", f"--reuid={user}", "--clear-groups"]
        make = ["-D", str(self._data), "-U", "glasshouse", "-A", "trust", "-E", "UTF8", "--no-sync"]
        self._run([*self.command("initdb"), *make])

    @property
    def url(self) -> str:
        return f"postgres://glasshouse@127.0.0.1:{self.port}/glasshouse"

    def command(self, name: str) -> list[str]:
        return [*self._prefix, str(self._binaries / name)]

    def start(self) -> None:
        options = ["-c", f"port={self.port}", "-c", "listen_addresses=127.0.0.1"]
        options += ["-c", f"unix_socket_directories={self._data}", "-c", "shared_buffers=512MB"]
        options += ["-c", "max_connections=60"]
        control = [*self.command("pg_ctl"), "-D", str(self._data), "-l", str(self._log), "-w", "-t", "60"]
        self._run([*control, "-o", " ".join(options), "start"])

    def stop(self, mode: str) -> None:
        """`fast`, or `immediate`: without a checkpoint, as after a crash; the next start recovers."""
        self._run([*self.command("pg_ctl"), "-D", str(self._data), "-m", mode, "-w", "-t", "60", "stop"])

    def _run(self, command: list[str]) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def gunicorn(application: str, environment: Mapping[str, str], *, workers: int = 2) -> Iterator[int]:
    """Serves a WSGI application with two workers, as `up` does; yields the port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(workers), "--worker-class", "sync", "--log-level", "warning"]
    server = subprocess.Popen(command, env=dict(environment))
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _has_user(name: str) -> bool:
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0


def _wait(port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")


def _retry(command: list[str]) -> None:
    for _ in range(50):
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    subprocess.run(command, check=True)
