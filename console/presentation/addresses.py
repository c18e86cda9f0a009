"""Addresses that a page needs by the hundred, made at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlencode

from django.urls import reverse

_ANY = "file"


def source_addresses(files: Iterable[str], carried: Mapping[str, str]) -> dict[str, str]:
    """The page of each file, at the moment and in the repository that `carried` (context.Page.carried) names.

    Reversing an address costs more than rendering its row, so the route is asked for once.
    """
    prefix = reverse("source", kwargs={"path": _ANY}).removesuffix(_ANY)
    kept = {key: value for key, value in carried.items() if key != "environment"}
    suffix = f"?{urlencode(kept)}" if kept else ""
    return {file: f"{prefix}{quote(file, errors='surrogateescape')}{suffix}" for file in files}
