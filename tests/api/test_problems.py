"""Errors are problem details (RFC 9457), whoever raised them."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from console.api.read import ReadView
from console.api.views import accounts
from tests.api.asking import EFFECTIVE, Asker, as_problem

ACCOUNTS = "/api/v1/accounts/"


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v2/accounts/", "/api/v1/accounts/a/b/c/", "/api/v1/Ω/"])
def test_an_unknown_address(api, path):
    body = api.problem(path, status=404)
    assert (body["type"], body["title"]) == ("about:blank", "Not Found")


def test_an_address_without_its_slash_leads_to_the_one_with_it(api):
    response = api.get("/api/v1/accounts")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/accounts/")


def test_another_media_type_is_not_acceptable(api):
    api.problem(ACCOUNTS, status=406, headers={"Accept": "text/html"})
    for accepted in ("*/*", "application/*", "application/json", "text/html, */*;q=0.1"):
        assert api.get(ACCOUNTS, headers={"Accept": accepted}).status_code == 200


def test_a_misspelt_parameter_is_refused_and_the_known_ones_are_named(api):
    body = api.problem(ACCOUNTS, status=400, ownr="dana@example.com")
    assert body["type"] == "urn:glasshouse:problem:bad-parameter"
    assert body["parameter"] == "ownr"
    assert "owner" in body["detail"]


@pytest.mark.parametrize(
    "query", ["q=a&q=b", "q=%00", "at=%00", "repository=%00", f"q={'x' * 301}", "overriding=perhaps"]
)
def test_senseless_values_are_refused(api, query):
    as_problem(api.get(f"{ACCOUNTS}?{query}"), 400)


def test_a_repository_that_was_never_synced(api, config):
    from integrations.models import Repository

    Repository.objects.create(name="fresh", url="file:///nowhere")
    body = api.problem(ACCOUNTS, status=404, repository="fresh")
    assert body["type"] == "urn:glasshouse:problem:not-synced"


def test_a_console_without_a_repository(db, people, token_of):
    from integrations.models import Repository

    secret = token_of("viewer")
    Repository.objects.update(active=None)
    Repository.objects.all().delete()
    for path in (ACCOUNTS, "/api/v1/repositories/"):
        assert Asker(secret).problem(path, status=404)["detail"] == "No repository is configured."


def test_what_nobody_expected_is_told_without_its_details(token_of, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("vault://kv/canary")

    monkeypatch.setattr(accounts, "visit", fail)
    client = Client(raise_request_exception=False)
    response = client.get(ACCOUNTS, headers=Asker(token_of("viewer")).headers)
    as_problem(response, 500)
    assert b"canary" not in response.content


def test_a_host_that_is_not_ours(api):
    response = api.client.get(ACCOUNTS, headers=api.headers, HTTP_HOST="evil.example")
    as_problem(response, 400)
    assert b"evil" not in response.content


def test_pages_keep_their_own_errors(as_):
    response = as_("viewer").get("/no/such/page/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_body_of_another_type_is_not_supported(people):
    """No address of the read API takes a body yet; the first one that does answers so."""

    class Takes(ReadView):
        http_method_names = ["post"]

        def post(self, request, **_):
            return request.data

    request = APIRequestFactory().post("/api/v1/x/", "<a/>", content_type="application/xml")
    force_authenticate(request, people["viewer"])
    response = Takes.as_view()(request)
    assert (response.status_code, response["Content-Type"]) == (415, "application/problem+json")


def test_errors_are_not_kept_by_anybody_else(api):
    response = api.get(EFFECTIVE)
    assert response.status_code == 400
    assert response["Cache-Control"] == "private, no-cache"
    assert isinstance(ReadView(), APIView)
