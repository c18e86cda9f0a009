"""The engine: what it gives is the reference's, whatever is asked; it ends within its bounds; nothing is shared."""

from __future__ import annotations

import copy
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from integrations.core.expressions import Limits, evaluate
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result

DATA: dict[str, Any] = {
    "a": 1,
    "c": [1, 2, 3],
    "s": "Hello",
    "big": 12345678901234567890,
    "nothing": None,
    "d": {"g": [{"h": 1}, {"h": 2}]},
}
NOW = 1_709_210_096_789


def run(text: str, data: Any = DATA, bindings: dict[str, Any] | None = None, **limits: Any) -> Outcome:
    return evaluate(text, data, bindings, limits=Limits(**limits), clock=time.monotonic, now=NOW)


def value(text: str, data: Any = DATA, bindings: dict[str, Any] | None = None) -> Any:
    given = run(text, data, bindings)
    assert isinstance(given, Result), given
    return given.value


def fault(text: str, data: Any = DATA, **limits: Any) -> Fault:
    given = run(text, data, **limits)
    assert isinstance(given, Fault), given
    return given


# Each differs in jsonata-python 0.7.1; the values are those of jsonata 2.2.2 in Node.
CORRECTED = [
    ("$string(1234567890123456)", "1234567890123456"),
    ('"" & 9007199254740991', "9007199254740991"),
    ("$string(0.1+0.2)", "0.3"),
    ("$string(1e21)", "1e+21"),
    ("$string(1e-7)", "1e-7"),
    ("c[-1] ?: 5", 3),
    ("c[-1] ?? 5", 3),
    ("c[1] ?? 5", 2),
    ("[-1] ?? 2", [-1]),
    (r'$replace("a1b2", /(\d)/, function($m) { "<" & $m.groups[0] & ">" })', "a<1>b<2>"),
    ('$formatNumber(0.125, "0.00")', "0.12"),
    ('$formatNumber(1.005, "0.00")', "1.00"),
    ("$round(2.5)", 2),
    ("$round(1.005, 2)", 1),
    ("5.5 % 2", 1.5),
    ('$base64encode("héllo")', "aOlsbG8="),
    ('$match("😀ab", /a/).index', 2),
    ('$length("😀a")', 2),
    (r'$contains("é", /\w/)', False),
    (r'$contains("a\u00a0b", /\s/)', True),
    ('$match("l1\\n", /l1$/)', None),
    ('$decodeUrl("%2F%20")', "%2F "),
    ('$toMillis("2024Z")', 1704067200000),
    ('$string({"b": 1, "2": 2, "1": 3})', '{"1":3,"2":2,"b":1}'),
    ("$string($sum)", ""),
    ("1e300 * 10", 1e301),
    ("true = 1", False),
    ("1 in [true]", False),
]


@pytest.mark.parametrize(("text", "expected"), CORRECTED)
def test_what_the_library_gets_wrong_is_as_in_the_reference(text: str, expected: Any):
    given = run(text)
    assert given == (UNDEFINED if expected is None else Result(expected))


