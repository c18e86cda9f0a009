"""Hostile texts in Markdown: shown letter by letter, and obeyed in nothing. An independent renderer is the judge."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from integrations.core.markdown import ZERO, clipped, code, fenced, inert, line, link, quoted, seen, span

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "@acme/everyone please look, @robin too, or dana@example.com",
    "Fixes #1, closes: acme/config#12, resolves GH-7 and https://github.com/acme/config/issues/3",
    'implements &12 !34 ~bug ~"a b" %7 $9',
    "<script>alert(1)</script><img src=http://evil.test/x.png onerror=x><!-- hidden",
    "![x](http://evil.test/beacon.png) [click](javascript:alert(1)) <http://evil.test>",
    "[ref]: http://evil.test\n\n[ref]",
    "# Heading\n## Another\n---\n===\n* a\n+ b\n1. c\n1) d\n    code\n\tcode",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "```\nout of the fence\n```\n~~~\nand again\n~~~",
    "a`b``c```d",
    "*bold* **bolder** __under__ _it_ ~~gone~~ `code` $x^2$ &amp; &lt; \\* \\",
    "/merge\n/close\n/approve\n/assign @mallory",
    "[skip ci] [ci skip] [no ci] ***NO_CI*** skip-checks: true",
    "\u202egnp.exe \u200b\u200d\u2066x\u2069 \ufeff\u00ad\u061c\u180e\U000e0041",
    "line\u2028line\u2029line\x0bline\x0cline\x85line\rline",
    "\x00\x1b[31m\x07\ud800",
    "- [ ] task\n- [x] done",
    "[[_TOC_]] [^1] :smile: {: .class} ::include{file=x} >>> <details>",
    "www.evil.test ftp://evil.test mailto:x@evil.test",
    "{{ template }} {% tag %} ${{ secrets.TOKEN }}",
    "",
    "   ",
    "Kundenreferenz: größer 漢字 🎉",
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.one_of(st.sampled_from("`*_[]()<>#!|~&\\@:/.-+=1a \n\t{}$%^\"'"), st.characters()), max_size=60),
)


def tokens(text: str) -> list:
    return [child for one in RENDERER.parse(text) for child in (one, *(one.children or ()))]


def kinds(text: str) -> set[str]:
    return {token.type for token in tokens(text)}


def shown(text: str) -> str:
    parts = dict.fromkeys(("softbreak", "hardbreak", "paragraph_close", "th_close", "td_close"), "\n")
    texts = {"text", "text_special", "code_inline", "fence"}
    return "".join(parts.get(one.type, one.content if one.type in texts else "") for one in tokens(text))


def squeezed(text: str) -> str:
    return " ".join(text.replace(ZERO, "").split())


@given(TEXTS)
def test_a_quotation_is_nothing_but_its_words(text):
    made = quoted(text)
    allowed = {"blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline"}
    assert kinds(made) <= allowed | {"text", "text_special", "softbreak"}
    assert squeezed(shown(made)) == squeezed(" ".join(seen(text, lines=True).split("\n")))


@given(TEXTS)
def test_a_line_is_nothing_but_its_words(text):
    made = line(text)
    assert "\n" not in made
    assert kinds(made) <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
    assert squeezed(shown(made)) == squeezed(seen(text))


@given(TEXTS, TEXTS)
def test_code_in_a_table_keeps_to_its_cell(first, second):
    table = f"| A | B |\n|---|---|\n| {code(first)} | {code(second)} |"
    read = tokens(table)
    cells = [one for one in read if one.type == "td_open"]
    assert len(cells) == 2
    html = [one.content for one in read if one.type == "html_inline"]
    assert html == ["<code>", "</code>"] * 2
    allowed = {"text", "text_special", "html_inline", "inline"}
    assert {one.type for one in read} - allowed <= {
        f"{name}_{end}" for name in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")
    }
    assert squeezed(shown(table)) == squeezed(f"A B {seen(first)} {seen(second)}")


@given(TEXTS)
def test_a_block_of_code_ends_where_it_must(text):
    made = f"{fenced(text, 'jsonata')}\n\nafter"
    assert [one.type for one in RENDERER.parse(made)] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert RENDERER.parse(made)[0].content.replace(ZERO, "") == seen(text, lines=True) + "\n"


@given(TEXTS)
def test_a_word_of_code_is_one_word(text):
    assert [one.type for one in tokens(f"x {span(text)} y")] == [
        "paragraph_open",
        "inline",
        "text",
        "code_inline",
        "text",
        "paragraph_close",
    ]


@pytest.mark.parametrize("make", [line, quoted, inert, span])
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_left_for_a_forge_to_act_on(make, text):
    made = make(text)
    assert not re.search(r"[@#](?=\w)", made)
    assert not re.search(r"(?i)\bGH-\d|://|\bwww\.\w|\[(skip ci|ci skip|no ci)\]|\*\*\*NO_CI|skip-checks:", made)
    assert not re.search(r"[!&~%$]\d", made)
    assert not re.search(r"(?i)\b(fixes|closes|resolves|implements)\b:? +(\\?[#&!]|\S+\d)", made)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_line_of_a_quotation_is_a_command(text):
    assert all(one.startswith(">") for one in quoted(text).split("\n"))
    assert not re.search(r"(?m)^>? ?/\w", quoted(text))
    assert not line(text).startswith("/")


@pytest.mark.parametrize("make", [code, fenced])
def test_code_closes_no_issue_and_is_not_changed_otherwise(make):
    assert "ixes" in make("fixes #1")
    assert "fixes" not in make("fixes #1")
    assert ZERO not in make("$map(items, function($v){ $v.name & '@' & $v.host })")


@given(TEXTS)
def test_what_cannot_be_seen_is_shown(text):
    for made in (seen(text), seen(text, lines=True).replace("\n", "")):
        assert made.isprintable()
        assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad]", made)
    made = line(text).replace(ZERO, "")
    assert made.isprintable()


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://console.test/p/1?a=b#c", True),
        ("http://127.0.0.1:8000/p/1", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.test", False),
        ("https:///x", False),
        ("https://console.test/a b>)](http://evil.test)<x>", True),
    ],
)
def test_only_real_addresses_become_links(url, is_link):
    made = link("Open [x](y) it", url)
    found = [one for one in tokens(made) if one.type == "link_open"]
    assert len(found) == is_link
    assert all(one.attrs["href"].startswith(url[:20]) for one in found)
    assert squeezed(shown(made)) == "Open [x](y) it"


def test_what_is_left_out_is_counted():
    assert clipped("x" * 10, 10) == "x" * 10
    assert clipped("x" * 1_001, 10) == "xxxxxxxxxx… (1,001 characters)"
