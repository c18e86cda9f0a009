"""A right that is withdrawn while it is used: the act comes first or not at all. Each on a connection of its own."""

from __future__ import annotations

import threading
from functools import partial
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction

from audit.events import Event
from audit.models import Entry
from audit.people import actor_of, command
from audit.record import Subject, record
from console.access import MANAGE_PEOPLE, REQUEST_SYNC, Refused, require_now
from console.models import User
from console.people import Impossible, deactivate, leave
from tests.web.factories import person

pytestmark = pytest.mark.django_db(transaction=True)
WHY = {"actor": command("test"), "reason": "They left."}


@pytest.fixture
def erin() -> User:
    # Tests of transactions empty every table, the roles that a migration made among them.
    for migration in ("0002_roles", "0003_rights_of_roles"):
        import_module(f"console.migrations.{migration}").seed(apps, None)
    return person("erin@example.com", "engineer")


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "withdraw", [lambda user: leave(user, "engineer", **WHY), lambda user: deactivate(user, **WHY)]
)
def test_an_act_that_was_allowed_is_in_the_log_before_the_right_is_gone(erin, withdraw):
    is_allowed, may_go_on = threading.Event(), threading.Event()

    def act():
        with transaction.atomic():
            require_now(erin, REQUEST_SYNC)
            is_allowed.set()
            may_go_on.wait(10)
            record(Event.SYNC_REQUESTED, actor=actor_of(erin), subject=Subject(kind="repository", id="small"))

    acting = in_thread(act)
    assert is_allowed.wait(10)
    withdrawing = in_thread(lambda: withdraw(erin))
    withdrawing.join(0.5)
    assert withdrawing.is_alive(), "the withdrawal waits until the act has committed"
    may_go_on.set()
    acting.join(20)
    withdrawing.join(20)
    events = list(Entry.objects.order_by("pk").values_list("event", flat=True))
    assert events in (["sync-requested", "role-withdrawn"], ["sync-requested", "user-deactivated"])
    with transaction.atomic(), pytest.raises(Refused):
        require_now(erin, REQUEST_SYNC)


def test_two_admins_cannot_take_the_role_from_each_other(erin):
    ada, bob = (person(f"{name}@example.com", "admin") for name in ("ada", "bob"))
    start, ended = threading.Barrier(2), []

    def take(actor, user):
        start.wait(10)
        may = partial(require_now, actor, MANAGE_PEOPLE)
        try:
            leave(user, "admin", actor=actor_of(actor), reason="You go.", still_may=may)
        except (Impossible, Refused) as error:
            ended.append(type(error))
        else:
            ended.append(None)

    for thread in [in_thread(partial(take, *pair)) for pair in ((ada, bob), (bob, ada))]:
        thread.join(20)
    # The second one's right is gone by the time it is asked for; neither waits for the other for ever.
    assert set(ended) == {Refused, None}
    assert User.objects.filter(groups__name="admin", is_active=True).count() == 1
