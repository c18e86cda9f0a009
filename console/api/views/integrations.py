"""The catalogue: integrations and mappings as the platform layer defines them, for all accounts alike."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from console.api import serializers, shapes
from console.api.conditional import by_moment
from console.api.parameters import AT
from console.api.read import ReadView
from console.api.schema import reads
from console.visit import Visit, visit
from integrations.queries.reading import IntegrationEntry

TAG = "integrations"


class Integrations(ReadView):
    parameters = (AT,)

    @reads(
        "integrations_list",
        serializers.listed("Integration", serializers.IntegrationEntry),
        summary="All integrations",
        tag=TAG,
        parameters=parameters,
    )
    def get(self, request: Request) -> Response:
        here = visit(request)

        def make() -> dict[str, Any]:
            entries = here.reader.integrations()
            return {"results": [shapes.integration_entry(each, counted=here.visible is None) for each in entries]}

        return by_moment(request, here, make)


class Integration(ReadView):
    parameters = (AT,)

    @reads(
        "integrations_retrieve",
        serializers.IntegrationDetail,
        summary="One integration: its platform config, and what environments override",
        tag=TAG,
        parameters=parameters,
    )
    def get(self, request: Request, integration: str) -> Response:
        here = visit(request)

        def make() -> dict[str, Any]:
            entry = _entry(here, integration)
            overrides = here.reader.environment_overrides(integration)
            return shapes.integration_detail(here.reader.commit, entry, overrides, counted=here.visible is None)

        return by_moment(request, here, make)


class Mappings(ReadView):
    parameters = (AT,)

    @reads(
        "integrations_mappings_list",
        serializers.listed("Mapping", serializers.Mapping),
        summary="The integration's mappings with their expressions, what they write and what they read",
        tag=TAG,
        parameters=parameters,
    )
    def get(self, request: Request, integration: str) -> Response:
        here = visit(request)

        def make() -> dict[str, Any]:
            _entry(here, integration)
            return {"results": [shapes.mapping(each) for each in here.reader.mappings(integration)]}

        return by_moment(request, here, make)


def _entry(here: Visit, integration: str) -> IntegrationEntry:
    entry = here.reader.integration(integration)
    if entry is None:
        raise Http404(f"There is no integration “{integration}”.")
    return entry
