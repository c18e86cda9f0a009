"""The API evaluates JSONata in real workers: what it answers, whom, how often, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from ruamel.yaml import YAML

from console.api.examples import EVALUATION as ASKED, OUTCOMES
from console.api.views.jsonata import LARGEST
from console.limits import EVALUATION, one_at_a_time
from integrations.sandbox.slots import Slots
from tests.api.asking import Asker, as_problem
from tests.api.test_schema import check

ADDRESS = "/api/v1/jsonata/evaluate/"
FAULT = {"code", "message", "position", "line", "column", "token"}


def post(asker, body, **headers):
    """`body`: bytes and text as they are, anything else as JSON."""
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return asker.client.post(ADDRESS, data, content_type="application/json", headers=asker.headers | headers)


def evaluated(asker, expression, **body):
    response = post(asker, {"expression": expression, **body})
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    return response.json()


@pytest.fixture(autouse=True)
def _fresh_share(db):
    cache.clear()


# --- answers -------------------------------------------------------------------------------------------------
def test_a_result_with_input_and_variables(api):
    assert post(api, ASKED).json() == OUTCOMES["Result"]


def test_undefined_is_an_answer_and_null_is_another(api):
    assert evaluated(api, "nothing", input={}) == {"undefined": True}
    assert evaluated(api, "null") == {"result": None}
    assert evaluated(api, "$exists($)") == {"result": False}
    assert evaluated(api, "$exists($)", input=None) == {"result": True}


def test_an_expression_s_error_is_an_answer_too(api):
    error = evaluated(api, '{\n  "a": 1 + "b"\n}')["error"]
    assert set(error) == FAULT
    assert (error["code"], error["line"]) == ("T2002", 2)
    error = evaluated(api, "1 +")["error"]
    assert set(error) == FAULT
    assert error["code"] == "S0207"


def test_an_expression_that_runs_away_is_ended_and_the_next_is_answered(api):
    for runaway in ("($f := function() {$f()}; $f())", "[1..1e9]", "($f := function($n) {1 + $f($n)}; $f(0))"):
        assert evaluated(api, runaway)["error"]["code"]
        assert evaluated(api, "1 + 1") == {"result": 2}


def test_numbers_and_texts_come_back_as_they_went(api):
    value = {"integer": 12345678901234, "float": 0.1, "text": "Ünï 🎉", "list": [[], {}, None, True]}
    assert evaluated(api, "$", input=value) == {"result": value}


def test_answers_are_as_the_schema_says(api):
    committed = Path(__file__).parents[2] / "docs" / "openapi.yaml"
    schema = YAML(typ="safe", pure=True).load(committed.read_text(encoding="utf-8"))
    operation = schema["paths"][ADDRESS]["post"]
    answered = operation["responses"]["200"]["content"]["application/json"]["schema"]
    for expression in ("1", "nothing", "1 +"):
        check(answered, evaluated(api, expression), schema)
    for example in OUTCOMES.values():
        check(answered, example, schema)
    refused = as_problem(post(api, {"expression": 1}), 400)
    check(schema["components"]["schemas"]["ProblemDetails"], refused, schema)


def test_an_answer_is_not_stored_and_costs_the_same_few_queries_whatever_is_evaluated(api):
    assert "no-store" in post(api, {"expression": "1"})["Cache-Control"]
    counts = []
    for expression in ("1", "$sum([1..1000])"):
        with CaptureQueriesContext(connection) as captured:
            evaluated(api, expression)
        asked = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
        counts.append(len([sql for sql in asked if "django_cache" not in sql]))
    assert counts == [1, 1]  # the token with its person


# --- who -----------------------------------------------------------------------------------------------------
def test_whoever_is_signed_in_may_evaluate(asking_as):
    for name in ("viewer", "csm", "auditor", "dana", "nobody"):
        assert evaluated(asking_as(name), "1 + 1") == {"result": 2}


def test_nobody_else_may(db):
    refused = post(Asker(), {"expression": "1"})
    as_problem(refused, 401)
    assert "WWW-Authenticate" in refused
    as_problem(post(Asker("ghs_wrong"), {"expression": "1"}), 401)


def test_a_session_needs_the_csrf_token_of_its_page(people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["viewer"])
    body = json.dumps({"expression": "1 + 1"})
    as_problem(client.post(ADDRESS, body, content_type="application/json"), 403)
    page = client.get("/accounts/")
    token = re.search(r'csrf[^>]*?"([A-Za-z0-9]{64})"', page.content.decode())
    assert token is not None
    answered = client.post(ADDRESS, body, content_type="application/json", headers={"X-CSRFToken": token.group(1)})
    assert answered.json() == {"result": 2}


def test_a_token_needs_none(token_of):
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {token_of('viewer')}"}
    answered = client.post(ADDRESS, json.dumps({"expression": "1"}), content_type="application/json", headers=headers)
    assert answered.json() == {"result": 1}


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_it_is_asked_by_post_alone(api, method):
    response = getattr(api.client, method)(ADDRESS, headers=api.headers)
    as_problem(response, 405)


# --- how often -------------------------------------------------------------------------------------------------
def test_a_person_has_a_share_of_each_minute(asking_as, settings):
    settings.EVALUATIONS_PER_MINUTE = 3
    asker = asking_as("viewer")
    for _ in range(3):
        evaluated(asker, "1")
    refused = post(asker, {"expression": "1"})
    assert as_problem(refused, 429)["detail"].startswith("You may do this 3 times a minute")
    assert 1 <= int(refused["Retry-After"]) <= 60
    evaluated(asking_as("engineer"), "1")


def test_a_person_s_evaluations_run_one_at_a_time(api, people):
    with one_at_a_time(EVALUATION, f"user-{people['viewer'].pk}", longest=30):
        refused = post(api, {"expression": "1"})
        as_problem(refused, 429)
        assert refused["Retry-After"] == "1"
    evaluated(api, "1")


def test_while_every_slot_of_the_machine_is_taken_the_answer_is_busy(api, settings):
    slots = Slots(folder=settings.DATA_DIR / "evaluation-slots", count=settings.EVALUATION_SLOTS)
    with slots.hold():
        refused = post(api, {"expression": "1"})
        as_problem(refused, 503)
        assert refused["Retry-After"] == "1"
    assert evaluated(api, "1") == {"result": 1}


def test_nothing_is_evaluated_while_nobody_can_count(api, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("console.limits.cache.incr", fail)
    refused = post(api, {"expression": "1"})
    as_problem(refused, 503)
    assert int(refused["Retry-After"]) >= 1


# --- what is refused -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "pointer", "sentence"),
    [
        ("", "/expression", "The expression is missing."),
        ("{", "", "This is not JSON"),
        (b"\xff", "", "This is not UTF-8"),
        ('{"expression": "1", "input": NaN}', "", "NaN is no number of it"),
        ("[" * 100_000, "", "nested too deeply"),
        ([], "", "The body is an object with expression, input and bindings."),
        ({}, "/expression", "The expression is missing."),
        ({"expression": None}, "/expression", "The expression is missing."),
        ({"expression": ["1"]}, "/expression", "It must be a text."),
        ({"expression": "1", "bindings": []}, "/bindings", "Bindings are an object"),
        ({"expression": "1", "data": 1}, "/data", "There is no member “data” here"),
    ],
)
def test_a_body_that_is_no_request_is_a_problem_that_names_the_place(api, body, pointer, sentence):
    refused = as_problem(post(api, body), 400)
    assert (refused["type"], refused["pointer"]) == ("urn:glasshouse:problem:bad-body", pointer)
    assert sentence in refused["detail"]


def test_another_media_type_is_not_read(api):
    response = api.client.post(ADDRESS, {"expression": "1"}, headers=api.headers)
    as_problem(response, 415)


def test_a_parameter_in_the_address_is_refused(api):
    response = api.client.post(
        f"{ADDRESS}?at=main", '{"expression": "1"}', content_type="application/json", headers=api.headers
    )
    assert as_problem(response, 400)["parameter"] == "at"


def test_a_body_that_is_too_large_is_not_read(api):
    fitting = LARGEST - len(json.dumps({"expression": "$length($)", "input": ""}))
    assert evaluated(api, "$length($)", input="x" * fitting) == {"result": fitting}
    as_problem(post(api, {"expression": "$length($)", "input": "x" * (fitting + 1)}), 413)
