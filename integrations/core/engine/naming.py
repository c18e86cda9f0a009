"""Why a call found no function, said with the name that was perhaps meant."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import Final

from integrations.core.engine.faults import Sentence, shown
from integrations.core.engine.machine import Frame
from integrations.core.engine.values import Function, U, Value

_LONGEST: Final = 60  # characters of a name that is compared, or shown
_MOST: Final = 500  # variables that are looked through
_SHORTEST: Final = 3  # characters that tell what a name begins with
_CLOSE: Final = {True: 0.8, False: 0.7}  # of short names, and of others


def no_function(name: str, value: Value, frame: Frame) -> Sentence:
    """Why `$name(…)` cannot be called: what `value`, which it holds, is, or a name that is close."""
    told = _cut(name)
    if value is not U:
        return Sentence(f"${told} is no function: it holds {shown(value)}.")
    near = _near(name, frame)
    return Sentence(f"${told} is no function. Was ${near} meant?" if near else f"There is no function ${told}.")


def bare_name(name: str, frame: Frame) -> Sentence:
    """Why `name(…)` cannot be called, nothing being there."""
    near = _near(name, frame) or "uppercase"
    return Sentence(f"{_cut(name)} is no function: functions begin with $, such as ${near}.")


def _near(name: str, frame: Frame) -> str | None:
    """The function in scope whose name is closest, if any is close."""
    if len(name) > _LONGEST:
        return None
    names = {each.lower(): each for each in _callable(frame)}
    lowered = name.lower()
    longer = [each for each in names if each.startswith(lowered)] if len(name) >= _SHORTEST else []
    cutoff = _CLOSE[len(name) <= _SHORTEST]
    close = sorted(longer, key=len)[:1] or difflib.get_close_matches(lowered, sorted(names), n=1, cutoff=cutoff)
    return names[close[0]] if close else None


def _callable(frame: Frame) -> list[str]:
    names = list(frame.machine.natives)
    scope: Frame | None = frame
    while scope is not None and len(names) < _MOST:
        found = islice(scope.variables.items(), _MOST)
        names += [name for name, value in found if isinstance(value, Function) and name]
        scope = scope.parent
    return names


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
