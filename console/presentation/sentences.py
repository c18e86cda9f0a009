"""What changed, in plain sentences: `contacts: tier now comes from the account layer`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.presentation.values import dotted, shown
from integrations.core.documents import JSON, Connection, Layer, Source
from integrations.core.merge import Difference

CONFIG = "config"
RESPONSE = "response"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """`subject: field says`, then `before` → `after`; None where there was, or is, nothing.

    `path` opens the chain of what changed on the effective page; it is empty where no single field tells the change.
    """

    subject: str
    field: str
    says: str
    before: str | None
    after: str | None
    path: str
    source: Source | None

    def __str__(self) -> str:
        return f"{self.subject}: {self.field} {self.says}" if self.field else f"{self.subject} {self.says}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """What changed in the same way for several connections of one account."""

    connections: tuple[Connection, ...]
    sentences: tuple[Sentence, ...]


def sentence(difference: Difference) -> Sentence:
    """One difference as a sentence."""
    is_config = difference.area == CONFIG
    is_whole = not is_config and not difference.path
    return Sentence(
        subject=subject_of(difference.area),
        field="" if is_whole else dotted(difference.path),
        says=_says(difference, "the expression" if is_whole else ""),
        before=_text(difference.before, is_config=is_config),
        after=_text(difference.after, is_config=is_config),
        path="" if is_whole else difference.path if is_config else f"{difference.area}{difference.path}",
        source=difference.source_after,
    )


def subject_of(area: str) -> str:
    """What a person calls the area: `config`; the resource of a response (`contacts`); else with its part.

    The method is named where it is not `list`, because a resource's list mapping is what people mean by its name.
    """
    if area == CONFIG:
        return CONFIG
    key, _, part = area.partition(":")
    _, resource, method = key.split("/")
    words = [resource]
    if method != "list":
        words.append(method)
    if part != RESPONSE:
        words.append(part.replace("_", " "))
    return " ".join(words)


def alike(found: Iterable[tuple[Connection, Sequence[Difference]]]) -> tuple[Alike, ...]:
    """Connections of one activation, joined where the same differences befell the same integration."""
    groups: dict[tuple[str, tuple[str, ...]], tuple[list[Connection], Sequence[Difference]]] = {}
    for connection, differences in found:
        key = (connection.integration, tuple(map(repr, differences)))
        groups.setdefault(key, ([], differences))[0].append(connection)
    return tuple(
        Alike(connections=tuple(sorted(connections)), sentences=tuple(sentence(each) for each in differences))
        for connections, differences in groups.values()
    )


def _says(difference: Difference, what: str) -> str:
    before, after = difference.layer_before, difference.layer_after
    said = f"{what} " if what else ""
    if difference.before is None and difference.after is not None:
        return f"{said}is new, from {_layer(after)}"
    if difference.after is None:
        return f"{said}is gone; it came from {_layer(before)}"
    if before is not after:
        return f"{said}now comes from {_layer(after)}"
    return f"{said}changed in {_layer(after)}"


def _layer(layer: Layer | None) -> str:
    return f"the {layer} layer" if layer is not None else "no layer"


def _text(value: JSON, *, is_config: bool) -> str | None:
    if value is None:
        return None
    if is_config:
        return shown(value)
    # A part as a whole: the texts of its layers, lowest first.
    return "\n".join(value) if isinstance(value, list) else str(value)
