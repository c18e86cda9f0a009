"""What every view of the read API shares: the parameters it knows, and the headers that keep answers private."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from django.utils.cache import patch_cache_control, patch_vary_headers
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from console.api.parameters import REPOSITORY, refuse_unknown


class ReadView(APIView):
    """GET only. `parameters`: those that the view takes besides `repository`; any other is refused."""

    http_method_names = ["get", "head", "options"]
    parameters: ClassVar[tuple[OpenApiParameter, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, (*self.parameters, REPOSITORY))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        # Kept by the client alone, and asked about each time: rights may have changed.
        patch_cache_control(final, private=True, no_cache=True)
        patch_vary_headers(final, ["Authorization", "Cookie"])
        return final


class Nowhere(ReadView):
    """Whatever else stands below the API's address: 404 for who is signed in, 401 for the rest."""

    schema = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise Http404("There is nothing at this address.")
