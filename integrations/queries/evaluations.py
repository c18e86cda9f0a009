"""What HCL gave for the same inputs before: from the kept evaluations, or else evaluated anew."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from integrations.core.documents import Document, Kind, SettingsDocument, from_builtins
from integrations.core.problems import Problem
from integrations.core.tree import Tree
from integrations.loader import KnownHcl, load_platform
from integrations.models import Evaluation, Repository
from integrations.queries.analyses import KeptAnalyses
from integrations.sandbox.hcl import HclEvaluator


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """All of a commit but its accounts. With problems there are no documents to use."""

    settings: SettingsDocument
    documents: tuple[Document, ...]
    key: str
    problems: tuple[Problem, ...]


def evaluator() -> HclEvaluator:
    return HclEvaluator(
        allow_unsandboxed=settings.HCL_ALLOW_UNSANDBOXED_EVALUATION, seconds=float(settings.HCL_TIMEOUT_SECONDS)
    )


def known_hcl(repository: Repository) -> KnownHcl:
    """Finds what HCL gave for a key, in the rows that activations keep."""

    def find(key: str) -> tuple[Document, ...] | None:
        row = Evaluation.objects.filter(repository=repository, key=key).first()
        return None if row is None else tuple(from_builtins(Kind(kind), body) for kind, body in row.documents)

    return find


def read_platform(repository: Repository, tree: Tree) -> Platform:
    loaded = load_platform(
        tree,
        evaluator=evaluator(),
        trusted=repository.is_trusted,
        known=known_hcl(repository),
        analyses=KeptAnalyses(),
    )
    return Platform(settings=loaded.settings, documents=loaded.documents, key=loaded.hcl_key, problems=loaded.problems)
