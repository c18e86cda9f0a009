"""What one layer says of one integration, beside the text that says it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.access import VIEW, account_at
from console.presentation.code import Excerpt, Unreadable, excerpts, marks_for, text_of
from console.presentation.contributions import MIXED
from console.presentation.values import dotted, shown_short
from console.proposing.places import why_not
from console.visit import Visit, visit
from integrations.core.documents import (
    JSON,
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.pointer import escape
from integrations.core.state import applies
from integrations.core.tree import MissingFile, Tree
from integrations.models import Proposal
from integrations.queries.open_changes import open_on
from integrations.queries.origins import mixed_files

_MOST_ACCOUNTS = 25
_SURROUNDINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that a document says of the config. `is_removal`: null, which takes a lower layer's value away."""

    path: str
    text: str
    line: int
    is_removal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a document says of one part of a mapping. `file` None: no expression, the lower layers are dropped."""

    mapping: str
    part: str
    mode: str
    source: Source
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One document as its page shows it, with the text around what it says."""

    title: str
    account: str | None
    environments: tuple[str, ...] | None
    source: Source
    settings: tuple[Setting, ...]
    parts: tuple[Said, ...]
    excerpts: tuple[Excerpt, ...]
    note: str


@require_safe
def layer(request: HttpRequest, layer: str, integration: str) -> HttpResponse:
    here = visit(request)
    try:
        which = Layer(layer)
    except ValueError:
        raise Http404("A layer is platform, environment or account.") from None
    if here.reader.integration(integration) is None:
        raise Http404(f"There is no integration “{integration[:100]}”.")
    environment, account = request.GET.get("environment", ""), request.GET.get("account", "")
    documents, following = _documents(request, here, which, integration)
    if environment:
        documents = [document for document in documents if applies(document.environments, environment)]
    mixed = mixed_files(here.reader, {document.source.file for document in documents}, here.visible)
    tree = here.reader.tree()
    context = {
        "layer": which.value,
        "integration": integration,
        "shown_environment": environment,
        "environments": here.reader.settings().environments,
        "account": account if which is Layer.ACCOUNT else "",  # elsewhere nobody has asked whether there is one
        "statements": [_statement(document, tree, which, mixed) for document in documents],
        "after": following,
        "is_first": not request.GET.get("after"),
        "layers": [each.value for each in Layer],
        "propose_denial": why_not(request, account) if which is not Layer.ACCOUNT or account else None,
        "open_proposals": _open(here, which, integration, environment=environment, account=account),
    }
    return render(request, "layers/layer.html", context)


def _open(here: Visit, which: Layer, integration: str, *, environment: str, account: str) -> list[Proposal]:
    """What is under way on this layer; of one account where one is looked at."""
    if not here.reader.is_current or (which is Layer.ACCOUNT and not account):
        return []
    found = open_on(
        here.repository,
        account=account if which is Layer.ACCOUNT else "",
        integration=integration,
        environment=environment,
        visible=here.visible,
    )
    return [row for row in found if row.layer == which]


LayerDocument = IntegrationDocument | MappingDocument | OverrideDocument


def _documents(
    request: HttpRequest, here: Visit, which: Layer, integration: str
) -> tuple[Sequence[LayerDocument], str | None]:
    """The layer's documents, and the account to go on after. Raises Http404 for an account that is not to be seen."""
    match which:
        case Layer.PLATFORM:
            entry = here.reader.integration(integration)
            return [*(entry.documents if entry else ()), *here.reader.mappings(integration)], None
        case Layer.ENVIRONMENT:
            return here.reader.environment_overrides(integration), None
        case Layer.ACCOUNT:
            account = request.GET.get("account", "")
            if account:
                detail = account_at(request.user, account, VIEW, here.reader)
                return [each for each in detail.overrides if each.integration == integration], None
            after = request.GET.get("after", "")
            found = here.reader.account_overrides(
                integration, visible=here.visible, after=after, limit=_MOST_ACCOUNTS + 1
            )
            is_more = len(found) > _MOST_ACCOUNTS
            return found[:_MOST_ACCOUNTS], found[_MOST_ACCOUNTS - 1].account if is_more else None


def _statement(document: LayerDocument, tree: Tree, which: Layer, mixed: Collection[str]) -> Statement:
    config: Mapping[str, JSON] = {}
    lines: Mapping[str, int] = {}
    parts: tuple[Said, ...] = ()
    account = None
    match document:
        case IntegrationDocument():
            title, config, lines = document.slug, document.config, document.lines
        case MappingDocument():
            title = str(document.key)
            parts = tuple(_said(str(document.key), part, each) for part, each in document.parts.items())
        case OverrideDocument():
            title, config, lines, account = document.integration, document.config, document.lines, document.account
            parts = tuple(
                _said(key, part, each) for key, said in document.mappings.items() for part, each in said.items()
            )
    settings = tuple(_settings(config, lines, document.source.line))
    marked = {document.source.line} | {each.line for each in settings}
    marked |= {each.source.line for each in parts if each.source.file == document.source.file}
    file = document.source.file
    shown, note = ((), MIXED) if file in mixed else _text(tree, file, marks_for(marked, which.value))
    return Statement(
        title=title,
        account=account,
        environments=document.environments,
        source=document.source,
        settings=settings,
        parts=parts,
        excerpts=shown,
        note=note,
    )


def _said(mapping: str, part: Part, said: Expression | PartOverride) -> Said:
    expression = said if isinstance(said, Expression) else said.expression
    return Said(
        mapping=mapping,
        part=part.value,
        mode="" if isinstance(said, Expression) else said.mode.value,
        source=expression.source if expression is not None else said.source,
        lines=expression.text.rstrip("\n").count("\n") + 1 if expression is not None else 0,
    )


def _settings(value: Mapping[str, JSON], lines: Mapping[str, int], line: int, path: str = "") -> Iterable[Setting]:
    """The patch leaf by leaf; a list's directives are one leaf. A value without a line of its own has its parent's."""
    for key, item in value.items():
        at = f"{path}/{escape(key)}"
        here = lines.get(at, line)
        if isinstance(item, Mapping) and item and not any(name.startswith("$") for name in item):
            yield from _settings(item, lines, here, at)
        else:
            yield Setting(path=dotted(at), text=shown_short(item), line=here, is_removal=item is None)


def _text(tree: Tree, file: str, marks: Mapping[int, str]) -> tuple[tuple[Excerpt, ...], str]:
    try:
        text = text_of(tree.read(file))
    except MissingFile:
        return (), "The file cannot be read at this commit."
    if isinstance(text, Unreadable):
        return (), text.reason
    return excerpts(text, marks, around=_SURROUNDINGS), ""
