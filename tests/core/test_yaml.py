"""Reading YAML: the subset that means what it seems to mean, lines, limits, and text that is out to harm."""

import json
import time

import pytest
from hypothesis import given, settings, strategies as st

from integrations.core.problems import Code
from integrations.core.text import TextLimits
from integrations.core.yaml import read_yaml


def value_of(text: str | bytes):
    node, problems = read_yaml(text.encode() if isinstance(text, str) else text, "a.yaml")
    assert node is not None
    assert problems == []
    return node.value


def problems_of(text: str | bytes, *, limits: TextLimits | None = None):
    data = text.encode() if isinstance(text, str) else text
    _, problems = read_yaml(data, "a.yaml", limits=limits or TextLimits())
    return [(problem.code, problem.source.line, problem.column) for problem in problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: true", True),
        ("a: FALSE", False),
        ("a: yes", "yes"),
        ("a: on", "on"),
        ("a: NO", "NO"),
        ("a: null", None),
        ("a: ~", None),
        ("a:", None),
        ("a: ''", ""),
        ("a: 12", 12),
        ("a: -7", -7),
        ("a: +7", 7),
        ("a: 010", 10),
        ("a: 0o17", 15),
        ("a: 0x1F", 31),
        ("a: 0b11", "0b11"),
        ("a: 1_000", "1_000"),
        ("a: 1:30", "1:30"),
        ("a: 1.50", 1.5),
        ("a: 1e3", 1000.0),
        ("a: .5", 0.5),
        ("a: 1.2.3", "1.2.3"),
        ("a: 2026-01-31", "2026-01-31"),
        ("a: 2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ("a: '12'", "12"),
        ('a: "true"', "true"),
        ("a: =", "="),
        ("a: 9223372036854775807", 9223372036854775807),
        ('a: "\\u00e9"', "é"),
        ("a: naïve 🎈", "naïve 🎈"),
    ],
)
def test_plain_words_have_the_types_of_the_core_schema(text, value):
    found = value_of(text)["a"]
    assert found == value
    assert type(found) is type(value)


def test_every_value_has_the_line_of_its_key():
    text = "# first\na: 1\nb:\n  c:\n    - x\n    - y: 2\n  'd/e~f': {g: 1,\n    h: 2}\n"
    node, _ = read_yaml(text.encode(), "a.yaml")
    assert node.lines == {
        "": 2,
        "/a": 2,
        "/b": 3,
        "/b/c": 4,
        "/b/c/0": 5,
        "/b/c/1": 6,
        "/b/c/1/y": 6,
        "/b/d~1e~0f": 7,
        "/b/d~1e~0f/g": 7,
        "/b/d~1e~0f/h": 8,
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: |\n  one\n  two\n", 2), ("a: >-\n  one\n", 2), ("\na: |2\n\n    one\n", 3), ("a:\n  one\n", 2)],
)
def test_a_text_knows_the_line_on_which_it_begins(text, line):
    node, problems = read_yaml(text.encode(), "a.yaml")
    assert problems == []
    assert node.texts == {"/a": line}


def test_a_text_beside_its_key_needs_no_line_of_its_own():
    node, _ = read_yaml(b"a: one\nb: 'two'\n", "a.yaml")
    assert node.texts == {}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\n\n"])
def test_an_empty_file_is_null(text):
    assert value_of(text) is None


def test_windows_line_ends_are_read():
    assert value_of("a: 1\r\nb: |\r\n  x\r\n") == {"a": 1, "b": "x\n"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", [(Code.YAML_DUPLICATE_KEY, 2, 1)]),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", [(Code.YAML_DUPLICATE_KEY, 4, 3)]),
        ("a: &x 1\nb: *x\n", [(Code.YAML_ALIAS, 1, 4), (Code.YAML_ALIAS, 2, 4)]),
        ("&k a: 1\n", [(Code.YAML_ALIAS, 1, 1)]),
        ("<<: {a: 1}\n", [(Code.YAML_ALIAS, 1, 1)]),
        ("a: !!str 1\n", [(Code.YAML_TAG, 1, 4)]),
        ("a: !!python/object/apply:os.system [id]\n", [(Code.YAML_TAG, 1, 4)]),
        ("a: ! 1\n", [(Code.YAML_TAG, 1, 4)]),
        ("%YAML 1.1\n---\na: 1\n", [(Code.YAML_TAG, 1, 1)]),
        ("a: 1\n---\nb: 2\n", [(Code.YAML_SYNTAX, 2, 1)]),
        ("1: a\n", [(Code.WRONG_TYPE, 1, 1)]),
        ("true: a\n", [(Code.WRONG_TYPE, 1, 1)]),
        ("~: a\n", [(Code.WRONG_TYPE, 1, 1)]),
        ("? [a, b]\n: c\n", [(Code.WRONG_TYPE, 1, 3)]),
        ("a: .inf\nb: -.INF\nc: .nan\n", [(Code.WRONG_TYPE, n, 4) for n in (1, 2, 3)]),
        ("a: 1e999\n", [(Code.WRONG_TYPE, 1, 4)]),
        ("a: 9223372036854775808\n", [(Code.WRONG_TYPE, 1, 4)]),
        (f"a: {'9' * 5000}\n", [(Code.WRONG_TYPE, 1, 4)]),
        ("a: \x01\n", [(Code.YAML_SYNTAX, 1, 4)]),
        ("a: x\u2028y\n", [(Code.YAML_SYNTAX, 1, 5)]),
        ("a: 1\rb: 2\n", [(Code.YAML_SYNTAX, 1, 5)]),
        ('a: "\\0"\n', [(Code.YAML_SYNTAX, 1, 4)]),
        ('"\\x01": 1\n', [(Code.YAML_SYNTAX, 1, 1)]),
        ("a: [1\n", [(Code.YAML_SYNTAX, 2, 1)]),
        ("a: b: c\n", [(Code.YAML_SYNTAX, 1, 5)]),
        ("a:\n\t- 1\n", [(Code.YAML_SYNTAX, 2, 1)]),
        (b"\xef\xbb\xbfa: 1\n", [(Code.NOT_UTF8, 1, 1)]),
        (b"a: 1\nb: \xff\n", [(Code.NOT_UTF8, 2, 4)]),
        ("a: 1".encode("utf-16"), [(Code.NOT_UTF8, 1, 1)]),
    ],
)
def test_what_means_other_than_it_seems_is_refused_where_it_stands(text, expected):
    assert problems_of(text) == expected


