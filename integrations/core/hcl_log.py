"""The evaluator's log: the only place where it says that it could not read a file or a module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from integrations.core.hcl_scope import resolve
from integrations.core.problems import Code, Problem
from integrations.core.text import problem, short

_PAIR: Final = re.compile(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)')
_ESCAPE: Final = re.compile(r"\\(.)")
_SYNTAX: Final = re.compile(r"^(.+?):(\d+),(\d+)-[\d,]+: (.*)$", re.DOTALL)
_PLACE: Final = re.compile(r"^(.+?):(\d+)(?:-\d+)?$")


def log_problems(lines: Iterable[str], root: str) -> Iterator[Problem]:
    """One problem for each warning and error of the log; `root` is the evaluated folder, which its paths start from."""
    for line in lines:
        said = {key: _unquoted(value) for key, value in _PAIR.findall(line)}
        if said.get("level") in {"WARN", "ERROR"}:
            yield _problem(said, root)


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return _ESCAPE.sub(lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), value[1:-1])


def _problem(said: dict[str, str], root: str) -> Problem:
    message, reason = said.get("msg", ""), said.get("err", "")
    syntax = _SYNTAX.match(reason)
    if message.startswith("Error parsing file") and syntax is not None:
        file, line, column, sentence = syntax.groups()
        text = f"HCL syntax: {sentence.replace('; ', '. ')}"
        return problem(Code.HCL_SYNTAX, text, resolve(root, file) or root, int(line), int(column))
    place = _PLACE.match(said.get("loc", ""))
    if message.startswith("Failed to load module") and place is not None:
        file, line = place.groups()
        text = f"This module could not be loaded: {short(reason)}."
        return problem(Code.MISSING_MODULE, text, resolve(root, file) or root, int(line))
    if message.startswith("Variable values were not found"):
        text = f"Variables have no value: {short(said.get('variables', ''))}."
        return problem(Code.MISSING_VARIABLE, text, root or ".", 1)
    return problem(Code.HCL_FAILED, f"The evaluator reports: {message} {short(reason)}".strip(), root or ".", 1)
