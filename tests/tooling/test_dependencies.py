"""No lock falls below a version that mended a known hole, and none names a host to download from.

The table holds what matters most for what we depend on, direct or not; each line is the newest mended hole that was
known when the lock was last looked at. `make lock ARGS=--upgrade` raises the locks, and whoever does so raises this.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("run.txt", "fast.txt", "dev.txt", "scan.txt")
_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)

# Package, first version without the hole, its number.
FLOORS = (
    ("celery", "5.2.2", "CVE-2021-23727"),  # commands stored in the result backend
    ("certifi", "2024.7.4", "CVE-2024-39689"),  # roots that are no longer trusted
    ("cryptography", "50.0.0", "CVE-2026-69247"),  # Bleichenbacher's oracle in PKCS#7
    ("django", "5.2.8", "CVE-2025-64459"),  # SQL by the keyword _connector
    ("django", "5.2.16", "CVE-2026-48588"),  # private pages out of a shared cache
    ("django-allauth", "65.13.0", "CVE-2025-65431"),  # identity by a name that can change
    ("django-allauth", "65.19.4", "CVE-2026-97764"),  # accents slip past the limit on failed sign-ins
    ("djangorestframework", "3.15.2", "CVE-2024-21520"),  # markup in the browsable API
    ("gunicorn", "22.0.0", "CVE-2024-1135"),  # smuggling by Transfer-Encoding
    ("gunicorn", "27.0.0", "CVE-2026-134820"),  # the same in the ASGI parser
    ("h11", "0.16.0", "CVE-2025-43859"),  # smuggling by chunked bodies
    ("httpx", "0.23.0", "CVE-2021-41945"),  # URLs read in two ways
    ("idna", "3.7", "CVE-2024-3651"),  # quadratic decoding
    ("jinja2", "3.1.6", "CVE-2025-27516"),  # out of the sandbox by |attr
    ("jwcrypto", "1.5.6", "CVE-2024-28102"),  # tokens that unpack without end
    ("protobuf", "6.31.1", "CVE-2025-4565"),
    ("pygit2", "1.14.1", "CVE-2024-24577"),  # libgit2 1.7.2: heap corruption in git_index_add
    ("pygments", "2.20.0", "CVE-2026-4539"),
    ("pyjwt", "2.12.0", "CVE-2026-32597"),  # unknown critical headers accepted
    ("pyjwt", "2.15.0", "CVE-2026-101918"),
    ("python-multipart", "0.0.26", "CVE-2026-40347"),
    ("redis", "4.5.4", "CVE-2023-28859"),  # one caller's answer to another
    ("requests", "2.33.0", "CVE-2026-25645"),
    ("sqlparse", "0.6.0", "CVE-2026-54284"),  # quadratic grouping
    ("starlette", "1.3.1", "CVE-2026-54283"),
    ("urllib3", "2.8.0", "CVE-2026-97689"),  # endless chunk sizes
    ("zipp", "3.19.1", "CVE-2024-5569"),
)
FLOORS_OF_THE_FRONT_END = (
    ("jsonata", "2.2.1", "CVE-2026-77415"),  # from an expression to the machine
)


def parts(version: str) -> tuple[int, ...]:
    """The release of a version, for comparing: pre-releases do not occur in the locks."""
    return tuple(int(part) for part in re.match(r"[0-9]+(?:\.[0-9]+)*", version)[0].split("."))


def below(pinned: list[tuple[str, str]], floors: tuple[tuple[str, str, str], ...]) -> list[str]:
    return [
        f"{name} {version} has {number}, mended in {floor}"
        for name, version in pinned
        for package, floor, number in floors
        if name == package and parts(version) < parts(floor)
    ]


def lock(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_is_below_a_floor(name):
    pinned = _PINNED.findall(lock(name))
    assert len(pinned) > 30
    assert below(pinned, FLOORS) == []


def test_no_lock_of_the_front_end_is_below_a_floor():
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    pinned = [(path.removeprefix("node_modules/"), about["version"]) for path, about in packages.items() if path]
    assert {name for name, *_ in FLOORS_OF_THE_FRONT_END} <= {name for name, _ in pinned}
    assert below(pinned, FLOORS_OF_THE_FRONT_END) == []


def test_every_floor_is_of_a_package_that_is_locked():
    locked = {name for file in LOCKS for name, _ in _PINNED.findall(lock(file))}
    assert {name for name, *_ in FLOORS} - locked == set()


def test_an_older_version_is_told():
    assert below([("h11", "0.14.0")], FLOORS) == ["h11 0.14.0 has CVE-2025-43859, mended in 0.16.0"]
    assert below([("urllib3", "2.10.0"), ("django", "5.2.19")], FLOORS) == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_everything_and_names_no_host(name):
    text = lock(name)
    for block in re.split(r"\n(?=[a-z0-9])", text):
        assert "==" not in block or "--hash=sha256:" in block
    assert "://" not in text
    assert "--index" not in text
