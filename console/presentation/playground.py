"""What the playground starts from: the layers of one part of a mapping, samples to try them on, and the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.presentation.values import indented, segments_of
from integrations.core.documents import JSON, Layer, MappingKey, ModelDocument, Part, SampleDocument, Source
from integrations.core.outputs import records_of
from integrations.core.parts import EffectivePart, LayerExpression
from integrations.queries.reading import Reader, Visible
from integrations.queries.sampling import samples_of

_MOST_SAMPLES = 50
_EMPTY = EffectivePart(layers=(), dropped=(), fields=(), is_static=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTab:
    """One layer's expression of the part; without a `source` the layer says nothing yet.

    `is_dropped`: a later layer replaces it, so that it is never evaluated. `replaces`: it drops the layers below.
    """

    layer: str
    text: str
    source: Source | None = None
    is_dropped: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingChoice:
    """A mapping that may be tried. `about`: what it is for; `first`: the part that its name leads to."""

    key: str
    about: str
    first: Part
    parts: tuple[Part, ...]
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleChoice:
    """A sample of the repository that the part can be tried on. `about`: whose it is, where not this mapping's own."""

    document: SampleDocument
    about: str

    @property
    def id(self) -> str:
        return self.document.source.file


@dataclass(frozen=True, slots=True, kw_only=True)
class UnifiedField:
    """A top-level field of the unified schema."""

    name: str
    type: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The input to begin with, as JSON texts. `id`: the sample's, or MADE_UP. `about`: what to know of it, or empty."""

    id: str
    input: str
    bindings: str
    about: str


def layer_tabs(part: EffectivePart | None, layers: Iterable[Layer]) -> tuple[LayerTab, ...]:
    """One tab for each of `layers`, lowest first, with its expression where it has one."""
    found = part or _EMPTY
    dropped = {said.layer: _tab(said, is_dropped=True) for said in found.dropped}
    kept = {said.layer: _tab(said) for said in found.layers}
    said = {**dropped, **kept}
    return tuple(said.get(layer, LayerTab(layer=layer.value, text="")) for layer in layers)


def _tab(said: LayerExpression, *, is_dropped: bool = False) -> LayerTab:
    return LayerTab(
        layer=said.layer.value,
        text=said.expression.text,
        source=said.expression.source,
        is_dropped=is_dropped,
        replaces=said.mode.value == "replace",
    )


_ABOUT: Mapping[str, str] = {
    "list": "What the product reads, record by record.",
    "get": "What the product reads of one record.",
    "create": "What is written for a new record.",
    "update": "What is written when a record changes.",
    "delete": "What is sent to remove a record.",
}


def mapping_choices(mappings: Mapping[str, Mapping[Part, EffectivePart]]) -> tuple[MappingChoice, ...]:
    """The mappings, those that the account overrides first."""
    choices = [_mapping_choice(key, parts) for key, parts in mappings.items()]
    return tuple(sorted(choices, key=lambda choice: Layer.ACCOUNT not in choice.layers))


def _mapping_choice(key: str, parts: Mapping[Part, EffectivePart]) -> MappingChoice:
    said = {expression.layer for part in parts.values() for expression in part.layers}
    return MappingChoice(
        key=key,
        about=_ABOUT.get(MappingKey.parse(key).method, ""),
        first=Part.RESPONSE if Part.RESPONSE in parts else next(iter(parts), Part.RESPONSE),
        parts=tuple(parts),
        layers=tuple(layer for layer in Layer if layer in said),
    )


def sample_choices(
    reader: Reader,
    integration: str,
    *,
    key: MappingKey,
    part: Part,
    account: str | None,
    environment: str,
    visible: Visible,
) -> tuple[SampleChoice, ...]:
    """The samples that fit, in the order of the page that shows the mapping on a sample.

    Samples of the resource's other methods stand last: a provider's record looks the same in a list and alone.
    """
    resource = (key.model, key.resource)
    keys = {sample.key for sample in reader.samples(integration) if (sample.key.model, sample.key.resource) == resource}
    fitting = [
        sample
        for mapping in sorted(keys, key=lambda each: (each != key, str(each)))
        for sample in samples_of(
            reader,
            integration,
            str(mapping),
            part,
            account=account or "",
            environment=environment,
            visible=visible,
        )
    ]
    # Of the other methods', too, none of another account comes before one that is this account's or everyone's.
    fitting.sort(key=lambda sample: sample.key != key and (1 if sample.account in {None, account} else 2))
    return tuple(
        SampleChoice(document=sample, about=_about(sample, key, environment)) for sample in fitting[:_MOST_SAMPLES]
    )