def test_all_problems_of_a_file_are_told_at_once():
    text = "a: 1\na: !x 2\nb: *c\nd: [*e, {1: 2}]\n"
    codes = [code for code, _, _ in problems_of(text)]
    assert codes == [Code.YAML_DUPLICATE_KEY, Code.YAML_TAG, Code.YAML_ALIAS, Code.YAML_ALIAS, Code.WRONG_TYPE]


def test_a_repeated_key_keeps_the_first_ones_value_and_lines():
    node, _ = read_yaml(b"a: {x: 1}\na: {y: 2}\n", "a.yaml")
    assert node.value == {"a": {"x": 1}}
    assert node.lines == {"": 1, "/a": 1, "/a/x": 1}


def test_the_limits_hold():
    limits = TextLimits(size=100, nodes=10, depth=3)
    assert problems_of("a" * 101, limits=limits) == [(Code.TOO_LARGE, 1, None)]
    assert problems_of("[1,2,3,4,5,6,7,8,9]", limits=limits) == []
    assert problems_of("[1,2,3,4,5,6,7,8,9,10]", limits=limits) == [(Code.TOO_MANY, 1, 20)]
    assert problems_of("[[[1]]]", limits=limits) == []
    assert problems_of("[[[[1]]]]", limits=limits) == [(Code.TOO_MANY, 1, 4)]


BOMBS = {
    "aliases": b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a,*a]\n" % (n, n) for n in range(2000)),
    "open lists": b"[" * 262_144,
    "nested entries": b"- " * 131_072,
    "explicit keys": b"? " * 131_072,
    "open maps": b"{a: " * 65_000,
    "open text": b'"' + b"a\n" * 130_000,
    "anchors": b"&a " * 80_000,
    "one tag": b"!" * 262_144,
    "comments": b"#\n" * 131_072,
    "long key": b"key " * 65_000 + b": 1",
    "flow keys": b"[?" * 131_072,
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_text_costs_little(name):
    before = time.process_time()
    read_yaml(BOMBS[name], "a.yaml")
    # Generous for a slow machine: what these are made to cost is minutes or gigabytes.
    assert time.process_time() - before < 5


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="ab:-[]{},&*!|>'\"%#?\n\t 01.~<@`\\", max_size=80).map(str.encode))
def test_no_text_makes_the_reader_fail(text):
    for pure in (False, True):
        node, problems = read_yaml(text, "a.yaml", pure=pure)
        assert node is not None or problems
        if node is not None and not problems:
            json.dumps(node.value, allow_nan=False)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")), max_size=12)
)
_KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=15
)


@settings(max_examples=60, deadline=None)
@given(_VALUES)
def test_json_is_yaml_and_both_parsers_read_it_alike(value):
    text = json.dumps(value, ensure_ascii=False, indent=1).encode()
    node, problems = read_yaml(text, "a.yaml")
    assert problems == []
    assert node.value == value
    again, problems = read_yaml(text, "a.yaml", pure=True)
    assert problems == []
    assert again == node


BLOCKS = st.recursive(
    st.sampled_from(["1", "yes", "text here", "'q'", '"d\\n"', "2026-01-01", "~", "", "[a, {b: 1}]", "0x1f", "1.5"]),
    lambda inner: (
        st.dictionaries(st.sampled_from("abcdef"), inner, min_size=1, max_size=3) | st.lists(inner, max_size=3)
    ),
    max_leaves=10,
)


def _block(value, indent: int = 0) -> str:
    pad = " " * indent
    if isinstance(value, str):
        return f" {value}\n"
    if isinstance(value, dict):
        return "\n" + "".join(f"{pad}{key}:{_block(item, indent + 2)}" for key, item in value.items())
    if not value:
        return " []\n"
    return "\n" + "".join(f"{pad}-{_block(item, indent + 2)}" for item in value)


@settings(max_examples=60, deadline=None)
@given(BLOCKS.filter(lambda value: not isinstance(value, str)))
def test_both_parsers_read_block_style_alike(value):
    text = _block(value).encode()
    assert read_yaml(text, "a.yaml") == read_yaml(text, "a.yaml", pure=True)
