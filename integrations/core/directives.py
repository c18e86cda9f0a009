"""List directives: how an override edits a lower layer's list instead of replacing it.

`{"$append": […]}`, `{"$prepend": […]}` and `{"$remove": […]}` stand where a list is expected, alone or together;
what is to be removed is removed first. `check_patch` is the face for loaders: after it has found nothing, merging
cannot fail.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from integrations.core.documents import JSON, Lines, Source
from integrations.core.pointer import escape
from integrations.core.problems import Code, Problem

APPEND = "$append"
PREPEND = "$prepend"
REMOVE = "$remove"
DIRECTIVES = frozenset({APPEND, PREPEND, REMOVE})

MAX_DEPTH = 64  # levels of nesting in a config; merging recurses once per level


def is_directive(value: Mapping[str, JSON]) -> bool:
    """Whether an object of a patch edits a list: it has directives and nothing else."""
    return bool(value) and DIRECTIVES.issuperset(value)


def edit(lower: JSON, directive: Mapping[str, JSON]) -> list[JSON]:
    """A new list: `lower` edited by `directive`. A lower value that is no list counts as an empty one."""
    items: Sequence[JSON] = lower if isinstance(lower, list) else ()
    if removed := directive.get(REMOVE):
        unwanted = {identity(item) for item in removed}
        items = [item for item in items if identity(item) not in unwanted]
    return [*directive.get(PREPEND, ()), *items, *directive.get(APPEND, ())]


def identity(value: JSON) -> Hashable:
    """Equal for two JSON values exactly when these are equal: 1 is 1.0, but true is not 1."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list):
        return ("list", tuple(identity(item) for item in value))
    if isinstance(value, dict):
        return ("object", frozenset((key, identity(item)) for key, item in value.items()))
    found: Hashable = value
    return found


def check_patch(config: JSON, lines: Lines, file: str, *, directives: bool = True) -> list[Problem]:
    """Every misuse of `$` keys in a config, with its address. `directives` False: a platform config, which has none."""
    problems: list[Problem] = []
    pending = [(config, "", lines.get("", 1), 0, not directives)]
    while pending:
        value, path, line, depth, is_plain = pending.pop()
        if depth > MAX_DEPTH:
            message = f"The config is nested more than {MAX_DEPTH} levels deep."
            problems.append(Problem(code=Code.TOO_LARGE, message=message, source=Source(file=file, line=line)))
            continue
        at = Source(file=file, line=line)
        if isinstance(value, dict):
            problems.extend(_check_object(value, path, lines, at, is_plain=is_plain))
            # What a directive adds, and what stands in a list, is data: nothing below can be edited again.
            is_plain = is_plain or is_directive(value)
        for token, item in _children(value):
            below = f"{path}/{token}"
            pending.append((item, below, lines.get(below, line), depth + 1, is_plain or isinstance(value, list)))
    return sorted(problems, key=lambda problem: problem.source.line if problem.source else 0)


def _children(value: JSON) -> Iterator[tuple[str, JSON]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield escape(key), item
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield str(index), item


def _check_object(
    value: Mapping[str, JSON], path: str, lines: Lines, at: Source, *, is_plain: bool
) -> Iterator[Problem]:
    special = [key for key in value if key.startswith("$")]
    for key in special:
        source = Source(file=at.file, line=lines.get(f"{path}/{escape(key)}", at.line))
        found = _check_key(key, value[key], path, is_plain=is_plain)
        if found is not None:
            code, message = found
            yield Problem(code=code, message=message, source=source, data={"path": path or "/", "key": key})
    if not is_plain and special and len(special) < len(value):
        plain = next(key for key in value if not key.startswith("$"))
        message = f'An object with list directives can have no other keys, but "{plain}" stands beside "{special[0]}".'
        source = Source(file=at.file, line=lines.get(f"{path}/{escape(plain)}", at.line))
        yield Problem(code=Code.BAD_DIRECTIVE, message=message, source=source, data={"path": path or "/", "key": plain})


def _check_key(key: str, value: JSON, path: str, *, is_plain: bool) -> tuple[Code, str] | None:
    if key not in DIRECTIVES:
        known = ", ".join(sorted(DIRECTIVES))
        return Code.UNKNOWN_DIRECTIVE, f'"{key}" is no list directive; keys that start with $ are kept for {known}.'
    if is_plain:
        return Code.BAD_DIRECTIVE, f'"{key}" edits the list of a lower layer, and there is none below this place.'
    if not path:
        return Code.BAD_DIRECTIVE, f'"{key}" edits a list, but a config as a whole is an object.'
    if not isinstance(value, list):
        return Code.BAD_DIRECTIVE, f'"{key}" takes a list.'
    return None
