"""What an expression gives: a JSON value, nothing at all, or why it failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from integrations.core.documents import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a text is no JSONata expression, or why its evaluation failed.

    `code` is JSONata's own (S0101, T2001 …); those that start with G are ours. `position` counts from 0, `line` and
    `column` from 1, all in characters (Unicode code points); they point at the start of the offending `token`, and are
    None where no place in the text is at fault, as when time ran out.
    """

    code: str
    message: str
    position: int | None = None
    line: int | None = None
    column: int | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A JSON value, null included."""

    value: JSON


@dataclass(frozen=True, slots=True)
class Undefined:
    """JSONata's undefined: no value, which is not null. Also stands for an input that is not given."""


UNDEFINED: Final = Undefined()

Outcome: TypeAlias = Result | Undefined | Fault


def outcome_as_json(outcome: Outcome) -> dict[str, JSON]:
    """`{"result": …}`, `{"undefined": true}` or `{"error": {…}}`: the form in commands, the API and the playground."""
    match outcome:
        case Result(value=value):
            return {"result": value}
        case Undefined():
            return {"undefined": True}
        case Fault():
            return {
                "error": {
                    "code": outcome.code,
                    "message": outcome.message,
                    "position": outcome.position,
                    "line": outcome.line,
                    "column": outcome.column,
                    "token": outcome.token,
                }
            }
