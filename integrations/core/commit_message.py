"""The message of a proposal's commit, whose trailers say where it came from and survive a squash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from integrations.core.markdown import inert, seen

LONGEST_SUBJECT = 100
LONGEST_TRAILER = 500
LONGEST_LINE = 200
MOST_LINES = 40
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_PROPOSAL = re.compile(r"^[ \t]*Glasshouse-Proposal:[ \t]*`?([A-Za-z0-9-]{1,64})`?[ \t]*$", re.MULTILINE)
_DRAFT = re.compile(r"[\W_]*(?:draft|wip)\b", re.IGNORECASE)
_FIXUP = re.compile(r"(?:fixup|squash|amend)!", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the trailers say. `ticket` may be empty."""

    proposal: str
    reason: str
    ticket: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.proposal):
            raise ValueError("a proposal's id is made of letters, digits and hyphens")

    def trailers(self) -> list[tuple[str, str]]:
        """Keys with values of one line each, in which nothing is left for a forge to act on."""
        given = (("Glasshouse-Reason", self.reason), ("Ticket", self.ticket))
        texts = ((key, one_line(value, LONGEST_TRAILER)) for key, value in given)
        return [("Glasshouse-Proposal", self.proposal), *((key, value) for key, value in texts if value)]


def commit_message(*, title: str, summary: Sequence[str], origin: Origin) -> str:
    """Subject, what changes, and the trailers as the last paragraph. Ends with a line break."""
    lines = [f"- {one_line(one, LONGEST_LINE)}" for one in summary[:MOST_LINES] if one.strip()]
    if len(summary) > MOST_LINES:
        lines.append(f"- and {len(summary) - MOST_LINES:,} more")
    trailers = [f"{key}: {value}" for key, value in origin.trailers()]
    paragraphs = [safe_title(title, LONGEST_SUBJECT), "\n".join(lines), "\n".join(trailers)]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def safe_title(text: str, longest: int) -> str:
    """A title or subject in one line: never empty, never taken for a draft's or a fix-up's."""
    shown = one_line(text, longest - len("Change: "))
    if not shown or _DRAFT.match(shown) or _FIXUP.match(shown) or shown.startswith(("-", "#")):
        return f"Change: {shown}".strip()
    return shown


def one_line(text: str, longest: int) -> str:
    """The text in one line of at most `longest` characters, its white space drawn together."""
    shown = inert(seen(" ".join(text[: 8 * longest].split())))
    return shown if len(shown) <= longest else f"{shown[: longest - 1].rstrip()}…"


def proposals_of(message: str) -> tuple[str, ...]:
    """The ids of the proposals that a commit's message names, a squash of several included."""
    return tuple(dict.fromkeys(_PROPOSAL.findall(message)))
