"""The effective config and mappings of one connection: rendered, as source, raw; and the chain of one path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from ruamel.yaml import YAML

from console.access import VIEW, account_at
from console.context import Page
from console.htmx import page_or_part
from console.presentation.chains import ChainView, chain_view, sources_of
from console.presentation.contributions import contributions
from console.presentation.effective_markup import Drawing
from console.presentation.rows import LAYERS, Wanted, sheet
from console.presentation.values import in_query, indented, markup
from console.proposing.places import why_not
from console.views.effective_output import on_sample
from console.visit import visit
from integrations.core.documents import JSON, Connection
from integrations.core.effective import Effective
from integrations.core.merge import as_json, chain as chain_of, merge_account
from integrations.core.state import only
from integrations.models import Proposal
from integrations.queries.authorship import authorship
from integrations.queries.effective import base_of
from integrations.queries.open_changes import leaves_of, open_on
from integrations.queries.origins import mixed_files
from integrations.queries.reading import AccountDetail, Reader

TABS = ("rendered", "sample", "source", "raw")
# With more mappings than this the page folds them, so that it can be taken in.
_FOLDED_ABOVE = 3
_TYPES = {"json": "application/json", "yaml": "application/yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The connection that a request is about. `effective` None: the account has no such connection."""

    reader: Reader
    detail: AccountDetail
    integration: str
    environment: str
    effective: Effective | None

    @property
    def account(self) -> str:
        return self.detail.document.slug

    def answer(self) -> dict[str, JSON]:
        """The documented JSON of the whole answer."""
        return as_json(
            self.present,
            account=self.account,
            integration=self.integration,
            environment=self.environment,
            commit=self.reader.commit,
        )

    @property
    def present(self) -> Effective:
        """Raises Http404 where the account is not connected."""
        if self.effective is None:
            raise Http404(self.absence)
        return self.effective

    @property
    def absence(self) -> str:
        return f"{self.detail.document.name} has no connection to {self.integration} in {self.environment}."


def subject_of(request: HttpRequest, account: str, integration: str, environment: str) -> Subject:
    """Raises Http404 for an account that is not there or not to be seen."""
    reader = visit(request).reader
    detail = account_at(request.user, account, VIEW, reader)
    wanted = Connection(integration=integration, environment=environment)
    lower = base_of(reader, integration, environment) if wanted in detail.connections else None
    own = (override for override in detail.overrides if override.integration == integration)
    return Subject(
        reader=reader,
        detail=detail,
        integration=integration,
        environment=environment,
        effective=merge_account(lower, only(own, environment)) if lower is not None else None,
    )


@require_safe
def effective(request: HttpRequest, account: str, integration: str, environment: str) -> HttpResponse:
    subject = subject_of(request, account, integration, environment)
    context: dict[str, Any] = {
        "account": subject.detail.document,
        "integration": integration,
        "environment": environment,
        "open_proposals": open_proposals(request, subject),
    }
    if subject.effective is None:
        context.update(sentence=subject.absence, connections=subject.detail.connections)
        return render(request, "effective/unconnected.html", context, status=404)
    tab = request.GET.get("view", "")
    tab = tab if tab in TABS else "rendered"
    page = Page(request)
    addresses = {name: page.here(view=None if name == "rendered" else name, **_NO_FILTER) for name in TABS}
    context.update(tab=tab, tabs=addresses, propose_denial=why_not(request, account))
    match tab:
        case "source":
            mixed = partial(mixed_files, subject.reader, visible=visit(request).visible)
            context["contributions"] = contributions(subject.present, subject.reader.tree(), mixed)
        case "sample":
            context["told"] = on_sample(request, subject, page)
        case "raw":
            context["raw"] = _raw(request, subject, page)
        case _:
            context.update(_rendered(request, subject, page, leaves_of(context["open_proposals"])))
    if tab != "sample":
        return render(request, "effective/effective.html", context)
    response = page_or_part(request, "effective/effective.html", {"on-sample": "effective/sample.html"}, context)
    response["HX-Push-Url"] = context["told"].here
    return response


def open_proposals(request: HttpRequest, subject: Subject) -> list[Proposal]:
    """What is under way on this connection or the layers below it; of the past there is nothing to say."""
    here = visit(request)
    if not subject.reader.is_current:
        return []
    return open_on(
        here.repository,
        account=subject.account,
        integration=subject.integration,
        environment=subject.environment,
        visible=here.visible,
    )


_NO_FILTER: dict[str, str | None] = dict.fromkeys(("path", "of", "layer", "mapping", "q", "part", "sample"))


