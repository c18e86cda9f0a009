"""The playground: try an expression, alone or as a layer of a mapping that is in force, on a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import json_script
from django.views.decorators.http import require_safe

from console.access import Denial
from console.context import Page
from console.presentation.addresses import source_addresses
from console.presentation.playground import (
    Given,
    LayerTab,
    SampleChoice,
    UnifiedField,
    given,
    layer_tabs,
    mapping_choices,
    sample_choices,
    unified_fields,
)
from console.proposing.places import why_not
from console.views.effective import subject_of
from console.visit import Visit, visit
from integrations.core.documents import AccountDocument, Layer, MappingKey, Part
from integrations.core.effective import Effective
from integrations.queries.effective import without_account

# What names something of the repository. Without any of them the page begins empty, and anonymous people may have it.
_SUBJECT = ("account", "integration", "environment", "mapping", "part", "sample", "at", "repository")
_DATA = "playground-data"  # the id of the data block that the page's script reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is in force for an account's connection, or without an account for everyone who overrides nothing."""

    here: Visit
    account: AccountDocument | None
    integration: str
    environment: str
    effective: Effective

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that can speak here, lowest first."""
        return tuple(layer for layer in Layer if layer is not Layer.ACCOUNT or self.account is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One part of one mapping, laid out to be tried."""

    key: MappingKey
    part: Part
    tabs: tuple[LayerTab, ...]
    choices: tuple[SampleChoice, ...]
    given: Given
    unified: tuple[UnifiedField, ...]


def is_open(request: HttpRequest) -> bool:
    """Whether this person may evaluate at all."""
    return request.user.is_authenticated or settings.PLAYGROUND_ANONYMOUS


@login_not_required
@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    is_empty = not any(request.GET.get(name) for name in _SUBJECT)
    if not request.user.is_authenticated and not (is_empty and is_open(request)):
        return redirect_to_login(request.get_full_path())
    if is_empty or not request.GET.get("integration"):
        context: dict[str, Any] = {"start": None, "bench": None, "data": json_script(_empty(request), _DATA)}
        return render(request, "playground/playground.html", context)
    start = start_of(request)
    if not request.GET.get("mapping"):
        context = {"start": start, "choices": mapping_choices(start.effective.mappings)}
        return render(request, "playground/choose.html", context)
    bench = bench_of(request, start)
    context = {
        "start": start,
        "bench": bench,
        "data": json_script(_data(request, start, bench), _DATA),
        "keys": _keys(start, bench.key),
        "parts": tuple(Part),
        "mapped": frozenset(start.effective.mappings.get(str(bench.key), {})),
        "ways": _ways(request, start),
    }
    return render(request, "playground/playground.html", context)


@require_safe
def from_connection(request: HttpRequest, account: str, integration: str, environment: str) -> HttpResponse:
    """On to the playground with a connection's mapping: pages that share their markup name no account in it."""
    query = {**Page(request).parameters(), "account": account, "integration": integration, "environment": environment}
    return redirect(f"{reverse('playground')}?{urlencode(query)}")


@require_safe
def sample(request: HttpRequest) -> JsonResponse:
    """The input and bindings of the sample that `?sample=` names, for the page that is open already."""
    chosen = bench_of(request, start_of(request)).given
    return JsonResponse(_given(chosen), headers={"Cache-Control": "no-store"})


# --- what the page starts from ---------------------------------------------------------------------------
def start_of(request: HttpRequest) -> Start:
    """Raises Http404 for what is not there or not to be seen."""
    wanted = {name: request.GET.get(name, "") for name in ("account", "integration", "environment")}
    integration, environment = wanted["integration"], wanted["environment"]
    if wanted["account"]:
        subject = subject_of(request, wanted["account"], integration, environment)
        account, effective = subject.detail.document, subject.present
        return Start(
            here=visit(request),
            account=account,
            integration=integration,
            environment=environment,
            effective=effective,
        )
    here = visit(request)
    shared = without_account(here.reader, integration, environment)
    if shared is None:
        raise Http404(f"There is no integration “{integration[:100]}” in “{environment[:100]}”.")
    return Start(here=here, account=None, integration=integration, environment=environment, effective=shared)


