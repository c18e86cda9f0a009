"""What one change of a proposal is about, and how people call it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.core.documents import Layer, MappingKey, Part
from integrations.core.edits.values import Keys
from integrations.core.pointer import build, parse
from integrations.core.summaries import setting

_LONGEST = 1_000  # characters of a target as an address or a form names it


class Kind(StrEnum):
    CONFIG = "config"  # one setting
    FIELD = "field"  # one output field of a mapping
    MAPPING = "mapping"  # the whole expression of a mapping's part


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`path` leads to the setting or the output field.

    As text it is `config:/a/b`, `field:crm/contacts/list:response:/a` or `mapping:crm/contacts/list:response:`.
    """

    kind: Kind
    path: Keys = ()
    mapping: str = ""
    part: Part = Part.RESPONSE

    def __str__(self) -> str:
        if self.kind is Kind.CONFIG:
            return f"{self.kind}:{build(self.path)}"
        return f"{self.kind}:{self.mapping}:{self.part}:{build(self.path)}"

    @property
    def label(self) -> str:
        """`Pagination: page size`; an output field is called by its own name."""
        if self.kind is Kind.CONFIG:
            return setting_words(self.path)
        return ".".join(self.path) if self.kind is Kind.FIELD else "The whole formula"

    @property
    def about(self) -> str:
        """Which mapping it is of, as people say it; empty for a setting."""
        return "" if self.kind is Kind.CONFIG else mapping_words(self.mapping, self.part)

    @property
    def area(self) -> str:
        """As `core.difference` names it."""
        return "config" if self.kind is Kind.CONFIG else f"{self.mapping}:{self.part}"


def target_of(text: str) -> Target | None:
    """None for what names no target."""
    kind, _, rest = text[:_LONGEST].partition(":")
    try:
        if kind == Kind.CONFIG:
            path = parse(rest)
            return Target(kind=Kind.CONFIG, path=path) if path else None
        mapping, part, pointer = rest.split(":", 2)
        MappingKey.parse(mapping)
        path = parse(pointer)
        found = Target(kind=Kind(kind), path=path, mapping=mapping, part=Part(part))
    except ValueError:
        return None
    return found if (found.kind is Kind.FIELD) == bool(path) else None


def setting_words(path: Keys) -> str:
    words = [setting((key,)) for key in path]
    text = f"{', '.join(words[:-1])}: {words[-1]}" if len(words) > 1 else words[0]
    return text[:1].upper() + text[1:]


def mapping_words(mapping: str, part: Part) -> str:
    """`contacts list`; what is not the answer says which side it is."""
    words = " ".join(setting((name,)) for name in mapping.split("/")[1:])
    return words if part is Part.RESPONSE else f"{words} ({setting((part.value,))})"


def layer_words(layer: Layer, account: str = "", environment: str = "") -> str:
    """Which layer it is, for who never heard of layers; its name stands behind."""
    match layer:
        case Layer.PLATFORM:
            return "the standard set-up (platform)"
        case Layer.ENVIRONMENT:
            return f"what holds for every account in {environment} (environment)" if environment else "the environment"
        case Layer.ACCOUNT:
            return f"{account}'s own override (account)" if account else "the account's own override (account)"
