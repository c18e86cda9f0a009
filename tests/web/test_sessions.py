"""Sessions: what a person sees of theirs, ending them, and when they end by themselves. And what the log keeps."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.events import Event
from audit.models import Entry, PersonalData
from console.cache import JsonDatabaseCache
from console.celery import app
from console.models import Session, User
from console.presentation.browsers import browser_of
from console.sign_in.sessions import public_name
from console.tasks import clear_what_has_ended
from tests.web.factories import person
from tests.web.second_factors import confirmed

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
)


@pytest.fixture(autouse=True)
def _nothing_counted(db: None) -> None:
    cache.clear()


@pytest.fixture
def dana(db: None) -> User:
    return person("dana@example.com", "csm", name="Dana Whitfield")


def signed_in(user: User, agent: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert client.post("/sign-in/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def back_by(client: Client, **seconds: float) -> None:
    """Sets moments of the client's session back."""
    session = client.session
    for name, passed in seconds.items():
        session[name] = time.time() - passed
    session.save()


class TestThePage:
    def test_it_lists_browsers_and_addresses_and_no_keys(self, dana: User) -> None:
        here, there = signed_in(dana), signed_in(dana, SAFARI, "198.51.100.7")
        page = here.get("/me/").content.decode()
        assert page.count("this one") == 1
        for told in ("Firefox on Linux", "192.0.2.1", "Safari on macOS", "198.51.100.7"):
            assert told in page
        for client in (here, there):
            assert client.session.session_key not in page

    def test_one_session_is_ended(self, dana: User) -> None:
        here, there, third = (signed_in(dana, address=f"192.0.2.{n}") for n in (1, 2, 3))
        theirs = _name_of(there)
        assert here.post(f"/me/sessions/{theirs}/end/").status_code == 302
        assert [is_in(client) for client in (here, there, third)] == [True, False, True]
        assert "had ended already" in here.post(f"/me/sessions/{theirs}/end/", follow=True).content.decode()
        assert Entry.objects.filter(event=Event.SESSION_REVOKED).count() == 1

    def test_all_others_are_ended(self, dana: User) -> None:
        here, there, third = signed_in(dana), signed_in(dana), signed_in(dana)
        here.post("/me/sessions/end-others/")
        assert [is_in(client) for client in (here, there, third)] == [True, False, False]

    def test_nobody_ends_the_session_of_another(self, dana: User) -> None:
        other = signed_in(person("other@example.com", "viewer"))
        signed_in(dana).post(f"/me/sessions/{_name_of(other)}/end/")
        signed_in(dana).post("/me/sessions/end-others/")
        assert is_in(other)

    def test_links_and_foreign_sites_end_nothing(self, dana: User) -> None:
        here = signed_in(dana)
        assert here.get("/me/sessions/end-others/").status_code == 405
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = here.cookies
        assert strict.post("/me/sessions/end-others/").status_code == 403


class TestLimits:
    def test_an_idle_session_ends(self, dana: User, settings: Any) -> None:
        client = signed_in(dana)
        back_by(client, seen=settings.SESSION_IDLE_SECONDS - 5)
        assert is_in(client)
        back_by(client, seen=settings.SESSION_IDLE_SECONDS + 1)
        assert not is_in(client)
        assert not Session.objects.filter(user=dana).exists()

    def test_an_old_session_ends_however_busy_it_is(self, dana: User, settings: Any) -> None:
        client = signed_in(dana)
        back_by(client, started=settings.SESSION_COOKIE_AGE + 1)
        assert not is_in(client)

    def test_use_is_noted_once_a_minute(self, dana: User, django_assert_num_queries: Any) -> None:
        client = signed_in(dana)
        first = Session.objects.get(user=dana).seen_at
        client.get("/me/")
        assert Session.objects.get(user=dana).seen_at == first
        back_by(client, seen=61)
        client.get("/me/")
        seen = Session.objects.get(user=dana).seen_at
        assert seen is not None
        assert first is not None
        assert seen > first

    def test_a_session_without_a_beginning_opens_nothing(self, dana: User) -> None:
        client = signed_in(dana)
        session = client.session
        del session["started"]
        session.save()
        assert not is_in(client)

    def test_deactivation_ends_it_for_good(self, dana: User) -> None:
        client = signed_in(dana)
        User.objects.filter(pk=dana.pk).update(is_active=False)
        assert not is_in(client)
        User.objects.filter(pk=dana.pk).update(is_active=True)
        assert not is_in(client)

    def test_a_new_password_ends_all_others(self, dana: User) -> None:
        here, there = signed_in(dana), signed_in(dana)
        form = {"oldpassword": PASSWORD, "password1": "another-long-phrase-7", "password2": "another-long-phrase-7"}
        assert here.post("/sign-in/password/change/", form).status_code == 302
        assert (is_in(here), is_in(there)) == (True, False)
        assert Session.objects.filter(user=dana).count() == 1
        assert '"sessions_ended":1' in Entry.objects.get(event=Event.PASSWORD_CHANGED).data.replace(" ", "")

    def test_an_admin_who_sets_a_password_ends_that_persons_sessions(self, dana: User) -> None:
        admin = person("admin@example.com", "admin", is_staff=True)
        theirs, client = signed_in(dana), confirmed(signed_in(admin), admin)
        form = {"password1": "another-long-phrase-7", "password2": "another-long-phrase-7", "usable_password": "true"}
        assert client.post(f"/admin/console/user/{dana.pk}/password/", form).status_code == 302
        assert not is_in(theirs)
        entry = Entry.objects.get(event=Event.PASSWORD_CHANGED)
        assert (entry.actor_id, entry.subject_id) == (str(admin.pk), str(dana.pk))


