from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings, strategies as st

from integrations.core.directives import check_patch, identity
from integrations.core.documents import Layer, Source
from integrations.core.fold import leaf_paths, shadowed_at
from integrations.core.merge import Effective, base, chain, merge, merge_account
from integrations.core.pointer import build, look_up, parse
from integrations.core.problems import Code
from integrations.core.state import Stack
from tests.core.stacks import (
    CONFIGS,
    FILES,
    KEYS,
    LISTS,
    PATCHES,
    PLAIN_PATCHES,
    SCALARS,
    equal,
    plainly_merged,
    stack,
)

# RFC 7396, appendix A: original, patch, result. A config is an object, so that each stands under a key here.
ABSENT = object()
RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, ABSENT),
    ({"a": "foo"}, "bar", "bar"),
    # The RFC's original holds a null, {"e": null}. No config does: the platform layer is merged onto nothing.
    ({"e": None}, {"a": 1}, {"a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize("layer", [Layer.ENVIRONMENT, Layer.ACCOUNT])
@pytest.mark.parametrize(("original", "patch", "result"), RFC_7396)
def test_config_merges_as_the_appendix_of_rfc_7396_says(original, patch, result, layer):
    patches = (None, {"x": patch}) if layer is Layer.ACCOUNT else ({"x": patch}, None)
    config = merge(stack({"x": original}, *patches)).config
    assert config == ({} if result is ABSENT else {"x": result})


@pytest.mark.parametrize(
    ("lower", "directive", "result"),
    [
        (["a", "b"], {"$append": ["c"]}, ["a", "b", "c"]),
        (["a", "b"], {"$prepend": ["c"]}, ["c", "a", "b"]),
        (["a", "b", "a"], {"$remove": ["a"]}, ["b"]),
        (["a", "b"], {"$remove": ["z"]}, ["a", "b"]),
        (["a", "b"], {"$append": ["a"], "$remove": ["a"], "$prepend": ["p"]}, ["p", "b", "a"]),
        (ABSENT, {"$append": ["a"], "$remove": ["a"]}, ["a"]),
        ("text", {"$append": ["a"]}, ["a"]),
        ({"an": "object"}, {"$prepend": ["a"]}, ["a"]),
        ([1, True, 1.0, "1", 2], {"$remove": [1]}, [True, "1", 2]),
        ([1, True], {"$remove": [True]}, [1]),
        ([{"a": 1, "b": [0]}, {"a": 1}], {"$remove": [{"b": [0.0], "a": 1}]}, [{"a": 1}]),
        (["a"], {"$remove": ["a"]}, []),
    ],
)
def test_a_directive_edits_the_list_below(lower, directive, result):
    platform = {} if lower is ABSENT else {"x": lower}
    effective = merge(stack(platform, None, {"x": directive}))
    assert equal(effective.config, {"x": result})
    assert effective.leaves["/x"].layer is Layer.ACCOUNT


def test_a_leaf_names_layer_file_and_line_and_all_that_it_shadows():
    effective = merge(
        stack(
            {"pagination": {"page_size": 200, "style": "cursor"}},
            {"pagination": {"page_size": 100}},
            {"pagination": {"page_size": 50}},
            lines={
                Layer.PLATFORM: {"/pagination": 4, "/pagination/page_size": 5, "/pagination/style": 6},
                Layer.ENVIRONMENT: {"/pagination": 9},
                Layer.ACCOUNT: {"/pagination": 2, "/pagination/page_size": 3},
            },
        )
    )
    leaf = effective.leaves["/pagination/page_size"]
    assert (leaf.value, leaf.layer, leaf.source) == (50, Layer.ACCOUNT, Source(file=FILES[Layer.ACCOUNT], line=3))
    assert [(said.layer, said.value, said.source) for said in leaf.shadowed] == [
        (Layer.PLATFORM, 200, Source(file=FILES[Layer.PLATFORM], line=5)),
        (Layer.ENVIRONMENT, 100, Source(file=FILES[Layer.ENVIRONMENT], line=9)),  # the nearest line that is known
    ]
    assert effective.leaves["/pagination/style"].layer is Layer.PLATFORM


def test_a_leaf_without_any_known_line_has_that_of_its_document():
    assert merge(stack({"a": {"b": 1}})).leaves["/a/b"].source == Source(file=FILES[Layer.PLATFORM], line=1)


def test_a_value_in_the_place_of_an_object_shadows_the_object_and_lists_what_went():
    effective = merge(stack({"auth": {"kind": "basic", "user": "u"}}, {"auth": {"kind": "oauth"}}, {"auth": "none"}))
    assert [(said.layer, said.value) for said in effective.leaves["/auth"].shadowed] == [
        (Layer.PLATFORM, {"kind": "basic", "user": "u"}),
        (Layer.ENVIRONMENT, {"kind": "oauth", "user": "u"}),
    ]
    (gone,) = effective.removed
    assert (gone.path, gone.layer, gone.value) == ("/auth", Layer.ACCOUNT, {"kind": "oauth", "user": "u"})
    assert [(leaf.path, leaf.layer) for leaf in gone.leaves] == [
        ("/auth/kind", Layer.ENVIRONMENT),
        ("/auth/user", Layer.PLATFORM),
    ]


def test_an_object_in_the_place_of_a_value_shadows_the_value_at_each_of_its_leaves():
    effective = merge(stack({"auth": "none"}, None, {"auth": {"kind": "basic"}}))
    (said,) = effective.leaves["/auth/kind"].shadowed
    assert (said.path, said.value, said.layer) == ("/auth", "none", Layer.PLATFORM)
    assert [(gone.path, gone.value) for gone in effective.removed] == [("/auth", "none")]


def test_null_removes_and_is_told():
    effective = merge(stack({"webhook": {"url": "u", "signature": "s"}}, {"webhook": None}))
    assert effective.config == {}
    assert effective.leaves == {}
    (gone,) = effective.removed
    assert (gone.path, gone.layer, gone.source.file) == ("/webhook", Layer.ENVIRONMENT, FILES[Layer.ENVIRONMENT])
    assert [leaf.path for leaf in gone.leaves] == ["/webhook/url", "/webhook/signature"]


def test_what_comes_back_after_a_removal_shadows_the_removal_and_what_it_removed():
    effective = merge(stack({"webhook": {"url": "u"}}, {"webhook": None}, {"webhook": {"url": "mine"}}))
    assert [(said.path, said.layer, said.value) for said in effective.leaves["/webhook/url"].shadowed] == [
        ("/webhook/url", Layer.PLATFORM, "u"),
        ("/webhook", Layer.ENVIRONMENT, None),
    ]


def test_an_object_that_is_emptied_is_a_leaf_of_the_layer_that_emptied_it():
    effective = merge(stack({"a": {"b": 1}}, None, {"a": {"b": None}}))
    leaf = effective.leaves["/a"]
    assert (leaf.value, leaf.layer, [said.value for said in leaf.shadowed]) == ({}, Layer.ACCOUNT, [{"b": 1}])


def test_an_empty_object_that_gains_a_key_is_no_leaf_any_more():
    effective = merge(stack({"a": {}}, None, {"a": {"b": 1}}))
    assert effective.leaves.keys() == {"/a/b"}
    assert effective.removed == ()


def test_removing_what_is_not_there_changes_nothing():
    effective = merge(stack({"a": 1}, {"b": None, "c": {}}, {"b": None}))
    assert effective.config == {"a": 1, "c": {}}
    assert effective.removed == ()


def test_nulls_of_the_platform_layer_are_left_out():
    assert merge(stack({"a": None, "b": {"c": None}, "d": [None]})).config == {"b": {}, "d": [None]}


STACKS = st.builds(stack, CONFIGS, st.none() | PATCHES, st.none() | PATCHES)
PLAIN_STACKS = st.builds(stack, CONFIGS, st.none() | PLAIN_PATCHES, st.none() | PLAIN_PATCHES)


def outcome(effective: Effective):
    return (json.dumps(effective.config, sort_keys=True), effective.leaves, effective.removed)


@given(STACKS)
def test_law_config_is_what_plain_merging_gives(layers: Stack):
    expected = plainly_merged({}, layers.integration.config)
    for document in (layers.environment, layers.account):
        expected = plainly_merged(expected, document.config if document else {})
    assert equal(merge(layers).config, expected)


@given(STACKS)
def test_law_an_empty_layer_changes_nothing(layers: Stack):
    without = stack(layers.integration.config, layers.environment.config if layers.environment else None)
    with_empty = stack(layers.integration.config, layers.environment.config if layers.environment else None, {})
    assert outcome(merge(with_empty)) == outcome(merge(without))
    below = stack(layers.integration.config, None, layers.account.config if layers.account else None)
    with_empty = stack(layers.integration.config, {}, layers.account.config if layers.account else None)
    assert outcome(merge(with_empty)) == outcome(merge(below))


@given(CONFIGS, PLAIN_PATCHES)
def test_law_a_layer_without_directives_applied_twice_is_the_same_as_once(platform, patch):
    assert equal(merge(stack(platform, patch, patch)).config, merge(stack(platform, patch)).config)


@given(STACKS)
def test_law_each_leaf_has_one_winner_whose_value_is_the_value_at_its_path(layers: Stack):
    effective = merge(layers)
    assert list(leaf_paths(effective.config)) == sorted(effective.leaves, key=list(leaf_paths(effective.config)).index)
    for path, leaf in effective.leaves.items():
        assert leaf.path == path
        assert look_up(effective.config, parse(path)) is leaf.value
        assert leaf.file == FILES[leaf.layer]
        assert leaf.layer not in {said.layer for said in leaf.shadowed}


@given(STACKS)
def test_law_shadows_kept_while_merging_are_those_that_the_definition_gives(layers: Stack):
    effective = merge(layers)
    order = list(Layer)
    for path, leaf in effective.leaves.items():
        lower = [level for level in effective.levels if order.index(level.layer) < order.index(leaf.layer)]
        assert leaf.shadowed == shadowed_at(path, lower)


@given(STACKS)
def test_law_nothing_that_a_layer_says_gets_lost(layers: Stack):
    effective = merge(layers)
    removed = {(leaf.path, leaf.layer) for gone in effective.removed for leaf in gone.leaves}
    for level in effective.levels:
        for path in leaf_paths(level.config):
            value = look_up(level.config, parse(path))
            leaf = effective.leaves.get(path)
            is_there = leaf is not None or any(gone == path for gone, _ in removed)
            is_extended = value == {} and isinstance(look_up(effective.config, parse(path)), dict)
            assert is_there or is_extended


def covered(patch):
    """A patch that says something else wherever `patch` says anything."""
    if isinstance(patch, dict):
        return {key: covered(value) for key, value in patch.items()}
    return f"instead of {patch}"


@given(CONFIGS, PLAIN_PATCHES, PLAIN_PATCHES, st.booleans())
def test_law_a_layer_that_wins_nowhere_and_removes_nothing_can_be_taken_away(
    platform, environment, account, is_covered
):
    account = plainly_merged(account, covered(environment)) if is_covered else account
    effective = merge(stack(platform, environment, account))
    is_idle = not any(found.layer is Layer.ENVIRONMENT for found in (*effective.leaves.values(), *effective.removed))
    if is_idle:
        without = merge(stack(platform, None, account))
        assert equal(effective.config, without.config)
        assert {p: leaf.layer for p, leaf in effective.leaves.items()} == {
            p: leaf.layer for p, leaf in without.leaves.items()
        }


@given(STACKS)
def test_law_inputs_are_never_mutated_and_a_base_serves_again(layers: Stack):
    before = copy.deepcopy(layers)
    shared = base(layers)
    first = merge_account(shared, layers.account)
    second = merge_account(shared, None)
    assert layers == before
    assert outcome(merge_account(shared, layers.account)) == outcome(first) == outcome(merge(layers))
    assert outcome(second) == outcome(
        merge(stack(before.integration.config, getattr(before.environment, "config", None)))
    )


@given(st.lists(KEYS, max_size=5))
def test_law_a_pointer_leads_back_to_its_keys(keys):
    assert parse(build(keys)) == tuple(keys)


def test_a_pointer_starts_with_a_slash():
    with pytest.raises(ValueError, match="must start with a slash"):
        parse("a/b")


@given(st.one_of(SCALARS, LISTS), st.one_of(SCALARS, LISTS))
def test_law_identity_is_json_equality(left, right):
    assert (identity(left) == identity(right)) == equal(left, right)


def problems(config, lines=None, **options):
    return [
        (problem.code, problem.source.line, problem.data["key"])
        for problem in check_patch(config, lines or {}, "customers/acme-corp/crm.yaml", **options)
    ]


def test_directives_are_checked_with_their_lines():
    lines = {"/a": 1, "/a/$apend": 2, "/b": 3, "/b/$append": 4, "/b/plain": 5, "/c/$remove": 7, "/d/0/$append": 9}
    config = {
        "a": {"$apend": ["x"]},
        "b": {"$append": ["x"], "plain": 1},
        "c": {"$remove": "x"},
        "d": [{"$append": ["x"]}],
        "e": {"$append": ["x"], "$remove": []},
    }
    assert problems(config, lines) == [
        (Code.UNKNOWN_DIRECTIVE, 2, "$apend"),
        (Code.BAD_DIRECTIVE, 5, "plain"),
        (Code.BAD_DIRECTIVE, 7, "$remove"),
        (Code.BAD_DIRECTIVE, 9, "$append"),
    ]


def test_what_a_directive_adds_cannot_be_a_directive():
    assert problems({"a": {"$append": [{"$append": []}]}}) == [(Code.BAD_DIRECTIVE, 1, "$append")]


def test_a_platform_config_takes_no_directives():
    assert problems({"a": {"$append": ["x"]}}, directives=False) == [(Code.BAD_DIRECTIVE, 1, "$append")]


def test_a_config_as_a_whole_is_no_list():
    assert problems({"$append": ["x"]}) == [(Code.BAD_DIRECTIVE, 1, "$append")]


def test_a_config_without_dollar_keys_has_no_problem():
    assert problems({"a": {"b": [1, {"c": None}]}, "d$": 1}) == []


def test_a_config_nested_beyond_bounds_is_a_problem_and_no_crash():
    config: dict = {}
    for _ in range(100_000):
        config = {"a": config}
    (problem,) = check_patch(config, {}, "x.yaml")
    assert problem.code is Code.TOO_LARGE
    while config:
        config = config.pop("a")  # taken apart level by level: its own end would recurse


@given(PATCHES)
@settings(max_examples=50)
def test_law_checked_patches_are_exactly_those_that_plain_merging_knows(patch):
    assert all(problem.code is not Code.UNKNOWN_DIRECTIVE for problem in check_patch(patch, {}, "x.yaml"))


def test_a_chain_has_every_layer_in_order_and_one_winner():
    effective = merge(stack({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"b": 3}}))
    found = chain(effective, "a.b")
    assert found is not None
    assert found == chain(effective, "/a/b")
    assert [(link.layer, link.value, link.is_winner) for link in found.links] == [
        (Layer.PLATFORM, 1, False),
        (Layer.ENVIRONMENT, 2, False),
        (Layer.ACCOUNT, 3, True),
    ]


def test_the_chain_of_a_removed_leaf_ends_in_its_removal():
    found = chain(merge(stack({"a": {"b": 1}}, {"a": None})), "/a/b")
    assert found is not None
    assert found.is_removed
    assert [(link.layer, link.value, link.path) for link in found.links] == [
        (Layer.PLATFORM, 1, "/a/b"),
        (Layer.ENVIRONMENT, None, "/a"),
    ]


def test_a_path_into_a_list_has_the_chain_of_the_list():
    found = chain(merge(stack({"scopes": ["a", "b"]})), "/scopes/1")
    assert found is not None
    assert found.path == "/scopes"


@pytest.mark.parametrize("path", ["", "/", "/z", "a", "/a/b/c", "crm/contacts/list:response/x", ":", "no pointer"])
def test_what_is_no_leaf_has_no_chain(path):
    assert chain(merge(stack({"a": {"b": 1}})), path) is None


@given(STACKS)
def test_law_every_leaf_has_a_chain_that_ends_in_it(layers: Stack):
    effective = merge(layers)
    for path, leaf in effective.leaves.items():
        found = chain(effective, path)
        assert found is not None
        assert found.links[-1].value is leaf.value
        assert [link.is_winner for link in found.links] == [False] * (len(found.links) - 1) + [True]
