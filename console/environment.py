"""Typed reading of environment variables, for `settings` alone.

A value that cannot be understood stops the process at start with a sentence that names the variable; so does a
variable that begins with `GLASSHOUSE_` and that nothing reads, since a misspelt setting is a setting that does
not apply. `NAME_FILE` may name a file that holds the value, as container platforms hand out secrets.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
PREFIX = "GLASSHOUSE_"
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})


class Environment:
    """Reads variables of one mapping and remembers which were asked for."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._asked: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        return self._read(name, default, str)

    def flag(self, name: str, *, default: bool) -> bool:
        return self._read(name, default, _flag)

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        def convert(value: str) -> int:
            number = int(value)
            if not least <= number <= most:
                raise ValueError(f"it must lie between {least} and {most}")
            return number

        return self._read(name, default, convert)

    def path(self, name: str, default: Path) -> Path:
        return self._read(name, default, lambda value: Path(value).expanduser().resolve())

    def optional_path(self, name: str) -> Path | None:
        return self._read(name, None, lambda value: Path(value).expanduser().resolve() if value else None)

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list, separated by commas."""
        return self._read(name, default, lambda value: tuple(word.strip() for word in value.split(",") if word.strip()))

    def pairs(self, name: str) -> dict[str, str]:
        """`left=right`, separated by commas."""

        def convert(value: str) -> dict[str, str]:
            found = [part.partition("=") for part in value.split(",") if part.strip()]
            if any(not left.strip() or not right.strip() for left, _, right in found):
                raise ValueError("it must be pairs like left=right, separated by commas")
            return {left.strip(): right.strip() for left, _, right in found}

        return self._read(name, {}, convert)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        def convert(value: str) -> str:
            if value not in choices:
                raise ValueError(f"it must be one of {', '.join(choices)}")
            return value

        return self._read(name, default, convert)

    def told(self) -> dict[str, str]:
        """What the environment says of the settings that were asked for, as it stands there: secrets included."""
        return {name: value for name in sorted(self._asked) if (value := self._value(name)) is not None}

    def refuse_unknown(self) -> None:
        """Raises for a `GLASSHOUSE_…` variable that no setting reads."""
        known = self._asked | {f"{name}_FILE" for name in self._asked}
        unknown = sorted(name for name in self._variables if name.startswith(PREFIX) and name not in known)
        if unknown:
            raise ImproperlyConfigured(f"No setting reads {', '.join(unknown)}; docs/operations.md lists the settings.")

    def _read(self, name: str, default: T, convert: Callable[[str], T]) -> T:
        self._asked.add(name)
        value = self._value(name)
        if value is None:
            return default
        try:
            return convert(value)
        except ValueError as error:
            # The value itself is not repeated: it may be a secret.
            raise ImproperlyConfigured(f"{name} cannot be understood: {error}") from None

    def _value(self, name: str) -> str | None:
        file = self._variables.get(f"{name}_FILE")
        if file is None:
            return self._variables.get(name)
        if name in self._variables:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one.")
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error}") from None


def database(url: str) -> dict[str, object]:
    """Django's database dictionary for `sqlite:///path`, `postgres://user:password@host:port/name?option=value`.

    Raises ValueError for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        name = unquote(parts.path.removeprefix("/"))
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name or ":memory:",
            # The suite runs on a file too: a database in memory takes its locks in another way.
            "TEST": {"NAME": f"{name}-test" if name else None},
            "OPTIONS": {
                # Writers queue instead of failing: a transaction that will write takes its lock at the start.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000",
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
        host = unquote(options.pop("host", parts.hostname or ""))
        # Django's own cursors never prepare; the audit log's does, unless a pooler between could not keep it.
        prepare = None if options.pop("prepare", "yes") == "no" else 1
        return {
            "ENGINE": "audit.postgresql",  # as Django's, but that an entry of the log goes with COMMIT
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"prepare_threshold": prepare, **{key: unquote(value) for key, value in options.items()}},
        }
    raise ValueError("it must begin with sqlite:/// or postgres://")


def _flag(value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError("it must be true or false")
