"""Entries of the audit log as the console's acts write them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, transaction

from audit import triggers
from audit.events import Event
from audit.models import Entry
from audit.people import actor_of, subject_of
from audit.record import SYSTEM, Actor, Subject, intent, outcome, record
from console.models import User
from integrations.models import Change, Snapshot

ACME = Subject(kind="account", id="acme-corp", name="Acme Corp")


def empty_log() -> None:
    """Takes away what making the people and the repository has recorded, as only the owner of the tables can."""
    triggers.remove(connection)
    for model in apps.get_app_config("audit").get_models():
        model._default_manager.all().delete()
    triggers.install(connection)


def write(event: Event, *, actor: Actor, subject: Subject, **more: Any) -> Entry:
    with transaction.atomic():
        return record(event, actor=actor, subject=subject, **more)


def activated(snapshot: Snapshot, *, accounts: list[str] | None = None, **personal: Any) -> Entry:
    """As activation writes it; `accounts` are those that the entry names."""
    changed = sorted(set(Change.objects.filter(snapshot=snapshot).values_list("account", flat=True)))
    return write(
        Event.SYNC_ACTIVATED,
        actor=SYSTEM,
        subject=Subject(kind="snapshot", id=snapshot.commit, name=f"commit {snapshot.commit[:12]}"),
        data={
            "repository": snapshot.repository.name,
            "commit": snapshot.commit,
            "previous": snapshot.previous.commit if snapshot.previous else None,
            "pull_request": snapshot.pull_request,
            "connections_changed": Change.objects.filter(snapshot=snapshot).count(),
            "accounts": changed if accounts is None else accounts,
            "accounts_total": len(changed),
        },
        personal={"author": "Robin <robin@example.com>", "reviewed_by": ["Sam <sam@example.com>"], **personal},
    )


def tried(user: User, phase: Entry.Phase | None, event: Event = Event.SYNC_REQUESTED) -> Entry:
    """An act outside by `user`: its intent, and its outcome where there is one."""
    with transaction.atomic():
        intended = intent(event, actor=actor_of(user), subject=ACME, reason="an act outside")
    if phase is not None:
        with transaction.atomic():
            outcome(intended, phase, actor=SYSTEM, reason="the far side answered")
    return intended


def granted(admin: User, person: User, role: str = "engineer") -> Entry:
    return write(Event.ROLE_GRANTED, actor=actor_of(admin), subject=subject_of(person), data={"role": role})
