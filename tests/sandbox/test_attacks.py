"""Expressions that attack whoever evaluates them: each ends within its limit, and the next one is served at once."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator

import pytest

from integrations.core.documents import JSON
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result
from integrations.sandbox import limits as crossings
from integrations.sandbox.evaluator import Evaluator, Limits, Run

SECONDS = 0.3
MARGIN = 3.0  # of a busy machine
LIMITS = Limits(seconds=SECONDS, memory=96 * 1024 * 1024)
A = "a" * 60 + "!"


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    made = Evaluator(workers=1, limits=LIMITS)
    yield made
    made.close()


def attack(evaluator: Evaluator, expression: str, data: JSON = None, **bindings: JSON) -> Outcome:
    """What comes of it, within its time; and the same pool is as it was before."""
    started = time.monotonic()
    outcome = evaluator.evaluate(Run(expression=expression, data=data, bindings=bindings))
    assert time.monotonic() - started < SECONDS + MARGIN
    assert evaluator.evaluate(Run(expression='"still " & here', data={"here": 1})) == Result("still 1")
    if isinstance(outcome, Fault):
        assert outcome.code[0] in "DGST"
        assert len(outcome.message) < 500
        assert outcome.message.endswith((".", "?")) or outcome.code == "D3137"  # the words of `$error`
    return outcome


# What must fail, whichever limit meets it first.
ENDLESS = {
    "recursion": "($f := function($n) { 1 + $f($n + 1) }; $f(1))",
    "tail recursion": "($f := function($n) { $f($n + 1) }; $f(1))",
    "mutual recursion": "($f := function() { $g() }; $g := function() { $f() }; $f())",
    "mutual recursion that returns": "($f := function() { 1 + $g() }; $g := function() { 1 + $f() }; $f())",
    "fixed point": "($y := function($f) { $f($f) }; $y($y))",
    "recursion through $map": "($f := function($n) { $map([1, 2], $f) }; $f(1))",
    "recursion through $sort": "($f := function($a, $b) { $sort([1, 2], $f) }; $f(1, 2))",
    "recursion through $each": '($f := function($v) { $each({"a": 1}, $f) }; $f(1))',
    "recursion through $eval": '($f := "$eval($f)"; $eval($f))',
    "a range of 1e9": "[1..1e9]",
    "a range of 1e9 from below": "$count([-1e9..1e9])",
    "ranges in ranges": "[1..10000].[1..10000]",
    "ranges that multiply": "[1..5000].([1..5000].([1..5000]))",
    "string doubling": '($f := function($s) { $f($s & $s) }; $f("x"))',
    "string doubling by $reduce": '$reduce([1..64], function($s, $i) { $s & $s }, "x")',
    "array doubling": "$reduce([1..64], function($s, $i) { $append($s, $s) }, [1])",
    "arrays in arrays": "$reduce([1..64], function($s, $i) { [[$s], [$s]] }, 1)",
    "objects in objects": '$reduce([1..64], function($s, $i) { {"a": $s, "b": $s} }, 1)',
    "deep result": '$reduce([1..2000], function($s, $i) { {"a": $s} }, 1)',
    "wide pad": '$pad("x", 2e9)',
    "wide pad to the left": '$pad("x", -2e9)',
    "wide pad by a long text": '$pad("x", 2e9, "abcdef")',
    "a time of huge width": '$fromMillis(0, "[Y,*-2000000000]")',
    "a time of huge minimal width": '$fromMillis(0, "[Y,2000000000]")',
    "join that multiplies": '($s := $join([1..100000].("xxxxxxxxxx")); $join([1..1000].($s)))',
    "split that multiplies": '($s := $join([1..200000].("x")); [1..100000].($split($s, "")))',
    "replace that multiplies": '$reduce([1..64], function($s, $i) { $replace($s, "x", "xx") }, "x")',
    "regex replace that multiplies": '$reduce([1..64], function($s, $i) { $replace($s, /x/, "xx") }, "x")',
    "zip of much": "($a := [1..9000000]; $zip($a, $a, $a, $a))",
    "shuffle of much": "$shuffle([1..9000000]).$string($)",
    "spread of much": '[1..3000000].{"a": $} ~> $spread()',
    "merge of much": '$merge([1..3000000].{"k" & $: $})',
    "distinct of much": '$distinct([1..200000].{"a": $})',
    "sort of much": "[1..5000000]^(>$string($))",
    "transform in a loop": '($o := {"a": [1..1000]}; $f := function($x) { $f($x ~> |$|{"b": $x}|) }; $f($o))',
    "joins of all with all": "[1..20000]@$a.[1..20000]@$b.($a & $b)",
    "parents of all": '($x := {"a": [1..3000].{"b": [1..3000]}}; $x.a.b.{"p": %.b})',
    "regex with a lookahead": f'$match("{A}", /^(?=(a+)+$)b/)',
    "regex with a reference": f'$match("{A}", /((a+)+)\\1b/)',
    "regex with a reference in $replace": f'$replace("{A}", /((a+)+)+\\2b$/, "")',
    "regex with a reference in $split": f'$split("{A}", /((a+)+)+\\1b$/)',
    "regex with a reference in $contains": f'$contains("{A}", /((a+)+)+\\1b$/)',
    "regex with a reference in a filter": f'["{A}"][$ ~> /((a+)+)+\\1b$/]',
    "wildcards of much": "($x := [1..3000000]; $count([$x, $x].**.**.**))",
    "power": "$power(10, 400)",
    "power of powers": "$power(1e300, 1e300)",
    "root of a negative number": "$sqrt(-1)",
    "division by zero": "1 / 0",
    "multiplication out of range": "1e308 * 10",
    "a literal out of range": "1e400",
    "a sum out of range": "$sum([1e308, 1e308])",
    "a picture of a huge width": '$formatNumber(1, "0" & $pad("", 9999999, "0") & $pad("", 9999999, "0"))',
    "a picture of a number in a loop": '[1..10000000].$formatNumber($, "#,##0.00")',
    "a base that is none": "$formatBase(1, 1e9)",
    "an error in an error": "$error($pad('', 10000000, 'x') & $pad('', 10000000, 'x'))",
    "a function as the result": "function($x) { $x }",
    "functions in the result": '{"a": [$sum, $map]}',
    "a nested $eval": "$eval(" * 60 + '"1"' + ")" * 60 + " + $f()",
    "$eval of much": "$eval($join([1..100000].('1+')) & '1')",
}


@pytest.mark.parametrize("expression", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_would_never_end_or_fit_is_a_fault(evaluator: Evaluator, expression: str):
    assert isinstance(attack(evaluator, expression), Fault)


# What may succeed or fail, but has to end.
HARD = {
    "a range of 1e7": "$count([1..1e7])",
    "a sum of a range of 1e7": "$sum([1..1e7])",
    "10,000 parentheses": "(" * 10_000 + "1" + ")" * 10_000,
    "10,000 brackets": "[" * 10_000 + "1" + "]" * 10_000,
    "10,000 functions": "function(){" * 5_000 + "1" + "}" * 5_000,
    "10,000 minus signs": "-" * 10_000 + "1",
    "10,000 filters": "a" + "[0]" * 10_000,
    "10,000 steps": "a" + ".a" * 10_000,
    "10,000 conditions": "1 ? " * 10_000 + "1",
    "10,000 defaults": "a ?: " * 10_000 + "1",
    "a chain of 10,000 terms": "+".join(["1"] * 10_000),
    "a chain of 10,000 texts": "&".join(["1"] * 10_000),
    "10,000 pipes": "1" + " ~> $string" * 5_000,
    "10,000 assignments": "(" + ";".join(f"$a{n} := {n}" for n in range(5_000)) + ")",
    "65,536 characters": '"' + "x" * 65_534 + '"',
    "65,537 characters": '"' + "x" * 65_535 + '"',
    "a huge number": "1" * 60_000,
    "a huge base": "$formatBase($power(2, 1023), 2)",
    "a huge formatted number": '$formatNumber(1e308, "#,##0.00")',
    "a huge integer in words": '$formatInteger(1e300, "w")',
    "a huge integer in letters": '$formatInteger(1e15, "a")',
    "a huge integer in Roman numbers": '$formatInteger(1e12, "I")',
    "a huge number rounded": "$round(1e308, -400)",
    "a number rounded to many digits": "$round(1.5, 1000000000)",
    "a time beyond the calendar": "$fromMillis(1e300)",
    "a time of huge years": '$toMillis("99999999999-01-01T00:00:00Z")',
    "a range between floats": "[1.5..3]",
    "a negative index of huge size": "[1, 2][-1e300]",
    "a regex that RE2 can take": f'$match("{A}", /(a+)+$/)',
    "a regex with large repetitions": f'$match("{A}", /((a{{0,100}}){{0,100}}){{0,100}}b/)',
    "many alternatives": f'$match("{A}", /{"|".join(["a?"] * 500)}b/)',
    "an empty match": '$replace("aaaa", /x*/, "b")',
    "a lookbehind of any width": '$match("a", /(?<=a*)a/)',
    "a component that is none": '$fromMillis(0, "[Q]")',
    "an unclosed comment": "1 /* " + "*" * 60_000,
    "an unclosed text": '"' + "\\\\" * 30_000,
    "only quotes": "`" * 9_999,
    "a zero character": "\0",
    "right to left": "\u202e1 + 1",
}


@pytest.mark.parametrize("expression", HARD.values(), ids=HARD.keys())
def test_what_is_hard_ends_with_a_result_or_a_fault(evaluator: Evaluator, expression: str):
    attack(evaluator, expression)


NAMES = [
    *("__class__", "__proto__", "constructor", "prototype", "__dict__", "__globals__", "__builtins__", "__init__"),
    *("__subclasses__", "__mro__", "toString", "valueOf", "hasOwnProperty", "__import__", "gi_frame", "outer", "keep"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "around",
    ["{}", "a.{}", "$.{}", "'text'.{}", "[1].{}", "$string.{}", "$lookup(a, '{}')", "$lookup($, '{}')", "a.*.{}"],
)
def test_no_attribute_of_the_engine_can_be_reached(evaluator: Evaluator, name: str, around: str):
    outcome = attack(evaluator, around.format(name), {"a": {"b": 1}})
    assert outcome == UNDEFINED or isinstance(outcome, Fault)


@pytest.mark.parametrize("name", ["__proto__", "constructor", "__class__"])
def test_such_names_are_fields_like_any_other_where_the_input_has_them(evaluator: Evaluator, name: str):
    assert attack(evaluator, name, {name: 1}) == Result(1)
    made = attack(evaluator, f'{{"{name}": {{"polluted": 1}}}}.polluted')
    assert made == UNDEFINED or isinstance(made, Fault)
    assert attack(evaluator, "polluted", {}) == UNDEFINED
    assert attack(evaluator, f"${name}") == UNDEFINED


@pytest.mark.parametrize(
    "text",
    ["{0.__class__}", "%s%s%s%n", "{}", "{value}", "%(x)s", "${jndi:x}", "$1$2$99", "\\1\\g<0>", "{0!r:>9999999}"],
)
@pytest.mark.parametrize(
    "around",
    ["'{}'", "$error('{}')", "$replace('aa', /(a)/, '{}')", "$number('{}')", "$toMillis('x', '{}')", "$x('{}')"],
)
def test_text_is_never_taken_for_a_format(evaluator: Evaluator, text: str, around: str):
    outcome = attack(evaluator, around.replace("{}", text.replace("\\", "\\\\")))
    assert "<class" not in str(outcome)
    assert len(str(outcome)) < 1_000


SWITCHES = [
    "$__evaluate_entry := function($x) { 1 }",
    "$__evaluate_exit := 1",
    "$__evaluate_error := 1",
    "$__create_frame_push := 1",
    "$__timeout := 1e9",
    "$timeout := 1e9",
    "$depth := 1e9",
    "$string := $uppercase",
    "$now := 1",
]


@pytest.mark.parametrize("switch", SWITCHES)
def test_no_assignment_switches_a_limit_off(evaluator: Evaluator, switch: str):
    loop = "$f := function($n) { $f($n + 1) }; $f(1)"
    for expression in (f"({switch}; {loop})", f"($eval('{switch}'); {loop})"):
        assert isinstance(attack(evaluator, expression), Fault)
    deep = "$g := function($n) { 1 + $g($n) }; $g(1)"
    assert isinstance(attack(evaluator, f"({switch}; {deep})"), Fault)


@pytest.mark.parametrize("name", ["__evaluate_entry", "__evaluate_exit", "__evaluate_error", "sum", "", "$", "a b"])
def test_no_binding_switches_a_limit_off(evaluator: Evaluator, name: str):
    loop = "($f := function($n) { $f($n + 1) }; $f(1))"
    assert isinstance(attack(evaluator, loop, None, **{name: "x"}), Fault)


class TestInputs:
    def test_a_huge_one_is_refused(self, evaluator: Evaluator):
        outcome = attack(evaluator, "$", "x" * 50_000_000)
        assert isinstance(outcome, Fault)
        assert outcome.code == crossings.INPUT_TOO_LARGE

    def test_a_deep_one_is_refused(self, evaluator: Evaluator):
        value: list[JSON] = []
        for _ in range(900):
            value = [value]
        outcome = attack(evaluator, "$", value)
        assert isinstance(outcome, Fault)
        assert outcome.code == crossings.INPUT_NOT_TAKEN

    @pytest.mark.parametrize(
        "number", [10**400, -(10**308) * 2, 2**64, 1e308, 5e-324], ids=["1e400", "-2e308", "2**64", "1e308", "5e-324"]
    )
    def test_huge_numbers_end(self, evaluator: Evaluator, number: float):
        for expression in ("$", "$ + 1", "$string($)", "$power($, 2)", "$formatBase($, 2)", "[0..$]", "$ % 7"):
            attack(evaluator, expression, number)

    def test_many_keys_that_collide_end(self, evaluator: Evaluator):
        attack(evaluator, "$count($keys($))", {f"k{n}": n for n in range(50_000)})


class TestNothingIsLeftBehind:
    """One worker evaluates one after the other; what the first did, the second must not see."""

    @pytest.mark.parametrize(
        ("first", "second", "expected"),
        [
            ("$leak := 1", "$leak", UNDEFINED),
            ("($leak := 1; $leak)", "$leak", UNDEFINED),
            ("$eval('$leak := 1')", "$leak", UNDEFINED),
            ("($eval('($leak := 1)'); $eval('$leak := 2'))", "$eval('$leak')", UNDEFINED),
            ("$leak := function() { 1 }", "$leak", UNDEFINED),
            ("$sum := function($x) { 666 }", "$sum([1, 2])", Result(3)),
            ("($string := $uppercase; $eval('$sum := $max'))", "$string($sum([1, 2]))", Result("3")),
            ("$eval('$map := 1')", "$map([1, 2], function($x) { $x + 1 })", Result([2, 3])),
            ("$$ := 1", "$$", Result({"a": [1]})),
            ("$ ~> |$|{'leak': 1}|", "leak", UNDEFINED),
            ("a[0] := 1", "a", Result([1])),
            ("$match('a', /a/)", "$match('b', /a/)", UNDEFINED),
            (
                "($f := function($n) { 1 + $f($n) }; $f(1))",
                "($f := function($n) { $n ? 1 + $f($n - 1) : 0 }; $f(90))",
                90,
            ),
            ("[1..1e9]", "$count([1..100000])", Result(100_000)),
        ],
    )
    @pytest.mark.parametrize("again", [1, 3])
    def test_of_what_the_first_set(self, evaluator: Evaluator, first: str, second: str, expected: object, again: int):
        data = {"a": [1]}
        runs = [Run(expression=first, data=data)] * again + [Run(expression=second, data=data)]
        wanted = expected if not isinstance(expected, int) else Result(expected)
        assert evaluator.evaluate_many(runs)[-1] == wanted

    def test_of_a_cached_expression(self, evaluator: Evaluator):
        runs = [Run(expression="($x := $x + n; $x)", data={"n": n}, bindings={"x": 1}) for n in range(200)]
        assert evaluator.evaluate_many(runs) == [Result(n + 1) for n in range(200)]

    def test_of_bindings(self, evaluator: Evaluator):
        runs = [Run(expression="$secret", bindings={"secret": "x"}), Run(expression="$secret")]
        assert evaluator.evaluate_many(runs) == [Result("x"), UNDEFINED]

    def test_of_the_clock(self, evaluator: Evaluator):
        first = evaluator.evaluate(Run(expression="$millis()"))
        time.sleep(0.02)
        second = evaluator.evaluate(Run(expression="$millis()"))
        assert isinstance(first, Result)
        assert isinstance(second, Result)
        assert second.value - first.value >= 15

    def test_of_chance_in_two_workers(self, evaluator: Evaluator):
        drawn = set()
        for _ in range(3):
            made = evaluator.evaluate_many([Run(expression="$random()")] * 2)
            drawn |= {one.value for one in made if isinstance(one, Result)}
            evaluator.evaluate(Run(expression=ENDLESS["regex with a lookahead"]), limits=Limits(seconds=0.05))
        assert len(drawn) == 6

    def test_of_depth_and_time_after_every_kind_of_end(self, evaluator: Evaluator):
        for name in ("recursion", "tail recursion", "power", "deep result", "recursion through $eval"):
            attack(evaluator, ENDLESS[name])
            deep = "($f := function($n) { $n ? 1 + $f($n - 1) : 0 }; $f(100))"
            assert evaluator.evaluate(Run(expression=deep)) == Result(100)


def test_after_kills_the_next_request_is_served_within_100_ms(evaluator: Evaluator):
    waits = []
    for _ in range(9):
        run = Run(expression=ENDLESS["regex with a lookahead"])
        assert isinstance(evaluator.evaluate(run, limits=Limits(seconds=0.05)), Fault)
        started = time.monotonic()
        assert evaluator.evaluate(Run(expression="1")) == Result(1)
        waits.append(time.monotonic() - started)
    assert statistics.median(waits) < 0.1


def test_others_are_answered_while_attacks_run():
    """One attacker, one who works: two workers."""
    made = Evaluator(workers=2, limits=LIMITS)
    made.evaluate(Run(expression="1"))
    done = threading.Event()

    def keep_attacking() -> None:
        for name in ("regex with a reference", "ranges that multiply", "tail recursion", "string doubling"):
            made.evaluate(Run(expression=ENDLESS[name]))
        done.set()

    thread = threading.Thread(target=keep_attacking)
    thread.start()
    waits = []
    while not done.is_set():
        started = time.monotonic()
        assert made.evaluate(Run(expression="a + 1", data={"a": 1})) == Result(2)
        waits.append(time.monotonic() - started)
        time.sleep(0.005)
    thread.join()
    made.close()
    assert len(waits) > 20
    assert statistics.median(waits) < 0.1
