"""What a commit, or a change that is only thought of, brings; read as sparingly as it allows.

Three ways, from the narrowest: only account folders changed, so these are read and checked against what the rows say;
HCL, schemas or samples changed, so these are read whole and the unchanged accounts come from the rows; anything else
(a first sync, other settings), and the whole tree is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from integrations.core.analyses import Analyses
from integrations.core.checks import PlatformIndex, check, check_accounts, check_removed, check_samples
from integrations.core.documents import (
    AccountDocument,
    Document,
    Kind,
    OverrideDocument,
    SampleDocument,
    SettingsDocument,
    from_builtins,
)
from integrations.core.layout import ACCOUNT_FILE, read_settings
from integrations.core.parsed import Parsed
from integrations.core.problems import Problem, in_order
from integrations.core.tree import Tree
from integrations.git.errors import GitError
from integrations.git.mirror import Mirror
from integrations.loader import Area, area_of, load, load_accounts, load_platform, touched_accounts
from integrations.models import Account, Document as DocumentRow, Repository, Snapshot
from integrations.queries.evaluations import evaluator, known_hcl

_WIDE = frozenset({Area.HCL, Area.MODEL, Area.SAMPLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The documents of a commit that may differ from the rows; everything else stays.

    `evaluated`: all documents that do not come from account folders; None when no input of theirs changed.
    `hcl`: those of them that HCL gave, to be kept by `platform_key`.
    `folders`: the documents of each account whose folder changed, by slug; an empty tuple for one that is gone.
    `is_whole`: `folders` holds every account, so that accounts not in it are gone.
    """

    settings: SettingsDocument
    platform_key: str
    hcl_folders: tuple[str, ...]
    evaluated: tuple[Document, ...] | None
    hcl: tuple[Document, ...]
    folders: Mapping[str, tuple[Document, ...]]
    is_whole: bool
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touched:
    """The account folders that a commit touched: what they hold now, by slug (() for accounts that are gone)."""

    parsed: Parsed = field(default_factory=Parsed)
    folders: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)
    places: frozenset[str] = frozenset()


def read_commit(
    repository: Repository, mirror: Mirror, commit: str, *, over: Snapshot | None, analyses: Analyses
) -> Intake:
    """The commit, as far as it may differ from the snapshot `over`, checked as a whole."""
    tree = mirror.tree(commit)
    if over is None:
        return _whole(repository, tree, analyses)
    try:
        paths = [change.path for change in mirror.changes(over.commit, commit)]
        before = mirror.tree(over.commit)
    except GitError:
        # The active commit is not in the mirror any more (it was made anew): nothing to compare with.
        return _whole(repository, tree, analyses)
    return read_changed(repository, tree, before, paths, over=over, analyses=analyses)


def read_changed(
    repository: Repository,
    tree: Tree,
    before: Tree,
    paths: Sequence[str],
    *,
    over: Snapshot,
    analyses: Analyses,
    checks_accounts: bool = True,
) -> Intake:
    """`tree`, which differs in `paths` from `before`, the tree of the active snapshot `over`; checked as a whole.

    `checks_accounts` False: where the platform layer changes, the accounts that do not are not checked against it,
    which costs most of the time. Then no problem says that nothing is wrong.
    """
    settings, problems = read_settings(tree)
    if problems or settings != from_builtins(Kind.SETTINGS, over.layout):
        return _whole(repository, tree, analyses)
    areas: dict[Area, list[str]] = defaultdict(list)
    for path in paths:
        areas[area_of(path, settings, hcl_folders=over.hcl_folders)].append(path)
    moved = [path for path in paths if area_of(path, settings) is Area.ACCOUNT]
    touched = _touched(tree, before, moved, settings, analyses)
    if _WIDE & areas.keys():
        return _wide(repository, tree, settings, touched, analyses, checks_accounts=checks_accounts)
    return _narrow(repository, over, settings, touched)


def _whole(repository: Repository, tree: Tree, analyses: Analyses) -> Intake:
    loaded = load(
        tree,
        evaluator=evaluator(),
        trusted=repository.is_trusted,
        known=known_hcl(repository),
        analyses=analyses,
    )
    evaluated, folders = _apart(loaded.documents, loaded.hcl_documents)
    return Intake(
        settings=loaded.settings,
        platform_key=loaded.hcl_key,
        hcl_folders=loaded.hcl_folders,
        evaluated=evaluated,
        hcl=loaded.hcl_documents,
        folders=folders,
        is_whole=True,
        problems=loaded.problems,
    )


def _wide(
    repository: Repository,
    tree: Tree,
    settings: SettingsDocument,
    touched: _Touched,
    analyses: Analyses,
    *,
    checks_accounts: bool,
) -> Intake:
    loaded = load_platform(
        tree,
        evaluator=evaluator(),
        trusted=repository.is_trusted,
        known=known_hcl(repository),
        analyses=analyses,
    )
    evaluated, _ = _apart(loaded.documents, loaded.hcl_documents)
    wrong = []
    if checks_accounts:
        documents = [*evaluated, *touched.parsed.documents, *_unchanged(repository, touched.places)]
        wrong = check(documents, settings.environments, is_complete=not loaded.problems)
    return Intake(
        settings=settings,
        platform_key=loaded.hcl_key,
        hcl_folders=loaded.hcl_folders,
        evaluated=evaluated,
        hcl=loaded.hcl_documents,
        folders=touched.folders,
        is_whole=False,
        problems=in_order([*loaded.problems, *touched.parsed.problems, *wrong]),
    )


