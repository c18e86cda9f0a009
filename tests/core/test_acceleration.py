"""What a faster engine may be asked for at all: nothing that chance, time or the engine has a say in."""

import pytest

from integrations.core.acceleration import is_doubtful, is_eligible
from tests.bench.contacts import mapping


@pytest.mark.parametrize(
    "text",
    [
        mapping(),
        '{"id": response.Id, "tags": response.Tags[Active = true].Name}',
        "$sum(response.lines.($number := price; $number * 100))",
        "response.price / 100",
        "($down := function($n) {$n > 0 ? $down($n - 1) : 0}; $down(2))",
        '$map(response.a, function($now) {$now & "x"})',
    ],
)
def test_what_both_engines_agree_on_qualifies(text):
    assert is_eligible(text)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "$random()",
        "a.$now()",
        "($r := $random; $r())",
        "$map(a, $random)",
        "a ~> $shuffle",
        '$eval("1")',
        "$clone(a)",
        "$encodeUrl(a)",
        "$$.(($random := 1); $random())",
        "$unknown",
        "a[b = /x/]",
        "a ~> |b|{}|",
        "a^(b)",
        "a.%.b",
        "a@$x.b",
        "a#$i.b",
        "**.a",
        "a * b",
        "a / b",
        "a % 0",
        "[1..a]",
        "1e20",
        '{"1": a}',
        "a{$string(b): c}",
    ],
)
def test_the_rest_does_not(text):
    assert not is_eligible(text)


@pytest.mark.parametrize(
    "data", [b'{"a":9007199254740993}', b'{"a":1e21}', b"[-1.5e-7]", b'{"12":1}', '"\N{GRINNING FACE}"'.encode()]
)
def test_an_input_that_is_not_the_same_to_both_is_in_doubt(data):
    assert is_doubtful(data)


def test_usual_inputs_are_not():
    assert not is_doubtful('{"Id":"003Ql0000000001IAV","n":-12.5,"city":"Zürich","a1":[1,true,null]}'.encode())
