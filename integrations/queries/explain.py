"""One value explained: every layer's say, where it stands, and who wrote it."""

from __future__ import annotations

from typing import Any

from integrations.core.chain import Chain, chain
from integrations.queries.authorship import authorship
from integrations.queries.effective import effective
from integrations.queries.reading import Reader

VERSION = 1  # of the answer's shape


class UnknownPath(Exception):
    """The connection has no such value."""


def explain(reader: Reader, account: str, integration: str, environment: str, path: str) -> dict[str, Any]:
    """The documented answer of the command `explain` and of the API. Raises NoConnection, UnknownPath."""
    found = chain(effective(reader, account, integration, environment), path)
    if found is None:
        raise UnknownPath(
            f"There is no value “{path}” for {account}'s {integration} in {environment}. Name a config path"
            " (pagination.page_size) or a mapping's field (crm/contacts/list:response/name)."
        )
    return {
        "version": VERSION,
        "account": account,
        "integration": integration,
        "environment": environment,
        "commit": reader.commit,
        "area": found.area,
        "path": found.path,
        "chain": _links(reader, found),
    }


def _links(reader: Reader, found: Chain) -> list[dict[str, Any]]:
    authors = authorship(reader, [link.source for link in found.links])
    what = "value" if found.area == "config" else "expression"
    return [
        {
            "layer": str(link.layer),
            "path": link.path,
            what: link.value,
            "wins": link.is_winner,
            "removed": link.value is None,
            "source": {"file": link.source.file, "line": link.source.line},
            "commit": (
                {
                    "id": info.id,
                    "author": info.author_name,
                    "email": info.author_email,
                    "date": info.authored_at.isoformat(),
                    "subject": info.subject,
                    "pull_request": info.pull_request,
                }
                if (info := authors.get(link.source)) is not None
                else None
            ),
        }
        for link in found.links
    ]
