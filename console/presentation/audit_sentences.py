"""Entries of the audit log in plain sentences: pieces of text, some of which lead to a page. Templates escape them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.events import Category, Event
from audit.record import ACCOUNT, PERSON
from console.access import right_name
from integrations.queries.audit_log import REPOSITORY, SNAPSHOT, Known, Party, State, Told

PROPOSAL = "proposal"
ERASED = "a person whose data were erased"
RIGHT = "right"  # the subject of a denial that is of no object
_PLACE = re.compile(r"\{(\w+)\}")
_SHORT = 12
_LONGEST_VALUES = 80  # of a change that its line in the log shows; the entry's own page shows every value

# Better said where somebody acts on themselves.
_OWN = {
    Event.PASSWORD_CHANGED: "{actor} changed their own password",
    Event.MFA_ADDED: "{actor} added a second factor of their own",
    Event.MFA_REMOVED: "{actor} removed a second factor of their own",
}
# Better said where the data have these values: the first that finds all it names.
_WITH_DATA = {
    Event.ROLE_GRANTED: ("{actor} gave the role {role} to {subject}",),
    Event.ROLE_WITHDRAWN: ("{actor} took the role {role} from {subject}",),
    Event.ROLE_TAKEN: (
        "{actor} gave the role {role} to themself",
        "{actor} put themself in the team {team}",
    ),
    Event.TEAM_JOINED: ("{actor} put {subject} in the team {team}",),
    Event.TEAM_LEFT: ("{actor} took {subject} out of the team {team}",),
}
_FACTORS = {"app": "an authenticator app", "passkey": "a passkey", "all": "all second factors"}
_VERDICTS = {
    "approved": "{actor} approved {subject} here",
    "changes-requested": "{actor} asked for changes to {subject}",
    "commented": "{actor} commented on {subject}",
}
_STATES = {
    State.UNDER_WAY: "under way",
    State.DONE: "done",
    State.FAILED: "failed",
    State.UNKNOWN: "outcome unknown",
}
_KINDS = {ACCOUNT: "account", SNAPSHOT: "commit", REPOSITORY: "repository", PERSON: "person", "audit-log": "audit log"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some text; with `page` it leads there (the arguments of `jinja.link`)."""

    text: str
    page: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the timeline. `details` are further facts, each in a few words."""

    told: Told
    sentence: tuple[Piece, ...]
    details: tuple[str, ...]
    state: str
    about: Piece | None  # the account concerned, where the sentence does not say it

    def __str__(self) -> str:
        return "".join(piece.text for piece in self.sentence)


def row(told: Told, known: Known) -> Row:
    concerned = told.account and told.subject.kind != ACCOUNT
    return Row(
        told=told,
        sentence=sentence(told, known),
        details=tuple(_details(told)),
        state=_STATES[told.state] if told.state is not None else "",
        about=_account(told.account, told.account, known) if concerned else None,
    )


def sentence(told: Told, known: Known) -> tuple[Piece, ...]:
    """The event's sentence with the names of this entry, its first letter a capital."""
    pieces = []
    for text, name in _parts(_template(told)):
        if text:
            pieces.append(Piece(text=text))
        if name == "actor":
            pieces.append(_party(told.actor, known))
        elif name == "subject":
            pieces.append(_subject(told.subject, known))
        elif name:
            pieces.append(Piece(text=str(told.data.get(name, ""))))
    first = pieces[0]
    if first.text[:1].islower() and (not first.page or told.actor.kind != PERSON or told.actor.is_erased):
        capital = first.text[:1].upper() + first.text[1:]
        pieces[0] = Piece(text=capital, page=first.page, arguments=first.arguments, query=first.query)
    return tuple(pieces)


def kind_name(kind: str) -> str:
    """What a kind of subject is called."""
    return _KINDS.get(kind, kind.replace("-", " "))


def _template(told: Told) -> str:
    if told.event is None:
        return f"{{actor}} did something that this version does not know ({told.value}) to {{subject}}"
    if told.actor.kind == PERSON and told.actor.key == told.subject.key and told.event in _OWN:
        return _OWN[told.event]
    if told.event is Event.LOCAL_REVIEWED and (verdict := _VERDICTS.get(str(told.data.get("verdict")))):
        return verdict
    for better in _WITH_DATA.get(told.event, ()):
        if all(name in {"actor", "subject"} or told.data.get(name) for name in _PLACE.findall(better)):
            return better
    return told.event.sentence


def _parts(template: str) -> Iterator[tuple[str, str]]:
    """(text, name of the place after it); the last name is empty."""
    at = 0
    for found in _PLACE.finditer(template):
        yield template[at : found.start()], found[1]
        at = found.end()
    yield template[at:], ""


