"""What surrounds every page: header, sign-in, errors, probes."""

from __future__ import annotations

import json

import pytest
from celery import current_app
from django.test import Client
from kombu.exceptions import OperationalError

from audit.people import command
from console.demo_people import make_demo_people
from console.models import User
from integrations.models import Repository
from tests.web.factories import person


def text(response) -> str:
    return " ".join(response.content.decode().split())


class TestHeader:
    def test_names_repository_commit_and_state(self, viewer, config):
        page = text(viewer.get("/accounts/"))
        assert "small" in page
        assert f'href="/sync/{config.commits[-1]}/"' in page
        assert "in step" in page

    def test_an_older_commit_is_not_called_in_step(self, viewer, config):
        page = text(viewer.get(f"/accounts/?at={config.commits[0]}"))
        state = page.split('class="sync-state')[1].split("</a>")[0]
        assert "an older commit" in state
        assert "status-ok" not in state
        assert "now: in step" in state

    def test_theme_of_the_cookie_is_there_before_any_script(self, viewer):
        viewer.cookies["theme"] = "dark"
        assert 'data-bs-theme="dark"' in text(viewer.get("/"))
        viewer.cookies["theme"] = '"><script>'
        assert "data-bs-theme" not in text(viewer.get("/"))

    def test_environment_switch_marks_production(self, viewer):
        page = text(viewer.get("/accounts/acme-corp/salesforce/production/"))
        assert 'class="env-switch-item env-production active"' in page
        assert 'href="/accounts/acme-corp/salesforce/staging/"' in page

    def test_other_repository_is_kept_in_every_link(self, viewer, config):
        Repository.objects.create(name="other", url="file:///nowhere", active=None)
        page = text(viewer.get("/accounts/?repository=small"))
        assert 'href="/accounts/acme-corp/?repository=small"' in page
        assert viewer.get("/accounts/?repository=nonsense").status_code == 404

    def test_no_page_has_inline_style_or_script(self, viewer, config):
        for address in (
            "/",
            "/accounts/",
            "/accounts/acme-corp/",
            "/sync/",
            f"/sync/{config.commits[1]}/",
            "/search/?q=a",
        ):
            page = text(viewer.get(address))
            assert "style=" not in page
            assert "<script>" not in page
            assert " onclick" not in page


class TestSignIn:
    def test_right_password_leads_to_where_one_wanted(self, config):
        person("dana@example.com", "csm")
        client = Client()
        form = {"login": "Dana@Example.com", "password": "correct-horse-battery", "next": "/accounts/"}
        response = client.post("/sign-in/login/?next=/accounts/", form)
        assert response.status_code == 302
        assert response["Location"] == "/accounts/"

    def test_wrong_password_is_told_without_telling_who_exists(self, config):
        person("dana@example.com", "csm")
        said = [
            text(Client().post("/sign-in/login/", {"login": login, "password": "wrong"})).replace(login, "")
            for login in ("dana@example.com", "nobody@example.com")
        ]
        assert "form-error" in said[0]
        assert said[0].split("form-error")[1][:80] == said[1].split("form-error")[1][:80]

    def test_attempts_are_limited(self, config):
        person("dana@example.com", "csm")
        client = Client()
        answers = [
            client.post("/sign-in/login/", {"login": "dana@example.com", "password": f"wrong-{n}"}) for n in range(7)
        ]
        assert "Too many failed login attempts" in text(answers[-1])
        right = client.post("/sign-in/login/", {"login": "dana@example.com", "password": "correct-horse-battery"})
        assert right.status_code == 200

    def test_flood_is_answered_429(self, db, settings):
        client = Client()
        codes = {
            client.post("/sign-in/login/", {"login": f"a{n}@example.com", "password": "x"}).status_code
            for n in range(40)
        }
        assert 429 in codes
        assert "Too many attempts" in text(client.post("/sign-in/login/", {"login": "b@example.com", "password": "x"}))

    def test_stranger_cannot_sign_up_nor_change_the_address_that_git_knows_them_by(self, viewer):
        for address in ("/sign-in/signup/", "/sign-in/email/", "/accounts/signup/"):
            assert viewer.get(address).status_code == 404

    def test_sign_out_takes_a_post(self, viewer):
        assert "You are signed in as viewer@example.com" in text(viewer.get("/sign-in/logout/"))
        assert viewer.get("/accounts/").status_code == 200
        viewer.post("/sign-in/logout/")
        assert viewer.get("/accounts/").status_code == 302

    def test_password_is_changed(self, viewer, people):
        assert "Change password" in text(viewer.get("/sign-in/password/change/"))
        form = {
            "oldpassword": "correct-horse-battery",
            "password1": "a-new-long-secret",
            "password2": "a-new-long-secret",
        }
        assert viewer.post("/sign-in/password/change/", form).status_code == 302
        assert User.objects.get(email="viewer@example.com").check_password("a-new-long-secret")

    def test_switched_off_person_is_told(self, config):
        User.objects.filter(pk=person("gone@example.com").pk).update(is_active=False)
        form = {"login": "gone@example.com", "password": "correct-horse-battery"}
        assert "You cannot sign in" in text(Client().post("/sign-in/login/", form, follow=True))

    def test_demo_people_are_named_only_by_the_demo(self, config):
        make_demo_people(actor=command("up"))
        assert "dana-dana" not in text(Client().get("/sign-in/login/"))
        Repository.objects.update(is_trusted=True)
        assert "dana-dana" in text(Client().get("/sign-in/login/"))

    def test_admin_has_no_sign_in_of_its_own(self, config):
        response = Client().get("/admin/login/")
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/login/")


