"""Why an expression failed, as plain text that points at the place."""

from __future__ import annotations

from integrations.core.outcomes import Fault

_WIDEST = 100  # characters of a line that are shown around the place


def pointed(fault: Fault, text: str, file: str = "") -> str:
    """`file:line:column: sentence [code]`, and below it the line with a mark under the place, where there is one."""
    place = ":".join(str(each) for each in (file, fault.line, fault.column) if each)
    sentence = f"{place}: {fault.message} [{fault.code}]" if place else f"{fault.message} [{fault.code}]"
    if fault.line is None or fault.column is None:
        return sentence
    lines = text.split("\n")
    if fault.line > len(lines):
        return sentence
    start = max(0, fault.column - 1 - _WIDEST // 2)
    shown = lines[fault.line - 1][start : start + _WIDEST].replace("\t", " ")
    return f"{sentence}\n  {shown}\n  {' ' * (fault.column - 1 - start)}^"