def _about(sample: SampleDocument, key: MappingKey, environment: str) -> str:
    said = [
        sample.account,
        sample.environment if sample.environment != environment else None,
        f"of {sample.key.method}" if sample.key != key else None,
    ]
    return ", ".join(word for word in said if word)


def given(
    choices: Sequence[SampleChoice], wanted: str, key: MappingKey, kind: Part, part: EffectivePart | None
) -> Given:
    """The wanted sample, else the best one, else made-up data. `wanted` MADE_UP asks for the last."""
    chosen = next((choice for choice in choices if choice.id == wanted), choices[0] if choices else None)
    if chosen is None or wanted == MADE_UP:
        return Given(id=MADE_UP, input=indented(made_up(part, kind)), bindings="{}", about=_MADE_UP)
    document = chosen.document
    records = records_of(key, kind, document.input)
    return Given(
        id=chosen.id,
        input=indented(records[0] if records else document.input),
        bindings=indented(dict(document.bindings)),
        about=_about_records(key, kind, 1 if records is None else len(records)),
    )


def _about_records(key: MappingKey, kind: Part, records: int) -> str:
    if key.method != "list" or kind is not Part.RESPONSE:
        return ""
    once = "The provider's list is mapped record by record"
    return f"{once}; this is one record." if records == 1 else f"{once}; this is the first of the sample's {records}."


_MADE_UP = (
    "No real record: a value in every field that the expressions read. Paste a record of the provider to try that one."
)
MADE_UP = "made-up"


def made_up(part: EffectivePart | None, kind: Part) -> dict[str, JSON]:
    """An input with a value in every field that the expressions read, so that there is something to see."""
    root: dict[str, JSON] = {}
    paths = {read.path for said in (part or _EMPTY).layers for read in said.expression.analysis.reads}
    for path in sorted(paths, key=lambda path: (-path.count("/"), path)):
        _place(root, segments_of(path))
    return root or {_ROOTS[kind]: {}}


_ROOTS: Mapping[Part, str] = {
    Part.RESPONSE: "response",
    Part.QUERY: "query",
    Part.REQUEST_BODY: "body",
    Part.REQUEST_HEADERS: "headers",
    Part.ERROR: "error",
}


def _place(root: dict[str, JSON], names: Sequence[str]) -> None:
    """The deepest paths come first, so that a field above them that is read as a whole stays an object."""
    at = root
    for name in names[:-1]:
        if name in {"*", "**"}:
            return
        below = at.setdefault(name, {})
        if not isinstance(below, dict):
            return
        at = below
    if names and names[-1] not in {"*", "**"}:
        at.setdefault(names[-1], _value_for(names[-1]))


def _value_for(name: str) -> JSON:
    """A value that looks like what a field of this name holds."""
    lowered = name.lower()
    for words, value in _LOOKS:
        if any(word in lowered for word in words):
            return value
    return f"{name} of this record"


# The first that fits counts. Nothing here belongs to anybody: example domains, and numbers kept free for fiction.
_LOOKS: Sequence[tuple[tuple[str, ...], JSON]] = (
    (("email", "e_mail"), "robin@example.com"),
    (("phone", "mobile", "fax"), "+1 202 555 0143"),
    (("date", "time", "_at", "modstamp"), "2026-01-31T09:30:00.000+0000"),
    (("url", "website", "link"), "https://example.com/"),
    (("firstname", "first_name", "givenname"), "Robin"),
    (("lastname", "last_name", "surname"), "Example"),
    (("amount", "price", "total", "count", "size", "number", "quantity"), 42),
    (("is_", "has_", "active", "enabled", "deleted", "donot"), True),
    (("country",), "US"),
    (("currency",), "EUR"),
)


def unified_fields(models: Iterable[ModelDocument], key: MappingKey, part: Part) -> tuple[UnifiedField, ...]:
    """The fields that a response may fill, as the schema lists them; none for the other parts or without a schema."""
    if part is not Part.RESPONSE:
        return ()
    schema = next((model.schema for model in models if model.resource == key.resource), {})
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return ()
    return tuple(_unified(name, said) for name, said in properties.items())


def _unified(name: str, said: JSON) -> UnifiedField:
    told = said if isinstance(said, Mapping) else {}
    types = told.get("type", "")
    joined = " or ".join(str(each) for each in types) if isinstance(types, list | tuple) else str(types)
    return UnifiedField(name=name, type=joined, about=str(told.get("description", "")))