class TestErrors:
    def test_unknown_address_is_our_page(self, viewer):
        response = viewer.get("/no/such/page")
        assert response.status_code == 404
        assert "No page of the console has this address." in text(response)

    def test_form_without_its_token_is_explained(self, people):
        client = Client(enforce_csrf_checks=True)
        client.force_login(people["engineer"])
        response = client.post("/sync/now/")
        assert response.status_code == 403
        assert "This form is out of date" in text(response)

    def test_fault_of_our_own_shows_no_detail(self, viewer, monkeypatch):
        def broken(*_args: object, **_kwargs: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr("console.views.search.find", broken)
        viewer.raise_request_exception = False
        response = viewer.get("/search/?q=a")
        assert response.status_code == 500
        assert "Something broke" in text(response)
        assert "secret detail" not in text(response)
        assert response["X-Request-ID"]

    def test_fault_before_sign_in_is_our_page_too(self, client, db):
        response = client.get("/", headers={"Host": "evil.example"})
        assert response.status_code == 400
        assert "That request makes no sense" in text(response)


class TestProbes:
    def test_process_answers_without_asking_anything(self, client, django_assert_num_queries, db):
        with django_assert_num_queries(0):
            response = client.get("/healthz")
        assert response.status_code == 200
        assert json.loads(response.content) == {"status": "ok"}
        assert "Set-Cookie" not in response

    def test_ready_when_database_broker_and_snapshot_are_there(self, client, config):
        response = client.get("/readyz")
        assert response.status_code == 200
        parts = json.loads(response.content)["parts"]
        assert {name: part["ok"] for name, part in parts.items()} == {
            "database": True,
            "broker": True,
            "snapshot": True,
        }

    def test_not_ready_before_the_first_sync(self, client, db):
        response = client.get("/readyz")
        assert response.status_code == 503
        assert json.loads(response.content)["parts"]["snapshot"] == {
            "ok": False,
            "detail": "nothing has been synced yet",
        }

    def test_not_ready_without_a_broker_and_says_no_more_than_that(self, client, config, monkeypatch):
        def refuse(*_args: object, **_kwargs: object) -> None:
            raise OperationalError("redis://:password@broker:6379 refused")

        monkeypatch.setattr(current_app, "connection_for_write", refuse)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert b"password" not in response.content
        assert json.loads(response.content)["parts"]["broker"]["ok"] is False

    @pytest.mark.parametrize("address", ["/healthz", "/readyz", "/robots.txt"])
    def test_nobody_has_to_sign_in_for_them(self, client, config, address):
        assert client.get(address).status_code == 200
