"""Mapping tests: what a sample is run against, the verdict, and where each difference comes from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from integrations.core.coverage import own_coverage, shared_coverage
from integrations.core.documents import (
    Expression,
    Layer,
    MappingDocument,
    MappingKey,
    Mode,
    ModelDocument,
    OverrideDocument,
    Part,
    PartOverride,
    SampleDocument,
    Source,
)
from integrations.core.expressions import Limits, analyse, evaluate
from integrations.core.mapping_tests import Case, TestResult, Verdict, cases, content_key, inputs, judge, runs
from integrations.core.merge import merge
from integrations.core.outcomes import Fault, Result
from integrations.core.output_difference import Departure, output_differences
from integrations.core.parts import EffectivePart, merge_part
from tests.core.stacks import FILES, stack

KEY = MappingKey.parse("crm/contacts/list")
PLATFORM = (
    '{\n  "id": response.Id,\n  "name": {"first": response.First, "last": response.Last},\n  "tags": response.Tags\n}'
)
OWN = '{\n  "tier": response.Tier__c,\n  "name": {"first": $uppercase(response.First)}\n}'
RECORD = {"Id": "7", "First": "Ada", "Last": "King", "Tags": ["a", "b"], "Tier__c": "gold"}
OUTPUT = {"id": "7", "name": {"first": "ADA", "last": "King"}, "tags": ["a", "b"], "tier": "gold"}
SCHEMA = ModelDocument(
    model="crm",
    resource="contacts",
    schema={"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
    source=Source(file="models/crm/contacts.schema.json", line=1),
)


def expression(text: str, file: str) -> Expression:
    found = analyse(text)
    assert not isinstance(found, Fault), found
    return Expression(text=text, source=Source(file=file, line=1), analysis=found)


def change(text: str | None, layer: Layer, mode: Mode = Mode.MERGE, file: str = "") -> PartOverride:
    file = file or FILES[layer]
    said = expression(text, file) if text is not None else None
    return PartOverride(expression=said, mode=mode, source=Source(file=file, line=1))


def part(*texts: tuple[Layer, str]) -> EffectivePart:
    return merge_part((layer, change(text, layer, file=f"{layer}.jsonata")) for layer, text in texts)


BOTH = part((Layer.PLATFORM, PLATFORM), (Layer.ACCOUNT, OWN))


def sample(expected: Any, data: Any = None, **options: Any) -> SampleDocument:
    said: dict[str, Any] = {
        "name": "contact",
        "integration": "crm",
        "key": KEY,
        "part": Part.RESPONSE,
        "account": "acme-corp",
        "environment": None,
        "input": {"response": RECORD} if data is None else data,
        "bindings": {},
        "expected": expected,
        "source": Source(file="samples/crm/contact.yaml", line=1),
    }
    return SampleDocument(**(said | options))


def tried(case: Case, model: ModelDocument | None = None) -> TestResult:
    outcomes = [
        evaluate(run.expression, run.data, run.bindings, limits=Limits(), clock=lambda: 0.0, now=0)
        for run in runs(case)
    ]
    return judge(case, outcomes, model)


def result(expected: Any, merged: EffectivePart = BOTH, data: Any = None, **options: Any) -> TestResult:
    model = options.pop("model", None)
    (case,) = cases(sample(expected, data, **options), {"production": merged})
    return tried(case, model)


def told(found: TestResult) -> list[tuple[Any, ...]]:
    return [(d.path, d.kind, d.expected, d.got, d.layer, str(d.source or "")) for d in found.differences]


# --- what a sample is run against ------------------------------------------------------------------------
def test_environments_in_which_the_same_expressions_are_in_force_are_one_case():
    lower = part((Layer.PLATFORM, PLATFORM))
    found = cases(sample({}), {"dev": lower, "staging": lower, "production": BOTH, "eu": None})
    assert [(case.environments, len(case.layers)) for case in found] == [(("dev", "staging"), 1), (("production",), 2)]


def test_a_sample_of_one_environment_is_run_there_alone():
    (case,) = cases(sample({}, environment="staging"), {"staging": BOTH, "production": BOTH})
    assert case.environments == ("staging",)


def test_every_kept_layer_is_run_once_on_each_record_with_the_bindings():
    records = {"response": [{"Id": "1"}, {"Id": "2"}], "context": {"region": "eu"}}
    (case,) = cases(sample([], records, bindings={"id": "x"}), {"production": BOTH})
    found = list(runs(case))
    assert [(run.expression, run.data["response"]["Id"]) for run in found] == [
        (PLATFORM, "1"),
        (OWN, "1"),
        (PLATFORM, "2"),
        (OWN, "2"),
    ]
    assert all(run.data["context"] == {"region": "eu"} and "id" not in run.data for run in found)
    assert all(run.bindings == {"id": "x"} for run in found)


def test_bindings_are_variables():
    assert result("eu", part((Layer.PLATFORM, "$region")), bindings={"region": "eu"}).verdict is Verdict.PASSED


def test_only_a_list_response_has_records():
    listed = {"response": [1, 2]}
    assert len(inputs(sample({}, listed))) == 2
    assert inputs(sample({}, listed, part=Part.ERROR)) == [listed]
    assert inputs(sample({}, listed, key=MappingKey.parse("crm/contacts/get"))) == [listed]


def test_what_nothing_maps_is_an_error_that_says_so():
    found = result({}, merge_part([]), environment="production", part=Part.QUERY)
    assert found.verdict is Verdict.ERROR
    assert found.fault is not None
    assert found.fault.message == "crm has no query expression for crm/contacts/list for acme-corp in production."
    assert str(found.fault.source) == "samples/crm/contact.yaml:1"


# --- verdicts ----------------------------------------------------------------------------------------------
def test_the_merged_output_that_is_expected_passes():
    found = result(OUTPUT)
    assert (found.verdict, found.differences) == (Verdict.PASSED, ())
    assert found.seen == (
        (Layer.ACCOUNT, "/name/first"),
        (Layer.ACCOUNT, "/tier"),
        (Layer.PLATFORM, "/id"),
        (Layer.PLATFORM, "/name/last"),
        (Layer.PLATFORM, "/tags"),
    )


def test_each_leaf_that_differs_names_its_layer_file_and_line():
    expected = {"id": 7, "name": {"first": "ADA"}, "tags": ["a", "c", "d"], "tier": "gold", "note": 1}
    assert told(result(expected)) == [
        ("/id", Departure.CHANGED, 7, "7", Layer.PLATFORM, "platform.jsonata:2"),
        ("/name/last", Departure.UNEXPECTED, None, "King", Layer.PLATFORM, "platform.jsonata:3"),
        ("/tags/1", Departure.CHANGED, "c", "b", Layer.PLATFORM, "platform.jsonata:4"),
        ("/tags/2", Departure.MISSING, "d", None, Layer.PLATFORM, "platform.jsonata:4"),
        ("/note", Departure.MISSING, 1, None, None, ""),
    ]


def test_a_value_that_is_missing_names_the_layer_that_was_to_give_it():
    found = result(OUTPUT, data={"response": _without("Tier__c")})
    assert told(found) == [("/tier", Departure.MISSING, "gold", None, Layer.ACCOUNT, "account.jsonata:2")]


def test_of_an_output_that_is_missing_as_a_whole_the_lowest_layer_is_named():
    found = result(OUTPUT, part((Layer.PLATFORM, "response.Nothing"), (Layer.ACCOUNT, "response.Nothing")))
    assert told(found) == [("", Departure.MISSING, OUTPUT, None, Layer.PLATFORM, "platform.jsonata:1")]


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in RECORD.items() if key != name}


def test_an_object_where_a_value_was_expected_is_one_difference():
    (difference,) = result({**OUTPUT, "name": "Ada King"}).differences
    assert (difference.path, difference.kind) == ("/name", Departure.CHANGED)
    assert difference.got == {"first": "ADA", "last": "King"}
    assert difference.source is not None


@pytest.mark.parametrize(("expected", "text"), [(1, "1.0"), ([1.0], "[1]"), ({"a": 0}, '{"a": 0.0}')])
def test_numbers_are_equal_by_value(expected, text):
    assert result(expected, part((Layer.PLATFORM, text))).verdict is Verdict.PASSED


@pytest.mark.parametrize(("expected", "text"), [(1, "true"), ("1", "1"), (0, "false"), (None, '""'), ({}, "[]")])
def test_values_of_other_types_differ(expected, text):
    assert result(expected, part((Layer.PLATFORM, text))).verdict is Verdict.FAILED


def test_an_expected_null_stands_for_an_output_that_is_undefined_but_not_for_a_field_that_is():
    assert result(None, part((Layer.PLATFORM, "response.Nothing"))).verdict is Verdict.PASSED
    assert result(None, part((Layer.PLATFORM, "null"))).verdict is Verdict.PASSED
    found = result({"a": None}, part((Layer.PLATFORM, '{"a": response.Nothing}')))
    assert told(found) == [("/a", Departure.MISSING, None, None, Layer.PLATFORM, "platform.jsonata:1")]


def test_each_record_of_a_list_is_held_against_its_own_expectation():
    id_only = part((Layer.PLATFORM, '{"id": response.Id}'))
    data = {"response": [{"Id": "1"}, {"Id": "2"}, {"Id": "3"}]}
    assert result([{"id": "1"}, {"id": "2"}, {"id": "3"}], id_only, data).verdict is Verdict.PASSED
    found = result([{"id": "1"}, {"id": "x"}], id_only, data)
    assert [(d.path, d.kind) for d in found.differences] == [
        ("/1/id", Departure.CHANGED),
        ("/2/id", Departure.UNEXPECTED),
    ]
    found = result([{"id": "1"}, None], id_only, {"response": [{"Id": "1"}]})
    assert [(d.path, d.kind) for d in found.differences] == [("/1", Departure.MISSING)]
    assert found.seen == ((Layer.PLATFORM, "/id"),)


def test_a_failing_layer_is_an_error_with_its_line_and_column():
    broken = part((Layer.PLATFORM, PLATFORM), (Layer.ACCOUNT, '{\n  "tier": $uppercase(response.Id, 1, 2, 3)\n}'))
    found = result(OUTPUT, broken)
    assert found.verdict is Verdict.ERROR
    assert found.fault is not None
    assert found.fault.layer is Layer.ACCOUNT
    assert found.fault.source is not None
    assert found.fault.source.file == "account.jsonata"
    assert found.fault.code.startswith("T")


def test_the_column_is_not_told_where_the_expression_stands_within_another_file():
    (case,) = cases(
        sample({}), {"production": merge_part([(Layer.PLATFORM, change("1", Layer.PLATFORM, file="x.tf"))])}
    )
    fault = Fault(code="T2001", message="no", position=4, line=3, column=2, token="+")
    found = judge(case, [fault], None)
    assert found.fault is not None
    assert (str(found.fault.source), found.fault.column) == ("x.tf:3", None)


def test_an_output_that_breaks_the_schema_is_a_breach_whatever_was_expected():
    found = result({"id": 7}, part((Layer.PLATFORM, '{"id": 7}')), model=SCHEMA)
    assert found.verdict is Verdict.BREACH
    assert [(breach.path, breach.message) for breach in found.breaches] == [("/id", "7 is not of type 'string'")]
    found = result([{}], part((Layer.PLATFORM, "{}")), {"response": [1]}, model=SCHEMA)
    assert [breach.path for breach in found.breaches] == ["/0"]


def test_only_responses_have_the_unified_shape():
    found = result({"id": 7}, part((Layer.PLATFORM, '{"id": 7}')), model=SCHEMA, part=Part.ERROR)
    assert found.verdict is Verdict.PASSED


def test_a_schema_that_asks_for_too_much_is_a_breach_that_says_so():
    doubling = {"$ref": "#"}
    endless = ModelDocument(model="crm", resource="contacts", schema=doubling, source=SCHEMA.source)
    found = result(OUTPUT, model=endless)
    assert found.verdict is Verdict.BREACH
    assert "without end" in found.breaches[0].message


def test_of_many_differences_the_first_are_kept_and_the_rest_counted():
    found = result({str(number): number for number in range(80)}, part((Layer.PLATFORM, "{}")))
    assert (len(found.differences), found.further) == (50, 30)


# --- what a verdict hangs on -------------------------------------------------------------------------------
def test_a_verdict_hangs_on_the_sample_the_expressions_the_schema_and_the_engine():
    (case,) = cases(sample(OUTPUT), {"production": BOTH})
    (again,) = cases(sample(OUTPUT), {"production": BOTH, "staging": BOTH})
    key = content_key(case, SCHEMA, engine="1")
    assert content_key(again, SCHEMA, engine="1") == key
    others = [
        content_key(cases(sample({}), {"production": BOTH})[0], SCHEMA, engine="1"),
        content_key(cases(sample(OUTPUT), {"production": part((Layer.PLATFORM, PLATFORM))})[0], SCHEMA, engine="1"),
        content_key(case, None, engine="1"),
        content_key(case, SCHEMA, engine="2"),
    ]
    assert len({key, *others}) == 5


def test_an_expression_that_moved_has_the_same_verdict_in_another_place():
    here, there = (
        cases(
            sample(OUTPUT), {"production": merge_part([(Layer.PLATFORM, change(PLATFORM, Layer.PLATFORM, file=file))])}
        )[0]
        for file in ("a.tf", "b.tf")
    )
    assert content_key(here, None, engine="1") == content_key(there, None, engine="1")
    assert content_key(here, None, engine="1", with_places=True) != content_key(
        there, None, engine="1", with_places=True
    )


# --- coverage ----------------------------------------------------------------------------------------------
def override(text: str, environments: tuple[str, ...] | None = None) -> OverrideDocument:
    return OverrideDocument(
        layer=Layer.ACCOUNT,
        integration="crm",
        account="acme-corp",
        config={},
        lines={},
        mappings={str(KEY): {Part.RESPONSE: change(text, Layer.ACCOUNT, file="account.jsonata")}},
        source=Source(file=FILES[Layer.ACCOUNT], line=1),
        environments=environments,
    )


def platform(text: str) -> Any:
    mapping = MappingDocument(
        integration="crm",
        key=KEY,
        parts={Part.RESPONSE: expression(text, "platform.jsonata")},
        source=Source(file=FILES[Layer.PLATFORM], line=1),
    )
    layers = stack({})
    return merge(type(layers)(integration=layers.integration, mappings=(mapping,)))


def test_a_field_is_exercised_by_a_leaf_that_its_layer_produced():
    effective = {"production": platform(PLATFORM)}
    (found,) = shared_coverage("crm", effective, [result(OUTPUT)])
    assert {field.path: field.is_exercised for field in found.fields} == {
        "/id": True,
        "/name/first": False,  # the account's came out
        "/name/last": True,
        "/tags": True,
    }
    assert (found.exercised, [str(field.source) for field in found.unexercised]) == (3, ["platform.jsonata:3"])


def test_an_undefined_field_is_not_exercised_and_a_null_is():
    text = '{"id": response.Id, "title": response.Title}'
    effective = {"production": platform(text)}
    for value, is_exercised in ((None, True), ("x", True)):
        found = result({}, part((Layer.PLATFORM, text)), {"response": {"Title": value}})
        (told_of,) = shared_coverage("crm", effective, [found])
        assert {field.path: field.is_exercised for field in told_of.fields} == {"/id": False, "/title": is_exercised}


def test_a_field_counts_where_a_sample_of_its_environment_was_run():
    effective = {"staging": platform(PLATFORM), "production": platform(PLATFORM)}
    (found,) = shared_coverage("crm", effective, [result(OUTPUT)])
    assert found.fields[0].environments == ("staging", "production")
    assert found.fields[0].is_exercised
    (elsewhere,) = shared_coverage("crm", {"staging": platform(PLATFORM)}, [result(OUTPUT)])
    assert elsewhere.exercised == 0


def test_leaves_that_no_static_field_tells_of_are_fields_too():
    text = '$merge([{"id": response.Id}, response.Extra])'
    found = result({}, part((Layer.PLATFORM, text)), {"response": {"Id": "7", "Extra": {"more": 1}}})
    (told_of,) = shared_coverage("crm", {"production": platform(text)}, [found])
    assert {field.path: field.is_exercised for field in told_of.fields} == {"/id": True, "/more": True}


def test_an_account_s_own_fields_are_exercised_by_its_own_samples_alone():
    other = result(OUTPUT, account="globex")
    for results, exercised in (([], 0), ([other], 0), ([result(OUTPUT)], 2)):
        (found,) = own_coverage("acme-corp", [override(OWN)], ("staging", "production"), results)
        assert (found.account, found.exercised, len(found.fields)) == ("acme-corp", exercised, 2)
    assert own_coverage("globex", [override(OWN)], ("production",), [other]) == []


# --- laws --------------------------------------------------------------------------------------------------
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([1.0, "x", "a/b"]))
VALUES = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "a/b"]), below, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_nothing_differs_from_itself(value):
    assert list(output_differences(value, value, (), ())) == []


@given(VALUES, VALUES)
def test_differences_are_the_same_from_both_sides_with_the_roles_changed(one, other):
    there = {(d.path, d.kind) for d in output_differences(one, other, (), ())}
    back = {(d.path, d.kind) for d in output_differences(other, one, (), ())}
    assert bool(there) == bool(back)
    assert {path for path, kind in there if kind is Departure.CHANGED} == {
        path for path, kind in back if kind is Departure.CHANGED
    }


@given(VALUES)
def test_a_sample_that_expects_what_comes_out_passes(value):
    text = json.dumps(value)
    case = cases(sample(value, {"response": 1}), {"production": part((Layer.PLATFORM, f"({text})"))})[0]
    assert tried(case).verdict is Verdict.PASSED


# --- what is kept ------------------------------------------------------------------------------------------
def test_a_long_value_is_kept_as_the_beginning_of_its_text():
    found = result({"id": 1}, part((Layer.PLATFORM, '{"id": $pad("", 3000, "x")}')))
    (difference,) = found.differences
    assert difference.is_clipped
    assert difference.expected == "1"
    assert difference.got.startswith('"xxx')
    assert len(difference.got) == 2001


def test_half_a_surrogate_pair_can_be_kept():
    case = cases(sample({"a": "b"}), {"production": part((Layer.PLATFORM, '{"a": "b"}'))})[0]
    found = judge(case, [Result({"a": "\ud800", "\udfff": 1})], None)
    assert [(d.path, d.got) for d in found.differences] == [("/a", "\ufffd"), ("/\ufffd", 1)]
