"""What an API token narrows its person's rights to: one role of theirs. `User.has_perm` asks this first."""

from __future__ import annotations

from functools import cached_property

from django.contrib.auth.models import Permission

_VIEW, _PROPOSE = "integrations.view_account", "integrations.propose_override"
# Rights that sync grants to owners of single accounts, and the roles in which an owner may use them. The empty role
# is that of a person who has none and owns accounts.
_OF_OWNERS = {
    _VIEW: frozenset({"", "viewer", "csm", "engineer", "approver", "responder", "auditor", "admin"}),
    _PROPOSE: frozenset({"", "csm", "engineer"}),
}


class LimitedRights:
    """The rights of `role` and no more; whether the person has them at all is asked afterwards.

    An empty role has none of its own. The role's rights are read when first asked for: many requests need none.
    """

    def __init__(self, role: str) -> None:
        self.role = role

    def include(self, right: str, *, on_object: bool) -> bool:
        return right in self._of_role or (on_object and self.role in _OF_OWNERS.get(right, frozenset()))

    @cached_property
    def _of_role(self) -> frozenset[str]:
        if not self.role:
            return frozenset()
        rows = Permission.objects.filter(group__name=self.role).values_list("content_type__app_label", "codename")
        return frozenset(f"{app}.{codename}" for app, codename in rows)
