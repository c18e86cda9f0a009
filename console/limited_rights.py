"""What an API token narrows its person's rights to: one role of theirs. `User.has_perm` asks this first."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Permission

_VIEW, _PROPOSE = "integrations.view_account", "integrations.propose_override"
# Rights that sync grants to owners of single accounts, and the roles in which an owner may use them. The empty role
# is that of a person who has none and owns accounts.
_OF_OWNERS = {
    _VIEW: frozenset({"", "viewer", "csm", "engineer", "approver", "responder", "auditor", "admin"}),
    _PROPOSE: frozenset({"", "csm", "engineer"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedRights:
    """The rights of `role` and no more; whether the person has them at all is asked afterwards."""

    role: str
    of_role: frozenset[str]

    def include(self, right: str, *, on_object: bool) -> bool:
        return right in self.of_role or (on_object and self.role in _OF_OWNERS.get(right, frozenset()))


def rights_in(role: str) -> LimitedRights:
    """The present rights of a role; none of its own for the empty one."""
    if not role:
        return LimitedRights(role="", of_role=frozenset())
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return LimitedRights(role=role, of_role=frozenset(f"{app}.{codename}" for app, codename in rows))
