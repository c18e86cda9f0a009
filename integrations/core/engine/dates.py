"""The functions on times and integers in words."""

from __future__ import annotations

from jsonata import datetimeutils, jexception

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Machine
from integrations.core.engine.values import U, Value


def _safely(function, *a):
    try:
        r = function(*a)
    except jexception.JException as error:
        raise EvaluationError(error.error, value=error.current) from None
    return U if r is None else r


def format_integer(value: Value, picture: Value = U) -> Value:
    return U if value is U else _safely(datetimeutils.DateTimeUtils.format_integer, value, picture)


def parse_integer(text: Value, picture: Value = U) -> Value:
    return U if text is U else _safely(datetimeutils.DateTimeUtils.parse_integer, text, picture)


def to_millis(text: Value, picture: Value = U) -> Value:
    from jsonata import functions

    return U if text is U else _safely(functions.Functions.datetime_to_millis, text, None if picture is U else picture)


def from_millis(millis: Value, picture: Value = U, zone: Value = U) -> Value:
    if millis is U:
        return U
    return _safely(
        datetimeutils.DateTimeUtils.format_datetime,
        int(millis),
        None if picture is U else picture,
        None if zone is U else zone,
    )


def now(machine: Machine, picture: Value = U, zone: Value = U) -> Value:
    return from_millis(machine.now, picture, zone)


def millis(machine: Machine) -> Value:
    return machine.now
