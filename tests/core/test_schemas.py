"""Unified models and samples, and schemas that are out to harm."""

import json
import time

import pytest

from integrations.core.documents import MappingKey, Part
from integrations.core.problems import Code
from integrations.core.schemas import check_expected, parse_model, parse_sample

MODEL = "models/crm/contacts.schema.json"
SAMPLE = "samples/salesforce/contact.json"
ENVIRONMENTS = ("staging", "production")
CONTACT = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {"id": {"type": "string"}, "email": {"type": "string", "pattern": "^[^@]+@[^@]+$"}},
}


def model(schema, path=MODEL):
    text = schema if isinstance(schema, str) else json.dumps(schema, indent=1)
    return parse_model(path, text.encode())


def sample(body, path=SAMPLE):
    text = body if isinstance(body, str) else json.dumps(body)
    return parse_sample(path, text.encode(), ENVIRONMENTS)


def codes(parsed):
    return [(problem.code, problem.source.line) for problem in parsed.problems]


def expected(output, schema, method="list"):
    body = {"mapping": f"crm/contacts/{method}", "input": {}, "expected": output}
    return check_expected(sample(body).documents[0], model(schema).documents[0])


def test_a_model_is_named_by_its_path():
    document = model(CONTACT).documents[0]
    assert (document.model, document.resource) == ("crm", "contacts")
    assert document.schema == CONTACT


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ('{\n "type": "object",\n}', [(Code.JSON_SYNTAX, 3)]),
        ('{\n "type": "x",\n "type": "y"}', [(Code.DUPLICATE, 3), (Code.SCHEMA, 2)]),
        ("[]", [(Code.SCHEMA, 1)]),
        ({"type": "text"}, [(Code.SCHEMA, 2)]),
        ({"properties": {"a": {"minLength": "x"}}}, [(Code.SCHEMA, 4)]),
        ({"title": "t", "$schema": "http://json-schema.org/draft-07/schema#"}, [(Code.SCHEMA, 3)]),
        ({"properties": {"a": {"$ref": "https://example.com/a.json"}}}, [(Code.SCHEMA, 4)]),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, [(Code.SCHEMA, 4)]),
        ({"properties": {"a": {"pattern": "(?=x)y"}}}, [(Code.SCHEMA, 4)]),
        ({"properties": {"a": {"pattern": "("}}}, [(Code.SCHEMA, 4)]),
        ({"patternProperties": {"(": {}}}, [(Code.SCHEMA, 3)]),
        ({"unevaluatedProperties": False, "patternProperties": {"a": {}}}, [(Code.SCHEMA, 1)]),
    ],
)
def test_what_is_no_schema_is_told_with_its_line(schema, found):
    assert codes(model(schema)) == found


@pytest.mark.parametrize("path", ["models/contacts.schema.json", "models/a/b/c.schema.json"])
def test_a_schema_stands_in_its_models_folder(path):
    assert codes(model(CONTACT, path)) == [(Code.UNEXPECTED_FILE, 1)]


def test_a_models_name_is_a_slug():
    assert codes(model(CONTACT, "models/CRM/contacts.schema.json")) == [(Code.BAD_SLUG, 1)]


