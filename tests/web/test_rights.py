"""Rights hold at the moment of the act, denials say who can help, and a superuser is an admin and no more."""

from __future__ import annotations

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.test import Client

from audit.models import Entry
from console import access
from console.access import (
    DECIDE_HELD,
    EXPORT_EVIDENCE,
    MANAGE_PEOPLE,
    PROPOSE,
    PROPOSE_PLATFORM,
    REQUEST_SYNC,
    VIEW,
    VIEW_LOG,
    Refused,
    denial,
    require_now,
)
from console.models import User
from console.people import ROLES as ABOUT_ROLES
from integrations.models import Account, AccountUserPermission, MappingTestReport, Snapshot
from tests.web.expectations import ROLES
from tests.web.factories import person

pytestmark = pytest.mark.django_db
LOSS = {"customers/globex/account.yaml": None, "customers/initech/account.yaml": None}
RIGHTS = {
    "integrations.view_account": set(ROLES),
    "integrations.propose_override": {"engineer"},
    "integrations.propose_platform": {"engineer"},
    "integrations.run_plan": {"engineer"},
    "integrations.request_grant": {"responder"},
    "integrations.decide_grant": {"approver"},
    "integrations.decide_held": {"engineer", "approver"},
    "integrations.request_sync": {"csm", "engineer", "responder", "admin"},
    "audit.view_log": {"auditor"},
    "audit.verify_log": {"auditor"},
    "audit.export_evidence": {"auditor"},
    "console.view_user": {"auditor", "admin"},
    "console.change_user": {"admin"},
}


@pytest.mark.parametrize("right", RIGHTS)
def test_each_right_belongs_to_its_roles_and_to_no_other(people, right):
    assert {role for role in ROLES if people[role].has_perm(right)} == RIGHTS[right]


def test_every_right_that_pages_ask_for_can_be_told(people):
    for name in dir(access):
        value = getattr(access, name)
        if name.isupper() and isinstance(value, str) and "." in value:
            assert str(denial(people["nobody"], value)).startswith("You lack the right to "), name


# --- at the moment of the act --------------------------------------------------------------------------------
class TestNow:
    def test_a_right_that_is_remembered_but_withdrawn_does_not_count(self, people):
        erin = people["engineer"]
        assert erin.has_perm(DECIDE_HELD)
        erin.groups.clear()
        assert erin.has_perm(DECIDE_HELD), "Django remembers it"
        with transaction.atomic(), pytest.raises(Refused, match="decide on a held sync"):
            require_now(erin, DECIDE_HELD)

    def test_a_deactivated_person_has_no_right(self, people):
        erin = people["engineer"]
        assert erin.has_perm(REQUEST_SYNC)
        User.objects.filter(pk=erin.pk).update(is_active=False)
        with transaction.atomic(), pytest.raises(Refused):
            require_now(erin, REQUEST_SYNC)

    def test_a_right_on_an_account_is_read_again(self, people):
        dana, acme = people["dana"], Account.objects.get(slug="acme-corp")
        with transaction.atomic():
            require_now(dana, PROPOSE, acme)
        AccountUserPermission.objects.filter(user=dana).delete()
        with transaction.atomic(), pytest.raises(Refused):
            require_now(dana, PROPOSE, acme)

    def test_what_a_request_came_with_may_be_narrower_than_the_person(self, people, monkeypatch):
        erin = people["engineer"]
        monkeypatch.setattr(erin, "has_perm", lambda *_: False)
        with transaction.atomic(), pytest.raises(Refused):
            require_now(erin, REQUEST_SYNC)

    @pytest.mark.django_db(transaction=True)
    def test_outside_a_transaction_nothing_can_be_promised(self, people):
        assert not connection.in_atomic_block
        with pytest.raises(RuntimeError):
            require_now(people["engineer"], REQUEST_SYNC)


def _withdraw(user: User) -> None:
    user.groups.clear()


def _deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.fixture(params=[_withdraw, _deactivate])
def between(request, people, monkeypatch):
    """What happens to the engineer after the page has let them in and before it writes."""
    from console.views import mapping_tests, sync

    for module in (sync, mapping_tests):

        def late(user, right, *rest, ask=module.require_now):
            request.param(people["engineer"])
            return ask(user, right, *rest)

        monkeypatch.setattr(module, "require_now", late)


class TestBetween:
    def test_a_held_sync_stays_held(self, as_, people, config, between):
        config.push_and_sync(LOSS)
        address = f"/sync/{config.commits[-1]}/decide/"
        response = as_("engineer").post(address, {"decision": "accept", "reason": "Fine."})
        assert response.status_code == 403
        assert Snapshot.objects.get(commit=config.commits[-1]).state == "held"
        assert not Entry.objects.filter(event="held-sync-accepted").exists()

    def test_no_sync_is_asked_for(self, as_, people, between):
        assert as_("engineer").post("/sync/now/").status_code == 403
        assert not Entry.objects.filter(event="sync-requested").exists()

    def test_no_tests_are_asked_for(self, as_, people, between):
        assert as_("engineer").post("/mapping-tests/run/").status_code == 403
        assert not MappingTestReport.objects.exists()


