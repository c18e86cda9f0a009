"""Who may ask at all. What a person may see is for `console.access` to say, in each view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from console.access import Person
from console.models import ApiToken

if TYPE_CHECKING:  # the framework's views read the settings, which name this module
    from rest_framework.views import APIView


class MayView(BasePermission):
    """A signed-in person, or a token with the scope of what it asks for.

    The views' one door then shows each what is theirs, or says which right is missing. Reading takes the scope `read`;
    a view names in `scopes` what its other methods take, and a token may use none that it does not name.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Person | None = request.user  # the settings ask for None where nobody signed in
        if user is None or not user.is_authenticated:
            return False
        method = request.method or ""
        # What the view does not take at all is refused as such.
        if isinstance(request.auth, ApiToken) and method.lower() in view.http_method_names:
            _require_scope(request.auth, method, getattr(view, "scopes", {}))
        return True


def _require_scope(token: ApiToken, method: str, scopes: Mapping[str, str]) -> None:
    scope = scopes.get(method) or (ApiToken.Scope.READ if method in SAFE_METHODS else None)
    if scope is None:
        raise PermissionDenied("No token may do this; sign in and do it in the console.")
    if scope not in token.scopes:
        raise PermissionDenied(f"The token lacks the scope “{scope}”.")
