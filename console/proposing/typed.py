"""What a person has typed into the form, kept as it was typed: from a request, from a draft, and back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from console.proposing.targets import Target, target_of
from integrations.core.secrets import secrets_in

MOST_CHANGES = 20
LONGEST = 20_000  # characters of one text
# Of each change. `add` and `keep` are those of a list; `was` is the value that the person saw when they began.
_TEXTS = (
    "how",
    "value",
    "source",
    "other",
    "convert",
    "first",
    "second",
    "third",
    "fixed",
    "kind",
    "expression",
    "add",
)
_OF_FORM = ("reason", "ticket", "key", "base")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedChange:
    """One change. `texts` has what was typed, by the form's name; `kept` the elements of a list that stay ticked.

    `was` None: it has just been begun, and nothing was typed yet.
    """

    target: Target
    texts: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    was: str | None = None

    def text(self, name: str) -> str:
        return self.texts.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The whole form. `key` names this attempt, so that it makes one proposal however often it is sent."""

    changes: tuple[TypedChange, ...] = ()
    environment: str = ""
    reason: str = ""
    ticket: str = ""
    reviewers: tuple[str, ...] = ()
    key: str = ""
    base: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.changes or self.reason or self.ticket)

    def with_target(self, target: Target) -> Typed:
        if any(each.target == target for each in self.changes) or len(self.changes) >= MOST_CHANGES:
            return self
        return replace(self, changes=(*self.changes, TypedChange(target=target)))

    def without(self, target: str) -> Typed:
        return replace(self, changes=tuple(each for each in self.changes if str(each.target) != target))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFound:
    """Where something that looks like a secret was typed: the target as text, or the form's field. Never its value."""

    at: str
    kind: str


def new_key() -> str:
    return secrets.token_hex(12)


def typed_from(post: QueryDict) -> Typed:
    """From the form, or from a link that begins one."""
    changes = []
    for number in range(MOST_CHANGES):
        prefix = f"c{number}-"
        target = target_of(post.get(f"{prefix}target", ""))
        if target is None or any(each.target == target for each in changes):
            continue
        changes.append(
            TypedChange(
                target=target,
                texts={name: _clean(post[f"{prefix}{name}"]) for name in _TEXTS if post.get(f"{prefix}{name}")},
                kept=tuple(_clean(text) for text in post.getlist(f"{prefix}keep")),
                was=post.get(f"{prefix}was"),
            )
        )
    return Typed(
        changes=tuple(changes),
        environment=post.get("environment", "")[:63],
        reviewers=tuple(_clean(each)[:320] for each in post.getlist("reviewers")[:20]),
        **{name: _clean(post.get(name, "")) for name in _OF_FORM},
    )


def as_fields(typed: Typed) -> dict[str, Any]:
    """For the row of a draft; the key and base are the attempt's, not the draft's."""
    return {
        "environment": typed.environment,
        "reason": typed.reason,
        "ticket": typed.ticket,
        "reviewers": list(typed.reviewers),
        "changes": [
            {"target": str(each.target), "texts": dict(each.texts), "kept": list(each.kept), "was": each.was}
            for each in typed.changes
        ],
    }


def from_fields(fields: Mapping[str, Any]) -> Typed:
    """Of a draft of an older shape what can be read."""
    changes = []
    for each in fields.get("changes", ()):
        target = target_of(str(each.get("target", "")))
        if target is not None:
            texts = {name: str(text) for name, text in dict(each.get("texts", {})).items() if name in _TEXTS}
            kept = tuple(str(text) for text in each.get("kept", ()))
            changes.append(TypedChange(target=target, texts=texts, kept=kept, was=each.get("was")))
    return Typed(
        changes=tuple(changes[:MOST_CHANGES]),
        environment=str(fields.get("environment", "")),
        reason=str(fields.get("reason", "")),
        ticket=str(fields.get("ticket", "")),
        reviewers=tuple(str(each) for each in fields.get("reviewers", ())),
    )


def without_secrets(typed: Typed) -> tuple[Typed, tuple[SecretFound, ...]]:
    """The same without what looks like a secret, and where that was: nothing that holds one is kept or shown again."""
    found: list[SecretFound] = []
    changes = []
    for each in typed.changes:
        texts = {}
        for name, text in each.texts.items():
            if kind := _secret(_named(each.target, text)):
                found.append(SecretFound(at=str(each.target), kind=kind))
            else:
                texts[name] = text
        kept = tuple(text for text in each.kept if not _secret([text]))
        changes.append(replace(each, texts=texts, kept=kept))
    plain = {}
    for name in ("reason", "ticket"):
        text = getattr(typed, name)
        if kind := _secret([text]):
            found.append(SecretFound(at=name, kind=kind))
            plain[name] = ""
    return replace(typed, changes=tuple(changes), **plain), tuple(found)


def _named(target: Target, text: str) -> Iterable[str]:
    """The text as it is, and as it would stand behind its key: `client_secret: …` tells more than the value alone."""
    yield text
    if target.path and "\n" not in text:
        quoted = text.replace('"', "")
        yield f'{target.path[-1].removesuffix("_ref")}: "{quoted}"'


def _secret(texts: Iterable[str]) -> str:
    return next((found.kind for text in texts for found in secrets_in(text)), "")


def _clean(text: str) -> str:
    """As a row can hold it; browsers send line ends as CRLF."""
    return text[:LONGEST].replace("\0", "").replace("\r\n", "\n").encode(errors="replace").decode()
