"""When an entry is sent: with COMMIT if nothing comes between, and never apart from the act to which it belongs."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, DataError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from audit.events import Event
from audit.models import Entry, TreeHead
from audit.record import Actor, Subject, intent, outcome, record

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = Actor(kind="token", id="7")
TOO_LONG = "x" * 500


class Undone(Exception):
    pass


def act(number=0, *, account="acme"):
    return record(
        Event.SYNC_REQUESTED,
        actor=TOKEN,
        subject=Subject(kind="account", id="acme", account=account),
        data={"n": number},
    )


def business(pk):
    TreeHead.objects.create(pk=pk)


def numbers():
    return [entry.values["n"] for entry in Entry.objects.order_by("pk")]


@pytest.mark.needs("postgres")
@pytest.mark.skipif(not hasattr(connection, "carry"), reason="another backend sends it at once")
def test_an_entry_is_not_sent_before_commit():
    for _ in range(2):  # the second time the server knows the statement
        TreeHead.objects.all().delete()
        with (
            CaptureQueriesContext(
                connection,
            ) as sent,
            transaction.atomic(),
        ):
            business(2)
            act()
            before = len(sent)
        texts = [query["sql"].split()[0] for query in sent.captured_queries]
        assert (before, texts) == (2, ["BEGIN", "INSERT", "INSERT", "COMMIT"])
    assert len(numbers()) == 2


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite does not mind a long text")
@pytest.mark.needs("postgres")
@pytest.mark.parametrize("name", ["", "Dana Canary"])
def test_an_entry_that_cannot_be_written_undoes_the_act(name):
    subject = Subject(kind="account", id=TOO_LONG)
    with pytest.raises(DataError), transaction.atomic():  # noqa: PT012 - the end of the act is what fails
        business(2)
        record(Event.SYNC_REQUESTED, actor=Actor(id="7", name=name), subject=subject)
    assert not TreeHead.objects.exists()
    with transaction.atomic():  # and the connection goes on
        act()
    assert numbers() == [0]


@pytest.mark.skipif(not hasattr(connection, "carry"), reason="another backend sends it at once")
@pytest.mark.needs("postgres")
def test_the_act_is_undone_even_if_somebody_takes_the_error_for_that_of_a_later_statement():
    with transaction.atomic():
        business(2)
        act(account=TOO_LONG)
        try:
            with transaction.atomic():
                business(3)
        except DatabaseError:
            pass
    assert not TreeHead.objects.exists()
    assert not Entry.objects.exists()


def test_what_follows_an_entry_finds_it():
    with transaction.atomic():
        business(2)
        act(1)
        assert numbers() == [1]
        act(2)
        business(3)
    assert numbers() == [1, 2]


def test_an_intent_and_its_outcome_hold_together():
    with transaction.atomic():
        begun = intent(Event.SYNC_REQUESTED, actor=TOKEN, subject=Subject(kind="account", id="acme"))
    with transaction.atomic():
        outcome(begun, Entry.Phase.DONE, actor=TOKEN)
    assert Entry.objects.get(intent=begun.pk).account == "acme"


def test_an_entry_that_was_rolled_back_is_not_to_be_had():
    with pytest.raises(Undone), transaction.atomic():  # noqa: PT012 - the act is what fails
        business(2)
        act()
        raise Undone
    assert not Entry.objects.exists()
    with transaction.atomic():
        act(5)
    assert numbers() == [5]


# An act: entries, rows, and acts within it that succeed or are undone.
_STEPS = st.recursive(
    st.lists(st.sampled_from(["entry", "row"]), max_size=3),
    lambda inner: st.lists(st.sampled_from(["entry", "row"]) | st.tuples(st.booleans(), inner), max_size=4),
    max_leaves=6,
)


def run(steps, counter, kept):
    """Does the steps in a transaction or savepoint; gives the numbers of the entries that are to stay."""
    for step in steps:
        if step == "entry":
            counter[0] += 1
            act(counter[0])
            kept.append(counter[0])
        elif step == "row":
            counter[0] += 1
            business(counter[0] + 10)
        else:
            stays, inner = step
            mine = []
            try:
                with transaction.atomic():
                    run(inner, counter, mine)
                    if not stays:
                        raise Undone  # noqa: TRY301 - as an act does
            except Undone:
                continue
            kept += mine
    return kept


@given(_STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_acts_nest_their_entries_stay_in_order_with_what_stays(steps):
    last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    TreeHead.objects.all().delete()
    with transaction.atomic():
        expected = run(steps, [0], [])
    assert [entry.values["n"] for entry in Entry.objects.filter(pk__gt=last).order_by("pk")] == expected