def bench_of(request: HttpRequest, start: Start) -> Bench:
    """Raises Http404 for a mapping that the integration lacks, or a part that there is none of."""
    name = request.GET.get("mapping", "")
    if name not in start.effective.mappings:
        raise Http404(f"{start.integration} has no mapping “{name[:200]}” in {start.environment}.")
    try:
        kind = Part(request.GET.get("part") or Part.RESPONSE)
    except ValueError:
        raise Http404(f"A mapping has the parts {', '.join(Part)}.") from None
    key, part, reader = MappingKey.parse(name), start.effective.mappings[name].get(kind), start.here.reader
    choices = sample_choices(
        reader,
        start.integration,
        key=key,
        part=kind,
        account=start.account.slug if start.account else None,
        environment=start.environment,
        visible=start.here.visible,
    )
    return Bench(
        key=key,
        part=kind,
        tabs=layer_tabs(part, start.layers),
        choices=choices,
        given=given(choices, request.GET.get("sample", ""), key, kind, part),
        unified=unified_fields(reader.models().get(key.model, ()), key, kind),
    )


def _ways(request: HttpRequest, start: Start) -> dict[str, tuple[str, Denial | None]]:
    """Where each layer's expression is proposed, and why not, where the person may not."""
    ways: dict[str, tuple[str, Denial | None]] = {}
    for layer in start.layers if start.here.reader.is_current else ():
        if layer is Layer.ACCOUNT and start.account is not None:
            address = reverse("propose", args=[start.account.slug])
            query = {"integration": start.integration}
            refusal = why_not(request, start.account.slug)
        else:
            address, refusal = reverse("propose_layer", args=[layer.value, start.integration]), why_not(request)
            query = {"environment": start.environment} if layer is Layer.ENVIRONMENT else {}
        if request.GET.get("repository"):
            query["repository"] = request.GET["repository"]
        ways[layer.value] = (f"{address}?{urlencode(query)}", refusal)
    return ways


def _keys(start: Start, shown: MappingKey) -> list[str]:
    keys = list(start.effective.mappings)
    return keys if str(shown) in keys else [str(shown), *keys]


# --- what the page's script is given ---------------------------------------------------------------------
def _empty(request: HttpRequest) -> dict[str, Any]:
    return {"person": _person(request), "layers": [], "given": None, "unified": [], "context": {}}


def _data(request: HttpRequest, start: Start, bench: Bench) -> dict[str, Any]:
    sources = {tab.source.file for tab in bench.tabs if tab.source is not None}
    addresses = source_addresses(sources, Page(request).carried)
    return {
        "person": _person(request),
        "layers": [
            {
                "layer": tab.layer,
                "expression": tab.text,
                "dropped": tab.is_dropped,
                "source": str(tab.source) if tab.source else "",
                "address": f"{addresses[tab.source.file]}#L{tab.source.line}" if tab.source else "",
            }
            for tab in bench.tabs
        ],
        "given": _given(bench.given),
        "unified": [{"name": field.name, "type": field.type, "about": field.about} for field in bench.unified],
        "context": {
            "account": start.account.slug if start.account else "",
            "integration": start.integration,
            "environment": start.environment,
            "mapping": str(bench.key),
            "part": bench.part.value,
        },
    }


def _given(chosen: Given) -> dict[str, str]:
    return {"id": chosen.id, "input": chosen.input, "bindings": chosen.bindings, "about": chosen.about}


def _person(request: HttpRequest) -> str:
    """Whose typed text it is, so that the next person at the same browser is not shown it."""
    return str(request.user.pk) if request.user.is_authenticated else "anonymous"
