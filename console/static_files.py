"""Headers of single static files, which WhiteNoise serves before any other middleware sees the request."""

from __future__ import annotations

from pathlib import PurePath
from wsgiref.headers import Headers

_WORKER = "jsonata-worker"


def add_headers(headers: Headers, path: str, url: str) -> None:  # noqa: ARG001 - WhiteNoise's signature
    """A worker is bound by the policy of its own response: an expression from a link reaches nothing from it."""
    if PurePath(path).name.startswith(_WORKER):
        headers["Content-Security-Policy"] = "default-src 'none'"
