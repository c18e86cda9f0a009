"""Unified models and samples: JSON Schemas, and provider payloads with the output that is expected of a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from integrations.core.documents import JSON, MappingKey, ModelDocument, Part, SampleDocument, Source
from integrations.core.jsontext import read_json
from integrations.core.layout import (
    MODEL_SUFFIX,
    MODELS,
    SAMPLES,
    YAML_SUFFIXES,
    bad_slug,
    is_slug,
    unknown_environment,
    unknown_key,
)
from integrations.core.parsed import Parsed
from integrations.core.problems import Code, Problem
from integrations.core.text import Node, TextLimits, child, problem, short
from integrations.core.validation import TooMuch, bad_patterns, errors, uses
from integrations.core.yaml import read_yaml

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SAMPLE_KEYS = ("mapping", "part", "account", "environment", "input", "bindings", "expected", "description")
_SAMPLE_NEEDS = ("mapping", "input", "expected")
SAMPLE_LIMITS = TextLimits(size=1024 * 1024, nodes=50_000, depth=40)
_PARTS = tuple(part.value for part in Part)
_FINDINGS = 20  # of one sample: more say nothing new


def parse_model(path: str, text: bytes) -> Parsed:
    """The model in `models/<model>/<resource>.schema.json`."""
    parts = path.removeprefix(f"{MODELS}/").removesuffix(MODEL_SUFFIX).split("/")
    names = [part for part in parts if not is_slug(part)]
    problems = [problem(Code.BAD_SLUG, bad_slug(name), path, 1) for name in names]
    if len(parts) != 2:  # noqa: PLR2004 - model and resource
        message = f"A schema's path is {MODELS}/<model>/<resource>{MODEL_SUFFIX}."
        return Parsed(problems=(problem(Code.UNEXPECTED_FILE, message, path, 1),))
    node, found = read_json(text, path)
    problems += found
    if node is None:
        return Parsed(problems=tuple(problems))
    problems += _check_schema(node, path)
    if problems:
        return Parsed(problems=tuple(problems))
    document = ModelDocument(
        model=parts[0], resource=parts[1], schema=node.value, source=Source(file=path, line=node.line(""))
    )
    return Parsed(documents=(document,))


def _check_schema(node: Node, path: str) -> list[Problem]:
    if not isinstance(node.value, dict):
        return [problem(Code.SCHEMA, "A model's schema must be a JSON object.", path, 1)]
    dialect = node.value.get("$schema", DIALECT)
    if dialect not in (DIALECT, f"{DIALECT}#"):
        message = f"Only JSON Schema 2020-12 is read; say “$schema”: “{DIALECT}”."
        return [problem(Code.SCHEMA, message, path, node.line("/$schema"))]
    found = []
    for pointer, reference in _references(node.value):
        if not reference.startswith("#"):
            message = f"“{short(reference)}” leads out of the file; a schema may refer only to its own parts (#/…)."
            found.append(problem(Code.SCHEMA, message, path, node.line(pointer)))
    for pointer, why in bad_patterns(node.value):
        found.append(problem(Code.SCHEMA, why, path, node.line(pointer)))
    if uses(node.value, "unevaluatedProperties") and uses(node.value, "patternProperties"):
        message = "unevaluatedProperties and patternProperties are not supported together."
        found.append(problem(Code.SCHEMA, message, path, node.line("")))
    if found:
        return found
    try:
        Draft202012Validator.check_schema(node.value)
    except SchemaError as error:
        pointer = _pointer(error.absolute_path)
        message = f"This is no JSON Schema: {short(error.message)} (at {pointer or 'the top'})."
        return [problem(Code.SCHEMA, message, path, node.line(pointer), data={"path": pointer})]
    return []


def _references(value: JSON, pointer: str = "") -> Iterable[tuple[str, str]]:
    """Every `$ref` and `$dynamicRef` of a schema, with its pointer."""
    if isinstance(value, dict):
        for key, item in value.items():
            here = child(pointer, key)
            if key in {"$ref", "$dynamicRef"} and isinstance(item, str):
                yield here, item
            yield from _references(item, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _references(item, f"{pointer}/{index}")


def parse_sample(path: str, text: bytes, environments: tuple[str, ...]) -> Parsed:
    """The sample in `samples/<integration>/**`; `environments` are the repository's."""
    is_yaml = path.endswith(YAML_SUFFIXES)
    node, problems = read_yaml(text, path, limits=SAMPLE_LIMITS) if is_yaml else read_json(text, path)
    if node is None:
        return Parsed(problems=tuple(problems))
    integration, _, rest = path.removeprefix(f"{SAMPLES}/").partition("/")
    if not rest:
        message = f"A sample's path is {SAMPLES}/<integration>/<name>."
        return Parsed(problems=(problem(Code.UNEXPECTED_FILE, message, path, 1),))
    if not isinstance(node.value, dict):
        message = "A sample is an object with mapping, input and expected."
        return Parsed(problems=(*problems, problem(Code.WRONG_TYPE, message, path, node.line(""))))
    problems += _check_sample(node, path, environments)
    key = _mapping_key(node, path, problems)
    if problems or key is None:
        return Parsed(problems=tuple(problems))
    value = node.value
    document = SampleDocument(
        name=rest.rpartition(".")[0],
        integration=integration,
        key=key,
        part=Part(value.get("part", Part.RESPONSE)),
        account=value.get("account"),
        environment=value.get("environment"),
        input=value["input"],
        bindings=value.get("bindings") or {},
        expected=value["expected"],
        source=Source(file=path, line=node.line("")),
    )
    return Parsed(documents=(document,))


