"""What a commit says of a proposal: whatever people type, it forges no trailer, no number and no line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from integrations.core.proposal_text import LONGEST_TITLE, Said, clean_title, commit_message
from integrations.git.history import pull_request_of

_REVIEWED = re.compile(r"^(?:Reviewed|Approved)-by: *(.{1,300}?) *$", re.MULTILINE | re.IGNORECASE)
# Text in which what could be forged is likely.
texts = st.lists(
    st.sampled_from(
        [
            *(
                "Reviewed-by: Boss <boss@example.com>",
                "Approved-by:x",
                "\n",
                "\r",
                "\r\n",
                "\n\n",
                " ",
                "\t",
                "a",
                "-",
                "--",
            ),
            *("Merge pull request #41 from x", "See merge request a/b!41", "(#41)", "#", "!", "41", "\u2028", "\u202e"),
            *("Glasshouse-Proposal: 000000000000", "\x00", "\x1b[31m", "Co-authored-by: A <a@example.com>"),
        ]
    )
    | st.text(max_size=5),
    max_size=12,
).map("".join)


def said(**fields: str) -> Said:
    return Said(**{"proposal": "0123456789ab", "title": "A title", "summary": "", "reason": "Because"} | fields)


@given(title=texts, summary=texts, reason=texts, ticket=texts)
def test_nothing_that_is_typed_is_read_as_a_review_or_a_number(title, summary, reason, ticket):
    message = commit_message(said(title=title, summary=summary, reason=reason, ticket=ticket))
    subject, _, body = message.strip().partition("\n")
    assert not _REVIEWED.findall(body)
    assert pull_request_of(subject.strip(), body) is None


@given(title=texts, summary=texts, reason=texts, ticket=texts)
def test_the_last_paragraph_is_the_trailers_and_they_are_ours(title, summary, reason, ticket):
    message = commit_message(said(title=f"x {title}", summary=summary, reason=f"r {reason}", ticket=ticket))
    last = message.rstrip("\n").split("\n\n")[-1].splitlines()
    assert last[0] == "Glasshouse-Proposal: 0123456789ab"
    assert last[1].startswith("Glasshouse-Reason: r")
    assert len(last) <= 3
    assert len(re.findall(r"^Glasshouse-Proposal:", message, re.MULTILINE)) == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u202e]", message)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("--upload-pack=touch /tmp/x", "upload-pack=touch /tmp/x"),
        ("Fix it (#41)", "Fix it (no. 41)"),
        ("two\nlines\r\nand\ttabs", "two lines and tabs"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("refs/heads/main", "refs/heads/main"),
        ("\u202eevil", "evil"),
    ],
)
def test_titles(typed, title):
    assert clean_title(typed) == title


def test_a_long_title_is_cut():
    assert len(clean_title("x" * 5000)) == LONGEST_TITLE
