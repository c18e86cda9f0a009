"""What layers' outcomes merge to, and where each leaf of it is from: examples, and laws."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, strategies as st

from integrations.core.documents import Analysis, Expression, Layer, MappingKey, Mode, Part, Source
from integrations.core.expressions import analyse
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result, Undefined
from integrations.core.outputs import LayerOutcome, Output, OutputLeaf, merge_outcomes, records_of, source_of
from integrations.core.parts import LayerExpression
from integrations.core.pointer import parse
from tests.core.stacks import KEYS, LISTS, SCALARS, equal

FAULT = Fault(code="T2001", message="no number", position=3, line=1, column=4, token="+")
VALUES = st.recursive(
    st.one_of(SCALARS, LISTS, st.none(), st.just({})), lambda below: st.dictionaries(KEYS, below, max_size=4)
)
OUTCOMES = st.one_of(st.builds(Result, VALUES), st.builds(Result, VALUES), st.just(UNDEFINED))
STACKS = st.lists(OUTCOMES, max_size=3)


def layered(*outcomes: Outcome) -> list[LayerOutcome]:
    return [LayerOutcome(layer=layer, outcome=outcome) for layer, outcome in zip(Layer, outcomes, strict=False)]


def merged(*values: Any) -> Output:
    """Of plain values, lowest layer first; `...` is a layer that gives nothing."""
    return merge_outcomes(layered(*(UNDEFINED if value is ... else Result(value) for value in values)))


def told(output: Output) -> dict[str, list[Any]]:
    """Each leaf as `[layer, value]`, then what it shadows as `[layer, value, path]`."""
    return {
        leaf.path: [leaf.layer, leaf.value, *([said.layer, said.value, said.path] for said in leaf.shadowed)]
        for leaf in output.leaves
    }


# --- examples ----------------------------------------------------------------------------------------------
def test_objects_merge_key_by_key_and_each_leaf_names_its_layer():
    output = merged({"id": 1, "name": {"first": "A", "last": "B"}}, ..., {"name": {"first": "C"}, "tier": None})
    assert output.outcome == Result({"id": 1, "name": {"first": "C", "last": "B"}, "tier": None})
    assert told(output) == {
        "/id": ["platform", 1],
        "/name/first": ["account", "C", ["platform", "A", "/name/first"]],
        "/name/last": ["platform", "B"],
        "/tier": ["account", None],
    }


def test_lists_and_null_replace():
    output = merged({"tags": ["a", "b"], "owner": {"id": 1}}, {"tags": ["c"], "owner": None})
    assert output.outcome == Result({"tags": ["c"], "owner": None})
    assert told(output)["/owner"] == ["environment", None, ["platform", {"id": 1}, "/owner"]]


def test_a_value_that_gave_way_to_an_object_is_shadowed_by_all_that_the_object_holds():
    output = merged({"name": {"first": "A"}}, {"name": "A B"}, {"name": {"full": "A B", "last": "B"}})
    assert output.outcome == Result({"name": {"full": "A B", "last": "B"}})
    under = [["platform", {"first": "A"}, "/name"], ["environment", "A B", "/name"]]
    assert told(output) == {
        "/name/full": ["account", "A B", *under],
        "/name/last": ["account", "B", *under],
    }


def test_an_empty_object_over_an_object_changes_nothing_and_over_a_value_wins():
    assert told(merged({"a": {"b": 1}}, {"a": {}})) == {"/a/b": ["platform", 1]}
    assert told(merged({"a": 1}, {"a": {}})) == {"/a": ["environment", {}, ["platform", 1, "/a"]]}


def test_an_output_may_be_a_leaf_itself():
    assert told(merged("x", [1])) == {"": ["environment", [1], ["platform", "x", ""]]}


def test_nothing_from_any_layer_is_an_undefined_output():
    assert merged(..., ..., ...) == merge_outcomes([]) == Output(outcome=UNDEFINED)


def test_a_key_is_escaped_in_a_path():
    assert list(told(merged({"a/b": {"~c": 1}}))) == ["/a~1b/~0c"]


def test_an_output_that_is_too_deep_is_a_fault_and_no_crash():
    deep: Any = 1
    for _ in range(20_000):
        deep = {"a": deep}
    output = merged({"a": 1}, deep)
    assert isinstance(output.outcome, Fault)
    assert (output.failed, output.leaves) == (Layer.ENVIRONMENT, ())
    while isinstance(deep, dict):  # taken apart by hand: to free it at once would recurse as well
        deep = deep.pop("a")


# --- laws --------------------------------------------------------------------------------------------------
@given(STACKS, st.integers(0, 3))
def test_a_layer_that_gives_nothing_changes_nothing(outcomes, at):
    layers = layered(*outcomes)
    silent = LayerOutcome(layer=Layer.ENVIRONMENT, outcome=UNDEFINED)
    assert merge_outcomes([*layers[:at], silent, *layers[at:]]) == merge_outcomes(layers)


@given(STACKS)
def test_the_output_is_the_plain_merge_and_has_each_of_its_leaves_once_in_order(outcomes):
    output = merge_outcomes(layered(*outcomes))
    values = [outcome.value for outcome in outcomes if isinstance(outcome, Result)]
    if not values:
        assert output.outcome == UNDEFINED
        assert output.leaves == ()
        return
    assert isinstance(output.outcome, Result)
    assert equal(output.outcome.value, plainly(values))
    assert [leaf.path for leaf in output.leaves] == [path for path, _ in leaves_of(output.outcome.value)]
    assert all(equal(leaf.value, at(output.outcome.value, leaf.path)) for leaf in output.leaves)


@given(STACKS)
def test_a_leaf_has_the_value_that_its_layer_gave_and_every_shadowed_one_was_given_too(outcomes):
    layers = layered(*outcomes)
    gave = {said.layer: said.outcome.value for said in layers if isinstance(said.outcome, Result)}
    for leaf in merge_outcomes(layers).leaves:
        assert equal(leaf.value, at(gave[leaf.layer], leaf.path))
        assert all(equal(said.value, at(gave[said.layer], said.path)) for said in leaf.shadowed)
        order = [list(Layer).index(layer) for layer in (*(said.layer for said in leaf.shadowed), leaf.layer)]
        assert order == sorted(set(order))


@given(STACKS)
def test_nothing_that_a_layer_gave_is_passed_over(outcomes):
    layers = layered(*outcomes)
    leaves = merge_outcomes(layers).leaves
    for said in layers:
        if not isinstance(said.outcome, Result):
            continue
        for path, value in leaves_of(said.outcome.value):
            is_silent = value == {}  # an empty object says nothing where it meets other objects
            assert is_silent or any(tells(leaf, said.layer, path) for leaf in leaves)


@given(STACKS)
def test_a_layer_that_wins_nowhere_and_stands_in_nothing_s_way_can_be_taken_away(outcomes):
    layers = layered(*outcomes)
    whole = merge_outcomes(layers)
    for gone in layers:
        if any(leaf.layer is gone.layer or is_in_the_way(leaf, gone.layer) for leaf in whole.leaves):
            continue
        rest = merge_outcomes([said for said in layers if said is not gone])
        assert rest.outcome == whole.outcome
        # By path: the order of keys is that of the lowest layer that has them.
        assert {leaf.path: leaf.layer for leaf in rest.leaves} == {leaf.path: leaf.layer for leaf in whole.leaves}


@given(STACKS)
def test_what_layers_gave_is_neither_changed_nor_shared(outcomes):
    before = copy.deepcopy(outcomes)
    output = merge_outcomes(layered(*outcomes))
    spoil([output.outcome.value if isinstance(output.outcome, Result) else None])
    for leaf in output.leaves:
        spoil([said.value for said in leaf.shadowed])
    assert outcomes == before


@given(STACKS, st.integers(0, 2))
def test_a_fault_anywhere_is_a_fault_and_names_its_layer(outcomes, at_layer):
    outcomes = [*outcomes, *[UNDEFINED] * 3][:3]
    outcomes[at_layer] = FAULT
    assert merge_outcomes(layered(*outcomes)) == Output(outcome=FAULT, failed=list(Layer)[at_layer])


# --- records, and lines --------------------------------------------------------------------------------------
LIST, GET = MappingKey.parse("crm/contacts/list"), MappingKey.parse("crm/contacts/get")


def test_a_list_mapping_s_response_is_evaluated_once_per_record():
    data = {"response": [{"Id": 1}, {"Id": 2}], "context": {"region": "eu"}}
    assert records_of(LIST, Part.RESPONSE, data) == [
        {"response": {"Id": 1}, "context": {"region": "eu"}},
        {"response": {"Id": 2}, "context": {"region": "eu"}},
    ]
    assert records_of(LIST, Part.RESPONSE, {"response": []}) == []


@pytest.mark.parametrize(
    ("key", "part", "data"),
    [
        (GET, Part.RESPONSE, {"response": [1]}),
        (LIST, Part.QUERY, {"response": [1]}),
        (LIST, Part.RESPONSE, {"response": {"Id": 1}}),
        (LIST, Part.RESPONSE, {}),
        (LIST, Part.RESPONSE, [1]),
    ],
)
def test_everything_else_is_one_input(key, part, data):
    assert records_of(key, part, data) is None


def test_a_leaf_stands_where_its_field_does_or_the_field_around_it_or_at_the_first_line():
    text = '{\n  "id": response.Id,\n  "name": {\n    "first": response.First\n  },\n  "phones": response.Phones\n}'
    analysis = analyse(text)
    assert isinstance(analysis, Analysis)
    start = Source(file="a.jsonata", line=11)
    said = LayerExpression(
        layer=Layer.ACCOUNT,
        mode=Mode.MERGE,
        expression=Expression(text=text, source=start, analysis=analysis),
        source=Source(file="a.yaml", line=1),
    )
    lines = {path: source_of(said, path).line for path in ("/id", "/name/first", "/phones/work", "/other", "")}
    assert lines == {"/id": 12, "/name/first": 14, "/phones/work": 16, "/other": 11, "": 11}


# --- the same, as plainly as it can be written -----------------------------------------------------------------
def plainly(values: list[Any]) -> Any:
    lower, *later = values
    for upper in later:
        is_merge = isinstance(lower, dict) and isinstance(upper, dict)
        keys = [*lower, *(key for key in upper if key not in lower)] if is_merge else []
        lower = (
            {key: plainly([said[key] for said in (lower, upper) if key in said]) for key in keys} if is_merge else upper
        )
    return lower


def leaves_of(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if not (isinstance(value, dict) and value):
        return [(path, value)]
    escaped = {key: key.replace("~", "~0").replace("/", "~1") for key in value}
    return [leaf for key, item in value.items() for leaf in leaves_of(item, f"{path}/{escaped[key]}")]


def at(value: Any, path: str) -> Any:
    """Raises KeyError where there is nothing."""
    for key in parse(path):
        if not isinstance(value, dict):
            raise KeyError(path)
        value = value[key]
    return value


def tells(leaf: OutputLeaf, layer: Layer, path: str) -> bool:
    """Whether the leaf has what `layer` gave at `path`: as its value, or within a value that it shadows."""
    if leaf.layer is layer:
        return leaf.path == path
    shadowed = [said.path for said in leaf.shadowed if said.layer is layer]
    return any(parse(path)[: len(parse(place))] == parse(place) for place in shadowed)


def is_in_the_way(leaf: OutputLeaf, layer: Layer) -> bool:
    """Whether it may be by `layer` that nothing of lower layers is beside the leaf, or in it when it is empty."""
    mine = [said for said in leaf.shadowed if said.layer is layer]
    return any(said.path != leaf.path or leaf.value == {} for said in mine)


def spoil(value: Any) -> None:
    """Change every list and object in `value`."""
    if isinstance(value, list):
        for item in value:
            spoil(item)
        value.append("spoilt")
    elif isinstance(value, dict):
        for item in value.values():
            spoil(item)
        value["spoilt"] = True


def test_undefined_is_not_null():
    assert isinstance(merged(...).outcome, Undefined)
    assert merged(None).outcome == Result(None)
