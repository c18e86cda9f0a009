"""What only several documents together can get wrong: references, repetitions, and samples against schemas.

Accounts are checked against an index of the platform layer, which can be built from documents or from rows, so that
a commit that touches one account costs one account's checks. The rules:

- An override's integration must be defined by the platform layer: in each environment that the override names, or
  in any one where it names none. A connection's must be defined in its environment.
- A method is one of METHODS. With any schema in the repository, a model and resource must have one; without, an
  override may only name a model and resource that some platform mapping has.
- An override may bring a mapping that its integration does not have (a custom object of one customer), if its
  model and resource are known by the rule above.
- No two documents may say the same thing of one environment.
- A sample's integration, account and mapping must exist; the mapping may be the account's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

from integrations.core.documents import (
    AccountDocument,
    Document,
    Environments,
    IntegrationDocument,
    Layer,
    MappingDocument,
    MappingKey,
    ModelDocument,
    OverrideDocument,
    Part,
    SampleDocument,
    Source,
)
from integrations.core.problems import Code, Problem
from integrations.core.schemas import check_expected
from integrations.core.text import short

METHODS = ("list", "get", "create", "update", "delete")

_Resource: TypeAlias = tuple[str, str]
_Scoped: TypeAlias = IntegrationDocument | MappingDocument | OverrideDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformIndex:
    """What accounts and samples refer to.

    `integrations` and `mappings` give the environments where each is defined (all written out). `accounts` gives the
    file of each account that is *not* among those being checked. `overrides` are the account overrides that come
    from elsewhere than account folders (from HCL). `is_complete` False: the platform layer could not be read, so
    that what is missing from it tells nothing.
    """

    environments: tuple[str, ...]
    integrations: Mapping[str, frozenset[str]] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    models: frozenset[_Resource] = frozenset()
    accounts: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[OverrideDocument, ...] = ()
    is_complete: bool = True

    @classmethod
    def of(
        cls,
        documents: Iterable[Document],
        environments: tuple[str, ...],
        *,
        accounts: Mapping[str, str] | None = None,
        is_complete: bool = True,
    ) -> PlatformIndex:
        """The index of these documents; those of account folders are not to be among them."""
        integrations: dict[str, set[str]] = defaultdict(set)
        mappings: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        models: set[_Resource] = set()
        overrides: list[OverrideDocument] = []
        for document in documents:
            match document:
                case IntegrationDocument():
                    integrations[document.slug].update(document.environments or environments)
                case MappingDocument():
                    scope = document.environments or environments
                    mappings[document.integration][str(document.key)].update(scope)
                case ModelDocument():
                    models.add((document.model, document.resource))
                case OverrideDocument(layer=Layer.ACCOUNT):
                    overrides.append(document)
                case _:
                    pass
        return cls(
            environments=environments,
            integrations={slug: frozenset(scope) for slug, scope in integrations.items()},
            mappings={
                slug: {key: frozenset(scope) for key, scope in found.items()} for slug, found in mappings.items()
            },
            models=frozenset(models),
            accounts=accounts or {},
            overrides=tuple(overrides),
            is_complete=is_complete,
        )

    @property
    def resources(self) -> frozenset[_Resource]:
        """The models and resources that may be named: those with a schema, or, without any, those with a mapping."""
        if self.models:
            return self.models
        keys = (MappingKey.parse(key) for found in self.mappings.values() for key in found)
        return frozenset((key.model, key.resource) for key in keys)


def check(documents: Sequence[Document], environments: tuple[str, ...], *, is_complete: bool = True) -> list[Problem]:
    """Every check on the documents of a whole commit. `is_complete` False: some HCL could not be evaluated."""
    accounts = {document.slug: document.source.file for document in documents if isinstance(document, AccountDocument)}
    from_folders = [document for document in documents if _is_from_folder(document)]
    rest = [document for document in documents if not _is_from_folder(document)]
    index = PlatformIndex.of(rest, environments, is_complete=is_complete)
    problems = check_platform(rest, index, accounts=accounts)
    problems += check_accounts(from_folders, index)
    problems += check_samples(documents, index, accounts=accounts)
    return problems


def check_platform(
    documents: Iterable[Document], index: PlatformIndex, *, accounts: Mapping[str, str]
) -> list[Problem]:
    """The documents that no account folder holds; `accounts` are all of the repository's, slug → file."""
    checker = _Checker(index)
    scoped: list[_Scoped] = []
    for document in documents:
        match document:
            case IntegrationDocument():
                scoped.append(document)
            case MappingDocument():
                scoped.append(document)
                checker.integration(document.integration, document.environments, document.source)
                checker.mapping(document.key, document.source, is_override=False)
            case OverrideDocument():
                # Account overrides from HCL are looked at for repetition together with those from folders.
                if document.layer is Layer.ENVIRONMENT:
                    scoped.append(document)
                checker.override(document)
                if document.account is not None:
                    checker.account(document.account, accounts, document.source)
            case _:
                pass
    return [*checker.problems, *_repeated(scoped), *_repeated(index.overrides)]


