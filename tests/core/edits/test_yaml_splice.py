"""A YAML text in which one value changes: what it then says, and what of it stays."""

import copy
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st

from integrations.core.edits.values import CannotEdit, Refusal
from integrations.core.edits.yaml_splice import is_same, remove_value, set_value
from integrations.core.yaml import read_yaml
from tests.core.edits.layouts import HOSTILE, keys, layouts, mappings, scalars, values

FILE = "customers/acme-corp/salesforce.yaml"


def parsed(text: str) -> Any:
    node, problems = read_yaml(text.encode(), FILE)
    assert node is not None
    assert problems == []
    return node.value


def wanted(value: dict[str, Any], path: tuple[str, ...], new: Any) -> dict[str, Any] | None:
    """`value` with `new` at `path`; None where something else than an object is in the way."""
    result = copy.deepcopy(value)
    at = result
    for key in path[:-1]:
        if at.get(key) is None:
            at[key] = {}
        at = at[key]
        if not isinstance(at, dict):
            return None
    at[path[-1]] = new
    return result


@st.composite
def pages(draw: Any) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    value = draw(mappings)
    path: list[str] = []
    at: Any = value
    while isinstance(at, dict) and at and draw(st.integers(0, 3)):
        path.append(draw(st.sampled_from(list(at))))
        at = at[path[-1]]
    if not path or draw(st.booleans()):
        path += draw(st.lists(keys, min_size=1, max_size=3))
    return value, draw(layouts(value)), tuple(path)


@given(pages(), values)
def test_the_text_says_the_wanted_value_and_nothing_else_changes(page, new):
    value, text, path = page
    assert is_same(parsed(text), value)
    expected = wanted(value, path, new)
    if expected is None:
        with pytest.raises(CannotEdit) as refused:
            set_value(text, path, new, file=FILE)
        assert refused.value.code is Refusal.IN_THE_WAY
        return
    edited = set_value(text, path, new, file=FILE)
    assert is_same(parsed(edited), expected)
    assert set_value(edited, path, new, file=FILE) == edited


def scalar_leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in scalar_leaves(inner, (*path, key))]
    return [] if isinstance(value, list) else [path]


def rows_of(value: Any) -> int:
    """The most lines that a scalar takes with its key: a string may stand below it, as a block."""
    return 2 + value.count("\n") if isinstance(value, str) else 1


@given(pages(), scalars, st.data())
def test_a_scalar_changes_its_own_lines_only(page, new, data):
    value, text, _ = page
    leaves = scalar_leaves(value)
    if not leaves:
        return
    path = data.draw(st.sampled_from(leaves))
    before, after = text.split("\n"), set_value(text, path, new, file=FILE).split("\n")
    old: Any = value
    for key in path:
        old = old[key]
    head = next(
        (index for index, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), len(before)
    )
    rest = list(zip(reversed(before[head:]), reversed(after[head:]), strict=False))
    tail = next((index for index, pair in enumerate(rest) if pair[0] != pair[1]), len(rest))
    assert len(before) - head - tail <= rows_of(old)
    assert len(after) - head - tail <= rows_of(new)


@given(pages(), values)
def test_what_is_set_and_removed_again_leaves_the_text_as_it_was(page, new):
    value, text, path = page
    at: Any = value
    for key in path:
        assume(isinstance(at, dict) and at)  # not an empty object, which pruning cannot tell from its own
        if key not in at:
            break
        at = at[key]
    else:
        assume(False)
    edited = set_value(text, path, new, file=FILE)
    assert remove_value(edited, path, file=FILE) == text


@given(pages())
def test_removing_takes_the_value_and_the_objects_it_leaves_empty(page):
    value, text, path = page
    expected = copy.deepcopy(value)
    holders = [expected]
    for key in path:
        if not isinstance(holders[-1], dict) or key not in holders[-1]:
            assert remove_value(text, path, file=FILE) == text
            return
        holders.append(holders[-1][key])
    for key, holder in zip(reversed(path), reversed(holders[:-1]), strict=True):
        del holder[key]
        if holder:
            break
    assert is_same(parsed(remove_value(text, path, file=FILE)) or {}, expected)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_back_as_they_were_given(text):
    edited = set_value("config:\n  a: 1  # one\n", ("config", "a"), text, file=FILE)
    assert parsed(edited) == {"config": {"a": text}}
    assert edited.count("\n") == 2
    assert edited.endswith('"  # one\n')


@pytest.mark.parametrize("text", ["\x00", "a\x1bb", "\x7f", "\ud800"])
def test_control_characters_are_refused(text):
    with pytest.raises(CannotEdit) as refused:
        set_value("a: 1\n", ("a",), text, file=FILE)
    assert refused.value.code is Refusal.BAD_VALUE


@given(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5),
    st.data(),
)
@settings(max_examples=200)
def test_list_elements_that_stay_keep_their_lines(old, new, data):
    text = data.draw(layouts({"config": {"scopes": old}, "z": 1}))
    edited = set_value(text, ("config", "scopes"), new, file=FILE)
    assert parsed(edited) == {"config": {"scopes": new}, "z": 1}


def test_a_text_that_keeps_its_blank_lines_is_replaced_and_nothing_is_added_behind_it():
    text = "config:\n  a: |+\n    x\n\n\nz: 1\n"
    assert set_value(text, ("config", "a"), 5, file=FILE) == "config:\n  a: 5\nz: 1\n"
    with pytest.raises(CannotEdit) as refused:
        set_value(text, ("config", "b"), 5, file=FILE)
    assert refused.value.code is Refusal.UNREADABLE


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("", "config:\n  b: 5\n"),
        ("# Only a note.", "# Only a note.\nconfig:\n  b: 5\n"),
        ("---\n", "---\nconfig:\n  b: 5\n"),
        ("{}\n", "config:\n  b: 5\n"),
        ("{config: {a: 1}}", "{config: {a: 1, b: 5}}"),
        ("config: # why\n  # nothing yet\n", "config: # why\n  b: 5\n  # nothing yet\n"),
        ("config:\n    a: 1", "config:\n    a: 1\n    b: 5"),
        (
            "config:\n  a: >\n    folded\n    text\n\n# end\n",
            "config:\n  a: >\n    folded\n    text\n  b: 5\n\n# end\n",
        ),
        ("---\nconfig:\n  a: 1\n...\n", "---\nconfig:\n  a: 1\n  b: 5\n...\n"),
    ],
)
def test_files_of_every_shape(text, edited):
    assert set_value(text, ("config", "b"), 5, file=FILE) == edited


def test_a_file_that_is_not_read_is_not_written():
    with pytest.raises(CannotEdit) as refused:
        set_value("a: &x 1\nb: *x\n", ("a",), 2, file=FILE)
    assert refused.value.code is Refusal.UNREADABLE
    assert refused.value.source.line == 1
