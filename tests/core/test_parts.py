from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from integrations.core.documents import Layer, Mode, Part
from integrations.core.merge import EffectivePart, as_json, base, chain, difference, merge, merge_account
from tests.core.stacks import mapped, stack

KEY = "crm/contacts/list"
NAMES = {"account": "acme-corp", "integration": "crm", "environment": "production", "commit": "c0ffee"}


def response(*layers) -> EffectivePart:
    return merge(mapped(*layers)).mappings[KEY][Part.RESPONSE]


def winners(part: EffectivePart) -> dict[str, tuple[Layer, str]]:
    return {field.path: (field.layer, field.expression) for field in part.fields}


def test_layers_that_merge_are_all_kept_lowest_first():
    part = response('{"id": Id}', '{"tier": Tier}', '{"id": Key}')
    assert [said.layer for said in part.layers] == [Layer.PLATFORM, Layer.ENVIRONMENT, Layer.ACCOUNT]
    assert winners(part) == {"/id": (Layer.ACCOUNT, "Key"), "/tier": (Layer.ENVIRONMENT, "Tier")}
    assert part.dropped == ()
    assert part.is_static


def test_a_layer_that_replaces_drops_those_below():
    part = response('{"id": Id}', '{"tier": Tier}', ('{"id": Key}', Mode.REPLACE))
    assert [said.layer for said in part.layers] == [Layer.ACCOUNT]
    assert [said.layer for said in part.dropped] == [Layer.PLATFORM, Layer.ENVIRONMENT]
    assert winners(part) == {"/id": (Layer.ACCOUNT, "Key")}
    assert part.fields[0].shadowed == ()


def test_replace_without_an_expression_drops_the_part_and_a_later_layer_may_give_it_anew():
    assert response('{"id": Id}', (None, Mode.REPLACE)).layers == ()
    part = response('{"id": Id}', (None, Mode.REPLACE), '{"id": Key}')
    assert [said.layer for said in part.layers] == [Layer.ACCOUNT]


def test_a_field_names_file_and_line_and_what_it_shadows():
    (field,) = response('{\n  "id": Id\n}', '{"id": Key}', '\n\n{"id":\n  Other}').fields
    assert (field.source.file, field.source.line, field.expression) == ("account.jsonata", 3, "Other")
    assert [(said.layer, said.expression, said.source.file, said.source.line) for said in field.shadowed] == [
        (Layer.PLATFORM, "Id", "platform.jsonata", 2),
        (Layer.ENVIRONMENT, "Key", "environment.jsonata", 1),
    ]


def test_the_line_of_a_field_counts_from_where_its_expression_stands():
    layers = mapped('{\n"id": Id}')
    document = layers.mappings[0]
    from dataclasses import replace

    from integrations.core.documents import Source

    inline = replace(document.parts[Part.RESPONSE], source=Source(file="crm.tf", line=40))
    layers = replace(layers, mappings=(replace(document, parts={Part.RESPONSE: inline}),))
    assert merge(layers).mappings[KEY][Part.RESPONSE].fields[0].source == Source(file="crm.tf", line=41)


@pytest.mark.parametrize(
    ("lower", "upper", "is_static", "paths"),
    [
        ('{"name": {"first": F, "last": L}}', '{"name": {"first": G}}', True, ["/name/first", "/name/last"]),
        ('{"name": {"first": F}}', '{"name": N}', False, ["/name/first", "/name"]),
        ('{"name": N}', '{"name": {"first": F}}', False, ["/name", "/name/first"]),
        ('{"name": {"first": F}}', '{"name": {}}', True, ["/name/first"]),
        ('{"name": {}}', '{"name": {"first": F}}', True, ["/name/first"]),
        ('{"name": N}', '{"name": {}}', False, ["/name"]),
        ('{"name": {}}', '{"name": N}', True, ["/name"]),
        ('{"id": Id}', "$merge([$, {}])", False, ["/id"]),
        ("x ? {} : y", '{"id": Id}', False, ["/id"]),
        ('{"names": F}', '{"name": {"first": F}}', True, ["/names", "/name/first"]),
    ],
)
def test_what_cannot_be_told_of_two_layers_is_not_static(lower, upper, is_static, paths):
    part = response(lower, upper)
    assert part.is_static is is_static
    assert [field.path for field in part.fields] == paths


def test_a_dropped_layer_that_is_not_static_does_no_harm():
    assert response("$eval(x)", ('{"id": Id}', Mode.REPLACE)).is_static


def test_accounts_share_the_parts_that_they_do_not_override():
    layers = mapped('{"id": Id}', '{"id": Key}')
    shared = base(layers)
    one, two = merge_account(shared, None), merge_account(shared, stack({}, None, {"a": 1}).account)
    assert one.mappings[KEY][Part.RESPONSE] is two.mappings[KEY][Part.RESPONSE]


def test_the_answer_has_the_shape_of_the_contract():
    effective = merge(mapped('{"id": Id}', '{"id": Key}'))
    answer = as_json(effective, **NAMES)
    assert {key: answer[key] for key in NAMES} == NAMES
    part = answer["mappings"][KEY]["response"]
    assert part["static"] is True
    assert part["layers"] == [
        {
            "layer": "platform",
            "mode": "merge",
            "expression": '{"id": Id}',
            "source": {"file": "platform.jsonata", "line": 1},
        },
        {
            "layer": "environment",
            "mode": "merge",
            "expression": '{"id": Key}',
            "source": {"file": "environment.jsonata", "line": 1},
        },
    ]
    assert part["fields"] == [
        {
            "path": "/id",
            "expression": "Key",
            "layer": "environment",
            "source": {"file": "environment.jsonata", "line": 1},
            "shadowed": [{"layer": "platform", "expression": "Id", "source": {"file": "platform.jsonata", "line": 1}}],
        }
    ]


