"""Workflow commands of GitHub Actions: what shows as an annotation on the lines of a pull request."""

from __future__ import annotations

import os
from pathlib import Path

from integrations.core.documents import Source


def annotation(*, title: str, message: str, source: Source | None, column: int | None = None, folder: str = "") -> str:
    """An error as one line. `folder` is where the config repository stands in the checkout."""
    properties = {}
    if source is not None:
        properties["file"] = f"{folder}/{source.file}" if folder else source.file
        properties["line"] = str(source.line)
        if column is not None:
            properties["col"] = str(column)
    properties["title"] = title
    listed = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::error {listed}::{_escaped(message)}"


def from_here(root: Path) -> str:
    """The folder as seen from the current one, which in CI is the checkout; empty for that itself, or outside of it."""
    relative = os.path.relpath(root.resolve(), Path.cwd())
    return "" if relative == "." or relative.startswith("..") else Path(relative).as_posix()


def _escaped(text: str, further: str = "") -> str:
    """What the runner would take for its own syntax, percent-encoded; it decodes exactly these."""
    for character in f"%\r\n{further}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