def check_accounts(documents: Sequence[Document], index: PlatformIndex) -> list[Problem]:
    """The documents of one or more account folders, whole folders at a time."""
    checker = _Checker(index)
    overrides: list[OverrideDocument] = []
    files = dict(index.accounts)
    for document in documents:
        match document:
            case AccountDocument():
                checker.unique_account(document, files)
                checker.connections(document)
            case OverrideDocument():
                checker.override(document)
                overrides.append(document)
            case _:
                pass
    touched = {(override.account, override.integration) for override in overrides}
    others = [other for other in index.overrides if (other.account, other.integration) in touched]
    return [*checker.problems, *_repeated([*others, *overrides], known=len(others))]


def check_removed(slugs: Iterable[str], index: PlatformIndex, samples: Iterable[SampleDocument]) -> list[Problem]:
    """What still names accounts that a commit removes: overrides in HCL, and samples."""
    gone = frozenset(slugs)
    checker = _Checker(index)
    named = [(document.account, document.source) for document in index.overrides]
    named += [(sample.account, sample.source) for sample in samples]
    for slug, source in named:
        if slug is not None and slug in gone:
            checker.account(slug, {}, source)
    return checker.problems


def check_samples(documents: Iterable[Document], index: PlatformIndex, *, accounts: Mapping[str, str]) -> list[Problem]:
    """The samples among the documents, against the schemas and the account overrides among them and the index."""
    samples: list[SampleDocument] = []
    models: dict[_Resource, ModelDocument] = {}
    own: dict[tuple[str | None, str], set[str]] = defaultdict(set)
    for document in (*documents, *index.overrides):
        match document:
            case SampleDocument():
                samples.append(document)
            case ModelDocument():
                models[document.model, document.resource] = document
            case OverrideDocument():
                own[document.account, document.integration].update(document.mappings)
            case _:
                pass
    checker = _Checker(index)
    problems: list[Problem] = []
    for sample in samples:
        checker.sample(sample, accounts, own[None, sample.integration] | own[sample.account, sample.integration])
        model = models.get((sample.key.model, sample.key.resource))
        if model is not None and sample.part is Part.RESPONSE:
            problems += check_expected(sample, model)
    return [*checker.problems, *problems]


