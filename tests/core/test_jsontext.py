"""Reading JSON with lines, and JSON that is out to harm."""

import json
import time

import pytest
from hypothesis import given, settings, strategies as st

from integrations.core.jsontext import read_json
from integrations.core.problems import Code
from integrations.core.text import child


def problems_of(text: str | bytes):
    _, problems = read_json(text.encode() if isinstance(text, str) else text, "a.json")
    return [(problem.code, problem.source.line, problem.column) for problem in problems]


def test_every_value_has_the_line_of_its_key():
    node, problems = read_json(b'{\n "a": {"b": [1,\n  {"c/d":\n   2}]},\n "e": ":,{[\\"]"\n}', "a.json")
    assert problems == []
    assert node.lines == {"": 1, "/a": 2, "/a/b": 2, "/a/b/0": 2, "/a/b/1": 3, "/a/b/1/c~1d": 3, "/e": 5}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n "a": 2}', [(Code.DUPLICATE, 2, 2)]),
        ("[1,\n 2", [(Code.JSON_SYNTAX, 2, 3)]),
        ("{a: 1}", [(Code.JSON_SYNTAX, 1, 2)]),
        ('{"a": 1,}', [(Code.JSON_SYNTAX, 1, 9)]),
        ("", [(Code.JSON_SYNTAX, 1, 1)]),
        ("[NaN]", [(Code.JSON_SYNTAX, 1, None)]),
        ("[-Infinity]", [(Code.JSON_SYNTAX, 1, None)]),
        ("[1e999]", [(Code.JSON_SYNTAX, 1, None)]),
        (f"[{'9' * 5000}]", [(Code.JSON_SYNTAX, 1, None)]),
        ('[\n"\\u0000"]', [(Code.JSON_SYNTAX, 2, None)]),
        ('{"\\ud800": 1}', [(Code.JSON_SYNTAX, 1, None)]),
        (b"[\xff]", [(Code.NOT_UTF8, 1, 2)]),
        (b"\xef\xbb\xbf[]", [(Code.NOT_UTF8, 1, 1)]),
        ("[" * 100_000, [(Code.TOO_MANY, 1, None)]),
        ("[" + "1," * 100_000 + "1]", [(Code.TOO_MANY, 1, None)]),
        (" " * (1024 * 1024 + 1), [(Code.TOO_LARGE, 1, None)]),
    ],
)
def test_what_is_not_json_or_cannot_be_kept_is_refused(text, expected):
    assert problems_of(text) == expected


@pytest.mark.parametrize("text", [b'"' * 500_000, b'"a' * 300_000, b"\\" * 500_000, b":" * 500_000, b"\n" * 1_000_000])
def test_hostile_text_costs_little(text):
    before = time.process_time()
    read_json(text, "a.json")
    assert time.process_time() - before < 5


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ \n1a', max_size=60).map(str.encode))
def test_no_text_makes_the_reader_fail(text):
    node, problems = read_json(text, "a.json")
    assert node is not None or problems


def pointers(value, at=""):
    yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from pointers(item, child(at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from pointers(item, f"{at}/{index}")


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=("Cc", "Cs"))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cc", "Cs"))), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=60, deadline=None)
@given(_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_the_value_is_the_standard_readers_and_each_part_has_a_line(value, indent, ascii_only):
    node, problems = read_json(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode(), "a.json")
    assert problems == []
    assert node.value == value
    assert set(node.lines) == set(pointers(value))