@pytest.mark.parametrize(
    ("text", "code", "token", "position"),
    [
        ('1 + $number("1_000")', "D3030", "number", 4),
        ('$number("")', "D3030", "number", 0),
        ('$toMillis("bad")', "D3110", "toMillis", 0),
        ('a +\n  "x"', "T2002", "+", 2),
        ("1 + (😀 := 1)", "S0212", None, 5),
        ("$substring(1)", "T0411", "substring", 0),
        ('$decodeUrl("%E0%A4%A")', "D3140", "decodeUrl", 0),
        ("nope()", "T1006", "nope", 0),
        ("sum(c)", "T1005", "sum", 0),
        ("$notthere(1)", "T1006", "notthere", 0),
        ("{a: 1}", "T1003", None, 0),
        ("$sift()", "T1006", "sift", 0),
        ("1 !", "S0204", None, 2),
        ("/* a", "S0106", None, 0),
        ('$replace("abc", /x*/, "-")', "D1004", "replace", 0),
        ("$sum", "G0007", None, None),
        ("1/0", "D1001", None, None),
        ('$string("\\ud83d")', "G0007", None, None),
    ],
)
def test_an_error_has_the_code_of_the_reference_and_the_place_of_its_token(
    text: str, code: str, token: str | None, position: int | None
):
    given = fault(text)
    assert (given.code, given.token, given.position) == (code, token, position)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("$upercase(s)", "$upercase is no function. Was $uppercase meant?"),
        ("$foo(1)", "There is no function $foo."),
        ("$foo(?, 1)", "There is no function $foo."),
        ("($toLabel := function($x) { 1 }; $tolabel(2))", "$tolabel is no function. Was $toLabel meant?"),
        ("($f := function($x) { $upcase($x) }; $f(1))", "$upcase is no function. Was $uppercase meant?"),
        ("($x := 1; $x(2))", "$x is no function: it holds 1."),
        ("UPPER(s)", "UPPER is no function: functions begin with $, such as $uppercase."),
        ("LEN(s)", "LEN is no function: functions begin with $, such as $length."),
        ("IF(a, 1, 2)", "IF is no function: functions begin with $, such as $uppercase."),
        ("sum(c)", "sum is no function. Was $sum meant?"),
        ("3(1)", "This is no function, hence it cannot be called."),
        ("$uppercase(false)", "$uppercase needs a text as its first argument, not false."),
        ("c ~> $uppercase", "$uppercase needs a text as its first argument, not an array."),
        ("$map(c, $uppercase)", "$uppercase needs a text as its first argument, not 1."),
        ("$formatNumber(s, '0')", '$formatNumber needs a number as its first argument, not "Hello".'),
        ("$map(c, zz)", "$map needs a function as its second argument, and is given nothing."),
        ("$number({})", "$number needs a number, a text, or true or false as its first argument, not an object."),
        ("$substring('a', 1, 2, 3)", "$substring takes at most 3 arguments, and 4 are given."),
        ("$uppercase('a', 'b')", "$uppercase takes one argument, and 2 are given."),
        ("$millis(1)", "$millis takes no arguments."),
        ("$length()", "$length needs a text as its first argument: none is given, and the context is an object."),
        ("$sum('a')", '$sum needs an array of numbers as its first argument, not "a".'),
        (
            "$sum([1, 'b'])",
            '$sum needs an array of numbers as its first argument, and one of the items is "b".',
        ),
        ("function($x)<n:n>{$x}('a')", 'The function needs a number as its first argument, not "a".'),
        ("($f := function($x)<n:n>{$x}; 1 + $f('a'))", '$f needs a number as its first argument, not "a".'),
        ("$map(['a'], function($x)<n:n>{$x})", 'The function needs a number as its first argument, not "a".'),
    ],
)
def test_a_call_that_cannot_be_made_is_told_by_names(text: str, sentence: str):
    assert fault(text).message == sentence


@pytest.mark.parametrize(("text", "position"), [('{"a":\n  UPPER(s)}', 8), ("d.g.nope(1)", 4), ("(1; d.nope(1))", 6)])
def test_a_bare_name_that_is_called_is_found_where_it_stands(text: str, position: int):
    given = fault(text)
    assert (given.code, given.position) == ("T1006", position)


def test_a_long_name_is_shown_in_part():
    assert len(fault(f"${'x' * 5000}(1)").message) < 100
    assert len(fault(f"{'x' * 5000}(1)").message) < 150


def test_what_evaluates_itself_over_and_over_ends_with_a_short_sentence():
    given = fault("($f := function($n) { 1 + $eval('$f($n + 1)') }; $f(1))", depth=100_000)
    assert given.code in {"D1011", "D3121"}
    assert len(given.message) < 300


def test_a_fraction_has_no_more_places_than_in_the_reference():
    assert fault(f"$formatNumber(1.5, '0.{'0' * 101}')").code == "D1001"


def test_a_place_is_told_by_line_and_column():
    given = fault('"😀" &\n  (a < "x")')
    assert (given.line, given.column, given.position) == (2, 6, 11)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("($f := function($n) { 1 + $f($n) }; $f(1))", {"D1011"}),
        ("($f := function() { $f() }; $f())", {"D1012"}),
        ("[1..1000000000]", {"D2014"}),
        ("$pad('x', 2e9)", {"G0006"}),
        ("$fromMillis(0, '[Y,2000000000]')", {"G0006"}),
        ("($s := 'x'; $d := function($n) { $n = 0 ? $s : ($d($n - 1) & $d($n - 1)) }; $d(60))", {"D1012", "G0006"}),
        ("$map([1..1000000], function($x) { $x * $x })", {"D1012"}),
        ("$eval('$eval(\"($f := function() { $f() }; $f())\")')", {"D1012"}),
        ("$sort([1..500000], function($a, $b) { $a < $b })", {"D1012"}),
        ("$reduce([1..100000], function($a, $b) { $append($a, $a) })", {"D2015", "D1012"}),
    ],
)
def test_what_would_run_away_ends_in_time_with_a_fault(text: str, codes: set[str]):
    started = time.monotonic()
    assert fault(text, seconds=0.3, items=1_000_000).code in codes
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "($__evaluate_entry := 1; $__evaluate_exit := 1; $f := function() { $f() }; $f())",
        "($clock := 0; $f := function() { $f() }; $f())",
    ],
)
def test_no_variable_switches_a_bound_off(text: str):
    assert fault(text, seconds=0.1).code == "D1012"


