"""The proleptic Gregorian calendar, in milliseconds since 1970 as JavaScript's dates have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

DAYS: Final = ["", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_ERA: Final = 146_097  # days in 400 years


def days(year: int, month: int, day: int) -> int:
    """Days since 1970."""
    year -= month <= 2  # noqa: PLR2004 - the year is taken to start in March
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * _ERA + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


class Moment:
    """A point in time, taken apart."""

    __slots__ = ("date", "day", "hour", "milli", "millis", "minute", "month", "second", "year")

    def __init__(self, millis: int) -> None:
        self.millis = millis
        self.date, rest = divmod(millis, 86_400_000)
        self.hour, rest = divmod(rest, 3_600_000)
        self.minute, rest = divmod(rest, 60_000)
        self.second, self.milli = divmod(rest, 1000)
        era, of_era = divmod(self.date + 719_468, _ERA)
        year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
        of_year = of_era - (365 * year + year // 4 - year // 100)
        shifted = (5 * of_year + 2) // 153
        self.day = of_year - (153 * shifted + 2) // 5 + 1
        self.month = shifted + 3 if shifted < 10 else shifted - 9  # noqa: PLR2004 - January and February end it
        self.year = year + era * 400 + (self.month <= 2)  # noqa: PLR2004


def fragment(moment: Moment, component: str) -> int | str | None:
    """A component of a picture, as a number; None for those without."""
    read = _FRAGMENTS.get(component)
    return None if read is None else read(moment)


def _first_week(year: int, month: int) -> int:
    """The Monday of the week with the month's first Thursday."""
    first = days(year, month, 1)
    weekday = (first + 3) % 7 + 1
    return first + 8 - weekday if weekday > 4 else first - weekday + 1  # noqa: PLR2004 - Thursday


def _of_year(moment: Moment, component: str) -> int:
    """The ISO week of the year, or the year that it belongs to."""
    year = moment.year
    if moment.date < _first_week(year, 1):
        year -= 1
    elif moment.date >= _first_week(year + 1, 1):
        year += 1
    return year if component == "X" else (moment.date - _first_week(year, 1)) // 7 + 1


def _of_month(moment: Moment, component: str) -> int:
    """The week of the month, by the same rule, or the month that it belongs to."""
    year, month = moment.year, moment.month
    if moment.date < _first_week(year, month):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    elif moment.date >= _first_week(*(following := (year + 1, 1) if month == 12 else (year, month + 1))):  # noqa: PLR2004
        year, month = following
    return month if component == "x" else (moment.date - _first_week(year, month)) // 7 + 1


_FRAGMENTS: Final[dict[str, Callable[[Moment], int | str]]] = {
    "Y": lambda moment: moment.year,
    "M": lambda moment: moment.month,
    "D": lambda moment: moment.day,
    "d": lambda moment: moment.date - days(moment.year, 1, 1) + 1,
    "F": lambda moment: (moment.date + 3) % 7 + 1,
    "W": lambda moment: _of_year(moment, "W"),
    "X": lambda moment: _of_year(moment, "X"),
    "w": lambda moment: _of_month(moment, "w"),
    "x": lambda moment: _of_month(moment, "x"),
    "H": lambda moment: moment.hour,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
    "f": lambda moment: moment.milli,
    "P": lambda moment: "pm" if moment.hour >= 12 else "am",  # noqa: PLR2004 - noon
}
