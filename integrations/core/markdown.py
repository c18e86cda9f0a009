"""Texts of people and of Git inside Markdown that GitHub, GitLab, Gitea and Forgejo render: shown, and never obeyed.

Nothing of such a text becomes markup, HTML, a link or an image; it notifies nobody, refers to and closes nothing, gives
no command (GitLab's `/merge`) and skips no check (`[skip ci]`). What cannot be seen is shown by its number. Where a
forge would act on the very letters, an invisible U+200B is put between them; no other character is lost or changed.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

ZERO = "\u200b"  # stands only where this module puts it: in a given text it is shown
_BLANKS = set("\u115f\u1160\u2800\u3164\uffa0\u034f")  # letters and marks that look like nothing
_ALWAYS_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#!|~&$^])")
_LINE_START = re.compile(r"^(?=[-+=/:])|^(\d{1,9})(?=[.)])")
_IN_CODE = re.compile(r"[&<>`|\\*_\[\]{}~$@#!:^%]")
_ENDED = r"clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?|reopen(?:s|ed|ing)?"
_KEYWORD = rf"(?i:(?P<word>{_ENDED}))"
_CLOSING = re.compile(rf"\b{_KEYWORD}(?=[:\s]+(?:issues?\s+)?\S*?(?:#|!|/|\bGH-|[A-Z][A-Z0-9_]+-|&)\S*\d)")
_OURS = re.compile(r"(?i)(?<=\bglasshouse)(?=-(?:proposal|reason)\b)")
_ACTED_ON = (
    re.compile(r"(?<=[@#!&~%$])(?=[\w\"'{])"),  # people, issues, merge requests, epics, labels, milestones, snippets
    re.compile(r"(?i)(?<=\bGH-)(?=\d)"),
    re.compile(r"(?<=:)(?=//)"),
    re.compile(r"(?i)(?<=\bwww)(?=\.)"),
    re.compile(r"(?i)(?<=\bmailto)(?=:)|(?<=\bxmpp)(?=:)"),
    re.compile(r"(?i)(?<=\[)(?=\\?\s*(?:skip|ci|no|actions|issue|vulnerability|feature_flag|work_item|cadence)\b)"),
    re.compile(r"(?i)(?<=\*\*\*NO)(?=_CI)|(?<=\bskip-)(?=checks)"),
)


def seen(text: str, *, lines: bool = False) -> str:
    """The text with all that is invisible or changes direction shown as ⟨U+202E⟩; with `lines`, line breaks stay."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_seen(one, lines=lines) for one in text)


def _seen(one: str, *, lines: bool) -> str:
    if one == "\n":
        return one if lines else " ⏎ "
    if one == "\t":
        return "    " if lines else " "
    if one in _BLANKS or unicodedata.category(one) in _ALWAYS_HIDDEN or (one != " " and one.isspace()):
        return f"⟨U+{ord(one):04X}⟩"
    return one


def inert(text: str) -> str:
    """The text with U+200B wherever a forge would act on it, in plain text as in Markdown."""
    text = _kept_open(text)
    for place in _ACTED_ON:
        text = place.sub(ZERO, text)
    return text


def _kept_open(text: str) -> str:
    """GitLab looks for words that close issues even in code; the console for its own trailers in all of a message."""
    text = _OURS.sub(ZERO, text)
    return _CLOSING.sub(lambda found: f"{found['word'][:1]}{ZERO}{found['word'][1:]}", text)


def line(text: str) -> str:
    """The text as one line of prose."""
    return _started(_escaped(seen(text)))


def quoted(text: str) -> str:
    """The text as a quotation, line by line."""
    made = (_started(_escaped(one)) for one in seen(text, lines=True).split("\n"))
    return "\n".join(f"> {one}".rstrip() for one in made)


def _escaped(text: str) -> str:
    return inert(_PUNCTUATION.sub(r"\\\1", text.strip()))


def _started(text: str) -> str:
    return _LINE_START.sub(lambda found: f"{found[1]}\\" if found[1] else "\\", text)


def code(text: str) -> str:
    """The text as a word of code in one line, which may stand in a table: a bar in it ends no cell."""
    escaped = _IN_CODE.sub(lambda found: f"&#{ord(found[0])};", _kept_open(seen(text)))
    escaped = re.sub(r"(?i)\bwww\.", lambda found: f"{found[0][:-1]}&#46;", escaped)
    return f"<code>{escaped}</code>" if escaped.strip() else "<code>&#32;</code>"


def span(text: str) -> str:
    """The text as a word of code in one line, where no table is; it reads well unrendered too."""
    shown = inert(seen(text)).strip() or " "
    ticks = "`" * (1 + _longest_run(shown))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """The text as a block of code, whatever backticks it has. `language` is a word of ours."""
    shown = _kept_open(seen(text, lines=True))
    fence = "`" * max(3, 1 + _longest_run(shown))
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def link(words: str, url: str) -> str:
    """A link of the console's own; only the words where the address is not http(s)."""
    split = urlsplit(url)
    if split.scheme not in {"http", "https"} or not split.netloc:
        return line(words)
    return f"[{line(words)}](<{quote(url, safe=':/?#[]@!$&()*+,;=%~')}>)"


def clipped(text: str, longest: int) -> str:
    """At most `longest` characters; what is left out is counted."""
    return text if len(text) <= longest else f"{text[:longest].rstrip()}… ({len(text):,} characters)"
