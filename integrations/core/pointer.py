"""JSON Pointer (RFC 6901): the one way in which places in a config and fields of a mapping are named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.core.documents import JSON


class Absent:
    """The type of `ABSENT`, which tells "no value" from null."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


ABSENT = Absent()


def escape(key: str) -> str:
    """A key as one token of a pointer: `a/b` is `a~1b`."""
    if "~" in key or "/" in key:
        return key.replace("~", "~0").replace("/", "~1")
    return key


def unescape(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def build(keys: Iterable[str]) -> str:
    """The pointer to the place that these keys lead to; the root is the empty string."""
    return "".join(["/" + escape(key) for key in keys])


def parse(pointer: str) -> tuple[str, ...]:
    """The keys that a pointer goes through. Raises ValueError unless it is empty or starts with a slash."""
    if not pointer:
        return ()
    if pointer[0] != "/":
        raise ValueError(f"{pointer!r} is not a JSON Pointer: it must start with a slash")
    return tuple(unescape(token) for token in pointer[1:].split("/"))


def from_words(path: str) -> str:
    """A pointer from what a person typed: a pointer itself, or keys with dots between (`pagination.page_size`)."""
    return path if path.startswith("/") or not path else build(path.split("."))


def look_up(value: JSON, keys: Sequence[str]) -> JSON:
    """The value that `keys` lead to through objects, or `ABSENT`. Lists are not entered: they are leaves."""
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return value


def is_below(path: str, ancestor: str) -> bool:
    """Whether `path` is `ancestor` or a place within it."""
    return path == ancestor or path.startswith(ancestor + "/")
