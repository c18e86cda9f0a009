"""The whole of a commit, all of it but the accounts, or some of the accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from integrations.core.accounts import parse_account
from integrations.core.analyses import Analyses, complete, filled, texts_of
from integrations.core.checks import check
from integrations.core.documents import Document, SettingsDocument
from integrations.core.layout import read_settings
from integrations.core.parsed import Parsed
from integrations.core.problems import Problem, in_order
from integrations.core.schemas import parse_model, parse_sample
from integrations.core.tree import Tree
from integrations.loader.analyses import side_by_side
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
    analyses: Analyses = side_by_side,
) -> Loaded:
    """Everything, checked as a whole: with no problem it may become active as it is."""
    settings, problems = read_settings(tree)
    found = survey(tree, settings, limits)
    kept = known(found.hcl_key()) if known is not None else None
    hcl = Parsed() if kept is not None else evaluate(found, evaluator, trusted=trusted)
    accounts = Parsed.join(parse_account(tree, folder, settings) for folder in found.account_folders)
    analysed = analyses(texts_of((*hcl.documents, *accounts.documents)))
    hcl = filled(hcl, analysed) if kept is None else Parsed(documents=kept)
    joined = Parsed.join([hcl, *_models(found), *_samples(found), filled(accounts, analysed)])
    checked = check(joined.documents, settings.environments, is_complete=not (hcl.problems or found.is_too_large))
    return _loaded(found, joined, hcl, [*problems, *found.problems, *joined.problems, *checked])


def load_platform(
    tree: Tree,
    *,
    evaluator: Evaluator,
    limits: TreeLimits = LIMITS,
    trusted: bool = False,
    known: KnownHcl | None = None,
    analyses: Analyses = side_by_side,
) -> Loaded:
    """All but the accounts, and not checked against them: `checks.check_platform` and its siblings are the caller's."""
    settings, problems = read_settings(tree)
    found = survey(tree, settings, limits)
    kept = known(found.hcl_key()) if known is not None else None
    hcl = complete(evaluate(found, evaluator, trusted=trusted), analyses) if kept is None else Parsed(documents=kept)
    joined = Parsed.join([hcl, *_models(found), *_samples(found)])
    return _loaded(found, joined, hcl, [*problems, *found.problems, *joined.problems])


def load_accounts(
    tree: Tree, folders: Iterable[str], settings: SettingsDocument, *, analyses: Analyses = side_by_side
) -> dict[str, Parsed]:
    """What stands in each of the folders; not checked against anything outside of it."""
    read = {folder: parse_account(tree, folder, settings) for folder in folders}
    analysed = analyses(texts_of(document for parsed in read.values() for document in parsed.documents))
    return {folder: filled(parsed, analysed) for folder, parsed in read.items()}


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


def _models(found: Survey) -> list[Parsed]:
    return [parse_model(entry.path, found.tree.read(entry.path)) for entry in found.models]


def _samples(found: Survey) -> list[Parsed]:
    environments = found.settings.environments
    return [parse_sample(entry.path, found.tree.read(entry.path), environments) for entry in found.samples]