def _rendered(request: HttpRequest, subject: Subject, page: Page, proposed: Mapping[str, Proposal]) -> dict[str, Any]:
    wanted = _wanted(request)
    found = subject.present
    opened = request.GET.get("path", "")
    chain = chain_for(subject, opened) if opened else None
    drawn = sheet(found, wanted)
    return {
        "wanted": wanted,
        "sheet": drawn,
        "draw": Drawing(
            page=page,
            wanted=wanted,
            is_folded=not (wanted.is_narrowing or wanted.mapping) and len(drawn.mappings) > _FOLDED_ABOVE,
            integration=subject.integration,
            environment=subject.environment,
            chain=chain,
            chain_page=_chain_page(request, f"{request.path}chain/", chain),
            proposed=proposed,
        ),
        "mapping_keys": tuple(found.mappings),
        "kept": [(name, request.GET[name]) for name in ("at", "repository", "layer") if request.GET.get(name)],
        "layer_choices": _layer_choices(wanted, page),
        "chain_address": f"{request.path}chain/",
    }


def _wanted(request: HttpRequest) -> Wanted:
    layer = request.GET.get("layer", "")
    return Wanted(
        text=request.GET.get("q", "").strip()[:200],
        layer=layer if layer in LAYERS else "",
        mapping=request.GET.get("mapping", "")[:200],
    )


def _layer_choices(wanted: Wanted, page: Page) -> list[tuple[str, str, bool, str]]:
    """Label, address, whether it is chosen, and the layer whose colour it bears."""
    names = {"": "All layers", "account": "Overridden here", "environment": "Environment", "platform": "Platform"}
    return [
        (label, page.here(layer=layer or None, path=None), wanted.layer == layer, layer)
        for layer, label in names.items()
    ]


def _raw(request: HttpRequest, subject: Subject, page: Page) -> dict[str, Any]:
    is_all = request.GET.get("of") == "all"
    kept = {key: value for key, value in page.carried.items() if key != "environment"}
    query = "".join(f"&{key}={in_query(value)}" for key, value in kept.items())
    query = f"?of={'all' if is_all else 'config'}{query}"
    body = subject.answer() if is_all else dict(subject.present.config)
    return {
        "of": "all" if is_all else "config",
        "text": markup(indented(body)),
        "json": f"{request.path}effective.json{query}",
        "yaml": f"{request.path}effective.yaml{query}",
    }


# --- the chain of one path -----------------------------------------------------------------------------
@require_safe
def chain(request: HttpRequest, account: str, integration: str, environment: str) -> HttpResponse:
    """Its own page, and the row that a click puts below a value."""
    subject = subject_of(request, account, integration, environment)
    path = request.GET.get("path", "")
    found = chain_for(subject, path)
    if found is None:
        raise Http404(f"Nothing sets “{path[:200]}” for this connection.")
    context = {
        "account": subject.detail.document,
        "integration": integration,
        "environment": environment,
        "chain": found,
        "chain_page": _chain_page(request, request.path, found),
    }
    is_row = request.headers.get("HX-Request") == "true"
    template = "effective/chain_steps.html" if is_row else "effective/chain.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def chain_for(subject: Subject, path: str) -> ChainView | None:
    """Every layer's say of the path, with who wrote it; None where nothing is set there."""
    found = chain_of(subject.present, path)
    if found is None:
        return None
    return chain_view(found, subject.present, authorship(subject.reader, sources_of(found)))


def _chain_page(request: HttpRequest, address: str, chain: ChainView | None) -> str:
    if chain is None:
        return ""
    kept = "".join(f"&{name}={in_query(request.GET[name])}" for name in ("at", "repository") if request.GET.get(name))
    return f"{address}?path={in_query(chain.path)}{kept}"


# --- downloads -----------------------------------------------------------------------------------------
@require_safe
def download(request: HttpRequest, account: str, integration: str, environment: str, form: str) -> HttpResponse:
    """The config, or with `?of=all` the whole answer, as a file."""
    if form not in _TYPES:
        raise Http404("An effective config is given as JSON or as YAML.")
    subject = subject_of(request, account, integration, environment)
    is_all = request.GET.get("of") == "all"
    body = subject.answer() if is_all else subject.present.config
    text = f"{indented(body)}\n" if form == "json" else _yaml(body)
    what = "effective" if is_all else "config"
    name = f"{account}-{integration}-{environment}-{what}-{subject.reader.commit[:8]}.{form}"
    return HttpResponse(
        text,
        content_type=f"{_TYPES[form]}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _yaml(body: Mapping[str, JSON]) -> str:
    """YAML 1.2 whose strings are all quoted, so that `no` and `1e3` stay what they are under any reader."""
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel types it by its initial None
    writer.width = 1 << 20
    writer.representer.add_representer(str, _quoted)
    # Values are shared between the documents; as YAML anchors they could not be read back by our own loader.
    setattr(writer.representer, "ignore_aliases", lambda _value: True)  # noqa: B010 - ruamel leaves it untyped
    out = StringIO()
    writer.dump(_plain(body), out)
    return out.getvalue()


def _quoted(representer: Any, text: str) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style='"')


def _plain(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
