"""What ends an evaluation: a code of the reference, the place in the text, and a sentence."""

from __future__ import annotations

import json
from typing import Any, Final

from integrations.core.outcomes import Fault

# Codes that start with G are ours; all others are the reference's.
STRING_TOO_LONG: Final = "G0006"
NOT_JSON: Final = "G0007"
TOO_MANY: Final = "D2015"
TOO_DEEP: Final = "D1011"
TOO_LATE: Final = "D1012"
LIMITS: Final = frozenset({STRING_TOO_LONG, TOO_MANY, TOO_DEEP, TOO_LATE})

_SHOWN: Final = 60  # characters of a value that a sentence shows


class EvaluationError(Exception):
    """An evaluation that ends here. `inserts` are what its sentence names."""

    def __init__(
        self,
        code: str,
        *,
        position: int | None = None,
        token: str | None = None,
        message: str | None = None,
        **inserts: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.position = position
        self.token = token
        self.message = message
        self.inserts = inserts

    def placed(self, position: int | None, token: str | None) -> EvaluationError:
        """Itself, at this place unless it has one."""
        if self.position is None:
            self.position = position
        if self.token is None:
            self.token = token
        return self


MESSAGES: Final = {
    "D1001": "The number is out of range: {value}.",
    "D1002": "Only a number can be negated, not {value}.",
    "D1004": "The regular expression matches nothing at all, so that it would match forever.",
    "D1009": "Two keys of the object are the same: {value}.",
    "D1011": "Functions call one another through too many levels. A function that calls itself must come to an end.",
    "D1012": "The evaluation took longer than {value} seconds.",
    "D1013": "{value} cannot be a key: the engine reserves it.",
    "D2014": "The range would have {value} items. A range has at most 10 million.",
    "D2015": "The sequence has more than {value} items.",
    "D3001": "A number that is infinite or none at all cannot become text.",
    "D3010": "The pattern of $replace must not be empty.",
    "D3011": "The limit of $replace must not be negative.",
    "D3012": "What replaces a match must be text, not {value}.",
    "D3020": "The limit of $split must not be negative.",
    "D3030": "{value} is no number.",
    "D3040": "The limit of $match must not be negative.",
    "D3050": "The function given to $reduce must take at least two arguments.",
    "D3060": "A negative number has no square root: {value}.",
    "D3061": "{value} to the power of {exponent} is out of range.",
    "D3070": "Without a function that compares, $sort takes only texts or only numbers.",
    "D3080": "The picture has more than two parts.",
    "D3081": "A part of the picture has more than one decimal separator.",
    "D3082": "A part of the picture has more than one percent sign.",
    "D3083": "A part of the picture has more than one per-mille sign.",
    "D3084": "A part of the picture has both a percent and a per-mille sign.",
    "D3085": "The picture has no digit.",
    "D3086": "The picture has other characters between its digits.",
    "D3087": "The picture has a grouping separator next to its decimal separator.",
    "D3088": "The integer part of the picture ends with a grouping separator.",
    "D3089": "The picture has two grouping separators in a row.",
    "D3090": "In the integer part of the picture, an optional digit follows a mandatory one.",
    "D3091": "In the fraction of the picture, a mandatory digit follows an optional one.",
    "D3092": "A picture with a percent or per-mille sign cannot have an exponent.",
    "D3093": "The exponent of the picture must consist of digits.",
    "D3100": "The base must be from 2 to 36, not {value}.",
    "D3110": "{value} is no ISO 8601 time.",
    "D3120": "The text given to $eval is no expression. {value}",
    "D3121": "The expression given to $eval failed. {value}",
    "D3130": "An integer cannot be written or read by a picture that starts with {value}.",
    "D3131": "All digits of the picture must be of one script.",
    "D3132": "The picture has an unknown component: {value}.",
    "D3133": "In the picture, only months and days have names, not {value}.",
    "D3134": "A time zone in the picture has at most four digits.",
    "D3135": "The picture lacks a closing bracket.",
    "D3136": "The picture lacks a component without which the time cannot be told.",
    "D3137": "{value}",
    "D3138": "$single found more than one match.",
    "D3139": "$single found no match.",
    "D3140": "{value} is no text that ${function} can take: its encoding is broken.",
    "D3141": "{value}",
    "T0410": "{function} cannot take {value} as its {index} argument.",
    "T0411": "{function} needs {needs} as its {index} argument: none is given, and the context is {value}.",
    "T0412": "{function} needs an array of {type} as its {index} argument, not {value}.",
    "T1003": "The key of an object must be text, not {value}.",
    "T1005": "{token} is no function. Was ${token} meant?",
    "T1006": "This is no function, hence it cannot be called.",
    "T1007": "{token} is no function. Was ${token} meant?",
    "T1008": "This is no function, hence it takes no arguments.",
    "T1010": "The function that finds matches gives something else.",
    "T2001": "The left side of {token} must be a number, not {value}.",
    "T2002": "The right side of {token} must be a number, not {value}.",
    "T2003": "The left side of .. must be an integer, not {value}.",
    "T2004": "The right side of .. must be an integer, not {value}.",
    "T2006": "The right side of ~> must be a function.",
    "T2007": "{value} and {other} cannot be sorted: one is text, one a number.",
    "T2008": "Only texts and numbers can be sorted, not {value}.",
    "T2009": "{value} and {other} cannot be compared by {token}: one is text, one a number.",
    "T2010": "{token} compares only texts and numbers, not {value}.",
    "T2011": "The update of a transform must be an object, not {value}.",
    "T2012": "The deletion of a transform must be a text or an array of texts, not {value}.",
    "T2013": "A transform needs $clone, and $clone is no function here.",
    STRING_TOO_LONG: "The text would be longer than {value} characters.",
    NOT_JSON: "{value}",
}


def fault(error: EvaluationError, text: str) -> Fault:
    """The error as a person reads it."""
    inserts = {name: _inserted(name, value) for name, value in error.inserts.items()}
    inserts.setdefault("token", "" if error.token is None else _cut(str(error.token)))
    message = error.message
    if message is None and error.code in {"T0410", "T0411", "T0412"}:
        message = _of_argument(error, inserts)
    if message is None:
        message = MESSAGES.get(error.code, "The evaluation failed.").format_map(_Inserts(inserts))
    message = str(message)  # of a Sentence the plain text, which is all that can be encoded
    position = error.position
    if position is None:
        return Fault(code=error.code, message=message, token=error.token)
    position = min(max(position, 0), len(text))
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return Fault(code=error.code, message=message, position=position, line=line, column=column, token=error.token)


def _of_argument(error: EvaluationError, inserts: dict[str, str]) -> str:
    """What a function says of an argument that it does not take."""
    name = str(error.inserts.get("function") or "")
    said = {**inserts, "function": f"${_cut(name)}" if name else "The function", "index": _ordinal(inserts["index"])}
    template = MESSAGES[error.code]
    if "most" in error.inserts:
        most = "{function} takes at most {most} arguments, and {given} are given."
        template = _TOO_MANY.get(error.inserts["most"], most)
    elif error.code == "T0410" and "needs" in said:
        is_nothing = said["value"] == "nothing"
        template = _LACKS if is_nothing else "{function} needs {needs} as its {index} argument, not {value}."
    elif "item" in said:
        template = "{function} needs an array of {type} as its {index} argument, and one of the items is {item}."
    return template.format_map(_Inserts(said))


_TOO_MANY: Final = {
    0: "{function} takes no arguments.",
    1: "{function} takes one argument, and {given} are given.",
}
_LACKS: Final = "{function} needs {needs} as its {index} argument, and is given nothing."
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def _ordinal(index: str) -> str:
    place = int(index.replace(",", "")) - 1
    return _ORDINALS[place] if place < len(_ORDINALS) else f"{place + 1}th"


class _Inserts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "nothing"


def _inserted(name: str, value: Any) -> str:
    if name in {"type", "function", "needs"} or (name == "value" and isinstance(value, Sentence)):
        return str(value)
    return shown(value)


def shown(value: Any) -> str:
    """A value as a sentence shows it, short whatever its size."""
    if isinstance(value, str):
        return json.dumps(_cut(value), ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > 200:  # noqa: PLR2004 - about as many digits as are shown
        return "a huge integer"
    if isinstance(value, (int, float)):
        return _cut(f"{value:,}" if isinstance(value, int) else repr(value))
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    return "nothing" if not value and not callable(value) and type(value).__name__ == "_Undefined" else "a function"


class Sentence(str):
    """An insert that is shown as it stands."""

    __slots__ = ()


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
