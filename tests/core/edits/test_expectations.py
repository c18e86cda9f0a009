"""What a sample expects, changed: the lines that change, and nothing else."""

from __future__ import annotations

import copy
import difflib
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from integrations.core.edits.expectations import changed, with_expected
from integrations.core.edits.values import CannotEdit, Refusal
from integrations.core.edits.yaml_splice import is_same
from integrations.core.pointer import ABSENT, escape
from integrations.core.yaml import read_yaml
from tests.core.edits.layouts import keys, layouts, mappings, scalars, values

YAML, JSON_FILE = "samples/salesforce/contact-acme.yaml", "samples/salesforce/contact-acme.json"
TEXT = """\
# Their most important customer.
mapping: crm/contacts/list
account: acme-corp
input:
  response: {Id: "003xx", Kanton__c: "ZH"}

expected:
  id: "003xx"     # as Salesforce gives it
  name: 'Ingrid Solheim'
  emails:
    - email: "ingrid@example.com"
      type: "work"
    - {email: "i@example.com", type: home}
  custom:
    tier: "gold"

  updated_at: "2026-02-17T08:02:10.000Z"

description: Kept.
"""


def diff(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"/custom/region": "ZH"}, ['+    region: "ZH"']),
        ({"/id": "004"}, ['-  id: "003xx"     # as Salesforce gives it', '+  id: "004"     # as Salesforce gives it']),
        ({"/name": "Ada's"}, ["-  name: 'Ingrid Solheim'", "+  name: 'Ada''s'"]),
        ({"/emails/0/type": "private"}, ['-      type: "work"', '+      type: "private"']),
        ({"/emails/0/is_main": True}, ["+      is_main: true"]),
        (
            {"/emails/1/type": "work"},
            [
                '-    - {email: "i@example.com", type: home}',
                '+    - {email: "i@example.com", type: "work"}',
            ],
        ),
        ({"/emails/0/type": ABSENT}, ['-      type: "work"']),
        ({"/emails/1": ABSENT}, ['-    - {email: "i@example.com", type: home}']),
        (
            {"/emails/0/email": ABSENT},
            [
                '-    - email: "ingrid@example.com"',
                '-      type: "work"',
                '+    - {type: "work"}',
            ],
        ),
        ({"/emails/2/email": "x@example.com"}, ['+    - {email: "x@example.com"}']),
        ({"/address/city": "Chicago"}, ["+  address:", '+    city: "Chicago"', "+"]),
        ({"/custom/tier": ABSENT, "/custom/level": 3}, ['-    tier: "gold"', "+    level: 3"]),
    ],
)
def test_the_diff_is_what_a_careful_person_would_write(changes, expected):
    assert diff(TEXT, with_expected(TEXT, file=YAML, changes=changes)) == expected


def test_a_json_sample_keeps_its_indentation():
    text = json.dumps({"mapping": "a/b/list", "input": {}, "expected": {"id": "1", "custom": {"tier": "x"}}}, indent=4)
    after = with_expected(text + "\n", file=JSON_FILE, changes={"/custom/region": "Zürich"})
    assert diff(text, after) == [
        '-            "tier": "x"',
        '+            "tier": "x",',
        '+            "region": "Zürich"',
    ]
    assert with_expected(after, file=JSON_FILE, changes={"/custom/region": ABSENT}) == text + "\n"
    flat = '{"input": {}, "expected": {"a": [{"b": 1}]}}'
    assert with_expected(flat, file=JSON_FILE, changes={"/a/0/c": {"d": None}}) == (
        '{"input": {}, "expected": {"a": [{"b": 1, "c": {"d": null}}]}}'
    )
    assert with_expected(flat, file=JSON_FILE, changes={"/a/0": ABSENT}) == '{"input": {}, "expected": {"a": []}}'


@pytest.mark.parametrize(
    ("text", "file", "changes", "code"),
    [
        (TEXT, YAML, {"/id/part": 1}, Refusal.IN_THE_WAY),
        (TEXT, YAML, {"": ABSENT}, Refusal.BAD_VALUE),
        ("mapping: x\n", YAML, {"/id": 1}, Refusal.UNREADABLE),
        ("a: &b 1\n", YAML, {"/id": 1}, Refusal.UNREADABLE),
        ("{", JSON_FILE, {"/id": 1}, Refusal.UNREADABLE),
    ],
)
def test_what_cannot_be_written_is_refused(text, file, changes, code):
    with pytest.raises(CannotEdit) as refused:
        with_expected(text, file=file, changes=changes)
    assert refused.value.code is code


def places(value: Any, at: str = "") -> list[str]:
    """Every pointer into the value but its root."""
    parts = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    return [
        each
        for key, inner in parts
        for each in (f"{at}/{escape(str(key))}", *places(inner, f"{at}/{escape(str(key))}"))
    ]


@st.composite
def samples(draw: Any) -> tuple[dict[str, Any], str, str, str]:
    """A sample, its text and file, and a place in what it expects."""
    value = {"mapping": "crm/contacts/list", "expected": draw(mappings | st.lists(mappings, min_size=1, max_size=3))}
    found = places(value["expected"])
    if isinstance(value["expected"], dict):
        found += [f"/{escape(draw(keys))}"]
    is_json = draw(st.booleans())
    text = json.dumps(value, indent=draw(st.sampled_from([None, 1, 2, 4]))) if is_json else draw(layouts(value))
    return value, text, JSON_FILE if is_json else YAML, draw(st.sampled_from(found))


def read(text: str, file: str) -> Any:
    if file == JSON_FILE:
        return json.loads(text)
    node, problems = read_yaml(text.encode(), file)
    assert problems == []
    return node.value


@given(samples(), values)
def test_the_file_says_what_is_wanted_and_all_else_as_before(sample, new):
    value, text, file, place = sample
    after = with_expected(text, file=file, changes={place: new})
    assert is_same(read(after, file), {**value, "expected": changed(value["expected"], {place: new})})
    assert is_same(read(text, file), value)


@given(samples(), scalars)
def test_a_new_key_that_is_set_and_removed_leaves_the_text_as_it_was(sample, new):
    value, text, file, _ = sample
    expected = value["expected"]
    if not isinstance(expected, dict) or not expected or "brand-new" in expected:
        return
    after = with_expected(text, file=file, changes={"/brand-new": new})
    lines = [line for line in diff(text, after) if line.startswith("-")]
    assert len(lines) <= 1, "behind the last one of its mapping, whose line may get a comma"
    assert with_expected(after, file=file, changes={"/brand-new": ABSENT}) == text


@given(samples())
def test_what_is_so_already_touches_nothing(sample):
    value, text, file, place = sample
    at = copy.deepcopy(value["expected"])
    try:
        for key in [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]]:
            at = at[int(key)] if isinstance(at, list) else at[key]
    except KeyError:
        return
    assert with_expected(text, file=file, changes={place: at}) == text
