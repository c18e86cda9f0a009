"""Proposals of the small repository of tests, and what the remote and the log say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pygit2

from audit.models import Entry
from console.models import User
from integrations.actions.proposals.opening import Wish, open_proposal
from integrations.core.documents import Layer
from integrations.models import Proposal
from tests.web.synced import Config

OVERRIDE = "customers/acme-corp/salesforce.yaml"
SMALLER = "environments: [production]\nconfig:\n  pagination:\n    page_size: 25\n"


def wish(config: Config, files: Mapping[str, str | None] | None = None, **fields: Any) -> Wish:
    given: dict[str, Any] = {
        "layer": Layer.ACCOUNT,
        "account": "acme-corp",
        "integration": "salesforce",
        "environment": "production",
        "base_commit": config.commits[-1],
        "files": {OVERRIDE: SMALLER} if files is None else files,
        "title": "Give Acme pages of 25",
        "summary": "Their organisation is slow.",
        "reason": "Time-outs every night",
        "ticket": "CS-1204",
    }
    return Wish(**given | fields)


def handed_in(config: Config, proposer: User, **fields: Any) -> Proposal:
    return open_proposal(wish(config, **fields), repository=config.row, proposer=proposer)


def branches(config: Config) -> dict[str, str]:
    """The console's own branches at the remote."""
    names = pygit2.Repository(str(config.path)).references
    found = {name.removeprefix("refs/heads/"): str(names[name].target) for name in names}
    return {name: commit for name, commit in found.items() if name.startswith("glasshouse/")}


def commit_at(config: Config, commit: str) -> pygit2.Commit:
    return pygit2.Repository(str(config.path))[commit].peel(pygit2.Commit)


def entries(event: str) -> list[Entry]:
    return list(Entry.objects.filter(event=event).order_by("pk"))


def open_intents() -> list[Entry]:
    ended = set(Entry.objects.exclude(intent=None).values_list("intent", flat=True))
    return [entry for entry in Entry.objects.filter(phase=Entry.Phase.INTENT) if entry.pk not in ended]


def push_on_top(config: Config, branch: str, name: str, email: str, path: str = "NOTES.md") -> str:
    """What somebody pushes to the proposal's branch by git alone; the commit's id."""
    repository = pygit2.Repository(str(config.path))
    head = repository.references[f"refs/heads/{branch}"].target
    index = pygit2.Index()
    index.read_tree(repository[head].peel(pygit2.Tree))
    index.add(pygit2.IndexEntry(path, repository.create_blob(b"A note\n"), pygit2.enums.FileMode.BLOB))
    who = pygit2.Signature(name, email, 1_780_000_000, 0)
    tree = index.write_tree(repository)
    return str(repository.create_commit(f"refs/heads/{branch}", who, who, "On top", tree, [head]))