class TestTheLog:
    def test_signing_in_and_out_is_recorded(self, dana: User) -> None:
        client = signed_in(dana, address="192.0.2.77")
        client.post("/sign-in/logout/")
        entries = list(Entry.objects.filter(actor_id=str(dana.pk)).order_by("pk"))
        assert [entry.event for entry in entries] == [Event.SIGNED_IN, Event.SIGNED_OUT]
        assert all("192.0.2.77" not in entry.data for entry in entries)
        kept = PersonalData.objects.get(commitment=entries[0].commitment)
        assert "192.0.2.77" in str(kept.__dict__)
        assert "Firefox" in str(kept.__dict__)

    def test_a_failure_names_a_known_person_and_hides_an_unknown_address(self, dana: User) -> None:
        for login in ("Dana@Example.com", "who@example.com", "WHO@example.com", "else@example.com"):
            Client().post("/sign-in/login/", {"login": login, "password": "wrong"})
        known, first, again, other = Entry.objects.filter(event=Event.SIGN_IN_FAILED).order_by("pk")
        assert (known.subject_kind, known.subject_id) == ("person", str(dana.pk))
        assert first.subject_id == again.subject_id != other.subject_id
        everything = str([entry.__dict__ for entry in (first, again, other)]) + str(list(PersonalData.objects.values()))
        assert "who@" not in everything.lower()
        assert "wrong" not in everything

    def test_what_the_limit_refuses_floods_no_log(self, dana: User) -> None:
        client = Client()
        for number in range(12):
            client.post("/sign-in/login/", {"login": dana.email, "password": f"wrong-{number}"})
        assert Entry.objects.filter(event=Event.SIGN_IN_FAILED).count() == 5

    def test_without_its_entry_nobody_signs_out(self, dana: User, monkeypatch: pytest.MonkeyPatch) -> None:
        client = signed_in(dana)
        client.raise_request_exception = False

        def full(*_: object, **__: object) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr("console.sign_in.adapter.record", full)
        assert client.post("/sign-in/logout/").status_code == 500
        assert is_in(client)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("curl/8.5", "curl/8.5"),
        ("", "unknown browser"),
    ],
)
def test_browsers_are_known_by_name(agent: str, name: str) -> None:
    assert browser_of(agent) == name


def _name_of(client: Client) -> str:
    return public_name(client.session.session_key or "")


class TestWhatHasEnded:
    def test_it_is_cleared_once_a_day_and_nothing_else_is(self, dana: User) -> None:
        closed, open_one = signed_in(dana), signed_in(dana, SAFARI)
        ended = closed.session.session_key
        Session.objects.filter(pk=ended).update(expire_date=timezone.now() - timedelta(seconds=1))
        stranger = Client()
        stranger.get("/sign-in/login/")
        cache.set("past", 1, timeout=0.05)
        time.sleep(0.1)
        clear_what_has_ended()
        assert not Session.objects.filter(pk=ended).exists()
        assert is_in(open_one)
        if isinstance(caches["default"], JsonDatabaseCache):
            with connection.cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM django_cache WHERE cache_key LIKE %s", ["%:past"])
                assert cursor.fetchone() == (0,)

    def test_every_task_that_beat_sends_is_known_to_the_worker(self, settings: Any) -> None:
        app.loader.import_default_modules()
        sent = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert "console.tasks.clear_what_has_ended" in sent
        assert sent <= app.tasks.keys()


class TestPasswordsFromTheMachine:
    NEW = "another-long-pass-phrase-42"

    def change(self, monkeypatch: pytest.MonkeyPatch, *typed: str) -> None:
        answers = iter(typed)
        monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
        call_command("changepassword", "Dana@example.com", verbosity=0)

    def test_the_change_is_recorded_and_ends_what_the_old_one_opened(self, dana: User, monkeypatch) -> None:
        client = signed_in(dana)
        self.change(monkeypatch, self.NEW, self.NEW)
        entry = Entry.objects.get(event=Event.PASSWORD_CHANGED)
        assert (entry.actor_kind, entry.actor_id, entry.subject_id) == ("command", "changepassword", str(dana.pk))
        assert entry.values == {"sessions_ended": 1}
        assert not is_in(client)
        assert User.objects.get(pk=dana.pk).check_password(self.NEW)

    @pytest.mark.parametrize("typed", [(NEW, "another"), ("short", "short"), ("password1234", "password1234")])
    def test_what_is_mistyped_or_weak_changes_nothing(self, dana: User, monkeypatch, typed) -> None:
        client = signed_in(dana)
        with pytest.raises(CommandError, match=r"othing was changed"):
            self.change(monkeypatch, *typed)
        assert is_in(client)
        assert not Entry.objects.filter(event=Event.PASSWORD_CHANGED).exists()
