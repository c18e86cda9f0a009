"""JSON Schema under limits: a schema comes from the repository, and one can be written that never ends.

References can double the work at each level, a pattern can backtrack without end, a reference can lead to itself.
So each keyword that is tried counts against a budget, and patterns are matched by RE2, whose time grows with the
text's length alone; it knows neither look-around nor back-references. Nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from integrations.core.documents import JSON
from integrations.core.text import child, short

BUDGET = 100_000  # keywords tried for one value
_left: ContextVar[int] = ContextVar("_left")
_options = re2.Options()
_options.log_errors = False  # a bad pattern is a problem of the repository, not of this process
_options.max_mem = 1024 * 1024


class TooMuch(Exception):
    """The schema asks for more work than a sample is worth; the text is a sentence."""


def errors(value: JSON, schema: Mapping[str, JSON]) -> Iterator[tuple[list[str | int], str]]:
    """Where and why the value breaks the schema, path first. Raises TooMuch."""
    token = _left.set(BUDGET)
    try:
        found = list(_Validator(schema, registry=Registry()).iter_errors(value))
    except RecursionError as error:
        raise TooMuch("The schema refers to itself without end.") from error
    except Unresolvable as error:
        raise TooMuch(f"The schema refers to something that it does not hold: {short(str(error))}.") from error
    finally:
        _left.reset(token)
    for breach in found:
        yield list(breach.absolute_path), breach.message


def bad_patterns(value: JSON, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every pattern of a schema that cannot be tried, with its pointer and a sentence."""
    if isinstance(value, dict):
        for key, item in value.items():
            here = child(pointer, key)
            patterns: Mapping[str, str] = {}
            if key == "pattern" and isinstance(item, str):
                patterns = {item: here}
            elif key == "patternProperties" and isinstance(item, dict):
                patterns = {pattern: child(here, pattern) for pattern in item}
            for pattern, where in patterns.items():
                if why := _why_not(pattern):
                    yield where, why
            yield from bad_patterns(item, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from bad_patterns(item, f"{pointer}/{index}")


def uses(value: JSON, keyword: str) -> bool:
    """Whether an object anywhere in the schema has the key."""
    if isinstance(value, dict):
        return keyword in value or any(uses(item, keyword) for item in value.values())
    return isinstance(value, list) and any(uses(item, keyword) for item in value)


def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _options)  # type: ignore[no-untyped-call]


def _why_not(pattern: str) -> str | None:
    try:
        _compiled(pattern)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        return f"The pattern {short(pattern)} cannot be used ({short(reason)})."
    return None


def _counted(keyword: Callable[..., Any]) -> Callable[..., Any]:
    def tried(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        _spend(1)
        return keyword(validator, value, instance, schema)

    return tried


def _spend(work: int) -> None:
    left = _left.get(BUDGET) - work
    if left < 0:
        raise TooMuch("The schema asks for too much work on this sample.")
    _left.set(left)


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    _spend(1)
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{short(instance)!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, subschema in patterns.items():
        for key, value in instance.items():
            _spend(1)
            if _matches(pattern, key):
                yield from validator.descend(value, subschema, path=key, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, value in instance.items():
        _spend(1)
        if key in named or any(_matches(pattern, key) for pattern in patterns):
            continue
        if allowed is False:
            yield ValidationError(f"{short(key)!r} is none of the properties that may stand here")
        else:
            yield from validator.descend(value, allowed, path=key)


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Any:  # noqa: FBT001 - jsonschema's form
    if isinstance(instance, list):
        _spend(len(instance) ** 2 // 20)  # items that cannot be sorted are compared in pairs
    return Draft202012Validator.VALIDATORS["uniqueItems"](validator, wanted, instance, schema)


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        **{name: _counted(keyword) for name, keyword in Draft202012Validator.VALIDATORS.items()},
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    },
)
