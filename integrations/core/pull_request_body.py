"""What reviewers read in a pull request: what changes in the effective values, for whom, with which output, and why.

All that people wrote or that comes from Git goes through `core.markdown`. A body that would be too long for the forge
has fewer rows, and says how many are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrations.core.commit_message import Origin, safe_title
from integrations.core.markdown import clipped, code, fenced, line, link, quoted, span

LONGEST_VALUE = 120  # characters of a value in a table; longer ones and those of several lines stand below it
LONGEST_NAME = 200
LONGEST_BLOCK = 4_000
LONGEST_REASON = 4_000
LONGEST_SUMMARY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed effective value, as texts: JSON of a config value, or an expression. None: there is none."""

    where: str
    path: str
    before: str | None
    after: str | None
    language: str = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOutput:
    """What one sample gives before and after. `failure`: why it could not be evaluated."""

    sample: str
    changes: Sequence[Change] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """`account_count` counts all accounts affected; `accounts` names some of them or all."""

    title: str
    summary: Sequence[str]
    changes: Sequence[Change]
    account_count: int
    accounts: Sequence[str]
    samples: Sequence[SampleOutput]
    proposer: str
    origin: Origin
    url: str
    links: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    summary: int
    changes: int
    blocks: int
    names: int
    samples: int
    reason: int


_ROOMS = (
    _Room(summary=10, changes=200, blocks=20, names=100, samples=20, reason=LONGEST_REASON),
    _Room(summary=10, changes=100, blocks=5, names=50, samples=10, reason=LONGEST_REASON),
    _Room(summary=10, changes=40, blocks=2, names=25, samples=5, reason=2_000),
    _Room(summary=5, changes=15, blocks=0, names=10, samples=2, reason=1_000),
    _Room(summary=3, changes=5, blocks=0, names=5, samples=0, reason=400),
    _Room(summary=1, changes=0, blocks=0, names=0, samples=0, reason=100),
)


def pull_request_title(description: Description, *, longest: int) -> str:
    """One line that no forge takes for a draft, or acts on."""
    return safe_title(description.title, min(longest, 200))


def pull_request_body(description: Description, *, longest: int) -> str:
    """The body in at most `longest` characters, which must be 8,000 or more."""
    bodies = ("\n\n".join(filter(None, _sections(description, room))) + "\n" for room in _ROOMS)
    found = next((body for body in bodies if len(body) <= longest), None)
    if found is None:
        raise ValueError("a pull request's body needs room for 8,000 characters")
    return found


def _sections(description: Description, room: _Room) -> Iterator[str]:
    yield f"{line(clipped(description.proposer, 100))} proposes this change in Glasshouse."
    yield "\n".join(
        f"- {line(clipped(one, LONGEST_SUMMARY))}" for one in description.summary[: room.summary] if one.strip()
    )
    yield "## What changes"
    yield from _changes(description.changes, room)
    yield "## Accounts affected"
    yield _accounts(description, room)
    if description.samples:
        yield "## Output on samples"
        yield from _samples(description.samples, room)
    yield "## Why"
    yield quoted(clipped(description.origin.reason.strip() or "No reason was given.", room.reason))
    if description.origin.ticket:
        yield f"Ticket {code(clipped(description.origin.ticket, 200))}"
    yield _links(description)
    # The last paragraph, so that it is a squashed commit's trailers where the forge takes the body for its message.
    yield "\n".join(f"{key}: {span(value)}" for key, value in description.origin.trailers())


def _changes(changes: Sequence[Change], room: _Room) -> Iterator[str]:
    if not changes:
        yield "No effective value changes."
        return
    shown = changes[: room.changes]
    if shown:
        yield _table(shown)
    yield _left_out(len(changes) - len(shown), "change", "changes")
    long = [one for one in shown if _is_long(one.before) or _is_long(one.after)]
    for change in long[: room.blocks]:
        yield from _blocks(change)
    yield _left_out(len(long[room.blocks :]), "long value", "long values")


def _table(changes: Sequence[Change]) -> str:
    rows = (
        f"| {_name(one.where)} | {_name(one.path)} | {_value(one.before)} | {_value(one.after)} |" for one in changes
    )
    return "\n".join(("| Where | Field | Before | After |", "|---|---|---|---|", *rows))


def _name(text: str) -> str:
    return code(clipped(text, LONGEST_NAME))


def _value(text: str | None) -> str:
    if text is None:
        return "none"
    return "(long)" if _is_long(text) else code(text)


def _is_long(text: str | None) -> bool:
    return text is not None and (len(text) > LONGEST_VALUE or "\n" in text.strip())


def _blocks(change: Change) -> Iterator[str]:
    for when, text in (("before", change.before), ("after", change.after)):
        if text is not None:
            yield f"{_name(change.where)} {_name(change.path)}, {when}:"
            yield fenced(clipped(text, LONGEST_BLOCK), change.language)


def _accounts(description: Description, room: _Room) -> str:
    count = description.account_count
    if not count:
        return "No account's effective values change."
    names = description.accounts[: room.names]
    counted = "1 account" if count == 1 else f"{count:,} accounts"
    if not names:
        return f"{counted}."
    more = f" and {count - len(names):,} more" if count > len(names) else ""
    return f"{counted}: {', '.join(code(clipped(one, LONGEST_NAME)) for one in names)}{more}."


def _samples(samples: Sequence[SampleOutput], room: _Room) -> Iterator[str]:
    for one in samples[: room.samples]:
        yield f"### {_name(one.sample)}"
        if one.failure:
            yield f"Could not be evaluated: {line(clipped(one.failure, LONGEST_SUMMARY))}"
        elif not one.changes:
            yield "The output stays the same."
        else:
            shown = one.changes[: room.changes]
            yield _table(shown)
            yield _left_out(len(one.changes) - len(shown), "change", "changes")
    yield _left_out(len(samples) - room.samples, "sample", "samples")


def _left_out(count: int, one: str, many: str) -> str:
    if count <= 0:
        return ""
    return f"*{count:,} more {one if count == 1 else many} can be seen in Glasshouse.*"


def _links(description: Description) -> str:
    all_links = [("Open the proposal in Glasshouse", description.url), *description.links[:10]]
    return " · ".join(link(words, url) for words, url in all_links)
