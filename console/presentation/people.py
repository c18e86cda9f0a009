"""What a person may do, and why: the entry that gave a role, the line of Git that names an owner."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit.events import Event
from audit.models import Entry, PersonalData
from audit.record import PERSON
from console.models import User
from console.people import ROLES, TEAM
from integrations.core.documents import Source
from integrations.git.history import CommitInfo
from integrations.models import Account, AccountGroupPermission, AccountUserPermission
from integrations.queries.authorship import authorship
from integrations.queries.moment import reader_for

MOST_ACCOUNTS = 50
_BLAMED = 10  # files whose author is asked of Git for one page
_GIVING = (Event.ROLE_GRANTED, Event.ROLE_TAKEN, Event.TEAM_JOINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A role or team, and the entry of the log that gave it; without one it was there before the log."""

    name: str
    about: str
    at: datetime | None = None
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedAccount:
    """An account that the person has rights on, with the line of Git that says so.

    `through`: the team that owns it; empty where the person does. `author` None: Git cannot tell, or was not asked.
    """

    slug: str
    name: str
    through: str
    source: Source
    author: CommitInfo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """The accounts that are shown, of `total`."""

    accounts: Sequence[OwnedAccount]
    total: int


def roles_of(user: User) -> list[Held]:
    """In the order in which roles are told everywhere."""
    names = set(user.groups.values_list("name", flat=True))
    given = _given(user)
    return [_held(name, about, given.get(name)) for name, about in ROLES.items() if name in names]


def teams_of(user: User) -> list[Held]:
    names = sorted(user.groups.filter(name__startswith=TEAM).values_list("name", flat=True))
    given = _given(user)
    return [_held(name.removeprefix(TEAM), "", given.get(name)) for name in names]


def owned_by(user: User) -> Owned:
    """By name of the account."""
    own = AccountUserPermission.objects.filter(user=user, permission__codename="view_account")
    groups = AccountGroupPermission.objects.filter(group__user=user, permission__codename="view_account")
    rows = Account.objects.filter(
        Q(pk__in=own.values("content_object")) | Q(pk__in=groups.values("content_object"))
    ).select_related("repository__active")
    shown = list(rows.order_by("slug")[:MOST_ACCOUNTS])
    authors = _authors(shown)
    return Owned(accounts=[_owned(row, authors) for row in shown], total=rows.count())


def owner_source(account: Account) -> Source:
    """The line that names the account's owner."""
    body = account.body
    return Source(file=body["source"]["file"], line=body["owner_line"] or body["source"]["line"])


def _owned(row: Account, authors: dict[tuple[int, Source], CommitInfo]) -> OwnedAccount:
    source = owner_source(row)
    through = row.owner.removeprefix(TEAM) if row.owner.startswith(TEAM) else ""
    author = authors.get((row.repository_id, source))
    return OwnedAccount(slug=row.slug, name=row.name, through=through, source=source, author=author)


def _authors(rows: Iterable[Account]) -> dict[tuple[int, Source], CommitInfo]:
    of_repository: dict[int, list[Account]] = defaultdict(list)
    for row in list(rows)[:_BLAMED]:
        of_repository[row.repository_id].append(row)
    found: dict[tuple[int, Source], CommitInfo] = {}
    for pk, accounts in of_repository.items():
        reader = reader_for(accounts[0].repository)
        told = authorship(reader, [owner_source(row) for row in accounts])
        found.update({(pk, source): author for source, author in told.items()})
    return found


def _given(user: User) -> dict[str, Entry]:
    """The newest entry that gave each role and team, by the group's name."""
    rows = Entry.objects.filter(
        subject_kind=PERSON, subject_id=str(user.pk), event__in=[event.value for event in _GIVING]
    )
    found: dict[str, Entry] = {}
    for row in rows.order_by("pk"):
        said = row.values
        found[f"{TEAM}{said['team']}" if "team" in said else str(said.get("role", ""))] = row
    return found


def _held(name: str, about: str, entry: Entry | None) -> Held:
    if entry is None:
        return Held(name=name, about=about)
    return Held(name=name, about=about, at=entry.at, by=_actor(entry), reason=entry.reason)


def _actor(entry: Entry) -> str:
    """As the log tells it: the name at that time, unless it was erased."""
    if entry.actor_kind != PERSON:
        return entry.actor_name or f"the {entry.actor_kind} {entry.actor_id}"
    kept = PersonalData.objects.filter(pk=entry.commitment).first()
    told = json.loads(kept.body).get("actor") if kept is not None else None
    return str(told or f"person {entry.actor_id}")
