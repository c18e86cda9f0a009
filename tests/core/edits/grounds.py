"""Repositories in memory for edits: an account's files read with the project's own reader."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from integrations.core.accounts import parse_account
from integrations.core.documents import (
    Document,
    IntegrationDocument,
    Layer,
    SettingsDocument,
    Source,
)
from integrations.core.edits import Edit, Ground, Scope, files_needed, plan_edits
from tests.core.trees import MemoryTree

ENVIRONMENTS = ("staging", "production")
SETTINGS = SettingsDocument(name="", description="", environments=ENVIRONMENTS, accounts=("customers",))
FOLDER = "customers/acme-corp"
FILE = f"{FOLDER}/salesforce.yaml"
ACCOUNT = """\
name: Acme Corp
owner: dana@example.com
connections:
  - {integration: salesforce, environment: production}
  - {integration: salesforce, environment: staging}
"""
SALESFORCE = IntegrationDocument(
    slug="salesforce", config={}, lines={}, source=Source(file="integrations/salesforce.tf", line=1)
)
PRODUCTION = Scope(layer=Layer.ACCOUNT, integration="salesforce", account="acme-corp", environment="production")
EVERYWHERE = Scope(layer=Layer.ACCOUNT, integration="salesforce", account="acme-corp")


def ground_of(files: Mapping[str, str], *more: Document) -> Ground:
    parsed = parse_account(MemoryTree(files), FOLDER, SETTINGS)
    assert parsed.problems == ()
    return Ground(environments=ENVIRONMENTS, documents=(SALESFORCE, *parsed.documents, *more), paths=frozenset(files))


def after(files: Mapping[str, str], *edits: Edit, more: Sequence[Document] = ()) -> dict[str, str]:
    """The files once the edits are made; only those that `files_needed` names are given."""
    ground = ground_of(files, *more)
    given = {path: files[path] for path in files_needed(edits, ground)}
    changes = plan_edits(edits, given, ground)
    merged = {**files, **changes.texts}
    return {path: text for path, text in merged.items() if text is not None}


def diff(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """A unified diff of all files with one line of context, as a reviewer sees it."""
    found: list[str] = []
    for path in sorted({*before, *now}):
        old, new = before.get(path), now.get(path)
        names = ("/dev/null" if old is None else path, "/dev/null" if new is None else path)
        found += difflib.unified_diff(
            (old or "").splitlines(keepends=True), (new or "").splitlines(keepends=True), *names, n=1
        )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in found)