def _narrow(repository: Repository, over: Snapshot, settings: SettingsDocument, touched: _Touched) -> Intake:
    documents = touched.parsed.documents
    index, samples = _index(repository, settings, touched)
    gone = {slug for slug, found in touched.folders.items() if not found}
    wrong = check_accounts(documents, index)
    wrong += check_removed(gone, index, samples)
    named = {sample.account for sample in samples}
    accounts = dict.fromkeys(touched.folders.keys() - gone, "")
    wrong += check_samples(
        [
            *(d for d in documents if isinstance(d, OverrideDocument) and d.account in named),
            *_overrides_below(repository, samples),
            *(sample for sample in samples if sample.account not in gone),
        ],
        index,
        accounts=accounts,
    )
    return Intake(
        settings=settings,
        platform_key=over.platform_key,
        hcl_folders=tuple(over.hcl_folders),
        evaluated=None,
        hcl=(),
        folders=touched.folders,
        is_whole=False,
        problems=in_order([*touched.parsed.problems, *wrong]),
    )


def _touched(
    tree: Tree, before: Tree, paths: Sequence[str], settings: SettingsDocument, analyses: Analyses
) -> _Touched:
    if not paths:
        return _Touched()
    now, then = touched_accounts(tree, paths, settings), touched_accounts(before, paths, settings)
    read = load_accounts(tree, now.folders, settings, analyses=analyses)
    parsed = Parsed.join([Parsed(problems=now.problems), *read.values()])
    places = frozenset({*then.folders, *now.folders})
    by_slug: dict[str, list[Document]] = {folder.rpartition("/")[2]: [] for folder in sorted(places)}
    for document in parsed.documents:
        by_slug.setdefault(_account_of(document), []).append(document)
    folders = {slug: tuple(documents) for slug, documents in by_slug.items()}
    return _Touched(parsed=parsed, folders=folders, places=places)


def _apart(
    documents: Iterable[Document], hcl: Iterable[Document]
) -> tuple[tuple[Document, ...], dict[str, tuple[Document, ...]]]:
    """The documents of account folders by slug, and all others but the settings."""
    from_hcl = {id(document) for document in hcl}
    evaluated: list[Document] = []
    folders: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if isinstance(document, AccountDocument):
            folders[document.slug].append(document)
        elif isinstance(document, OverrideDocument) and id(document) not in from_hcl:
            folders[document.account or ""].append(document)
        elif not isinstance(document, SettingsDocument):
            evaluated.append(document)
    return tuple(evaluated), {slug: tuple(found) for slug, found in folders.items()}


def _account_of(document: Document) -> str:
    if isinstance(document, AccountDocument):
        return document.slug
    assert isinstance(document, OverrideDocument)
    return document.account or ""


def _unchanged(repository: Repository, places: frozenset[str]) -> Iterable[Document]:
    """The account documents of all folders but these, from the rows."""
    accounts = Account.objects.filter(repository=repository).exclude(folder__in=places)
    for body in accounts.values_list("body", flat=True).iterator():
        yield from_builtins(Kind.ACCOUNT, body)
    overrides = DocumentRow.objects.filter(repository=repository, origin=DocumentRow.Origin.FOLDER)
    overrides = overrides.exclude(account__folder__in=places)
    for body in overrides.values_list("body", flat=True).iterator():
        yield from_builtins(Kind.OVERRIDE, body)


def _index(
    repository: Repository, settings: SettingsDocument, touched: _Touched
) -> tuple[PlatformIndex, list[SampleDocument]]:
    """What the rows say of all that the touched accounts may refer to, and the samples that refer to them."""
    slugs = list(touched.folders)
    rows = DocumentRow.objects.filter(repository=repository, origin=DocumentRow.Origin.EVALUATION)
    named = {d.integration for d in touched.parsed.documents if isinstance(d, OverrideDocument)}
    elsewhere = Account.objects.filter(repository=repository, slug__in=slugs).exclude(folder__in=touched.places)
    wanted = [
        *rows.filter(kind__in=[Kind.INTEGRATION, Kind.MODEL]),
        *rows.filter(kind=Kind.MAPPING, integration__in=named),
        *rows.filter(kind=Kind.OVERRIDE, account__slug__in=slugs),
    ]
    index = PlatformIndex.of(
        (from_builtins(Kind(row.kind), row.body) for row in wanted),
        settings.environments,
        # An account of the same name in a folder that was not touched: the new one repeats it.
        accounts={slug: f"{folder}/{ACCOUNT_FILE}" for slug, folder in elsewhere.values_list("slug", "folder")},
    )
    samples: list[SampleDocument] = []
    # Cast, so that it is compared as text: a transform of JSON would have the names be JSON too.
    named_by = rows.filter(kind=Kind.SAMPLE).annotate(named=Cast(KeyTextTransform("account", "body"), TextField()))
    for body in named_by.filter(named__in=slugs).values_list("body", flat=True):
        sample = from_builtins(Kind.SAMPLE, body)
        assert isinstance(sample, SampleDocument)
        samples.append(sample)
    return index, samples


def _overrides_below(repository: Repository, samples: Iterable[SampleDocument]) -> Iterable[Document]:
    """The environment overrides of the samples' integrations: they may give a mapping that a sample is for."""
    names = {sample.integration for sample in samples}
    rows = DocumentRow.objects.filter(repository=repository, kind=Kind.OVERRIDE, account=None, integration__in=names)
    return [from_builtins(Kind.OVERRIDE, body) for body in rows.values_list("body", flat=True)] if names else []
