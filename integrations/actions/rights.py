"""Rights on single accounts: granted from `owner:` in Git, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from audit.events import Event
from audit.record import SYSTEM, Actor, record
from integrations.actions.subjects import account_subject
from integrations.models import Account, AccountGroupPermission, AccountUserPermission, Repository

_TEAM = "team:"
_GRANTED = ("view_account", "propose_override")
_BATCH = 2000


def bring_rights_in_step(repository: Repository, *, actor: Actor = SYSTEM) -> None:
    """Grants and takes rights on all accounts where people or teams changed since the last time; else nothing."""
    since = repository.rights_at
    if since is not None and not get_user_model().objects.filter(changed_at__gt=since).exists():
        return
    with transaction.atomic():
        at = timezone.now()
        grant_to_owners(Account.objects.filter(repository=repository).defer("body"), actor=actor)
        Repository.objects.filter(pk=repository.pk).update(rights_at=at)


def grant_to_owners(accounts: Iterable[Account], *, actor: Actor) -> None:
    """Makes the object rights on each account those of its owner: an active user's address, or `team:<name>`.

    A team's group is made when it is first named; who is in it is an admin's to say. What changes is recorded for
    each account, with the file that says so.
    """
    rows = list(accounts)
    permissions = list(
        Permission.objects.filter(content_type__app_label="integrations", codename__in=_GRANTED).order_by("codename")
    )
    people = dict(
        get_user_model().objects.filter(is_active=True).annotate(address=Lower("email")).values_list("address", "pk")
    )
    teams = {
        name: Group.objects.get_or_create(name=name)[0].pk
        for name in sorted({row.owner for row in rows if row.owner.startswith(_TEAM)})
    }
    ids = [row.pk for row in rows]
    for start in range(0, len(ids), _BATCH):
        chunk = rows[start : start + _BATCH]
        wanted_people = {
            (row.pk, people[row.owner.lower()], permission.pk)
            for row in chunk
            if row.owner.lower() in people
            for permission in permissions
        }
        wanted_teams = {
            (row.pk, teams[row.owner], permission.pk)
            for row in chunk
            if row.owner in teams
            for permission in permissions
        }
        scope = ids[start : start + _BATCH]
        changed = _bring_people(scope, wanted_people) | _bring_teams(scope, wanted_teams)
        _record([row for row in chunk if row.pk in changed], actor=actor)


def _record(accounts: list[Account], *, actor: Actor) -> None:
    for account in accounts:
        data = {"file": f"{account.folder}/account.yaml", "is_team": account.owner.startswith(_TEAM)}
        subject = account_subject(account.slug, account.name)
        record(Event.ACCOUNT_RIGHTS_CHANGED, actor=actor, subject=subject, data=data, personal={"owner": account.owner})


def _bring_people(accounts: list[int], wanted: set[tuple[int, int, int]]) -> set[int]:
    """The accounts for which something was granted or taken."""
    rows = AccountUserPermission.objects.filter(content_object__in=accounts)
    known = {
        (account, user, permission): pk
        for pk, account, user, permission in rows.values_list("pk", "content_object_id", "user_id", "permission_id")
    }
    gone = known.keys() - wanted
    AccountUserPermission.objects.filter(pk__in=[known[key] for key in gone]).delete()
    AccountUserPermission.objects.bulk_create(
        AccountUserPermission(content_object_id=account, user_id=user, permission_id=permission)
        for account, user, permission in sorted(wanted - known.keys())
    )
    return {account for account, _, _ in gone | (wanted - known.keys())}


def _bring_teams(accounts: list[int], wanted: set[tuple[int, int, int]]) -> set[int]:
    """As for people."""
    rows = AccountGroupPermission.objects.filter(content_object__in=accounts)
    known = {
        (account, group, permission): pk
        for pk, account, group, permission in rows.values_list("pk", "content_object_id", "group_id", "permission_id")
    }
    gone = known.keys() - wanted
    AccountGroupPermission.objects.filter(pk__in=[known[key] for key in gone]).delete()
    AccountGroupPermission.objects.bulk_create(
        AccountGroupPermission(content_object_id=account, group_id=group, permission_id=permission)
        for account, group, permission in sorted(wanted - known.keys())
    )
    return {account for account, _, _ in gone | (wanted - known.keys())}
