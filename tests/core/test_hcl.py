"""HCL's text: structure, values and lines, and what cannot be read."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given, strategies as st

from integrations.core.hcl import Call, HclFile, Literal, ObjectValue, Reference, Template, read_hcl
from integrations.core.hcl_reader import MAX_BYTES
from integrations.core.problems import Code


def read(text: str) -> HclFile:
    return read_hcl(dedent(text).lstrip("\n").encode(), "a/main.tf")


def value(text: str) -> object:
    file = read(text)
    assert file.problems == ()
    return next(iter(file.attributes.values())).value


def literal(text: str) -> object:
    found = value(f"a = {text}")
    assert isinstance(found, Literal)
    return found.value


def test_blocks_have_their_labels_lines_and_nested_blocks():
    file = read(
        """
        # a comment
        resource "kind" "name" {
          first = 1

          oauth_app {
            scopes = ["a"]
          }
        }
        """
    )
    (block,) = file.blocks
    assert (block.type, block.labels, block.line, block.file) == ("resource", ("kind", "name"), 2, "a/main.tf")
    assert block.attributes["first"].line == 3
    assert [(inner.type, inner.line) for inner in block.blocks] == [("oauth_app", 5)]
    assert block.blocks[0].attributes["scopes"].line == 6


def test_every_key_of_a_nested_object_has_its_own_line():
    found = value(
        """
        config = jsonencode({
          pagination = {
            page_size = 50
          }
          "quoted/key" : true
        })
        """
    )
    assert isinstance(found, Call)
    (argument,) = found.arguments
    assert isinstance(argument, ObjectValue)
    assert [(item.key, item.line) for item in argument.items] == [("pagination", 2), ("quoted/key", 5)]
    inner = argument.items[0].value
    assert isinstance(inner, ObjectValue)
    assert [(item.key, item.line) for item in inner.items] == [("page_size", 3)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"plain"', "plain"),
        ('""', ""),
        (r'"a\tb\n\"c\" \\ \u00e9"', 'a\tb\n"c" \\ é'),
        ('"$${x} and $name"', "${x} and $name"),
        ('"%%{x}"', "%{x}"),
        ("12", 12),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ("(7)", 7),
    ],
)
def test_a_literal_has_the_value_that_hcl_gives_it(text: str, expected: object):
    found = literal(text)
    assert found == expected
    assert type(found) is type(expected)


def test_a_heredoc_begins_on_the_line_below_its_mark():
    found = value(
        """
        a = <<-EOT
          { "a": $map(x, function($v) { $v }) }
        EOT
        """
    )
    assert isinstance(found, Template)
    assert (found.line, found.content_line) == (1, 2)


def test_names_and_indexes_are_told_apart():
    found = value('a = local.map["key"][0].end')
    assert isinstance(found, Reference)
    names = [step if isinstance(step, str) else step.value for step in found.path]  # type: ignore[union-attr]
    assert names == ["local", "map", "key", 0, "end"]


def test_a_syntax_error_has_line_column_and_a_sentence():
    (problem,) = read('a = 1\nb = "é" c\n').problems
    assert problem.code is Code.HCL_SYNTAX
    assert problem.address == "a/main.tf:2:9"
    assert problem.message.endswith(".")


def test_several_syntax_errors_are_all_reported():
    assert len(read("a = \n\nb = 1\n\nc = [\n").problems) > 1


def test_an_attribute_that_is_set_twice_is_a_problem():
    (problem,) = read("a = 1\na = 2\n").problems
    assert (problem.code, problem.address) == (Code.DUPLICATE, "a/main.tf:2")


@pytest.mark.parametrize("file", ["a/x.tf.json", "a/terraform.tfvars.json"])
def test_json_syntax_is_refused(file: str):
    (problem,) = read_hcl(b"{}", file).problems
    assert problem.code is Code.HCL_REFUSED


def test_what_is_not_utf8_is_a_problem_of_its_line():
    (problem,) = read_hcl(b'a = 1\nb = "\xff"\n', "a.tf").problems
    assert (problem.code, problem.address) == (Code.NOT_UTF8, "a.tf:2")


def test_a_huge_file_is_refused_unread():
    (problem,) = read_hcl(b"#" * (MAX_BYTES + 1), "a.tf").problems
    assert problem.code is Code.TOO_LARGE


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ("(", ")"), ("{a=", "}"), ("!", ""), ("f(", ")"), ("a[", "]")])
def test_deep_nesting_is_a_problem_and_no_crash(start: str, end: str):
    text = f"a = {start * 5000}1{end * 5000}\n"
    assert {problem.code for problem in read(text).problems} <= {Code.HCL_REFUSED, Code.HCL_SYNTAX}
    assert read(text).problems


def test_deeply_nested_blocks_are_a_problem_and_no_crash():
    (problem,) = read("a {\n" * 5000 + "}\n" * 5000).problems
    assert problem.code is Code.HCL_REFUSED


@given(st.text(alphabet='ab ={}[]()"$%\n<-EOT.,:?0!&|#/*é', max_size=60))
def test_reading_never_raises(text: str):
    read_hcl(text.encode(), "a.tf")


@given(st.binary(max_size=60))
def test_reading_bytes_never_raises(text: bytes):
    read_hcl(text, "a.tf")
