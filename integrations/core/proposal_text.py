"""What a proposal's commit says. What people typed stands in it as text: it can forge no trailer and no number."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_TITLE = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_NUMBER = re.compile(r"[#!](?=\d)")
_TRAILER = re.compile(
    r"^(?=[ \t]*(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+ *:|See merge request\b|\(cherry picked))", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said of the change. `proposal` is the id; `url` where it is shown, empty when that is not known."""

    proposal: str
    title: str
    summary: str
    reason: str
    ticket: str = ""
    url: str = ""


def clean_line(text: str) -> str:
    """One line of what a person typed, without control characters and changes of writing direction."""
    return " ".join(_CONTROL.sub(" ", text).split())


def clean_title(text: str) -> str:
    """A title. `#41` is how a merge message names a pull request, so that no title may: it becomes `no. 41`."""
    line = _NUMBER.sub("no. ", clean_line(text)).lstrip("-").strip()
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def commit_message(said: Said) -> str:
    """Title, summary, and trailers that survive a squash."""
    trailers = [f"Glasshouse-Proposal: {said.proposal}", f"Glasshouse-Reason: {clean_line(said.reason)}"]
    if said.ticket:
        trailers.append(f"Glasshouse-Ticket: {clean_line(said.ticket)}")
    summary = _as_text(said.summary)
    return "\n\n".join(filter(None, (clean_title(said.title) or "A change", summary, "\n".join(trailers)))) + "\n"


def _as_text(text: str) -> str:
    """Paragraphs in which no line can be read as a trailer: those that could are quoted."""
    lines = _CONTROL_BUT_LINES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return _TRAILER.sub("> ", lines)
