"""One field of a JSONata expression set or removed: what the text then says, and what of it stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from integrations.core.documents import Mode, Part
from integrations.core.edits import (
    EditList,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    SetConfig,
    SetField,
    SetMapping,
    edit_as_json,
    edit_from_json,
)
from integrations.core.edits.constructors import constructor, remove_field, set_field
from integrations.core.expressions import analyse
from integrations.core.pointer import build
from tests.core.edits.grounds import PRODUCTION

names = st.sampled_from(("a", "tier", "x y", "é", "a/b", "$k", "q"))
expressions = st.sampled_from((
    "response.Tier__c", '"text, with } and {"', "$map(response.Tags, function($t) { $t.Name })", "1 + 2", "[1, 2]",
    "response.a ? { } : 2", "/* why */ response.b", "response.`a b`[0]", "$x := 3", "response.Name & ' /* no */ '",
    "response.d /* behind */",
))  # fmt: skip
objects = st.recursive(
    expressions, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=4), max_leaves=8
).filter(lambda value: isinstance(value, dict))


@st.composite
def layouts(draw: Any, value: dict[str, Any]) -> str:
    """A text of a constructor in a random layout, comments included."""
    line_break = draw(st.sampled_from(("\n", "\n", "\r\n")))
    step = draw(st.integers(1, 4))

    def write(item: Any, column: int) -> str:
        if not isinstance(item, dict):
            return item
        pairs = [f"{json.dumps(name, ensure_ascii=False)}: {write(one, column + step)}" for name, one in item.items()]
        if draw(st.integers(0, 2)) == 0:
            return "{ " + ", ".join(pairs) + " }"
        pad = " " * (column + step)
        rows = []
        for index, pair in enumerate(pairs):
            note = draw(st.sampled_from(("", "", "  /* a, note } */", " ")))
            above = draw(st.sampled_from(("", "", f"{pad}/* above */{line_break}")))
            rows.append(f"{above}{pad}{pair}{',' if index < len(pairs) - 1 else ''}{note}")
        return "{" + line_break + line_break.join(rows) + line_break + " " * column + "}"

    text = write(value, 0)
    if draw(st.booleans()):
        text = f"({line_break}$y := 1;{line_break}{text})"
    return draw(st.sampled_from(("", f"/* Theirs. */{line_break}"))) + text + draw(st.sampled_from(("", line_break)))


def fields(text: str) -> dict[str, str]:
    found = analyse(text)
    assert found.is_static
    return {field.path: field.expression for field in found.fields}


@st.composite
def pages(draw: Any) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    value = draw(objects)
    path: list[str] = []
    at: Any = value
    while isinstance(at, dict) and draw(st.booleans()):
        path.append(draw(st.sampled_from(sorted(at))))
        at = at[path[-1]]
    return value, draw(layouts(value)), tuple(path)


@given(pages(), expressions)
def test_a_new_field_is_added_and_taken_back(page, expression):
    value, text, path = page
    at: Any = value
    for name in path:
        at = at[name]
    if not isinstance(at, dict):
        return
    new = (*path, "fresh")
    edited = set_field(text, new, expression)
    assert fields(edited).keys() == {*fields(text), build(new)}
    assert set_field(edited, new, expression) == edited
    assert remove_field(edited, new) == text
    deep = (*path, "fresh", "deep", "er")
    assert remove_field(set_field(text, deep, expression), deep) == text


@given(pages(), expressions)
def test_a_field_that_is_there_changes_alone(page, expression):
    value, text, path = page
    at: Any = value
    for name in path:
        at = at[name]
    if isinstance(at, dict):
        return
    edited = set_field(text, path, expression)
    before, after = fields(text), fields(edited)
    assert {key: said for key, said in after.items() if key != build(path)} == {
        key: said for key, said in before.items() if key != build(path)
    }
    if not expression.startswith("/*") and not expression.endswith("*/"):  # a comment stays where it is
        assert set_field(edited, path, at) == text


@given(pages())
def test_a_field_goes_alone(page):
    _value, text, path = page
    if not path:
        return
    kept = {key: said for key, said in fields(text).items() if not f"{key}/".startswith(f"{build(path)}/")}
    left = remove_field(text, path)
    assert (fields(left) if left is not None else {}) == kept


def test_the_first_field_makes_a_constructor():
    assert (
        constructor(("custom", "tier"), " response.Tier__c ")
        == '{\n  "custom": {\n    "tier": response.Tier__c\n  }\n}\n'
    )


@pytest.mark.parametrize(
    "edit",
    [
        SetConfig(scope=PRODUCTION, path=("a", "b"), value={"x": [1, None, "é"]}),
        RemoveConfig(scope=PRODUCTION, path=("a",)),
        EditList(scope=PRODUCTION, path=("a",), append=("x",), remove=(1,)),
        SetMapping(scope=PRODUCTION, mapping="a/b/get", part=Part.QUERY, expression=None, mode=Mode.REPLACE),
        RemoveMapping(scope=PRODUCTION, mapping="a/b/get"),
        SetField(scope=PRODUCTION, mapping="a/b/get", path=("a",), expression="1", everywhere=True),
        RemoveField(scope=PRODUCTION, mapping="a/b/get", path=("a",)),
    ],
)
def test_edits_can_be_kept_as_json(edit):
    assert edit_from_json(json.loads(json.dumps(edit_as_json(edit)))) == edit


@pytest.mark.parametrize(
    "body", [{}, {"edit": "delete_all"}, {"edit": "set_config"}, {"edit": "set_config", "scope": 1}]
)
def test_what_is_no_edit_is_refused(body):
    with pytest.raises(ValueError, match=r"edit|missing|Expected"):
        edit_from_json(body)
