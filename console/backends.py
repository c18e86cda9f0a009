"""Whose rights are asked for, and how."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from console.models import User


class RoleBackend(ModelBackend):
    """Global rights come from roles, which are groups; nobody has one of their own, so none is looked for.

    Saves a query on every page.
    """

    def _get_user_permissions(self, user_obj: User) -> QuerySet[Permission]:
        return Permission.objects.none()
