"""Tells without Node whether static/dist is what static/build.mjs made of the present sources.

The build writes the hashes of all that went in and came out to static/dist/MANIFEST.json; a source changed since
then, or a built file edited by hand, differs from them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_OTHER_SOURCES = ("static/build.mjs", "package.json", "package-lock.json")


def stale(root: Path = ROOT) -> list[str]:
    """One sentence for each file that does not match the manifest; empty when the build is up to date."""
    dist = root / "static" / "dist"
    try:
        manifest = json.loads((dist / "MANIFEST.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ["static/dist/MANIFEST.json is missing."]
    sources = [path for path in _files(root / "static" / "src") if path.suffix != ".md"]
    sources += [root / name for name in _OTHER_SOURCES]
    built = [path for path in _files(dist) if path.name != "MANIFEST.json"]
    axe = root / "tests" / "browser" / "axe.min.js"
    return [
        *_differences(manifest["sources"], _hashes(sources, root), "changed since the build"),
        *_differences(manifest["built"], _hashes(built, dist), "not as it was built"),
        *_differences({axe.name: manifest["axe"]}, _hashes([axe], axe.parent), "not as it was built"),
    ]


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _hashes(paths: Iterable[Path], base: Path) -> dict[str, str]:
    present = (path for path in paths if path.exists())
    return {path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in present}


def _differences(expected: dict[str, str], found: dict[str, str], change: str) -> list[str]:
    return (
        [f"{name} is {change}." for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]]
        + [f"{name} is missing." for name in sorted(expected.keys() - found.keys())]
        + [f"{name} is new." for name in sorted(found.keys() - expected.keys())]
    )


def main() -> int:
    problems = stale()
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    if problems:
        sys.stdout.write(
            "The built front end is not of these sources: make assets (needs Node), and commit static/dist.\n"
        )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
