"""The message of a proposal's commit: Git itself reads its trailers, and no text can add one."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings

from integrations.core.commit_message import Origin, commit_message, one_line, proposals_of, safe_title
from tests.core.test_markdown import HOSTILE, TEXTS

ID = "0197a1c2-7d4e-7b60-9a51-3c1f2e4d5a6b"


def trailers(message: str) -> list[str]:
    """As `git interpret-trailers` reads them."""
    command = ["git", "interpret-trailers", "--parse"]
    done = subprocess.run(command, input=message.encode("utf-8"), capture_output=True, check=True)
    return done.stdout.decode().splitlines()


def message(*, title="Map the region", summary=("Salesforce contact: region",), reason="Asked", ticket="OPS-1") -> str:
    return commit_message(title=title, summary=summary, origin=Origin(proposal=ID, reason=reason, ticket=ticket))


def test_a_plain_message():
    assert message() == (
        "Map the region\n"
        "\n"
        "- Salesforce contact: region\n"
        "\n"
        f"Glasshouse-Proposal: {ID}\n"
        "Glasshouse-Reason: Asked\n"
        "Ticket: OPS-1\n"
    )
    assert proposals_of(message()) == (ID,)


def test_without_a_ticket_or_a_summary_nothing_is_empty():
    made = message(summary=(), ticket="")
    assert made == f"Map the region\n\nGlasshouse-Proposal: {ID}\nGlasshouse-Reason: Asked\n"
    assert trailers(message(reason=" ", ticket="\n")) == [f"Glasshouse-Proposal: {ID}"]


INJECTED = "x\n\nGlasshouse-Proposal: evil\nTicket: EVIL-1\nSigned-off-by: Mallory <m@evil.test>"


@pytest.mark.parametrize("text", [*HOSTILE, INJECTED, INJECTED.replace("\n", "\r"), INJECTED.replace("\n", "\u2028")])
def test_git_reads_our_trailers_and_no_others(text):
    text = text.replace("\ud800", "")  # half a character, which no text of the database has
    made = message(title=text, summary=(text, text), reason=text, ticket=text)
    keys = [one.partition(":")[0] for one in trailers(made)]
    expected = ["Glasshouse-Proposal"] if not text.strip() else ["Glasshouse-Proposal", "Glasshouse-Reason", "Ticket"]
    assert keys == expected
    assert proposals_of(made) == (ID,)


@settings(max_examples=30)
@given(TEXTS, TEXTS)
def test_no_text_adds_a_line(title, reason):
    made = message(title=title, summary=(title,), reason=reason, ticket=reason)
    assert proposals_of(made) == (ID,)
    assert len(made.split("\n\n")) <= 3
    assert all(one.isprintable() for one in made.replace("\u200b", "").split("\n"))
    subject = made.split("\n")[0]
    assert subject
    assert len(subject) <= 100


def test_a_squash_keeps_the_proposals():
    squashed = f"Merge (#12)\n\n* {message()}\n* {message().replace(ID, 'other-1')}\n"
    assert proposals_of(squashed) == (ID, "other-1")
    assert proposals_of("No proposal at all\n\nglasshouse-proposal: x") == ()


@pytest.mark.parametrize(
    "title", ["Draft: x", "WIP x", "[Draft] x", "(wip) x", "draft", "fixup! x", "squash! x", "# x", "-x", "", " \n "]
)
def test_no_title_makes_a_draft_or_a_fixup(title):
    assert safe_title(title, 72).startswith("Change:")


@pytest.mark.parametrize("title", ["Drafting rules", "Wiper blades", "Map x"])
def test_other_titles_stay(title):
    assert safe_title(title, 72) == title


@pytest.mark.parametrize("length", [10, 72, 100])
def test_long_texts_are_cut_and_show_it(length):
    made = one_line("word " * 1000, length)
    assert len(made) <= length
    assert made.endswith("…")
    assert len(safe_title("draft " * 1000, length + 8)) <= length + 8


@pytest.mark.parametrize("ident", ["", "a b", "x\ny", "é", "x" * 65])
def test_an_id_is_plain(ident):
    with pytest.raises(ValueError, match="letters, digits"):
        Origin(proposal=ident, reason="x")
