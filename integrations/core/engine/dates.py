"""`$now`, `$millis`, `$fromMillis` and `$toMillis`: times by ISO 8601 or a picture, in UTC or a given offset."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

from integrations.core.engine import calendar, integers
from integrations.core.engine.calendar import DAYS, MONTHS, Moment
from integrations.core.engine.datepictures import Marker, analysed
from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Machine
from integrations.core.engine.values import U, Value

_ISO_PICTURE: Final = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"
_ISO: Final = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(?:\.(\d+))?(?:([+-])([0-2]\d):?([0-5]\d)|Z)?",
    re.ASCII,
)
_FARTHEST: Final = 8_640_000_000_000_000  # milliseconds from 1970 that JavaScript's dates reach


def now(machine: Machine, picture: Value = U, zone: Value = U) -> Value:
    return from_millis(machine.now, picture, zone)


def millis(machine: Machine) -> Value:
    return machine.now


def from_millis(value: Value, picture: Value = U, zone: Value = U) -> Value:
    if value is U:
        return U
    hours, minutes = _offset(zone)
    at = value + (60 * hours + minutes) * 60_000
    if not math.isfinite(at) or abs(at) > _FARTHEST:
        raise EvaluationError("D1001", value=value)
    moment = Moment(math.trunc(at))
    if picture is U and not hours and not minutes and 0 <= moment.year <= 9999:  # noqa: PLR2004 - the usual case
        return (
            f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
            f"T{moment.hour:02}:{moment.minute:02}:{moment.second:02}.{moment.milli:03}Z"
        )
    parts = analysed(_ISO_PICTURE if picture is U else picture)
    return "".join(part if isinstance(part, str) else _shown(moment, part, hours, minutes) for part in parts)


def _offset(zone: Value) -> tuple[int, int]:
    """Hours and minutes of `+hhmm`."""
    if zone is U:
        return 0, 0
    found = re.match(r"\s*([-+]?\d{1,9})", zone, re.ASCII)
    if found is None:
        raise EvaluationError("D3134", value=zone)
    offset = int(found[1])
    return offset // 100, int(math.fmod(offset, 100))


def _shown(moment: Moment, marker: Marker, hours: int, minutes: int) -> str:
    component = marker.component
    if component in "YMDdFWwXxHhms":
        value = calendar.fragment(moment, component)
        assert isinstance(value, int)
        if component == "Y" and marker.year_width != -1:
            value = int(math.fmod(value, 10 ** min(marker.year_width, 20)))
        if marker.names:
            return _name(value, marker)
        assert marker.form is not None
        return integers.formatted(value, marker.form)
    if component == "f":
        if marker.form is None:
            raise EvaluationError("D3133", value=component)
        return integers.formatted(moment.milli, marker.form)
    if component in "Zz":
        return _zone(marker, hours, minutes)
    if component == "P":
        half = "pm" if moment.hour >= 12 else "am"  # noqa: PLR2004 - noon
        return half.upper() if marker.names == "upper" else half
    return "ISO"


def _name(value: int, marker: Marker) -> str:
    if marker.component in "Mx":
        name = MONTHS[value - 1]
    elif marker.component == "F":
        name = DAYS[value]
    else:
        raise EvaluationError("D3133", value=marker.component)
    name = name.upper() if marker.names == "upper" else name.lower() if marker.names == "lower" else name
    return name if marker.most is None else name[: marker.most]


def _zone(marker: Marker, hours: int, minutes: int) -> str:
    form = marker.form
    assert form is not None
    offset = hours * 100 + minutes
    if form.regular:
        shown = integers.formatted(offset, form)
    elif form.mandatory in (1, 2):
        shown = integers.formatted(hours, form)
        if minutes:
            shown += ":" + integers.formatted(minutes, integers.analysed("00"))
    elif form.mandatory in (3, 4):
        shown = integers.formatted(offset, form)
    else:
        raise EvaluationError("D3134", value=form.mandatory)
    if offset >= 0:
        shown = f"+{shown}"
    if marker.component == "z":
        shown = f"GMT{shown}"
    return "Z" if offset == 0 and marker.modifier == "t" else shown


def to_millis(machine: Machine, text: Value, picture: Value = U) -> Value:
    if text is U:
        return U
    return _from_iso(text) if picture is U else _parsed(machine, text, picture)


def _from_iso(text: str) -> Value:
    found = _ISO.fullmatch(text)
    if found is None or (found[4] is None and found[7]):
        raise EvaluationError("D3110", value=text)
    year, month, day, hour, minute, second = (
        int(found[index] or default) for index, default in zip(range(1, 7), (0, 1, 1, 0, 0, 0), strict=True)
    )
    is_midnight = hour == 24 and minute == second == 0 and not int(found[7] or 0)  # noqa: PLR2004 - the day's end
    if not (1 <= month <= 12 and 1 <= day <= 31 and (hour <= 23 or is_midnight)):  # noqa: PLR2004 - the calendar's bounds
        raise EvaluationError("D3110", value=text)
    milli = int((found[7] or "0")[:3].ljust(3, "0"))
    if found[8] and int(found[9]) > 23:  # noqa: PLR2004
        raise EvaluationError("D3110", value=text)
    offset = (int(found[9]) * 60 + int(found[10])) * (-1 if found[8] == "-" else 1) if found[8] else 0
    return (calendar.days(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second) * 1000 + milli


@lru_cache(maxsize=256)
def _matcher(picture: str) -> tuple[re.Pattern[str], list[Marker]]:
    """What reads texts of the picture, and the markers that its groups stand for."""
    pattern = ""
    markers = []
    for part in analysed(picture):
        if isinstance(part, str):
            pattern += re.escape(part)
        else:
            pattern += f"({part.pattern()})"
            markers.append(part)
    return re.compile(pattern, re.IGNORECASE), markers


def _parsed(machine: Machine, text: str, picture: str) -> Value:
    matcher, markers = _matcher(picture)
    found = matcher.fullmatch(text)
    if found is None:
        return U
    given = {marker.component: marker.read(value) for marker, value in zip(markers, found.groups(), strict=True)}
    if not given:
        return U
    # The combinations that make a date, and a time; JavaScript's 0 and NaN count as not given here.
    dates = {name for name, value in given.items() if name in "YXMxWwdD" and value}  # F stands beside any
    times = {name for name, value in given.items() if name in "PHhmsf" and value}
    is_day_of_year = not _fits(dates, "YMD") and _fits(dates, "Yd")
    is_week = _fits(dates, "Xxw") or _fits(dates, "XW")
    is_half = not _fits(times, "Hmsf") and _fits(times, "Phmsf")
    order = ("YD" if is_day_of_year else "XxwF" if _fits(dates, "Xxw") else "XWF" if is_week else "YMD") + (
        "Phmsf" if is_half else "Hmsf"
    )
    _complete(given, order, Moment(machine.now))
    if is_week:
        raise EvaluationError("D3136")
    return _instant(given, is_day_of_year=is_day_of_year, is_half=is_half)


def _fits(names: set[str], wanted: str) -> bool:
    """Whether something of a combination is there and nothing else."""
    return bool(names) and names <= set(wanted)


def _complete(given: dict[str, float | None], order: str, moment: Moment) -> None:
    """What is larger than anything given is as now, what is smaller is the least. Raises D3136 for gaps."""
    is_started = is_ended = False
    for name in order:
        if given.get(name) is not None:
            is_started = True
            if is_ended:
                raise EvaluationError("D3136")
        elif is_started:
            given[name] = 1 if name in "MDd" else 0
            is_ended = True
        else:
            value = calendar.fragment(moment, name)
            given[name] = value if isinstance(value, int) else None


def _instant(given: dict[str, float | None], *, is_day_of_year: bool, is_half: bool) -> Value:
    year, month, day = (given.get(name) or 0 for name in "YMD")
    if is_day_of_year:
        month, day = 1, given.get("d") or 0
    hour = given.get("H") or 0
    if is_half:
        half = given.get("h") or 0
        hour = (0 if half == 12 else half) + (12 if given.get("P") == 1 else 0)  # noqa: PLR2004 - noon and midnight
    numbers = [year, month or 1, day, hour, *(given.get(name) or 0 for name in "msf")]
    if not all(map(math.isfinite, numbers)) or abs(year) > 275_760 or max(numbers[1:]) > 10**9:  # noqa: PLR2004 - as far as dates go
        raise EvaluationError("D3136")
    if 0 <= year <= 99:  # noqa: PLR2004 - as JavaScript's Date.UTC
        year += 1900
    index = int(month or 1) - 1
    days = calendar.days(int(year) + index // 12, index % 12 + 1, 1) + int(day) - 1
    _, _, _, _, minute, second, milli = numbers
    zone = given.get("Z") or given.get("z") or 0
    return int(((days * 24 + hour) * 60 + minute - zone) * 60_000 + second * 1000 + int(milli))
