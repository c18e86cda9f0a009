"""YAML texts in all the layouts that people give them, for Hypothesis."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st

from integrations.core.edits.yaml_render import quoted

HOSTILE = (
    'a "quote"', "it's", "two\nlines", "# no comment", "a # b", "key: value", "yes", "NO", "1e3", "0o17", "null", "~",
    "", " ", "- a", "{a", "[", "&a", "*a", "!t", "%d", "@x", "`x`", "🎈", "${var.x}", "%{ if }", "\\n", "tab\there",
    "2026-01-31", "\u2028", "\x85", "é", "trailing ", "|", ">-", "...", "---", "<<", "=", "a\n\n", "\n",
)  # fmt: skip

keys = st.sampled_from(
    ("a", "page_size", "scopes", "crm/contacts/list", "yes", "n", "x y", "é", "1", "a: b", "#c", "k")
)
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=12),
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), texts
)
lists = st.lists(scalars, max_size=4)
values = st.recursive(st.one_of(scalars, lists), lambda inner: st.dictionaries(keys, inner, max_size=4), max_leaves=8)
mappings = st.dictionaries(keys, values, min_size=1, max_size=4)

_PLAIN = re.compile(r"[a-z][a-z_/]*")
_BLOCK = re.compile(r"[!-~][ -~]*(\n+[!-~][ -~]*)*\n?")
_WORDS = {"yes", "no", "null", "true", "false", "n"}


@st.composite
def layouts(draw: Any, value: dict[str, Any]) -> str:  # noqa: C901 - one branch for each habit of writing
    """A text of `value`, in a random layout."""
    step = draw(st.integers(2, 4))
    dash = draw(st.sampled_from((0, 2)))
    lines: list[str] = []

    def noise(column: int) -> None:
        blanks = () if lines and lines[-1].startswith(" ") else ("   ",)  # below a block they would belong to it
        for _ in range(draw(st.integers(0, 1))):
            lines.append(draw(st.sampled_from(("", " " * column + "# a note", "# at the left", *blanks))))

    def behind() -> str:
        return draw(st.sampled_from(("", "", "", "   # why", " ")))

    def text_of(inner: str) -> str:
        if _PLAIN.fullmatch(inner) and inner not in _WORDS and draw(st.booleans()):
            return inner
        if re.fullmatch("[ -~]*", inner) and draw(st.booleans()):
            return "'" + inner.replace("'", "''") + "'"
        return quoted(inner)

    def flow(inner: Any) -> str:
        gap = draw(st.sampled_from(("", " ")))
        if isinstance(inner, dict):
            return "{" + gap + ", ".join(f"{text_of(name)}: {flow(item)}" for name, item in inner.items()) + gap + "}"
        if isinstance(inner, list):
            return "[" + gap + ", ".join(flow(item) for item in inner) + gap + "]"
        return text_of(inner) if isinstance(inner, str) else json.dumps(inner)

    def write(mapping: dict[str, Any], column: int) -> None:
        for name, item in mapping.items():
            noise(column)
            start = " " * column + text_of(name) + ":"
            if isinstance(item, dict) and item and draw(st.integers(0, 3)):
                lines.append(start + behind())
                write(item, column + step)
            elif isinstance(item, list) and item and draw(st.booleans()):
                lines.append(start + behind())
                lines.extend(" " * (column + dash) + "- " + flow(one) + behind() for one in item)
            elif isinstance(item, str) and _BLOCK.fullmatch(item) and draw(st.booleans()):
                lines.append(f"{start} |{'' if item.endswith(chr(10)) else '-'}{behind()}")
                pad = " " * (column + step)
                lines.extend(pad + line if line else "" for line in item.removesuffix("\n").split("\n"))
            elif item is None and draw(st.booleans()):
                lines.append(start + behind())
            else:
                lines.append(f"{start} {flow(item)}{behind()}")

    if draw(st.booleans()):
        lines.append("# At the top.")
    write(value, 0)
    if draw(st.booleans()):
        lines += ["", "# At the end."]
    end = draw(st.sampled_from(("\n", "\n", "")))
    line_break = draw(st.sampled_from(("\n", "\n", "\r\n")))
    return line_break.join(lines) + (line_break if end else "")
