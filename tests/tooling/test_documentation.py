"""What the documentation names exists: files, headings, commands and their options, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

_ROOT = Path(__file__).resolve().parents[2]
_PAGES = sorted([_ROOT / "README.md", *(_ROOT / "docs").rglob("*.md"), _ROOT / "static/src/README.md"])
_LINK = re.compile(r"(?<!`)\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"manage\.py ([a-z_]+)([^`|\n]*)")
# A name in the code that asks for a setting, and those that are for the tests alone.
_ASKED = re.compile(r'env\.[a-z_]+\(\s*"([A-Z_]+)"')
_OF_TESTS = {"GLASSHOUSE_TEST_REQUIRE"}


def prose(page: Path) -> str:
    """The page without its code, in which brackets mean something else."""
    return re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", page.read_text(encoding="utf-8"))


def headings(page: Path) -> set[str]:
    found = re.findall(r"(?m)^#+ +(.*)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in found}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_link_leads_somewhere(page):
    lost = []
    for target in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (heading and there.suffix == ".md" and heading not in headings(there)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_command_that_is_named_exists_with_its_options(page):
    wrong, apps = [], get_commands()
    for name, words in _COMMAND.findall(page.read_text(encoding="utf-8")):
        if name not in apps:
            wrong.append(name)
            continue
        parser = load_command_class(apps[name], name).create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        options = re.findall(r"(?<=\s)--[a-z-]+", words.partition("#")[0])
        wrong += [f"{name} {option}" for option in options if option not in known]
    assert wrong == []


def test_every_setting_of_the_environment_is_in_the_operators_table():
    settings = (_ROOT / "console" / "settings.py").read_text(encoding="utf-8")
    told = (_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = {name for row in re.findall(r"(?m)^\|([^|]+)\|", told) for name in re.findall(r"`([A-Z_]+)`", row)}
    asked = set(_ASKED.findall(settings)) - _OF_TESTS
    assert len(asked) > 40
    assert asked - rows == set()
    assert {name for name in rows if name not in asked and f'"{name}"' not in settings} == set()
