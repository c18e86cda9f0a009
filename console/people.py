"""People and their roles: every write of them, each with its reason in the audit log.

Pages, Django's admin, commands and the demo all come here. A person's row stays locked until the change commits, as it
does while a right of theirs is checked for a write (`access.require_now`): no act slips through between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q, QuerySet

from audit.events import Event
from audit.people import subject_of
from audit.record import PERSON, Actor, record
from console.models import User
from integrations.actions.rights import grant_to_owners
from integrations.models import Account

ADMIN = "admin"
TEAM = "team:"
# What each role is for, as people are told it.
ROLES = {
    "viewer": "sees everything that is in force",
    "csm": "asks for syncs, and proposes overrides for the accounts they own",
    "engineer": "proposes at any layer, runs plans, decides on held syncs",
    "approver": "decides on held syncs, break-glass requests and promotions, never on their own",
    "responder": "asks for a break-glass grant",
    "auditor": "sees, verifies and exports the audit log; changes nothing",
    "admin": "manages people, tokens and repositories; may not edit configuration",
}
StillMay = Callable[[], object]  # raises where the actor may not (any more); asked in the write's own transaction


class Impossible(ValueError):
    """The change makes no sense, or would lock everybody out. The message is a plain sentence."""


def anybody_may() -> None:
    """For commands: whoever can run them on the machine may."""


@transaction.atomic
def make_user(
    *,
    email: str,
    actor: Actor,
    reason: str,
    name: str = "",
    password: str | None = None,
    groups: Iterable[str] = (),
    still_may: StillMay = anybody_may,
) -> User:
    """A person who may sign in, with these roles and teams. Without a password they sign in some other way.

    Raises Impossible for an address that somebody has, and what `join` raises.
    """
    still_may()
    if User.objects.filter(email__iexact=email).exists():
        raise Impossible(f"Somebody has the address {email} already.")
    user = User.objects.create_user(email, password, name=name)
    record(Event.USER_MADE, actor=actor, subject=subject_of(user), reason=_said(reason), personal={"email": user.email})
    for group in groups:
        join(user, group, actor=actor, reason=reason)
    _bring_owned(user.email, actor=actor)
    return user


@transaction.atomic
def join(user: User, group: str, *, actor: Actor, reason: str, still_may: StillMay = anybody_may) -> bool:
    """Gives the person a role, or puts them in a team (`team:<name>`). False when they had it.

    Whoever gives one to themself is marked in the log: only admins give roles, and theirs has no right to edit.
    Raises Impossible for a role that there is not.
    """
    locked = _locked(user, still_may)
    row = _group(group)
    if locked.groups.filter(pk=row.pk).exists():
        return False
    locked.groups.add(row)
    event = Event.TEAM_JOINED if group.startswith(TEAM) else Event.ROLE_GRANTED
    if actor.kind == PERSON and actor.id == str(user.pk):
        event = Event.ROLE_TAKEN
    _record(event, locked, actor=actor, reason=reason, group=group)
    _keep_entry_to_admin(locked)
    return True


@transaction.atomic
def leave(user: User, group: str, *, actor: Actor, reason: str, still_may: StillMay = anybody_may) -> bool:
    """Takes the role, or the person out of the team. False when they did not have it.

    Raises Impossible for the last admin's role.
    """
    locked = _locked(user, still_may)
    row = _group(group)
    if not locked.groups.filter(pk=row.pk).exists():
        return False
    if group == ADMIN and not locked.is_superuser:
        _refuse_last_admin(locked)
    locked.groups.remove(row)
    event = Event.TEAM_LEFT if group.startswith(TEAM) else Event.ROLE_WITHDRAWN
    _record(event, locked, actor=actor, reason=reason, group=group)
    _keep_entry_to_admin(locked)
    return True


@transaction.atomic
def deactivate(user: User, *, actor: Actor, reason: str, still_may: StillMay = anybody_may) -> bool:
    """The person may not sign in any more, and whatever they are signed in to ends. False when that is so already.

    Raises Impossible for the last admin.
    """
    locked = _locked(user, still_may)
    if not locked.is_active:
        return False
    _refuse_last_admin(locked)
    _set_active(locked, False)
    _record(Event.USER_DEACTIVATED, locked, actor=actor, reason=reason)
    return True


@transaction.atomic
def reactivate(user: User, *, actor: Actor, reason: str, still_may: StillMay = anybody_may) -> bool:
    """The person may sign in again, with the roles they have. False when they may."""
    locked = _locked(user, still_may)
    if locked.is_active:
        return False
    _set_active(locked, True)
    _record(Event.USER_REACTIVATED, locked, actor=actor, reason=reason)
    _bring_owned(locked.email, actor=actor)
    return True


@transaction.atomic
def rename(user: User, *, email: str, name: str, actor: Actor, reason: str, still_may: StillMay = anybody_may) -> bool:
    """Changes how the person is called and by which address `owner:` in Git names them. False when nothing changes.

    Raises Impossible for an address that somebody else has.
    """
    locked = _locked(user, still_may)
    before = {"email": locked.email, "name": locked.name}
    after = {"email": User.objects.normalize_email(email).lower(), "name": name}
    if before == after:
        return False
    if User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise Impossible(f"Somebody else has the address {email}.")
    locked.email, locked.name = after["email"], after["name"]
    locked.save(update_fields=["email", "name", "changed_at"])
    changed = sorted(key for key in after if before[key] != after[key])
    personal = {"before": before, "after": after}
    record(
        Event.USER_CHANGED,
        actor=actor,
        subject=subject_of(locked),
        reason=_said(reason),
        data={"changed": changed},
        personal=personal,
    )
    for address in {before["email"], after["email"]}:
        _bring_owned(address, actor=actor)
    return True


def _locked(user: User, still_may: StillMay) -> User:
    """The person's row, once it is sure that the actor may.

    All rows that such a change may hang on are locked together and in one order: admins who change one another at the
    same time wait for one another, and none for ever.
    """
    rows = User.objects.filter(Q(pk=user.pk) | Q(pk__in=_admins().values("pk"))).select_for_update(no_key=True)
    found = {row.pk: row for row in rows.order_by("pk")}
    still_may()
    return found[user.pk]


def _admins() -> QuerySet[User]:
    """Who can give roles."""
    in_role = User.objects.filter(groups__name=ADMIN).values("pk")
    return User.objects.filter(Q(pk__in=in_role) | Q(is_superuser=True), is_active=True)


def _refuse_last_admin(user: User) -> None:
    if set(_admins().values_list("pk", flat=True)) == {user.pk}:
        raise Impossible(f"{user} is the last admin; make somebody else one first.")


def _group(name: str) -> Group:
    """Roles are seeded; a team is made when it is first named."""
    if name.startswith(TEAM):
        return Group.objects.get_or_create(name=name)[0]
    found = Group.objects.filter(name=name).first() if name in ROLES else None
    if found is None:
        raise Impossible(f"There is no role “{name[:100]}”.")
    return found


def _keep_entry_to_admin(user: User) -> None:
    """Django's admin opens for the role, and for who has it alone. A change of teams changes rights on accounts."""
    user.is_staff = user.is_superuser or user.groups.filter(name=ADMIN).exists()
    user.save(update_fields=["is_staff", "changed_at"])


def _set_active(user: User, is_active: bool) -> None:  # noqa: FBT001 - the value itself
    user.is_active = is_active
    user.save(update_fields=["is_active", "changed_at"])


def _bring_owned(address: str, *, actor: Actor) -> None:
    """Rights on accounts that name the address are there, or gone, at once; the next sync would see to it as well."""
    grant_to_owners(Account.objects.filter(owner__iexact=address).defer("body"), actor=actor)


def _record(event: Event, user: User, *, actor: Actor, reason: str, group: str = "") -> None:
    data = {} if not group else {"team": group.removeprefix(TEAM)} if group.startswith(TEAM) else {"role": group}
    record(event, actor=actor, subject=subject_of(user), reason=_said(reason), data=data)


def _said(reason: str) -> str:
    if not reason.strip():
        raise Impossible("Say why; the reason is kept for good.")
    return reason.strip()