def test_the_clock_starts_with_the_evaluation():
    run("1")
    time.sleep(0.05)
    assert run("1", seconds=0.04) == Result(1)


def test_depth_starts_anew_after_a_fault():
    text = "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(n))"
    assert fault(text, {"n": 1000}).code == "D1011"
    assert run(text, {"n": 100}) == Result(100)


def test_now_is_the_time_that_is_given():
    assert value("$now()") == "2024-02-29T12:34:56.789Z"
    assert evaluate("$millis()", limits=Limits(), clock=time.monotonic, now=5) == Result(5)


def test_one_evaluation_knows_nothing_of_another():
    run("$secret := 42", bindings={"other": 1})
    assert run("$secret") == run("$other") == UNDEFINED


def test_a_binding_may_take_the_name_of_a_function():
    assert value("$sum", bindings={"sum": 5}) == 5
    given = run("$sum(c)", bindings={"sum": 5})
    assert isinstance(given, Fault)
    assert given.code == "T1006"
    assert value("$sum(c)") == sum(DATA["c"])


@pytest.mark.parametrize("text", ["d", "$", "$$.d.g", "**", "d.g[0]", "$v", "[$v]", "$merge([d, $v])"])
def test_a_result_shares_nothing_with_what_was_given(text: str):
    data, bindings = copy.deepcopy(DATA), {"v": {"w": [1]}}
    given = run(text, data, bindings)
    assert isinstance(given, Result)
    _spoil(given.value)
    assert (data, bindings) == (DATA, {"v": {"w": [1]}})


def _spoil(given: Any) -> None:
    for item in list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else ():
        _spoil(item)
    if isinstance(given, (dict, list)):
        given.clear()


@pytest.mark.parametrize(
    "text", ["$ ~> |$$.d|{'x': 1}|", "$ ~> |d.g|{'z': $$.d}, 'h'|", "$eval('$ ~> |$$.d|{\"x\": 1}|')"]
)
def test_a_transform_changes_a_copy(text: str):
    data = copy.deepcopy(DATA)
    run(text, data)
    assert data == DATA


def test_integers_pass_through_exactly_and_count_as_doubles():
    assert value("big") == DATA["big"]
    assert value("$string(big)") == "12345678901234567000"
    assert value("big = 12345678901234567891") is True
    assert value("9007199254740992 + 1") == 9007199254740992


def test_null_is_not_undefined():
    assert run("nothing") == Result(None)
    assert run("missing") == UNDEFINED
    assert evaluate("$", limits=Limits(), clock=time.monotonic, now=0) == UNDEFINED
    assert value('{"a": missing, "b": nothing}') == {"b": None}


_TOKENS = [
    "a", "c", "d.g", "$", "$$", "%", "*", "**", ".", "[", "]", "{", "}", "(", ")", ",", ";", ":", ":=", "?",
    "?:", "??", "~>", "@$x", "#$i", "^(", "<", ">", "=", "!=", "in", "and", "or", "+", "-", "/", "&", "..", "|",
    "1", "0", "-1", "1e400", '"x"', "'", "`b`", "/a+/", "/(a|b)/i", "null", "true", "function($x){",
    "λ($x)<n:n>{", "$sum(", "$map(", "$string(", "$eval(", "$sort(", "$fromMillis(", "$toMillis(", '"[Y]"',
    "$formatNumber(", '"#0.0"', "$split(", "$match(", "$replace(", "$pad(", "!", "~", "/*", "*/", "\n", "😀",
    "\\", "$__evaluate_entry", "__class__", "__proto__",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_TOKENS), max_size=14).map(" ".join))
def test_any_text_gives_an_outcome_and_the_same_again(text: str):
    data = copy.deepcopy(DATA)
    first, second = run(text, data, seconds=0.5, items=100_000), run(text, data, seconds=0.5, items=100_000)
    assert data == DATA
    if not (isinstance(first, Fault) and first.code == "D1012"):
        assert first == second
    if isinstance(first, Result):
        json.dumps(first.value, allow_nan=False)
    elif isinstance(first, Fault):
        assert first.code != "G0005", first


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_JSON)
def test_any_input_passes_through_as_it_is(data: Any):
    given = value("$", data)
    assert as_doubles(given) == as_doubles(data)


def as_doubles(data: Any) -> Any:
    """Numbers as JavaScript has them: 1 and 1.0 are one."""
    return json.loads(json.dumps(data), parse_int=float)


PAGE = Path(__file__).parents[2] / "docs" / "jsonata.md"
EXAMPLES = [json.loads(text) for text in re.findall(r"```json example\n(.*?)```", PAGE.read_text(), re.DOTALL)]


def test_the_page_has_its_examples():
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["expression"])
def test_an_example_of_the_page_holds(example: dict[str, Any]):
    assert value(example["expression"], example.get("input")) == example["result"]
