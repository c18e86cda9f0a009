"""What a forge's refusal means: the status, the headers of its limits, and its own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.transport import Response

LONGEST_WAIT = 6 * 3600.0  # what is asked beyond it is an error of the forge or of its clock
SECONDARY_WAIT = 60.0  # GitHub's own advice where it names no time
_SAID = 300
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\u024f]+")
_EXISTS = re.compile(r"already exists", re.IGNORECASE)
_LIMITED = re.compile(r"rate limit|abuse detection", re.IGNORECASE)
_PROTECTED = re.compile(r"protected branch|branch is protected|push to protected", re.IGNORECASE)

_SENTENCES = {
    ForgeErrorCode.UNAUTHORISED: "The forge refuses the console's token: it is wrong, revoked or expired.",
    ForgeErrorCode.FORBIDDEN: "The console's token is good but may not do this at the forge.",
    ForgeErrorCode.NOT_FOUND: "The forge has no such thing, or the console's token may not see it.",
    ForgeErrorCode.MOVED: "The repository has another address at the forge now; the settings must name that one.",
    ForgeErrorCode.ALREADY_EXISTS: "The branch has an open pull request already.",
    ForgeErrorCode.CONFLICT: "The forge cannot do this in the state that the pull request is in.",
    ForgeErrorCode.VALIDATION: "The forge refuses what was sent.",
    ForgeErrorCode.PROTECTED_BRANCH: "The branch is protected, and the console's account may not write to it.",
    ForgeErrorCode.RATE_LIMITED: "The forge asks to wait before it is asked again.",
    ForgeErrorCode.UNAVAILABLE: "The forge does not work at the moment.",
    ForgeErrorCode.TIMEOUT: "The forge took too long to answer.",
    ForgeErrorCode.BAD_ANSWER: "The forge's answer cannot be used.",
}
_BY_STATUS = {
    400: ForgeErrorCode.VALIDATION,
    401: ForgeErrorCode.UNAUTHORISED,
    403: ForgeErrorCode.FORBIDDEN,
    404: ForgeErrorCode.NOT_FOUND,
    405: ForgeErrorCode.CONFLICT,
    408: ForgeErrorCode.TIMEOUT,
    409: ForgeErrorCode.CONFLICT,
    410: ForgeErrorCode.NOT_FOUND,
    412: ForgeErrorCode.CONFLICT,
    413: ForgeErrorCode.VALIDATION,
    422: ForgeErrorCode.VALIDATION,
    423: ForgeErrorCode.CONFLICT,
    429: ForgeErrorCode.RATE_LIMITED,
    504: ForgeErrorCode.TIMEOUT,
}


def refusal(answer: Response, *, now: float, secrets: Sequence[str]) -> ForgeError:
    """The error of an answer that is no success. `now` is seconds since the epoch; `secrets` are blotted out."""
    words = _words(answer)
    code = _code(answer, words)
    wait = _wait(answer, now) if code is ForgeErrorCode.RATE_LIMITED or answer.status >= 500 else None  # noqa: PLR2004
    if code is ForgeErrorCode.RATE_LIMITED and wait is None:
        wait = SECONDARY_WAIT
    return ForgeError(code, _SENTENCES[code], retry_after=wait, said=_said(words, secrets))


def _code(answer: Response, words: str) -> ForgeErrorCode:
    status, headers = answer.status, answer.headers
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        return ForgeErrorCode.MOVED
    if status == 403 and (  # noqa: PLR2004 - Forbidden; GitHub's limits come so
        "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or _LIMITED.search(words)
    ):
        return ForgeErrorCode.RATE_LIMITED
    if status in {403, 409, 422} and _PROTECTED.search(words):
        return ForgeErrorCode.PROTECTED_BRANCH
    if status in {409, 422} and _EXISTS.search(words):
        return ForgeErrorCode.ALREADY_EXISTS
    if status >= 500:  # noqa: PLR2004 - the server's own errors
        return _BY_STATUS.get(status, ForgeErrorCode.UNAVAILABLE)
    return _BY_STATUS.get(status, ForgeErrorCode.BAD_ANSWER)


def _wait(answer: Response, now: float) -> float | None:
    """Seconds to wait: Retry-After as seconds or as a date, else when the limit is reset."""
    after, reset = answer.headers.get("retry-after", "").strip(), _reset(answer)
    if re.fullmatch(r"\d{1,9}", after):
        return min(float(after), LONGEST_WAIT)
    if after:
        try:
            return _within(parsedate_to_datetime(after).timestamp() - now)
        except (ValueError, OverflowError):
            return SECONDARY_WAIT
    return _within(reset - now) if reset is not None else None


def _reset(answer: Response) -> float | None:
    for name in ("x-ratelimit-reset", "ratelimit-reset"):
        if re.fullmatch(r"\d{1,12}", text := answer.headers.get(name, "").strip()):
            return float(text)
    return None


def _within(seconds: float) -> float:
    return min(max(seconds, 1.0), LONGEST_WAIT)


def _words(answer: Response) -> str:
    """All the texts of an error's JSON, joined; nothing for what is no JSON."""
    try:
        return " ".join(_texts(msgspec.json.decode(answer.content[:100_000]), 0))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _texts(value: Any, depth: int) -> list[str]:
    # Any: whatever JSON a forge answers an error with. The keys tell what the texts are about.
    if isinstance(value, str):
        return [] if value.startswith(("http://", "https://")) else [value]
    if depth > 4:  # noqa: PLR2004 - deeper than any forge's errors
        return []
    if isinstance(value, list):
        return [text for item in value for text in _texts(item, depth + 1)]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item, depth + 1)]
    return []


def _said(words: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, "…")
    text = _UNPRINTABLE.sub(" ", words).strip()
    return text if len(text) <= _SAID else f"{text[: _SAID - 1]}…"
