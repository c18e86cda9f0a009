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
    """A fresh cluster; yields its URL. As root it runs as the user `postgres` or `nobody`: it refuses root."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    binaries = packaged[-1] if packaged else Path(shutil.which("initdb") or "/usr/bin/initdb").parent
    data, port = folder / "postgres", free_port()
    data.mkdir(parents=True)
    prefix: list[str] = []
    if os.geteuid() == 0:
        user = "postgres" if _has_user("postgres") else "nobody"
        shutil.chown(data, user)
        for above in data.parents:
            if above == Path("/tmp"):
                break
            above.chmod(0o755)
        prefix = ["setpriv", f"--reuid={user}", "--clear-groups"]
    run = [*prefix, str(binaries / "initdb"), "-D", str(data), "-U", "glasshouse", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*run, "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    options += ["-c", "shared_buffers=512MB", "-c", "max_connections=60"]
    log = (folder / "postgres.log").open("wb")
    server = subprocess.Popen(
        [*prefix, str(binaries / "postgres"), "-D", str(data), *options], stdout=log, stderr=log, cwd="/"
    )
    try:
        _wait(port)
        make = [str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "glasshouse", "glasshouse"]
        _retry(make)
        yield f"postgres://glasshouse@127.0.0.1:{port}/glasshouse"
    finally:
        server.terminate()
        server.wait(30)


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