@pytest.mark.parametrize("change", [_withdraw, _deactivate])
def test_a_form_that_was_open_is_worth_nothing_once_the_right_is_gone(as_, people, config, change):
    config.push_and_sync(LOSS)
    page = f"/sync/{config.commits[-1]}/"
    client = as_("engineer")
    assert b'value="accept"' in client.get(page).content
    change(people["engineer"])
    assert client.post(f"{page}decide/", {"decision": "accept", "reason": "Fine."}).status_code in {302, 403}
    assert Snapshot.objects.get(commit=config.commits[-1]).state == "held"


# --- denials ------------------------------------------------------------------------------------------------
class TestDenials:
    def test_up_to_three_who_have_the_right_are_named(self, people):
        for name in ("Ann", "Bob", "Cy"):
            person(f"{name}@example.com", "auditor", name=name)
        said = str(denial(people["viewer"], VIEW_LOG))
        assert said.endswith("the audit log. Auditors have it: auditor@example.com, Ann, Bob and others.")

    def test_who_left_is_not_named(self, people):
        User.objects.filter(pk=people["auditor"].pk).update(is_active=False)
        assert str(denial(people["viewer"], VIEW_LOG)).endswith("Auditors have it, but at present there is nobody.")

    def test_the_accounts_owner_is_named_first(self, people):
        said = str(denial(people["viewer"], PROPOSE, Account.objects.get(slug="acme-corp")))
        assert said.endswith("engineers have it: Dana Whitfield and engineer@example.com.")
        said = str(denial(people["viewer"], PROPOSE, Account.objects.get(slug="globex")))
        assert said.endswith("engineers have it: team emea-csm and engineer@example.com.")
        said = str(denial(people["viewer"], PROPOSE, Account.objects.get(slug="initech")))
        assert said.endswith("engineers have it: engineer@example.com.")

    def test_who_sees_nothing_is_told_who_gives_roles(self, people):
        assert str(denial(people["nobody"], VIEW)).endswith("admins give roles: admin@example.com.")

    def test_whoever_may_costs_no_query_for_names(self, people, django_assert_num_queries):
        erin = User.objects.get(pk=people["engineer"].pk)
        erin.has_perm(REQUEST_SYNC)
        with django_assert_num_queries(0):
            assert denial(erin, REQUEST_SYNC) is None


# --- superusers ---------------------------------------------------------------------------------------------
class TestSuperuser:
    @pytest.fixture
    def root(self, people):
        return User.objects.create_superuser("root@example.com", "correct-horse-battery")

    def test_has_the_rights_of_an_admin_and_no_other(self, root, people):
        for right in RIGHTS:
            assert root.has_perm(right) == people["admin"].has_perm(right), right
        assert not root.has_perm("auth.change_group")
        assert root.get_all_permissions() == people["admin"].get_all_permissions()

    def test_has_none_on_an_account_even_as_its_owner(self, root):
        acme = Account.objects.get(slug="acme-corp")
        propose = Permission.objects.get(codename="propose_override")
        AccountUserPermission.objects.create(user=root, permission=propose, content_object=acme)
        assert not root.has_perm(PROPOSE, acme)
        assert denial(root, PROPOSE, acme) is not None

    def test_may_neither_decide_nor_read_the_log(self, root, config):
        client = Client()
        client.force_login(root)
        config.push_and_sync(LOSS)
        address = f"/sync/{config.commits[-1]}/decide/"
        assert client.post(address, {"decision": "accept", "reason": "I can."}).status_code == 403
        for right in (DECIDE_HELD, PROPOSE_PLATFORM, VIEW_LOG, EXPORT_EVIDENCE):
            assert not root.has_perm(right)
        assert root.has_perm(MANAGE_PEOPLE)

    def test_a_deactivated_one_has_none(self, root):
        root.is_active = False
        assert not root.has_perm(VIEW)
        assert not root.has_module_perms("console")

    def test_rights_follow_the_role_of_admin(self, root):
        Group.objects.get(name="admin").permissions.clear()
        assert not User.objects.get(pk=root.pk).has_perm(VIEW)


def test_every_list_of_roles_is_the_same():
    """Settings name roles before there are models, and pages say what each is for."""
    seeded = set(Group.objects.exclude(name__startswith="team:").values_list("name", flat=True))
    assert seeded == set(configured.ROLES) == set(ABOUT_ROLES) == set(ROLES)
