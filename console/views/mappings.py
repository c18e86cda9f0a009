"""One mapping of an integration, before any account overrides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.context import Page
from console.presentation.addresses import source_addresses
from console.presentation.coverage import Coverage, coverage
from console.presentation.mapping_tests import badge, standing
from console.presentation.rows import PartSection, Wanted, part_section
from console.presentation.values import dotted
from console.visit import Visit, visit
from integrations.core.documents import MappingKey, ModelDocument, Part, SampleDocument, Source
from integrations.core.effective import Effective
from integrations.core.parts import EffectivePart
from integrations.queries.effective import without_account
from integrations.queries.reading import IntegrationEntry, Reader

_MOST_OVERRIDES = 50
_SEARCHED = 500  # overrides of the integration that are looked through for ones of this mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A provider field that an expression reads, and every place where it does."""

    path: str
    label: str
    name: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One part with all that its page shows."""

    section: PartSection
    reads: tuple[Read, ...]
    coverage: Coverage | None


@require_safe
def mapping(request: HttpRequest, integration: str, model: str, resource: str, method: str) -> HttpResponse:
    here = visit(request)
    entry = here.reader.integration(integration)
    if entry is None:
        raise Http404(f"There is no integration “{integration[:100]}”.")
    key = MappingKey(model=model, resource=resource, method=method)
    environment, parts, environments = _in_force(request, here.reader, entry, key)
    schema = _schema(here.reader, key)
    views = [_view(str(key), name, part, schema) for name, part in parts.items()]
    overrides, is_cut = _overriding(here, integration, str(key))
    context = {
        "entry": entry,
        "key": key,
        "shown_environment": environment,
        "environments": environments,
        "parts": views,
        "links": source_addresses(_files(views), Page(request).carried),
        "schema": schema,
        "samples": _samples(here, integration, key),
        "overrides": overrides,
        "is_cut": is_cut,
        "tests": badge(standing(here), integration=entry.slug, mapping=str(key)),
    }
    return render(request, "mappings/mapping.html", context)


def _in_force(
    request: HttpRequest, reader: Reader, entry: IntegrationEntry, key: MappingKey
) -> tuple[str, Mapping[Part, EffectivePart], list[str]]:
    """The environment to show, the mapping's parts there, and every environment that has it.

    Raises Http404 where none has it.
    """
    found: dict[str, Effective] = {}
    for name in entry.environments:
        effective = without_account(reader, entry.slug, name)
        if effective is not None and str(key) in effective.mappings:
            found[name] = effective
    if not found:
        raise Http404(f"{entry.slug} has no mapping {str(key)[:200]}.")
    asked = request.GET.get("environment", "")
    environment = asked if asked in found else list(found)[-1]
    return environment, found[environment].mappings[str(key)], list(found)


def _view(key: str, name: Part, part: EffectivePart, schema: ModelDocument | None) -> PartView:
    return PartView(
        section=part_section(key, name, part, Wanted()),
        reads=_reads(part),
        # Only a response has the unified shape; the other parts speak the provider's language.
        coverage=coverage(schema.schema, part.fields) if schema is not None and name is Part.RESPONSE else None,
    )


def _reads(part: EffectivePart) -> tuple[Read, ...]:
    found: dict[str, list[Source]] = {}
    for said in part.layers:
        start = said.expression.source
        for read in said.expression.analysis.reads:
            source = Source(file=start.file, line=start.line + read.line - 1)
            found.setdefault(read.path, []).append(source)
    return tuple(
        Read(path=path, label=dotted(path), name=path.rsplit("/", 1)[-1], sources=tuple(dict.fromkeys(sources)))
        for path, sources in sorted(found.items())
    )


def _schema(reader: Reader, key: MappingKey) -> ModelDocument | None:
    return next((each for each in reader.models().get(key.model, ()) if each.resource == key.resource), None)


def _samples(here: Visit, integration: str, key: MappingKey) -> list[SampleDocument]:
    """The mapping's samples; those of an account only where it may be seen."""
    return [
        sample
        for sample in here.reader.samples(integration)
        if sample.key == key and (sample.account is None or here.visible is None or sample.account in here.visible)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overriding:
    """An account whose layer speaks in this mapping: part and mode, by part."""

    account: str
    environments: tuple[str, ...] | None
    parts: tuple[tuple[str, str, Source], ...]


def _overriding(here: Visit, integration: str, key: str) -> tuple[list[Overriding], bool]:
    """Accounts that override the mapping, and whether there may be more than are shown."""
    documents = here.reader.account_overrides(integration, visible=here.visible, limit=_SEARCHED)
    found = [
        Overriding(
            account=document.account or "",
            environments=document.environments,
            parts=tuple(
                (part.value, said.mode.value, said.expression.source if said.expression else said.source)
                for part, said in document.mappings[key].items()
            ),
        )
        for document in documents
        if key in document.mappings
    ]
    return found[:_MOST_OVERRIDES], len(found) > _MOST_OVERRIDES or len(documents) == _SEARCHED


def _files(views: Sequence[PartView]) -> set[str]:
    files = {row.file for view in views for row in view.section.rows}
    files |= {voice.file for view in views for voice in view.section.voices}
    return files | {source.file for view in views for read in view.reads for source in read.sources}
