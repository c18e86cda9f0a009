"""People and roles: every change with its reason in the log, nobody locked out, and the page that says why one may."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from audit.models import Entry, PersonalData
from audit.people import actor_of, command
from console import people as actions
from console.models import User
from console.people import Impossible
from integrations.models import Account

pytestmark = pytest.mark.django_db
WHY = {"actor": command("test"), "reason": "They asked."}


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
