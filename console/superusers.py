"""What a superuser may: what the admin role may, and nothing else.

Django lets a superuser do everything. Here that would be a person who may edit configuration, decide on their own
requests and read the audit log that is to watch them; so the flag opens no more than the role of an admin does.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractUser, Permission

ROLE = "admin"


class SuperuserIsAdmin(AbstractUser):
    """Asks no back-end about a superuser: Django's and guardian's answer yes to whatever is asked."""

    class Meta:
        abstract = True

    @cached_property
    def _rights_of_admin(self) -> frozenset[str]:
        rows = Permission.objects.filter(group__name=ROLE).values_list("content_type__app_label", "codename")
        return frozenset(f"{app_label}.{codename}" for app_label, codename in rows)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        if self.is_superuser:
            return self.is_active and obj is None and perm in self._rights_of_admin
        return super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        if self.is_superuser:
            return self.is_active and any(right.startswith(f"{app_label}.") for right in self._rights_of_admin)
        return super().has_module_perms(app_label)

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        if self.is_superuser:
            return set(self._rights_of_admin) if self.is_active and obj is None else set()
        return super().get_all_permissions(obj)
