"""Whatever people type, a proposal's commit and merge forge no review and no pull request's number in the history."""

from __future__ import annotations

import re

from hypothesis import given, strategies as st

from integrations.core.commit_message import Origin, commit_message, proposals_of
from integrations.core.proposal_text import LONGEST_TITLE, clean_line, clean_title
from integrations.git.history import pull_request_of

_REVIEWED = re.compile(r"^(?:Reviewed|Approved)-by: *(.{1,300}?) *$", re.MULTILINE | re.IGNORECASE)
# Text in which what could be forged is likely.
_LIKELY = [
    *("Reviewed-by: Boss <boss@example.com>", "Approved-by:x", "\n", "\r", "\r\n", "\n\n", " ", "\t", "a", "-", "--"),
    *("Merge pull request #41 from x", "See merge request a/b!41", "(#41)", "#", "!", "41", "\u2028", "\u202e", ": "),
    *("Glasshouse-Proposal: 000000000000", "\x00", "\x1b[31m", "Co-authored-by: A <a@example.com>"),
]
texts = st.lists(st.sampled_from(_LIKELY) | st.text(max_size=5), max_size=12).map("".join)


@given(title=texts, summary=texts, reason=texts, ticket=texts)
def test_nothing_that_is_typed_is_read_as_a_review_or_a_number(title, summary, reason, ticket):
    origin = Origin(proposal="0123456789ab", reason=reason, ticket=ticket)
    message = commit_message(title=clean_title(title), summary=summary.splitlines(), origin=origin)
    subject, _, body = message.strip().partition("\n")
    assert not _REVIEWED.findall(body)
    assert pull_request_of(subject.strip(), body) is None
    assert proposals_of(message) == ("0123456789ab",)


@given(text=texts)
def test_a_line_is_one_line(text):
    line = clean_line(text)
    assert clean_line(line) == line
    assert len(line.splitlines()) <= 1
    assert "\u202e" not in line
    assert len(clean_title(text * 50)) <= LONGEST_TITLE
