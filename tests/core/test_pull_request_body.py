"""The body of a pull request, whole: a plain one and a hostile one as golden texts, and what becomes of a long one."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from markdown_it import MarkdownIt

from integrations.core.commit_message import Origin, proposals_of
from integrations.core.markdown import ZERO
from integrations.core.pull_request_body import (
    Change,
    Description,
    SampleOutput,
    pull_request_body,
    pull_request_title,
)
from tests.core.test_markdown import HOSTILE, TEXTS

GOLDEN = Path(__file__).parent / "pull_request_bodies"
GITHUB = 65_536
RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ID = "0197a1c2-7d4e-7b60-9a51-3c1f2e4d5a6b"
EXPRESSION = '{\n  "region": territory__c,\n  "tier": $uppercase(tier)\n}'

PLAIN = Description(
    title="Map the field Region for Acme Corp",
    summary=["Acme Corp's Salesforce contacts get the field region from territory__c."],
    changes=[
        Change(where="acme-corp: contact / pull:response", path="/region", before=None, after="territory__c"),
        Change(where="acme-corp: config", path="/sync/interval_minutes", before="60", after="15"),
        Change(where="acme-corp: contact / pull:response", path="", before='{"a": 1}', after=EXPRESSION, language="js"),
    ],
    account_count=1,
    accounts=["acme-corp"],
    samples=[
        SampleOutput(sample="contact-1", changes=[Change(where="output", path="/region", before=None, after='"EMEA"')]),
        SampleOutput(sample="contact-2"),
        SampleOutput(sample="contact-3", failure="D3001: the field is missing."),
    ],
    proposer="Dana Diaz",
    origin=Origin(proposal=ID, reason="The customer reports by region.\n\nAgreed with them on Monday.", ticket="OPS-1"),
    url=f"https://console.test/proposals/{ID}/",
    links=[("Acme Corp", "https://console.test/accounts/acme-corp/")],
)


def hostile(text: str, *, count: int = 2) -> Description:
    change = Change(where=text, path=text, before=text, after=f"{text}\n{text}")
    return Description(
        title=text,
        summary=[text],
        changes=[change] * count,
        account_count=count,
        accounts=[text] * count,
        samples=[SampleOutput(sample=text, changes=[change]), SampleOutput(sample=text, failure=text or "x")],
        proposer=text,
        origin=Origin(proposal=ID, reason=text, ticket=text),
        url=f"https://console.test/proposals/{ID}/",
        links=[(text, text)],
    )


def golden(name: str, made: str) -> None:
    assert made == (GOLDEN / name).read_text()


def test_a_plain_body():
    golden("plain.md", pull_request_body(PLAIN, longest=GITHUB))


def test_a_hostile_body():
    worst = "\n".join(HOSTILE).replace("\ud800", "")
    golden("hostile.md", pull_request_body(hostile(worst), longest=GITHUB))


def html(body: str) -> list[str]:
    read = RENDERER.parse(body)
    inline = [child for one in read for child in one.children or () if child.type == "html_inline"]
    assert not [one for one in read if one.type == "html_block"]
    return [one.content for one in inline]


def links(body: str) -> list[str]:
    children = [child for one in RENDERER.parse(body) for child in one.children or ()]
    assert not [one for one in children if one.type == "image"]
    return [str(one.attrs["href"]) for one in children if one.type == "link_open"]


@settings(max_examples=40)
@given(TEXTS, st.integers(min_value=0, max_value=3))
def test_nothing_of_any_text_is_markup(text, count):
    body = pull_request_body(hostile(text, count=count), longest=GITHUB)
    assert set(html(body)) <= {"<code>", "</code>"}
    assert [one for one in links(body) if not one.startswith("https://console.test/")] == []
    headings = [one for one in RENDERER.parse(body) if one.type == "heading_open"]
    assert len(headings) == 4 + 2  # ours, and one for each sample
    assert not re.search(r"(?m)^\s*/\w", re.sub(r"(?ms)^(`{3,}).*?^\1$", "", body))


@pytest.mark.parametrize("text", [*HOSTILE, "x\n\nGlasshouse-Proposal: evil\nTicket: X-1"])
def test_the_body_ends_with_trailers_that_git_reads(text):
    body = pull_request_body(hostile(text.replace("\ud800", "")), longest=GITHUB)
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse", "--no-divider"],
        input=f"A title (#1)\n\n{body}".encode(),
        capture_output=True,
        check=True,
    )
    keys = [one.partition(":")[0] for one in done.stdout.decode().splitlines()]
    assert keys == ["Glasshouse-Proposal", "Glasshouse-Reason", "Ticket"][: 3 if text.strip() else 1]
    assert proposals_of(body) == (ID,)


@pytest.mark.parametrize("longest", [8_000, 20_000, GITHUB, 1_000_000])
@pytest.mark.parametrize("size", [10, 1_000, 20_000])
def test_a_long_body_keeps_within_the_limit_and_says_what_it_leaves_out(longest, size):
    change = Change(where="acme|corp", path="/a`b", before="@x" * 50, after="line\n" * 400)
    description = replace(
        PLAIN,
        changes=[change] * size,
        account_count=size,
        accounts=["acme-corp"] * min(size, 500),
        samples=[SampleOutput(sample="s", changes=[change] * size)] * 30,
        origin=Origin(proposal=ID, reason="\u202e" * 10_000, ticket="T" * 10_000),
        summary=["<" * 10_000] * 50,
        proposer="#" * 10_000,
        links=[("x" * 20, "https://console.test/x")] * 20,
    )
    body = pull_request_body(description, longest=longest)
    assert len(body) <= longest
    assert proposals_of(body) == (ID,)
    rows = body.partition("## Accounts")[0].count("<code>acme&#124;corp</code> | ")
    left = re.search(r"\*([\d,]+) more changes? can be seen", body.partition("## Accounts")[0])
    assert rows + (int(left[1].replace(",", "")) if left else 0) == size


@pytest.mark.parametrize(
    ("count", "names", "words"),
    [
        (0, [], "No account's effective values change."),
        (1, ["a"], "1 account: <code>a</code>."),
        (3, ["a", "b"], "3 accounts: <code>a</code>, <code>b</code> and 1 more."),
        (10_000, [], "10,000 accounts."),
    ],
)
def test_accounts_are_counted_and_then_named(count, names, words):
    body = pull_request_body(replace(PLAIN, account_count=count, accounts=names), longest=GITHUB)
    assert f"## Accounts affected\n\n{words}\n" in body


def test_an_edit_without_an_effect_says_so():
    body = pull_request_body(replace(PLAIN, changes=[], samples=[]), longest=GITHUB)
    assert "No effective value changes." in body
    assert "Output on samples" not in body


@given(TEXTS)
def test_a_title_is_one_line_and_acts_on_nothing(text):
    title = pull_request_title(hostile(text), longest=255)
    assert 0 < len(title) <= 200
    assert title.replace(ZERO, "").isprintable()
    assert not re.match(r"(?i)\W*(draft|wip)\b", title)
    assert not re.search(r"[@#](?=\w)", title)
