"""Who may ask at all. What a person may see is for `console.access` to say, in each view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from console.access import Person

if TYPE_CHECKING:  # the framework's views read the settings, which name this module
    from rest_framework.views import APIView


class MayView(BasePermission):
    """A signed-in person; the views' one door then shows each what is theirs, or says which right is missing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Person | None = request.user  # the settings ask for None where nobody signed in
        return user is not None and user.is_authenticated
