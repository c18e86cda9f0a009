"""The documents a config repository consists of, as values.

Everything here is frozen and JSON-representable: `encode`/`decode` turn a document into the JSON that the
database keeps and back, and `digest` names its content, so that sync writes only rows that changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

JSON: TypeAlias = (
    Any  # a JSON value: None, bool, int, float, str, list or dict; recursion costs mypy more than it tells
)
Lines: TypeAlias = Mapping[str, int]  # JSON Pointer (RFC 6901) of a value → 1-based line of its key


class Layer(StrEnum):
    """Where a setting comes from; a later layer wins."""

    PLATFORM = "platform"
    ENVIRONMENT = "environment"
    ACCOUNT = "account"


class Part(StrEnum):
    """The parts of a mapping (design §1)."""

    RESPONSE = "response"
    QUERY = "query"
    REQUEST_BODY = "request_body"
    REQUEST_HEADERS = "request_headers"
    ERROR = "error"


class Mode(StrEnum):
    """Whether a layer's expression joins those of the lower layers or drops them."""

    MERGE = "merge"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Source:
    """A file of the repository, relative with forward slashes, and a 1-based line in it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticField:
    """One output field that the parsed expression tells.

    `path` is a JSON Pointer, `line` counts within the expression from 1.
    """

    path: str
    expression: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadField:
    """One input path that the expression reads: `/response/Tier__c`; `line` counts within the expression from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What can be told of an expression without running it. `is_static`: `fields` is complete."""

    fields: tuple[StaticField, ...] = ()
    reads: tuple[ReadField, ...] = ()
    is_static: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """JSONata text with the address of its first line: in its `.jsonata` file, or in the HCL or YAML around it."""

    text: str
    source: Source
    analysis: Analysis = field(default_factory=Analysis)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOverride:
    """What one layer says of one part. Without an expression and with `replace` it drops what lies below."""

    expression: Expression | None
    mode: Mode = Mode.MERGE
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class MappingKey:
    """`crm/contacts/list`."""

    model: str
    resource: str
    method: str

    def __str__(self) -> str:
        return f"{self.model}/{self.resource}/{self.method}"

    @classmethod
    def parse(cls, text: str) -> MappingKey:
        """Raises ValueError unless `text` is `model/resource/method`."""
        model, resource, method = text.split("/")
        return cls(model=model, resource=resource, method=method)


Environments: TypeAlias = tuple[str, ...] | None  # None: all of the repository's environments


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationDocument:
    """`unified_api_integration`, layer platform. `config` is every attribute but `name`."""

    slug: str
    config: Mapping[str, JSON]
    lines: Lines
    source: Source
    environments: Environments = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingDocument:
    """`unified_api_mapping`, layer platform."""

    integration: str
    key: MappingKey
    parts: Mapping[Part, Expression]
    source: Source
    environments: Environments = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideDocument:
    """An environment or account override.

    `config` is a merge patch with list directives; `mappings` is keyed by `model/resource/method`; `account` is
    None exactly when `layer` is environment.
    """

    layer: Layer
    integration: str
    account: str | None
    config: Mapping[str, JSON]
    lines: Lines
    mappings: Mapping[str, Mapping[Part, PartOverride]]
    source: Source
    environments: Environments = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Connection:
    """One account's connection to one integration in one environment; its holder says whose."""

    integration: str
    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDocument:
    """`account.yaml`. `connections` None: not stated, so each override implies one in each of its environments.

    `lines` has the line of each stated connection, by the pointer `/connections/0` and so on.
    """

    slug: str
    name: str
    owner: str | None
    tags: tuple[str, ...]
    connections: tuple[Connection, ...] | None
    source: Source
    owner_line: int | None = None
    lines: Lines = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDocument:
    """The JSON Schema of one unified resource."""

    model: str
    resource: str
    schema: Mapping[str, JSON]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDocument:
    """A provider payload with the unified output that is expected of it: a mapping test."""

    name: str
    integration: str
    key: MappingKey
    part: Part
    account: str | None
    environment: str | None
    input: JSON
    bindings: Mapping[str, JSON]
    expected: JSON
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDocument:
    """`glasshouse.yaml`, or its defaults. `environments` in promotion order, production last."""

    name: str
    description: str
    environments: tuple[str, ...]
    accounts: tuple[str, ...]  # folders that hold account folders
    source: Source | None = None


Document: TypeAlias = (
    IntegrationDocument
    | MappingDocument
    | OverrideDocument
    | AccountDocument
    | ModelDocument
    | SampleDocument
    | SettingsDocument
)


class Kind(StrEnum):
    """The name of a document's type as the database and the API know it."""

    SETTINGS = "settings"
    INTEGRATION = "integration"
    MAPPING = "mapping"
    OVERRIDE = "override"
    ACCOUNT = "account"
    MODEL = "model"
    SAMPLE = "sample"


TYPES: Mapping[Kind, type[Document]] = {
    Kind.SETTINGS: SettingsDocument,
    Kind.INTEGRATION: IntegrationDocument,
    Kind.MAPPING: MappingDocument,
    Kind.OVERRIDE: OverrideDocument,
    Kind.ACCOUNT: AccountDocument,
    Kind.MODEL: ModelDocument,
    Kind.SAMPLE: SampleDocument,
}
_KINDS: Mapping[type[Document], Kind] = {cls: kind for kind, cls in TYPES.items()}


def kind_of(document: Document) -> Kind:
    return _KINDS[type(document)]


def key_of(document: Document) -> str:
    """The document's identity in its repository: two documents with one key are a `duplicate` problem."""
    at = "" if (scope := getattr(document, "environments", None)) is None else "@" + ",".join(scope)
    match document:
        case SettingsDocument():
            return "settings"
        case IntegrationDocument():
            return f"integration:{document.slug}{at}"
        case MappingDocument():
            return f"mapping:{document.integration}:{document.key}{at}"
        case OverrideDocument():
            return f"override:{document.layer}:{document.account or ''}:{document.integration}{at}"
        case AccountDocument():
            return f"account:{document.slug}"
        case ModelDocument():
            return f"model:{document.model}/{document.resource}"
        case SampleDocument():
            return f"sample:{document.source.file}"


def integration_of(document: Document) -> str:
    """The integration a document belongs to; "" for those that belong to none."""
    return getattr(document, "integration", "") or (document.slug if kind_of(document) is Kind.INTEGRATION else "")  # type: ignore[union-attr]


def expressions_of(document: Document) -> Iterator[tuple[str, Part, Expression]]:
    """Every expression of a document with its mapping (`model/resource/method`) and part."""
    if isinstance(document, MappingDocument):
        for part, expression in document.parts.items():
            yield str(document.key), part, expression
    elif isinstance(document, OverrideDocument):
        for key, parts in document.mappings.items():
            for part, override in parts.items():
                if override.expression is not None:
                    yield key, part, override.expression


def encode(document: Document) -> bytes:
    """The document as JSON, keys in a fixed order: equal documents give equal bytes."""
    return msgspec.json.encode(document, order="deterministic")


def to_builtins(document: Document) -> dict[str, JSON]:
    body: dict[str, JSON] = msgspec.to_builtins(document)
    return body


def from_builtins(kind: Kind, body: Mapping[str, JSON]) -> Document:
    """The inverse of `to_builtins`. Raises msgspec.ValidationError for a body of another shape."""
    return msgspec.convert(body, TYPES[kind])


def digest(document: Document) -> str:
    """SHA-256 of the encoded document, in hexadecimal."""
    return hashlib.sha256(encode(document)).hexdigest()
