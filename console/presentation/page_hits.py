"""Pages of the console that the search box leads to, beside what it finds in the repository."""

from __future__ import annotations

from typing import NamedTuple

from console.access import VIEW_LOG, Person, denial
from integrations.queries.search import Hit, HitKind

_LEAST = 3  # letters: fewer match too much


class _Page(NamedTuple):
    route: str
    title: str
    detail: str
    right: str


_PAGES = (
    _Page("audit", "Audit log", "who did what, when and why", VIEW_LOG),
    _Page("audit_export", "Export evidence", "entries of the audit log with their proofs", VIEW_LOG),
    _Page("audit_verification", "Verification of the audit log", "is the log whole? checkpoints, key", VIEW_LOG),
)


def pages_like(text: str, user: Person) -> list[Hit]:
    """The pages that this person may open and whose title or description has every word of `text`."""
    words = text.lower().split()
    if not words or len(text) < _LEAST:
        return []
    return [
        Hit(kind=HitKind.PAGE, title=page.title, detail=page.detail, names=(page.route,))
        for page in _PAGES
        if all(word in f"{page.title} {page.detail}".lower() for word in words) and denial(user, page.right) is None
    ]
