"""evaluate: one expression, a batch of them, and a mapping of a connection leaf by leaf."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from console.management.batch import LONGEST_LINE
from tests.commands.running import run
from tests.web.sampled import CONTACT, DYNAMIC, FAILING, LIST, MAPPING, OF_ACME, SAMPLES, with_expression

ROOT = Path(__file__).parents[2]
CONNECTION = ("--account=acme-corp", "--integration=salesforce", "--env=production")


@pytest.fixture
def write(tmp_path):
    """Writes a file: text as it is, bytes too, anything else as JSON; gives its path."""

    def make(content, name="input.json"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return make


@pytest.fixture
def stdin(monkeypatch):
    """Puts text on standard input."""

    def give(text):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))

    return give


# --- one expression ----------------------------------------------------------------------------------------
def test_a_result_is_printed_as_json(write):
    ran = run(
        "evaluate", '--expression={"name": first & " " & last}', f"--input={write({'first': 'Åsa', 'last': 'B'})}"
    )
    assert (ran.json, ran.err, ran.code) == ({"name": "Åsa B"}, "", 0)
    assert "Åsa" in ran.out


def test_an_expression_may_stand_in_a_file_and_variables_in_another(write):
    expression = write("$region & response.Id\n", "expression.jsonata")
    arguments = (f"--input={write({'response': {'Id': 7}})}", f"--bindings={write({'region': 'eu-'}, 'bindings.json')}")
    assert run("evaluate", f"--file={expression}", *arguments).json == "eu-7"


def test_input_may_come_on_standard_input(stdin):
    stdin('{"a": [1, 2, 3]}')
    assert run("evaluate", "--expression=$sum(a)", "--input=-").json == 6


def test_without_input_the_input_is_undefined_which_is_not_null(write):
    assert run("evaluate", "--expression=$exists($)").json is False
    assert run("evaluate", "--expression=$exists($)", f"--input={write('null')}").json is True


def test_undefined_prints_nothing_and_says_so_in_json():
    assert run("evaluate", "--expression=nothing").out.strip() == ""
    ran = run("evaluate", "--expression=nothing", "--format=json")
    assert (ran.json, ran.code) == ({"undefined": True}, 0)


def test_null_is_a_result():
    assert run("evaluate", "--expression=null").json is None
    assert run("evaluate", "--expression=null", "--format=json").json == {"result": None}


def test_an_error_has_code_message_line_and_column_and_points_at_the_place():
    ran = run("evaluate", '--expression={\n  "a": 1 +\n}')
    assert (ran.out, ran.code) == ("", 1)
    place, pointed, mark = ran.err.splitlines()
    assert place.startswith("3:1: ")
    assert place.endswith("[S0211]")
    assert pointed.index("}") == mark.index("^")


def test_an_expression_that_stopped_itself_says_why():
    ran = run("evaluate", "--expression=$error('Too expensive')", "--format=json")
    assert (ran.json["error"]["code"], ran.json["error"]["message"]) == ("D3137", "Too expensive")


def test_an_error_in_a_file_names_the_file(write):
    name = write("1 + 'a'", "e.jsonata")
    ran = run("evaluate", f"--file={name}")
    assert ran.code == 1
    assert ran.err.startswith(f"{name}:1:")


def test_an_error_in_json():
    ran = run("evaluate", '--expression=1 + "a"', "--format=json")
    assert ran.code == 1
    assert set(ran.json) == {"error"}
    assert set(ran.json["error"]) == {"code", "message", "position", "line", "column", "token"}
    assert (ran.json["error"]["code"], ran.json["error"]["line"]) == ("T2002", 1)


def test_an_expression_that_never_ends_is_ended():
    ran = run("evaluate", "--expression=($f := function($n) {$f($n + 1)}; $f(0))", "--format=json")
    assert ran.code == 1
    assert ran.json["error"]["code"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "This is not JSON: "),
        ("[NaN]", "NaN is no number of it."),
        ("1e999", "The number 1e999 is too large."),
        (b"\xff", "This is not UTF-8: byte 1 is 0xff."),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_input_that_is_no_json_is_refused(write, content, sentence):
    ran = run("evaluate", "--expression=$", f"--input={write(content)}")
    assert (ran.out, ran.code) == ("", 1)
    assert sentence in ran.err


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    for name in ("absent.json", "."):
        ran = run("evaluate", "--expression=$", f"--input={tmp_path / name}")
        assert ran.code == 1
        assert "cannot be read" in ran.err


def test_bindings_are_an_object(write):
    ran = run("evaluate", "--expression=$", f"--bindings={write([1])}")
    assert ran.code == 1
    assert "bindings are an object" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--expression=1", "--file=x"],
        ["--expression=1", "--env=production"],
        ["--expression=1", "--sample=x"],
        ["--batch=x", "--input=y"],
        ["--expression=$", "--input=-", "--bindings=-"],
        ["--account=acme-corp", "--integration=salesforce"],
        [*CONNECTION, "--mapping=crm/contacts/list"],
        [*CONNECTION, "--input=x"],
        [*CONNECTION, "--sample=x", "--input=y"],
        [*CONNECTION, "--sample=x", "--bindings=y"],
        [*CONNECTION, "--mapping=crm/contacts/list", "--part=nothing", "--sample=x"],
    ],
)
def test_arguments_that_make_no_sense_together_are_refused(arguments):
    assert _status(arguments) not in {0, None}


def _status(arguments):
    ran = run("evaluate", *arguments)
    return ran.code


def test_it_needs_no_database(tmp_path, write):
    environment = {
        "PATH": os.environ["PATH"],
        "GLASSHOUSE_DATA": str(tmp_path / "data"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3",
        "SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789",
    }
    lines = write('{"id": 1, "expression": "1 + 1"}\n', "batch.jsonl")
    for arguments, expected in ((["--expression=1 + 1"], 2), ([f"--batch={lines}"], {"id": 1, "result": 2})):
        ran = subprocess.run(
            [sys.executable, "manage.py", "evaluate", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout) == expected


# --- a batch -------------------------------------------------------------------------------------------------
def batch(write, *lines):
    """The answers to these lines: texts as they are, anything else as JSON."""
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    ran = run("evaluate", f"--batch={write(text, 'batch.jsonl')}")
    assert (ran.err, ran.code) == ("", 0)
    return [json.loads(line) for line in ran.out.splitlines()]


def test_each_line_is_answered_in_order(write):
    found = batch(
        write,
        {"id": "a", "expression": "x + $y", "input": {"x": 1}, "bindings": {"y": 2}},
        {"id": {"any": ["value"]}, "expression": "nothing"},
        {"id": None, "expression": "null"},
        {"id": 4, "expression": "1 + 'a'"},
        {"id": 5, "expression": "$exists($)"},
        {"id": 6, "expression": "$exists($)", "input": None},
    )
    assert found[:3] == [
        {"id": "a", "result": 3},
        {"id": {"any": ["value"]}, "undefined": True},
        {"id": None, "result": None},
    ]
    assert set(found[3]) == {"id", "error"}
    assert (found[3]["id"], found[3]["error"]["code"]) == (4, "T2002")
    assert found[4:] == [{"id": 5, "result": False}, {"id": 6, "result": True}]


@pytest.mark.parametrize(
    ("line", "known", "sentence"),
    [
        ("{nonsense", None, "Line 2 cannot be read. This is not JSON: "),
        ("[1]", None, "Line 2 is not an object"),
        ({"expression": "1"}, None, "Line 2 has no id"),
        ({"id": 7}, 7, "Line 2 needs an expression"),
        ({"id": 7, "expression": 1}, 7, "Line 2 needs an expression"),
        ({"id": 7, "expression": "1", "bindings": []}, 7, "Line 2 has bindings that are no object"),
        ({"id": 7, "expression": "1", "inputs": 1}, 7, "Line 2 has the key “inputs”"),
    ],
)
def test_a_bad_line_is_an_error_with_its_number_and_stops_nothing(write, line, known, sentence):
    good = {"id": "good", "expression": "1"}
    before, bad, after = batch(write, good, line, good)
    assert before == after == {"id": "good", "result": 1}
    assert set(bad) == {"id", "line", "error"}
    assert (bad["id"], bad["line"], bad["error"]["code"]) == (known, 2, "G0022")
    assert bad["error"]["message"].startswith(sentence)


def test_blank_lines_are_counted_but_not_answered(write):
    assert [answer.get("line") for answer in batch(write, "", "  ", {"id": 1, "expression": "1"}, "", "x")] == [None, 5]


def test_a_line_that_is_too_long_is_an_error_and_stops_nothing(write, monkeypatch):
    monkeypatch.setattr("console.management.batch.LONGEST_LINE", 1 << 20)
    long = json.dumps({"id": 1, "expression": "1", "input": "x" * (3 << 20)})
    found = batch(write, long, {"id": 2, "expression": "2"}, long)
    assert [answer.get("line") for answer in found] == [1, None, 3]
    assert found[1] == {"id": 2, "result": 2}
    assert LONGEST_LINE > 1 << 20


def test_a_line_that_runs_away_spoils_no_other(write):
    endless = {"id": "endless", "expression": "($f := function() {$f()}; $f())"}
    found = batch(write, {"id": 1, "expression": "1"}, endless, {"id": 2, "expression": "2"})
    assert [answer["id"] for answer in found] == [1, "endless", 2]
    assert found[1]["error"]["code"]
    assert (found[0]["result"], found[2]["result"]) == (1, 2)


def test_half_of_a_surrogate_pair_is_an_error_wherever_it_stands(write):
    good = {"id": "good", "expression": "1"}
    halves = [
        {"id": 1, "expression": "'\ud800'"},
        {"id": 2, "expression": "$", "input": "\ud800"},
        {"id": 3, "expression": "$x", "bindings": {"x": ["\udc00"]}},
        {"id": "\ud800", "expression": "1 +"},
    ]
    found = batch(write, *halves, good)
    assert [answer["id"] for answer in found] == [1, 2, 3, "\ud800", "good"]
    assert ["error" in answer for answer in found] == [True, True, True, True, False]


def test_thousands_of_lines_are_answered_each_once(write):
    lines = [{"id": number, "expression": "$ * 2", "input": number} for number in range(3000)]
    assert batch(write, *lines) == [{"id": number, "result": 2 * number} for number in range(3000)]


def test_a_line_is_answered_before_the_next_is_written():
    process = subprocess.Popen(
        [sys.executable, "manage.py", "evaluate", "--batch=-"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "expression": "$", "input": [number]}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"id": number, "result": [number]}
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0


# --- a mapping -------------------------------------------------------------------------------------------------
PLATFORM = "integrations/mappings/salesforce_contacts.jsonata"
ACCOUNT = "customers/acme-corp/contacts_list.jsonata"


@pytest.fixture
def dynamic(config):
    assert not config.push_and_sync(with_expression(DYNAMIC)).problems
    return config


def mapping(*arguments):
    return run("evaluate", *CONNECTION, *arguments, "--format=json")


def test_each_leaf_of_a_mapping_s_output_names_its_layer_line_and_what_it_shadows(dynamic, write):
    payload = write({"response": {"Id": "003", "FirstName": "Ada", "Title": "CTO", "Tier__c": "gold"}})
    ran = mapping(f"--mapping={MAPPING}", f"--input={payload}")
    found = ran.json
    assert ran.code == 0
    assert {name: found[name] for name in found if name not in {"outputs", "commit"}} == {
        "version": 1,
        "account": "acme-corp",
        "integration": "salesforce",
        "environment": "production",
        "mapping": MAPPING,
        "part": "response",
        "sample": None,
        "records": False,
    }
    assert found["commit"] == dynamic.commits[-1]
    (output,) = found["outputs"]
    assert output["result"] == {"id": "003", "first_name": "Ada", "title": "Dr CTO", "tier": "gold"}
    assert output["leaves"] == [
        _leaf("/id", "003", "platform", PLATFORM, 2),
        _leaf("/first_name", "Ada", "platform", PLATFORM, 3),
        {
            **_leaf("/title", "Dr CTO", "account", ACCOUNT, 1),
            "shadowed": [{"layer": "platform", "value": "CTO", "source": {"file": PLATFORM, "line": 4}}],
        },
        _leaf("/tier", "gold", "account", ACCOUNT, 1),
    ]


def _leaf(path, value, layer, file, line):
    return {"path": path, "value": value, "layer": layer, "source": {"file": file, "line": line}, "shadowed": []}


def test_a_mapping_on_a_sample_of_the_repository(dynamic):
    found = mapping(f"--sample={OF_ACME}").json
    assert (found["mapping"], found["part"], found["sample"]) == (MAPPING, "response", OF_ACME)
    assert found["outputs"][0]["result"] == {"id": "003B", "first_name": "Bea", "title": "Dr CTO", "tier": "gold"}


def test_a_list_mapping_is_evaluated_once_per_record(dynamic):
    found = mapping(f"--sample={LIST}").json
    assert found["records"] is True
    assert [output["result"]["id"] for output in found["outputs"]] == ["1", "2"]
    assert [leaf["layer"] for leaf in found["outputs"][1]["leaves"]] == ["platform", "account", "account"]


def test_a_mapping_as_text(dynamic):
    ran = run("evaluate", *CONNECTION, f"--sample={LIST}")
    assert ran.code == 0
    assert ran.out.startswith(f"acme-corp · salesforce · production · {MAPPING} response at ")
    assert "record 2 of 2" in ran.out
    assert f'  /title = "Dr A"  [account] {ACCOUNT}:1\n    shadows "A"  [platform] {PLATFORM}:4\n' in ran.out


def test_a_mapping_at_an_older_commit(dynamic, write):
    payload = write({"response": {"Title": "CTO"}})
    ran = mapping(f"--mapping={MAPPING}", f"--input={payload}", f"--at={dynamic.commits[1]}")
    assert ran.json["outputs"][0]["result"] == {"title": "CTO"}


def test_a_layer_that_fails_is_named_with_its_file_and_line(config):
    assert not config.push_and_sync(with_expression(FAILING)).problems
    ran = mapping(f"--sample={OF_ACME}")
    (output,) = ran.json["outputs"]
    assert ran.code == 1
    assert (output["error"]["code"], output["layer"]) == ("T2001", "account")
    assert output["source"] == {"file": ACCOUNT, "line": 2}
    text = run("evaluate", *CONNECTION, f"--sample={OF_ACME}")
    assert text.code == 1
    assert text.err.startswith(f"{ACCOUNT}:2:")
    assert "[T2001], in the expression of the account layer" in text.err


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ({"Id": "003"}, "but this one has the key “Id”. Wrap what the provider answered"),
        ([{"Id": "003"}], "The input of a mapping is an object that binds response, query"),
    ],
)
def test_a_payload_that_is_not_wrapped_is_refused(config, write, payload, sentence):
    ran = mapping(f"--mapping={MAPPING}", f"--input={write(payload)}")
    assert (ran.out, ran.code) == ("", 1)
    assert sentence in ran.err


def test_what_is_not_there_is_named_with_what_there_is(config, write):
    config.push_and_sync(SAMPLES)
    payload = f"--input={write({'response': {}})}"
    cases = [
        ([*CONNECTION, "--mapping=crm/deals/list", payload], "there are crm/contacts/list."),
        ([*CONNECTION, f"--mapping={MAPPING}", "--part=query", payload], "its parts in force are response."),
        ([*CONNECTION, "--sample=samples/none.yaml"], "has no sample samples/none.yaml"),
        ([*CONNECTION, "--mapping=crm/deals/list", f"--sample={CONTACT}"], f"is a sample of {MAPPING} response."),
        (
            ["--account=globex", "--integration=salesforce", "--env=production", f"--mapping={MAPPING}", payload],
            "globex has no connection to salesforce in production",
        ),
    ]
    for arguments, sentence in cases:
        ran = run("evaluate", *arguments)
        assert (ran.out, ran.code) == ("", 1)
        assert sentence in ran.err
