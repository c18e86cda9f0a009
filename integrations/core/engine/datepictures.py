"""Pictures of times: literals, and markers such as `[Y0001]` or `[MNn,3-3]`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from integrations.core.engine import integers
from integrations.core.engine.calendar import DAYS, MONTHS
from integrations.core.engine.faults import EvaluationError

_DEFAULTS: Final = {
    "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1", "h": "1",
    "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
}  # fmt: skip


@dataclass(slots=True)
class Marker:
    """A component of a time and how it is written. `names`: upper, lower, title, or none for a number."""

    component: str
    names: str | None = None
    modifier: str | None = None
    least: int | None = None
    most: int | None = None
    form: integers.Format | None = None
    year_width: int = -1

    def pattern(self) -> str:
        """The regular expression of what `read` takes."""
        if self.component in "Zz":
            separator = self._separator()
            start = "GMT" if self.component == "z" else ""
            return f"{start}[-+][0-9]+" + (f"{re.escape(separator)}[0-9]+" if separator else "")
        if self.component == "f":
            return "[0-9]+"
        if self.form is not None:
            return integers.pattern(self.form)
        if self.component not in "MxFP":
            raise EvaluationError("D3133", value=self.component)
        return "[a-zA-Z]+"

    def read(self, text: str) -> float | None:
        """The number that the text of this component stands for; None where it names nothing."""
        if self.component in "Zz":
            return self._offset(text.removeprefix("GMT"))
        if self.component == "f":
            return float(f"0.{text[:3]}") * 1000
        if self.form is not None:
            value = integers.parsed(text, self.form)
            return None if math.isnan(value) else float(value) if isinstance(value, float) else int(value)
        if self.component == "P":
            return {"am": 0, "AM": 0, "pm": 1, "PM": 1}.get(text)
        names = DAYS[1:] if self.component == "F" else MONTHS
        shortened = [name[: self.most] if self.most else name for name in names]
        return shortened.index(text) + 1 if text in shortened else None

    def _separator(self) -> str:
        assert self.form is not None
        return self.form.separators[0][1] if self.form.regular else ""

    def _offset(self, text: str) -> float:
        """Minutes."""
        separator = self._separator()
        if separator and separator in text:
            hours, _, minutes = text.partition(separator)
        elif len(text) <= 3:  # noqa: PLR2004 - a sign and two digits
            hours, minutes = text, "0"
        else:
            hours, minutes = text[:3], text[3:]
        return int(hours[:9]) * 60 + int(minutes[:9] or 0)


Part: TypeAlias = "str | Marker"


@lru_cache(maxsize=256)
def analysed(picture: str) -> list[Part]:
    """The picture's parts. Not to be changed."""
    parts: list[Part] = []
    start = position = 0
    while position < len(picture):
        if picture[position] != "[":
            position += 1
            continue
        _add_literal(parts, picture[start:position])
        if picture.startswith("[[", position):
            parts.append("[")
            position += 2
        else:
            end = picture.find("]", position)
            if end == -1:
                raise EvaluationError("D3135")
            parts.append(_marker("".join(picture[position + 1 : end].split()), parts))
            position = end + 1
        start = position
    _add_literal(parts, picture[start:])
    return parts


def _add_literal(parts: list[Part], text: str) -> None:
    if text:
        parts.append(text.replace("]]", "]"))


def _marker(text: str, before: list[Part]) -> Marker:  # noqa: C901 - one case after another
    body, comma, width = text.rpartition(",")
    if not comma:
        body, width = text, ""
    marker = Marker(component=body[:1])
    if comma:
        least, dash, most = width.partition("-")
        marker.least, marker.most = _width(least), _width(most) if dash else None
    shape = body[1:]
    if len(shape) > 1 and shape[-1] in "atco":
        shape, marker.modifier = shape[:-1], shape[-1]
    elif not shape:
        default = _DEFAULTS.get(marker.component)
        if default is None:
            raise EvaluationError("D3132", value=marker.component)
        shape = default
    if shape[0] == "n":
        marker.names = "lower"
    elif shape[0] == "N":
        marker.names = "title" if shape[1:2] == "n" else "upper"
    elif marker.component and marker.component in "YMDdFWwXxHhmsf":
        marker.form = _form(marker, shape, before)
    if marker.component and marker.component in "Zz":
        marker.form = integers.analysed(shape)
    if marker.component not in _DEFAULTS:
        raise EvaluationError("D3132", value=marker.component)
    return marker


def _width(text: str) -> int | None:
    found = re.match("[0-9]{1,15}", text)
    return int(found[0]) if found else None


def _form(marker: Marker, shape: str, before: list[Part]) -> integers.Format:
    form = integers.analysed(f"{shape};{marker.modifier}" if marker.modifier else shape)
    if marker.least is not None:
        form.mandatory = max(form.mandatory, marker.least)
    if marker.component == "Y":
        if marker.most is not None:
            marker.year_width = form.mandatory = marker.most
        elif form.mandatory + form.optional >= 2:  # noqa: PLR2004 - from two digits on, so many are written
            marker.year_width = form.mandatory + form.optional
    last = before[-1] if before else None
    if isinstance(last, Marker) and last.form is not None:  # numbers with nothing between them: read by their width
        last.form.parse_width = last.form.mandatory
    return form
