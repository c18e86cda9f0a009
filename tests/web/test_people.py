"""People and roles: every change with its reason in the log, nobody locked out, and the page that says why one may."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from django.core.management import call_command

from audit.models import Entry, PersonalData
from audit.people import actor_of, command
from console import people as actions
from console.database_clock import database_now
from console.fresh_mfa import FRESH
from console.models import User
from console.people import Impossible
from integrations.models import Account
from tests.web.factories import person
from tests.web.second_factors import confirmed

pytestmark = pytest.mark.django_db
WHY = {"actor": command("test"), "reason": "They asked."}


@pytest.fixture
def admin(as_, people):
    """An admin who has just shown a second factor."""
    return confirmed(as_("admin"), people["admin"])


def entries(event):
    return list(Entry.objects.filter(event=event).order_by("pk"))


def private(entry):
    return PersonalData.objects.get(pk=entry.commitment).body


class TestActions:
    def test_a_person_is_made_with_roles_and_teams(self, people):
        made = actions.make_user(email="New@Example.com", name="New", groups=["csm", "team:emea-csm"], **WHY)
        assert made.has_perm("integrations.request_sync")
        (entry,) = entries("user-made")
        assert (entry.subject_id, entry.reason) == (str(made.pk), "They asked.")
        assert "new@example.com" in private(entry)
        assert [entry.values for entry in entries("role-granted")] == [{"role": "csm"}]
        assert [entry.values for entry in entries("team-joined")] == [{"team": "emea-csm"}]
        assert not any("xample" in text for row in Entry.objects.all() for text in (row.data, row.subject_name))

    def test_two_people_never_share_an_address(self, people):
        with pytest.raises(Impossible):
            actions.make_user(email="DANA@example.com", **WHY)
        with pytest.raises(Impossible):
            actions.rename(people["viewer"], email="Dana@Example.com", name="", **WHY)

    def test_a_reason_is_asked_for(self, people):
        for act in (
            lambda why: actions.join(people["viewer"], "csm", **why),
            lambda why: actions.leave(people["csm"], "csm", **why),
            lambda why: actions.deactivate(people["viewer"], **why),
            lambda why: actions.make_user(email="x@example.com", **why),
            lambda why: actions.rename(people["viewer"], email="x@example.com", name="", **why),
        ):
            with pytest.raises(Impossible, match="Say why"):
                act({**WHY, "reason": "  "})
        assert not User.objects.filter(email="x@example.com").exists()
        assert not people["viewer"].groups.filter(name="csm").exists()

    def test_a_role_is_given_and_taken_once(self, people):
        assert actions.join(people["viewer"], "engineer", **WHY)
        assert not actions.join(people["viewer"], "engineer", **WHY)
        assert actions.leave(people["viewer"], "engineer", **WHY)
        assert not actions.leave(people["viewer"], "engineer", **WHY)
        assert len(entries("role-granted")) == len(entries("role-withdrawn")) == 1
        with pytest.raises(Impossible):
            actions.join(people["viewer"], "emperor", **WHY)

    def test_who_gives_a_role_to_themself_is_marked(self, people):
        ada = people["admin"]
        actions.join(ada, "engineer", actor=actor_of(ada), reason="Night shift.")
        (entry,) = entries("role-taken")
        assert (entry.actor_id, entry.subject_id, entry.values) == (str(ada.pk), str(ada.pk), {"role": "engineer"})

    def test_the_last_admin_stays(self, people):
        with pytest.raises(Impossible, match="last admin"):
            actions.leave(people["admin"], "admin", **WHY)
        with pytest.raises(Impossible, match="last admin"):
            actions.deactivate(people["admin"], **WHY)
        actions.join(people["viewer"], "admin", **WHY)
        assert actions.deactivate(people["admin"], **WHY)
        with pytest.raises(Impossible, match="last admin"):
            actions.leave(people["viewer"], "admin", **WHY)

    def test_the_admins_own_pages_open_for_the_role_alone(self, people):
        actions.join(people["viewer"], "admin", **WHY)
        assert User.objects.get(pk=people["viewer"].pk).is_staff
        actions.leave(people["viewer"], "admin", **WHY)
        assert not User.objects.get(pk=people["viewer"].pk).is_staff

    def test_deactivating_ends_what_one_was_doing(self, as_, people):
        client = as_("viewer")
        actions.deactivate(people["viewer"], **WHY)
        assert client.get("/accounts/").status_code == 302
        assert actions.reactivate(User.objects.get(pk=people["viewer"].pk), **WHY)
        assert [len(entries(event)) for event in ("user-deactivated", "user-reactivated")] == [1, 1]

    def test_another_address_means_other_accounts_at_once(self, people):
        dana, acme = people["dana"], Account.objects.get(slug="acme-corp")
        actions.rename(dana, email="dana@elsewhere.example", name="Dana", **WHY)
        assert not User.objects.get(pk=dana.pk).has_perm("integrations.view_account", acme)
        actions.rename(people["viewer"], email="dana@example.com", name="", **WHY)
        assert User.objects.get(pk=people["viewer"].pk).has_perm("integrations.propose_override", acme)
        entry = entries("user-changed")[0]
        assert entry.values == {"changed": ["email", "name"]}
        assert "elsewhere" in private(entry)
        assert "elsewhere" not in entry.data

    def test_no_change_without_the_right_at_that_moment(self, people):
        def still_may():
            raise PermissionError

        with pytest.raises(PermissionError):
            actions.join(people["viewer"], "engineer", still_may=still_may, **WHY)
        assert not people["viewer"].groups.filter(name="engineer").exists()

    def test_the_command_that_makes_a_superuser_is_recorded(self, people, monkeypatch):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct-horse-battery")
        call_command("createsuperuser", interactive=False, email="root@example.com", verbosity=0)
        (entry,) = entries("user-made")
        assert (entry.actor_kind, entry.actor_id, entry.values) == ("command", "createsuperuser", {"superuser": True})


class TestPages:
    def test_the_list_shows_roles_and_teams(self, as_, people):
        page = as_("auditor").get("/people/").content.decode()
        for name in ("dana@example.com", "emea-csm", "engineer", "Add a person"):
            assert name in page
        assert "You lack the right to manage people" in page
        narrowed = as_("admin").get("/people/?role=engineer").content.decode()
        assert "engineer@example.com" in narrowed
        assert "csm@example.com" not in narrowed

    def test_queries_do_not_grow_with_people(self, as_, count_queries):
        client = as_("admin")
        few = count_queries(client, "/people/")
        for number in range(20):
            person(f"many-{number}@example.com", "viewer", "team:emea-csm")
        assert count_queries(client, "/people/") <= few

    def test_pages_of_the_list_join(self, as_, people):
        for number in range(60):
            person(f"many-{number:02d}@example.com")
        first = as_("admin").get("/people/")
        after = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1]
        rest = as_("admin").get(html.unescape(after)).content.decode()
        assert "viewer@example.com" in rest
        assert "admin@example.com" not in rest.split("<main")[1]

    def test_a_role_tells_who_gave_it_when_and_why(self, as_, people, admin):
        viewer, ada = people["viewer"], people["admin"]
        address = f"/people/{viewer.pk}/"
        assert "before the audit log began" in as_("viewer").get(address).content.decode()
        fields = {"role": "approver", "change": "join", "reason": "On call from May."}
        assert admin.post(f"{address}roles/", fields)["Location"] == address
        page = as_("auditor").get(address).content.decode()
        assert f"by {ada}" in page
        assert "On call from May." in page

    def test_an_account_right_tells_the_line_in_git_and_who_wrote_it(self, as_, people, config):
        page = as_("dana").get(f"/people/{people['dana'].pk}/").content.decode()
        assert 'href="/source/customers/acme-corp/account.yaml#L2"' in page
        assert "customers/acme-corp/account.yaml:2" in page
        assert "Dana Reyes" in page, "who wrote the line"
        assert config.commits[0][:8] in page
        page = as_("emea").get(f"/people/{people['emea'].pk}/").content.decode()
        assert "team emea-csm" in page
        assert "customers/globex/account.yaml:2" in page
        assert "acme-corp" not in page

    def test_everybody_has_their_own_page_and_whether_others_exist_is_not_told(self, as_, people, admin):
        for name in ("viewer", "dana", "nobody"):
            assert as_(name).get(f"/people/{people[name].pk}/").status_code == 200
            there, absent = (as_(name).get(f"/people/{pk}/") for pk in (people["admin"].pk, 999_999))
            assert (there.status_code, absent.status_code) == (403, 403)
        assert admin.get("/people/999999/").status_code == 404
        assert admin.get(f"/people/{'9' * 30}/").status_code == 404

    def test_an_admin_adds_and_deactivates(self, people, admin):
        fields = {"email": "new@example.com", "name": "New", "role": "csm", "password": "a-long-pass-phrase-42"}
        assert admin.post("/people/add/", fields).status_code == 422
        response = admin.post("/people/add/", {**fields, "reason": "She starts on Monday."})
        made = User.objects.get(email="new@example.com")
        assert response["Location"] == f"/people/{made.pk}/"
        assert made.check_password("a-long-pass-phrase-42")
        assert b"Somebody has the address" in admin.post("/people/add/", {**fields, "reason": "Again."}).content
        admin.post(f"/people/{made.pk}/active/", {"change": "deactivate", "reason": "She never came."})
        made.refresh_from_db()
        assert not made.is_active
        assert [entry.reason for entry in entries("user-deactivated")] == ["She never came."]

    def test_what_was_typed_is_kept_when_it_is_refused(self, people, admin):
        address = f"/people/{people['admin'].pk}/roles/"
        response = admin.post(address, {"role": "admin", "change": "leave", "reason": "I go."})
        assert response.status_code == 422
        for text in ("is the last admin", 'value="admin"', "I go."):
            assert text in response.content.decode()
        weak = admin.post("/people/add/", {"email": "x@example.com", "password": "short", "reason": "x"})
        assert b"too short" in weak.content

    def test_a_right_withdrawn_between_form_and_submit_changes_nothing(self, people, admin, monkeypatch):
        from console.views import people as pages

        def late(user, right, ask=pages.require_now):
            User.objects.get(pk=user.pk).groups.clear()
            return ask(user, right)

        monkeypatch.setattr(pages, "require_now", late)
        address = f"/people/{people['viewer'].pk}/roles/"
        fields = {"role": "engineer", "change": "join", "reason": "Late."}
        assert admin.post(address, fields).status_code == 403
        assert not people["viewer"].groups.filter(name="engineer").exists()
        assert not entries("role-granted")


class TestSecondFactor:
    """Giving rights takes a second factor of the last five minutes: a stolen session alone changes nobody's."""

    def test_it_is_asked_for_as_the_forms_open(self, as_, people):
        address = f"/people/{people['viewer'].pk}/"
        for wanted in (address, "/people/add/"):
            assert as_("admin").get(wanted)["Location"] == f"/me/confirm/?next={quote(wanted, safe='')}"
        assert as_("auditor").get(address).status_code == 200, "who changes nothing is asked nothing"

    def test_without_it_nothing_is_changed(self, as_, people):
        address = f"/people/{people['viewer'].pk}/"
        back = f"/me/confirm/?next={quote(address, safe='')}"
        client, why = as_("admin"), {"reason": "They asked."}
        assert client.post(f"{address}roles/", {"role": "engineer", "change": "join", **why})["Location"] == back
        assert client.post(f"{address}active/", {"change": "deactivate", **why})["Location"] == back
        client.post("/people/add/", {"email": "new@example.com", "role": "admin", **why})
        viewer = User.objects.get(pk=people["viewer"].pk)
        assert viewer.is_active
        assert not viewer.groups.filter(name="engineer").exists()
        assert not User.objects.filter(email="new@example.com").exists()

    def test_five_minutes_later_it_is_asked_for_again(self, people, admin, monkeypatch):
        address, later = f"/people/{people['viewer'].pk}/", database_now() + FRESH
        assert admin.get(address).status_code == 200
        monkeypatch.setattr("console.fresh_mfa.database_now", lambda: later)
        assert admin.post(f"{address}active/", {"change": "deactivate", "reason": "Late."}).status_code == 302
        assert User.objects.get(pk=people["viewer"].pk).is_active
