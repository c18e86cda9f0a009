"""How commands print: text for people, one JSON value for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import OutputWrapper

from integrations.core.problems import Problem


def add_format(parser: argparse.ArgumentParser, *others: str) -> None:
    """The option that every command with data takes."""
    parser.add_argument("--format", choices=["text", "json", *others], default="text")


def print_json(stream: OutputWrapper, value: Any) -> None:
    stream.write(json.dumps(value, indent=2, ensure_ascii=False))


def print_problems(stream: OutputWrapper, problems: Iterable[Problem]) -> None:
    """One line each: `file:line:column: sentence [code]`."""
    for problem in problems:
        stream.write(f"{problem} [{problem.code}]")


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """The documented form of a problem in commands and the API."""
    return {
        "code": problem.code,
        "message": problem.message,
        "file": problem.source.file if problem.source else None,
        "line": problem.source.line if problem.source else None,
        "column": problem.column,
    }