def test_the_answer_has_the_provenance_of_the_config():
    answer = as_json(merge(stack({"b": 1, "a": [1]}, None, {"b": 2})), **NAMES)
    assert answer["config"] == {"b": 2, "a": [1]}
    assert answer["provenance"] == [
        {
            "path": "/a",
            "value": [1],
            "layer": "platform",
            "source": {"file": "integrations/crm.tf", "line": 1},
            "shadowed": [],
        },
        {
            "path": "/b",
            "value": 2,
            "layer": "account",
            "source": {"file": "customers/acme-corp/crm.yaml", "line": 1},
            "shadowed": [
                {"layer": "platform", "value": 1, "source": {"file": "integrations/crm.tf", "line": 1}},
            ],
        },
    ]
    assert json.loads(json.dumps(answer)) == answer


def test_a_field_has_a_chain():
    found = chain(merge(mapped('{"id": Id}', '{"id": Key}')), f"{KEY}:response/id")
    assert found is not None
    assert (found.area, found.path) == (f"{KEY}:response", "/id")
    assert [(link.value, link.is_winner) for link in found.links] == [("Id", False), ("Key", True)]


@pytest.mark.parametrize("path", ["response/name", "query/id", "nonsense/id", "response", ""])
def test_what_is_no_field_has_no_chain(path):
    assert chain(merge(mapped('{"id": Id}')), f"{KEY}:{path}") is None


def test_a_difference_has_the_changed_leaves_of_the_config():
    before = merge(stack({"a": 1, "b": 1, "c": [1], "d": 1}))
    after = merge(stack({"a": 1, "b": 1, "c": [1], "d": 1}, None, {"b": 2, "c": [True], "d": None, "e": 1, "a": 1}))
    found = difference(before, after)
    assert [(one.area, one.path, one.before, one.after) for one in found] == [
        ("config", "/b", 1, 2),
        ("config", "/c", [1], [True]),
        ("config", "/d", 1, None),
        ("config", "/e", None, 1),
    ]
    assert {(one.layer_after, str(one.source_after)) for one in found} == {
        (Layer.ACCOUNT, "customers/acme-corp/crm.yaml:1")
    }
    assert difference(after, after) == ()
    assert difference(None, None) == ()


def test_a_connection_that_appears_or_goes_differs_in_all_of_its_leaves():
    effective = merge(stack({"a": 1, "b": {}}))
    assert [(one.path, one.before, one.after) for one in difference(None, effective)] == [
        ("/a", None, 1),
        ("/b", None, {}),
    ]
    assert [(one.path, one.after, one.source_after) for one in difference(effective, None)] == [
        ("/a", None, None),
        ("/b", None, None),
    ]


def test_a_difference_has_the_changed_fields_of_mappings():
    found = difference(merge(mapped('{"id": Id, "n": N}')), merge(mapped('{"id": Id, "n": N}', '{"n": M, "t": T}')))
    assert [(one.area, one.path, one.before, one.after, one.layer_after) for one in found] == [
        (f"{KEY}:response", "/n", "N", "M", Layer.ENVIRONMENT),
        (f"{KEY}:response", "/t", None, "T", Layer.ENVIRONMENT),
    ]


def test_a_change_that_no_field_tells_is_a_difference_of_the_part():
    before, after = "($x := 1; {'id': $x})", "($x := 2; {'id': $x})"
    (one,) = difference(merge(mapped(before)), merge(mapped(after)))
    assert (one.path, one.before, one.after) == ("", [before], [after])
    (one,) = difference(merge(mapped("$f(x)")), merge(mapped("$f(y)")))
    assert (one.path, one.before, one.after) == ("", ["$f(x)"], ["$f(y)"])


CONSTRUCTORS = st.recursive(
    st.sampled_from(["x", "y", "1"]),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3).map(
        lambda pairs: "{" + ", ".join(f'"{key}": {value}' for key, value in pairs.items()) + "}"
    ),
    max_leaves=6,
).filter(lambda text: text.startswith("{"))
LAYERS = st.lists(st.tuples(CONSTRUCTORS, st.sampled_from(Mode)), min_size=1, max_size=3)


@given(LAYERS)
def test_law_a_cached_base_gives_the_same_parts(layers):
    whole = mapped(*layers)
    effective = merge_account(base(whole), whole.account)
    (part,) = effective.mappings[KEY].values()
    kept = len(layers)
    for index, (_, mode) in enumerate(layers):
        if index and mode is Mode.REPLACE:
            kept = len(layers) - index
    assert len(part.layers) == kept
    assert len(part.layers) + len(part.dropped) == len(layers)
    assert len({field.path for field in part.fields}) == len(part.fields)


@given(LAYERS)
def test_law_static_fields_are_the_leaves_of_the_merged_constructors(layers):
    """Constructors whose values are never objects at run time, merged for real, have just the fields that are told."""
    part = response(*layers)
    if not part.is_static:
        return
    merged: dict = {}
    for said in part.layers:
        merge_deep(merged, json.loads(said.expression.text.replace("x", '"x"').replace("y", '"y"')))
    assert {field.path: field.expression for field in part.fields} == leaves(merged)


def merge_deep(target, patch):
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merge_deep(target[key], value)
        else:
            target[key] = value


def leaves(value, path=""):
    if isinstance(value, dict) and (value or not path):
        return {at: leaf for key, item in value.items() for at, leaf in leaves(item, f"{path}/{key}").items()}
    return {path: str(value)}