def _check_sample(node: Node, path: str, environments: tuple[str, ...]) -> list[Problem]:
    value: Mapping[str, JSON] = node.value
    found: list[Problem] = []

    def report(code: Code, message: str, key: str) -> None:
        found.append(problem(code, message, path, node.line(child("", key))))

    for key in value.keys() - set(_SAMPLE_KEYS):
        report(Code.UNKNOWN_ATTRIBUTE, unknown_key(key, _SAMPLE_KEYS), key)
    for key in _SAMPLE_NEEDS:
        if key not in value:
            report(Code.MISSING_ATTRIBUTE, f"The sample does not give its {key}.", "")
    if (part := value.get("part", Part.RESPONSE)) not in _PARTS:
        report(Code.UNKNOWN_PART, unknown_key(str(part), _PARTS), "part")
    environment = value.get("environment")
    if environment is not None and environment not in environments:
        report(Code.UNKNOWN_ENVIRONMENT, unknown_environment(str(environment), environments), "environment")
    account = value.get("account")
    if account is not None and not (isinstance(account, str) and is_slug(account)):
        report(Code.BAD_SLUG, bad_slug(account), "account")
    if not isinstance(value.get("bindings"), dict | None):
        report(Code.WRONG_TYPE, "bindings must be an object of names and values.", "bindings")
    return found


def _mapping_key(node: Node, path: str, problems: list[Problem]) -> MappingKey | None:
    text = node.value.get("mapping")
    if text is None:
        return None
    try:
        return MappingKey.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None
    finally:
        if not isinstance(text, str) or text.count("/") != 2:  # noqa: PLR2004 - three names
            message = "mapping must be model/resource/method, such as crm/contacts/list."
            problems.append(problem(Code.UNKNOWN_MAPPING, message, path, node.line("/mapping")))


def check_expected(sample: SampleDocument, model: ModelDocument) -> list[Problem]:
    """Whether a response sample's expected output is what the model's schema allows.

    The schema describes one record; where a `list` mapping's sample expects several, each of them is held against it.
    """
    records = sample.expected if sample.key.method == "list" and isinstance(sample.expected, list) else None
    found: list[Problem] = []
    try:
        for index, record in enumerate([sample.expected] if records is None else records):
            start = "/expected" if records is None else f"/expected/{index}"
            for path, message in errors(record, model.schema):
                where = start + _pointer(path)
                text = f"{short(message)} (at {where}; {model.source.file} says so)."
                data = {"path": where, "schema": model.source.file}
                found.append(Problem(code=Code.SCHEMA, message=text, source=sample.source, data=data))
                if len(found) >= _FINDINGS:
                    return found
    except TooMuch as reason:
        found.append(Problem(code=Code.SCHEMA, message=str(reason), source=sample.source))
    return found


def _pointer(path: Iterable[str | int]) -> str:
    pointer = ""
    for part in path:
        pointer = child(pointer, str(part))
    return pointer
