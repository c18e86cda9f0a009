"""The whole of a commit, or all of it but the accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from integrations.core.accounts import parse_account
from integrations.core.checks import check
from integrations.core.documents import Document, SettingsDocument
from integrations.core.layout import read_settings
from integrations.core.parsed import Parsed
from integrations.core.problems import Problem, in_order
from integrations.core.schemas import parse_model, parse_sample
from integrations.core.tree import Tree
from integrations.loader.roots import Evaluator, evaluate
from integrations.loader.survey import Survey, TreeLimits, survey

LIMITS = TreeLimits()


# What HCL gave for an `hcl_key` before, so that it need not be evaluated again; None when that is not kept.
KnownHcl: TypeAlias = Callable[[str], tuple[Document, ...] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read. With a problem the documents are not to be used: they may be incomplete.

    `documents` begin with the settings. `hcl_documents` are those of them that HCL gave. `hcl_folders`: see
    `layout.area_of`.
    """

    settings: SettingsDocument
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    hcl_key: str
    hcl_documents: tuple[Document, ...]
    hcl_folders: tuple[str, ...]
    account_folders: tuple[str, ...]


def load(
    tree: Tree,
    *,
    evaluator: Evaluator,
    limits: TreeLimits = LIMITS,
    trusted: bool = False,
    known: KnownHcl | None = None,
) -> Loaded:
    """Everything, checked as a whole: with no problem it may become active as it is."""
    settings, problems = read_settings(tree)
    found = survey(tree, settings, limits)
    hcl = _hcl(found, evaluator, trusted=trusted, known=known)
    parts = [hcl, *_models(found), *_samples(found)]
    parts += [parse_account(tree, folder, settings) for folder in found.account_folders]
    joined = Parsed.join(parts)
    checked = check(joined.documents, settings.environments, is_complete=not (hcl.problems or found.is_too_large))
    return _loaded(found, joined, hcl, [*problems, *found.problems, *joined.problems, *checked])


def load_platform(
    tree: Tree,
    *,
    evaluator: Evaluator,
    limits: TreeLimits = LIMITS,
    trusted: bool = False,
    known: KnownHcl | None = None,
) -> Loaded:
    """All but the accounts, and not checked against them: `checks.check_platform` and its siblings are the caller's."""
    settings, problems = read_settings(tree)
    found = survey(tree, settings, limits)
    hcl = _hcl(found, evaluator, trusted=trusted, known=known)
    joined = Parsed.join([hcl, *_models(found), *_samples(found)])
    return _loaded(found, joined, hcl, [*problems, *found.problems, *joined.problems])


def hcl_key(tree: Tree, settings: SettingsDocument, *, limits: TreeLimits = LIMITS) -> str:
    """SHA-256 over the name and blob of everything that an evaluation can read: equal keys, equal documents."""
    return survey(tree, settings, limits).hcl_key()


def _loaded(found: Survey, joined: Parsed, hcl: Parsed, problems: list[Problem]) -> Loaded:
    return Loaded(
        settings=found.settings,
        documents=(found.settings, *joined.documents),
        problems=in_order(problems),
        hcl_key=found.hcl_key(),
        hcl_documents=hcl.documents,
        hcl_folders=found.hcl_folders,
        account_folders=tuple(found.account_folders),
    )


def _hcl(found: Survey, evaluator: Evaluator, *, trusted: bool, known: KnownHcl | None) -> Parsed:
    kept = known(found.hcl_key()) if known is not None else None
    if kept is not None:
        return Parsed(documents=kept)
    return evaluate(found, evaluator, trusted=trusted)


def _models(found: Survey) -> list[Parsed]:
    return [parse_model(entry.path, found.tree.read(entry.path)) for entry in found.models]


def _samples(found: Survey) -> list[Parsed]:
    environments = found.settings.environments
    return [parse_sample(entry.path, found.tree.read(entry.path), environments) for entry in found.samples]