def test_a_sample_is_read_from_json_and_yaml_alike():
    body = {
        "mapping": "crm/contacts/list",
        "account": "acme-corp",
        "environment": "production",
        "input": {"response": {"Id": "1"}},
        "bindings": {"context": {"a": 1}},
        "expected": {"id": "1"},
    }
    document = sample(body, "samples/salesforce/deep/contact.json").documents[0]
    assert document.name == "deep/contact"
    assert document.integration == "salesforce"
    assert document.key == MappingKey(model="crm", resource="contacts", method="list")
    assert document.part is Part.RESPONSE
    assert (document.account, document.environment) == ("acme-corp", "production")
    assert document.bindings == {"context": {"a": 1}}
    again = sample(json.dumps(body), "samples/salesforce/deep/contact.yaml").documents[0]
    assert (again.input, again.expected, again.bindings) == (document.input, document.expected, document.bindings)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("[]", [(Code.WRONG_TYPE, 1)]),
        ("{}", [(Code.MISSING_ATTRIBUTE, 1)] * 3),
        ('{"mapping": "crm/contacts",\n "input": 1, "expected": 1}', [(Code.UNKNOWN_MAPPING, 1)]),
        ('{"mapping": 7, "input": 1, "expected": 1}', [(Code.UNKNOWN_MAPPING, 1)]),
        ('{"mapping": "a/b/get", "input": 1, "expected": 1,\n"exected": 1}', [(Code.UNKNOWN_ATTRIBUTE, 2)]),
        ('{"mapping": "a/b/get", "input": 1, "expected": 1,\n"part": "respnse"}', [(Code.UNKNOWN_PART, 2)]),
        ('{"mapping": "a/b/get", "input": 1, "expected": 1,\n"part": []}', [(Code.UNKNOWN_PART, 2)]),
        ('{"mapping": "a/b/get", "input": 1, "expected": 1,\n"environment": "qa"}', [(Code.UNKNOWN_ENVIRONMENT, 2)]),
        ('{"mapping": "a/b/get", "input": 1, "expected": 1,\n"account": "../x"}', [(Code.BAD_SLUG, 2)]),
        ('{"mapping": "a/b/get", "input": 1, "expected": 1,\n"bindings": []}', [(Code.WRONG_TYPE, 2)]),
        ('{"mapping": "a/b/get",\n', [(Code.JSON_SYNTAX, 2)]),
    ],
)
def test_what_is_wrong_with_a_sample_has_a_line(body, found):
    assert codes(sample(body)) == found


def test_a_sample_stands_in_its_integrations_folder():
    assert codes(sample("{}", "samples/contact.json")) == [(Code.UNEXPECTED_FILE, 1)]


def test_the_expected_output_is_held_against_the_schema():
    assert expected({"id": "1", "email": "a@b"}, CONTACT) == []
    assert [problem.data["path"] for problem in expected({"id": 1, "email": "ab"}, CONTACT)] == [
        "/expected/id",
        "/expected/email",
    ]
    assert [problem.data["path"] for problem in expected({"id": "1", "x/y": 1}, CONTACT)] == ["/expected"]


def test_a_list_of_records_is_held_against_it_one_by_one():
    assert [problem.data["path"] for problem in expected([{"id": "1"}, {}, {"id": 2}], CONTACT)] == [
        "/expected/1",
        "/expected/2/id",
    ]
    assert [problem.data["path"] for problem in expected([{"id": "1"}], CONTACT, "get")] == ["/expected"]


def test_findings_of_one_sample_are_bounded():
    assert len(expected([{}] * 500, CONTACT)) == 20


def test_pattern_properties_and_unique_items_are_kept():
    schema = {
        "properties": {"a": {"uniqueItems": True}},
        "patternProperties": {"^x_": {"type": "string"}},
        "additionalProperties": {"type": "number"},
    }
    assert expected({"a": [1, 2], "x_b": "1", "c": 1}, {**schema, "properties": {"a": {"uniqueItems": True}}}) == []
    found = expected({"a": [1, 1], "x_b": 1, "c": "1"}, schema)
    assert {problem.data["path"] for problem in found} == {"/expected/a", "/expected/x_b", "/expected/c"}


DOUBLING = {
    "$ref": "#/$defs/a0",
    "$defs": {**{f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(30)}, "a30": {}},
}


@pytest.mark.parametrize(
    ("schema", "output"),
    [
        ({"$ref": "#"}, {}),
        ({"$ref": "#/$defs/nowhere"}, {}),
        (DOUBLING, {}),
        ({"uniqueItems": True}, [[n] if n % 2 else {"n": n} for n in range(20_000)]),
    ],
)
def test_a_schema_that_never_ends_is_ended(schema, output):
    before = time.process_time()
    found = expected({"a": output} if isinstance(output, list) else output, _wrapped(schema, output))
    assert [problem.code for problem in found] == [Code.SCHEMA]
    assert time.process_time() - before < 10


def _wrapped(schema, output):
    return {"properties": {"a": schema}} if isinstance(output, list) else schema


def test_a_pattern_that_would_backtrack_without_end_takes_no_time():
    before = time.process_time()
    found = expected({"a": "ab" * 10_000}, {"properties": {"a": {"pattern": "^(a|ab|b)*c$"}}})
    assert [problem.code for problem in found] == [Code.SCHEMA]
    keyed = {"patternProperties": {"^(a|ab|b)*c$": {}}, "additionalProperties": False}
    assert len(expected({"ab" * 10_000: 1}, keyed)) == 1
    assert time.process_time() - before < 3
