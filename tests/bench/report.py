"""Figures, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number. `target` is what is to be reached, in words; `is_reached` None: nothing was asked of it."""

    name: str
    value: float
    unit: str
    target: str = ""
    is_reached: bool | None = None

    @classmethod
    def below(cls, name: str, value: float, limit: float, unit: str) -> Figure:
        return cls(name=name, value=value, unit=unit, target=f"< {limit:g} {unit}", is_reached=value < limit)

    @classmethod
    def at_least(cls, name: str, value: float, limit: float, unit: str) -> Figure:
        return cls(name=name, value=value, unit=unit, target=f"≥ {limit:g} {unit}", is_reached=value >= limit)

    @classmethod
    def plain(cls, name: str, value: float, unit: str) -> Figure:
        return cls(name=name, value=value, unit=unit)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0…1) of the values lie; nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def table(figures: Iterable[Figure]) -> str:
    marks = {True: "reached", False: "NOT reached", None: ""}
    rows = [
        (figure.name, f"{figure.value:,.4g} {figure.unit}", figure.target, marks[figure.is_reached])
        for figure in figures
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def emit(figures: Iterable[Figure]) -> None:
    """Prints figures as one JSON line, for the process that asked."""
    sys.stdout.write(json.dumps([asdict(figure) for figure in figures]) + "\n")


def read(line: str) -> list[Figure]:
    return [Figure(**row) for row in json.loads(line)]
