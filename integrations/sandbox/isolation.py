"""Which isolation this machine offers, found by trying it, and how a worker is started in it."""

from __future__ import annotations

import json
import platform
import shutil
import socket
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from integrations.sandbox.process import run

_HERE: Final = Path(__file__).parent
_WORKER: Final = _HERE / "evaluate_hcl.py"
_PACKAGES: Final = Path(sysconfig.get_paths()["platlib"])
_LIBRARIES: Final = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_PROBE_SECONDS: Final = 10.0


class Isolation(StrEnum):
    """How an evaluation is kept from the rest of the machine, the better first."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    NONE = "none"

    @classmethod
    def detect(cls) -> Isolation:
        """The best that works here; tried once in a process, by starting a worker that tries to get out."""
        return _detected()

    @property
    def works(self) -> bool:
        """Whether a worker in it can reach neither a file outside its export nor the network."""
        if self is Isolation.NONE:
            return False
        if self is Isolation.BUBBLEWRAP and shutil.which("bwrap") is None:
            return False
        if platform.system() != "Linux":
            return False
        return _is_tight(self)


@cache
def _detected() -> Isolation:
    return next((one for one in (Isolation.BUBBLEWRAP, Isolation.LANDLOCK) if one.works), Isolation.NONE)


@cache
def _is_tight(isolation: Isolation) -> bool:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        outside, export = Path(folder, "outside"), Path(folder, "export")
        outside.write_text("x")
        export.mkdir()
        probe = {"file": str(outside), "port": server.getsockname()[1]}
        finished = run(
            command(isolation, export),
            request(isolation, export, seconds=5, probe=probe),
            seconds=_PROBE_SECONDS,
        )
    try:
        return finished.status == 0 and json.loads(finished.output) == {"result": []}
    except ValueError:
        return False


def request(isolation: Isolation, export: Path, *, seconds: int, **more: Any) -> bytes:
    """What the worker reads from its standard input; see there."""
    inside = isolation is Isolation.BUBBLEWRAP
    body = {
        "export": "/export" if inside else str(export),
        "confine": isolation is Isolation.LANDLOCK,
        "readable": [*interpreter(), *map(str, _package_files()), str(_HERE), str(export)],
        "packages": str(_PACKAGES),
        "seconds": seconds,
        **more,
    }
    return json.dumps(body).encode()


def command(isolation: Isolation, export: Path) -> list[str]:
    """The command line of a worker. `-I -S`: no site-packages, no environment, no user's own modules."""
    python = [str(Path(sys.executable).resolve()), "-I", "-S", "-B", str(_WORKER)]
    if isolation is not Isolation.BUBBLEWRAP:
        return python
    return [
        *bubblewrap([*map(str, _package_files()), str(_HERE)], export),
        *("--die-with-parent", "--setenv", "GOMEMLIMIT", "768MiB", "--"),
        *python,
    ]


def bubblewrap(seen: Iterable[str], export: Path | None = None) -> list[str]:
    """The start of a command line: nothing of the machine but the interpreter and these paths, read-only; no network.

    `export` becomes `/export` and the working directory. The rest of the command line may have more options.
    """
    binds = [part for path in (*interpreter(), *seen) for part in ("--ro-bind-try", path, path)]
    exported = ["--ro-bind", str(export), "/export"] if export else []
    return [
        shutil.which("bwrap") or "bwrap",
        *("--unshare-all", "--new-session", "--clearenv", "--cap-drop", "ALL"),
        # Before the binds: the project itself may stand below /tmp, and would be covered.
        *("--tmpfs", "/tmp", "--dev", "/dev"),  # noqa: S108 - the sandbox's own
        *binds,
        *exported,
        *("--remount-ro", "/", "--chdir", "/export" if export else "/"),
    ]


def interpreter() -> list[str]:
    """Files of the interpreter and the system's shared libraries."""
    base = Path(sys.base_prefix)
    own = [str(Path(sys.executable).resolve()), str(base / "lib"), str(base / "lib64")]
    return [*own, *_LIBRARIES]


def _package_files() -> list[Path]:
    """Tfparse and what it imports; nothing else of site-packages."""
    found = [_PACKAGES / "tfparse", *_PACKAGES.glob("tfparse.*"), *_PACKAGES.glob("_cffi_backend.*")]
    return [path for path in found if path.exists()]
