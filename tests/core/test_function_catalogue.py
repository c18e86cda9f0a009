"""The playground's list of functions against those that the engine has."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from integrations.core import expressions
from integrations.core.engine.functions import NATIVES
from integrations.core.outcomes import Result

FILE = Path(__file__).parents[2] / "static/src/playground/functions.json"
FUNCTIONS = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_list_has_exactly_the_functions_of_the_engine():
    assert sorted(each["name"] for each in FUNCTIONS) == sorted(NATIVES)


@pytest.mark.parametrize("told", FUNCTIONS, ids=lambda told: told["name"])
def test_each_example_gives_what_it_says(told):
    outcome = expressions.evaluate(told["example"], limits=expressions.Limits(), clock=time.monotonic, now=1)
    assert outcome == Result(json.loads(told["gives"]))
