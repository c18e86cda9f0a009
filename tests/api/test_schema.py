"""The OpenAPI schema: valid, committed, and true of what the API answers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.web.expectations import PAGES
from tests.web.proposing import published

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.yaml"
PROBLEM = "application/problem+json"

OPERATIONS = {name: page for name, page in PAGES.items() if "/api/v1/" in page.address}
OPERATIONS.pop("api:nowhere")
READ = [page.address for page in OPERATIONS.values() if "GET" in page.rules]


@pytest.fixture(scope="module")
def schema():
    return YAML(typ="safe", pure=True).load(COMMITTED.read_text(encoding="utf-8"))


def test_the_committed_schema_is_the_one_of_the_code(settings):
    settings.SESSION_COOKIE_NAME = "__Host-session"  # as deployed
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().strip() == COMMITTED.read_text(encoding="utf-8").strip(), "make schema"


def test_operations_are_named_and_say_what_can_go_wrong(schema):
    names = [operation["operationId"] for path in schema["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) == sum(len(page.rules) for page in OPERATIONS.values())
    posts = {path["post"]["operationId"]: path["post"] for path in schema["paths"].values() if "post" in path}
    refused = {"400", "401", "403", "406", "413", "415", "429", "503"}
    assert posts.keys() == {"jsonata_evaluate", "proposals_create", "proposals_withdraw"}
    assert {"200", *refused} == set(posts["jsonata_evaluate"]["responses"])
    assert {"200", "201", "404", "409", "412", "422", *refused} == set(posts["proposals_create"]["responses"])
    assert {"200", "404", "409", "412", "422", *refused} == set(posts["proposals_withdraw"]["responses"])
    for path in schema["paths"].values():
        if "get" not in path:
            continue
        assert {"200", "304", "400", "401", "403", "404", "406", "429"} == set(path["get"]["responses"])
        assert PROBLEM in path["get"]["responses"]["404"]["content"]
        assert {"token": []} in path["get"]["security"]
        assert {"repository", "If-None-Match"} <= {each["name"] for each in path["get"]["parameters"]}


def test_answers_are_as_the_schema_says(schema, api, config, people):
    proposal = published(config, people["dana"]).pk
    for template in READ:
        route = template.partition("?")[0].replace("salesforce", "{integration}")
        answered = schema["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        check(
            answered,
            api.json(template.format(account="acme-corp", commit=config.commits[-1], proposal=proposal)),
            schema,
        )
    answered = schema["components"]["schemas"]["Effective"]
    check(answered, api.json("/api/v1/accounts/acme-corp/effective/salesforce/", environment="production"), schema)
    check(schema["components"]["schemas"]["ProblemDetails"], api.problem("/api/v1/nothing/", status=404), schema)


def check(answered, found, schema):
    """As JSON Schema with every object closed, so that a member that the schema does not tell of is found."""
    Draft202012Validator({**closed(answered), "components": closed(schema["components"])}).validate(found)


def closed(part):
    """OpenAPI 3.0 as JSON Schema: `nullable` spelt out, objects with properties closed."""
    if isinstance(part, list):
        return [closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {name: closed(value) for name, value in part.items()}
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False):
        made = {"anyOf": [made, {"type": "null"}]}
    return made


def test_the_schema_is_served_as_yaml_and_json(api):
    assert api.get("/api/schema/")["Content-Type"].startswith("application/vnd.oai.openapi")
    response = api.get("/api/schema/", headers={"Accept": "application/json"})
    assert response.json()["openapi"].startswith("3.")