class _Checker:
    """Collects problems with references. Each method looks at one."""

    def __init__(self, index: PlatformIndex) -> None:
        self.index = index
        self.resources = index.resources
        self.problems: list[Problem] = []
        self.unknown: dict[str, str] = {}

    def integration(self, slug: str, environments: Environments, source: Source) -> None:
        if not self.index.is_complete:
            return
        defined = self.index.integrations.get(slug)
        if defined is None:
            if slug not in self.unknown:  # one word wrong in the platform layer shows in every account
                self.unknown[slug] = _meant(slug, self.index.integrations)
            message = f"The platform layer defines no integration “{short(slug)}”{self.unknown[slug]}"
            self.report(Code.UNKNOWN_INTEGRATION, message, source)
            return
        for environment in environments or ():
            if environment not in defined:
                message = f"The platform layer does not define {slug} in {environment}."
                self.report(Code.UNKNOWN_INTEGRATION, message, source)

    def mapping(self, key: MappingKey, source: Source, *, is_override: bool) -> None:
        if key.method not in METHODS:
            message = f"“{short(key.method)}” is no method; there are {', '.join(METHODS)}."
            self.report(Code.UNKNOWN_METHOD, message, source)
        resource = (key.model, key.resource)
        if resource in self.resources or not (self.index.models or (is_override and self.index.is_complete)):
            return
        name = f"{key.model}/{key.resource}"
        known = [f"{model}/{resource}" for model, resource in self.resources]
        if self.index.models:
            message = f"There is no schema models/{name}.schema.json{_meant(name, known)}"
            self.report(Code.UNKNOWN_MODEL, message, source)
        else:
            message = f"No platform mapping has the model and resource {name}{_meant(name, known)}"
            self.report(Code.UNKNOWN_MAPPING, message, source)

    def override(self, document: OverrideDocument) -> None:
        self.integration(document.integration, document.environments, document.source)
        for key, parts in document.mappings.items():
            first = next((part.source for part in parts.values()), document.source)
            self.mapping(MappingKey.parse(key), first, is_override=True)

    def account(self, slug: str, accounts: Mapping[str, str], source: Source) -> None:
        if slug not in accounts:
            message = f"No folder with an account.yaml is named “{short(slug)}”{_meant(slug, accounts)}"
            self.report(Code.UNKNOWN_ACCOUNT, message, source)

    def unique_account(self, document: AccountDocument, files: dict[str, str]) -> None:
        first = files.setdefault(document.slug, document.source.file)
        if first != document.source.file:
            message = f"The account {document.slug} stands in {first} already."
            self.report(Code.DUPLICATE, message, document.source)

    def connections(self, document: AccountDocument) -> None:
        for index, connection in enumerate(document.connections or ()):
            line = document.lines.get(f"/connections/{index}", document.source.line)
            source = Source(file=document.source.file, line=line)
            self.integration(connection.integration, (connection.environment,), source)

    def sample(self, sample: SampleDocument, accounts: Mapping[str, str], own: Iterable[str]) -> None:
        environments = (sample.environment,) if sample.environment else None
        self.integration(sample.integration, environments, sample.source)
        if sample.account is not None:
            self.account(sample.account, accounts, sample.source)
        known = {*self.index.mappings.get(sample.integration, {}), *own}
        if self.index.is_complete and sample.integration in self.index.integrations and str(sample.key) not in known:
            message = f"{sample.integration} has no mapping {sample.key}{_meant(str(sample.key), known)}"
            self.report(Code.UNKNOWN_MAPPING, message, sample.source)

    def report(self, code: Code, message: str, source: Source) -> None:
        self.problems.append(Problem(code=code, message=message, source=source))


def _repeated(documents: Sequence[_Scoped], *, known: int = 0) -> list[Problem]:
    """A problem for each document that says again what one before it says; none for the first `known`."""
    seen: dict[tuple[str, ...], list[_Scoped]] = defaultdict(list)
    problems: list[Problem] = []
    for position, document in enumerate(documents):
        others = seen[_subject(document)]
        first = next((other for other in others if _overlap(document.environments, other.environments)), None)
        if first is not None and position >= known:
            message = f"{_described(document)} is given in {first.source} already."
            problems.append(Problem(code=Code.DUPLICATE, message=message, source=document.source))
        others.append(document)
    return problems


def _subject(document: _Scoped) -> tuple[str, ...]:
    match document:
        case IntegrationDocument():
            return ("integration", document.slug)
        case MappingDocument():
            return ("mapping", document.integration, str(document.key))
        case OverrideDocument():
            return ("override", document.layer, document.account or "", document.integration)


def _described(document: _Scoped) -> str:
    match document:
        case IntegrationDocument():
            return f"The integration {document.slug}"
        case MappingDocument():
            return f"The mapping {document.key} of {document.integration}"
        case OverrideDocument():
            whose = f"for {document.account}" if document.account else "of this environment"
            return f"The override of {document.integration} {whose}"


def _overlap(one: Environments, other: Environments) -> bool:
    return one is None or other is None or not set(one).isdisjoint(other)


def _is_from_folder(document: Document) -> bool:
    """Whether it came from an account's YAML rather than from HCL."""
    if isinstance(document, OverrideDocument):
        return document.layer is Layer.ACCOUNT and document.source.file.endswith((".yaml", ".yml"))
    return isinstance(document, AccountDocument)


def _meant(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not known."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean “{close[0]}”?" if close else "."