def _party(party: Party, known: Known) -> Piece:
    name = party.name or party.id
    if party.kind == PERSON:
        text = ERASED if party.is_erased else party.name or ("somebody" if not party.id else f"person {party.id}")
        return Piece(text=text, page="audit", query={"actor": party.key}) if party.id else Piece(text=text)
    if party.kind == ACCOUNT:
        return _account(party.id, party.name or f"the account {party.id}", known)
    if party.kind == RIGHT:
        allows = right_name(party.id)
        return Piece(text=f"the right to {allows}" if allows else f"the right {name}")
    if party.kind == SNAPSHOT:
        return _snapshot(party, known)
    if party.kind == PROPOSAL:
        return Piece(text=name, page="proposal", arguments={"proposal": party.id})
    if party.kind == "command":
        return Piece(text=f"the command {name}", page="audit", query={"actor": party.key})
    if party.kind == "audit-log":
        return Piece(text="the whole log")
    return Piece(text=name if party.name and party.kind != REPOSITORY else f"the {kind_name(party.kind)} {name}")


def _subject(party: Party, known: Known) -> Piece:
    """As `_party`, but a person leads to what they may do rather than to what they did."""
    piece = _party(party, known)
    if party.kind == PERSON and party.id in known.people and piece.page:
        return Piece(text=piece.text, page="person", arguments={"person": party.id})
    return piece


def _account(slug: str, name: str, known: Known) -> Piece:
    if slug not in known.accounts:
        return Piece(text=name)
    return Piece(text=name, page="account", arguments={"account": slug}, query={"repository": known.accounts[slug]})


def _snapshot(party: Party, known: Known) -> Piece:
    text = party.name or f"commit {party.id[:_SHORT]}"
    if party.id not in known.snapshots:
        return Piece(text=text, is_code=False)
    query = {"repository": known.snapshots[party.id]}
    return Piece(text=text, page="sync_snapshot", arguments={"commit": party.id}, query=query)


def _details(told: Told) -> Iterator[str]:
    data = told.data
    if told.event is Event.SYNC_ACTIVATED:
        yield from _activation(told)
    yield from _from_where(told)
    if isinstance(data.get("problems"), int):
        yield _number(data["problems"], "error")
    if data.get("right") and told.subject.kind != RIGHT:
        allows = right_name(str(data["right"]))
        yield f"lacking the right to {allows}" if allows else f"right: {data['right']}"
    if told.event in {Event.MFA_ADDED, Event.MFA_REMOVED} and data.get("kind"):
        yield _FACTORS.get(str(data["kind"]), str(data["kind"]))
    if isinstance(data.get("changed"), list | dict) and data["changed"]:
        yield f"changed: {', '.join(_changed(data['changed']))}"
    if data.get("role") and told.event not in _WITH_DATA:
        yield f"role: {data['role']}"
    if data.get("grant"):
        yield f"break-glass grant {data['grant']}"
    if told.event is Event.LOG_VERIFIED and "whole" in data:
        yield "the log is whole" if data["whole"] else "the log is NOT whole"
    if isinstance(data.get("reasons"), list) and all(isinstance(each, str) for each in data["reasons"]):
        yield " ".join(data["reasons"])


def _from_where(told: Told) -> Iterator[str]:
    if told.event and told.event.category is Category.SIGN_IN and told.personal.get("address"):
        yield f"from {told.personal['address']}"


def _changed(changed: list[Any] | dict[str, Any]) -> Iterator[str]:
    """What changed, with the values before and after where the entry has them and they are short."""
    for name in sorted(str(each) for each in changed):
        values = changed[name] if isinstance(changed, dict) and name in changed else None
        is_pair = isinstance(values, list) and len(values) == 2  # noqa: PLR2004 - before and after
        told = " → ".join("unset" if value is None else str(value) for value in values) if is_pair and values else ""
        yield f"{name} {told}" if 0 < len(told) <= _LONGEST_VALUES else name


def _activation(told: Told) -> Iterator[str]:
    data, personal = told.data, told.personal
    if personal.get("title"):
        yield str(personal["title"])
    if isinstance(data.get("connections_changed"), int):
        accounts = data.get("accounts_total")
        of = f" of {_number(accounts, 'account')}" if isinstance(accounts, int) and accounts else ""
        yield f"{_number(data['connections_changed'], 'connection')}{of} changed"
    if data.get("pull_request"):
        yield f"PR {data['pull_request']}"
    if personal.get("author"):
        yield f"written by {personal['author']}"
    reviewed: Any = personal.get("reviewed_by")
    if isinstance(reviewed, list) and reviewed:
        yield f"reviewed by {', '.join(str(each) for each in reviewed)}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
