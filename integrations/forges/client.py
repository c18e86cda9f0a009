"""Requests to a forge's JSON API: bounded, decoded strictly, and every failure a ForgeError.

Nothing here repeats a request that may have had an effect. Addresses that a forge gives in its answers are never
followed: the token goes to the configured API and nowhere else.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from integrations.forges.access import Access
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.refusals import refusal
from integrations.forges.transport import Response, Transport, TransportError, TransportFault

T = TypeVar("T")

SECONDS = 20.0
MOST_BYTES = 16 * 1024 * 1024  # a page of 100 comments of 65,536 characters each, and some
PAGE_SIZE = 100
MOST_PAGES = 100
KEPT = 128  # answers that are kept for a conditional request
_BY_FAULT = {
    TransportFault.UNREACHABLE: ForgeErrorCode.UNAVAILABLE,
    TransportFault.REFUSED: ForgeErrorCode.BAD_ADDRESS,
    TransportFault.TIMEOUT: ForgeErrorCode.TIMEOUT,
    TransportFault.BROKEN: ForgeErrorCode.UNAVAILABLE,
    TransportFault.REDIRECT: ForgeErrorCode.MOVED,
    TransportFault.TOO_LARGE: ForgeErrorCode.BAD_ANSWER,
}
_BODILESS = {"GET", "DELETE"}


@dataclass(slots=True, kw_only=True)
class Client:
    """One account at one API. `headers_for` makes the headers of a token; `size_parameter` names the page size.

    May be used by several threads. Keep it as long as the repository's settings stand: it remembers ETags, and a
    forge does not count what has not changed.
    """

    api_url: str
    transport: Transport
    access: Access
    headers_for: Callable[[str], Mapping[str, str]]
    size_parameter: str = "per_page"
    page_size: int = PAGE_SIZE
    clock: Callable[[], float] = time.time
    _kept: OrderedDict[str, tuple[str, Response]] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, path: str, shape: type[T], query: Mapping[str, str] | None = None) -> T:
        """The decoded answer; the same as before where the forge says that nothing changed."""
        return self._decoded(self._asked(self._url(path, query or {})), shape)

    def pages(self, path: str, shape: type[T], query: Mapping[str, str] | None = None) -> list[T]:
        """All items of a list over its pages, in the forge's order. Raises ForgeError(TOO_MANY) beyond MOST_PAGES."""
        items: list[T] = []
        for page in range(1, MOST_PAGES + 1):
            asked = {**(query or {}), self.size_parameter: str(self.page_size), "page": str(page)}
            answer = self._asked(self._url(path, asked))
            items += self._decoded(answer, list[shape])  # type: ignore[valid-type]
            if 'rel="next"' not in answer.headers.get("link", ""):
                return items
        raise ForgeError(ForgeErrorCode.TOO_MANY, f"The forge has more than {MOST_PAGES} pages of this.")

    def send(self, method: str, path: str, body: Mapping[str, Any], shape: type[T]) -> T:
        """POST, PUT or PATCH with a JSON body. `body` is Any because its values are whatever JSON the forge wants."""
        return self._decoded(self._answer(method, self._url(path, {}), body), shape)

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.api_url}{path}" + (f"?{urlencode(query)}" if query else "")

    def _asked(self, url: str) -> Response:
        with self._lock:
            kept = self._kept.get(url)
        answer = self._answer("GET", url, None, etag=kept[0] if kept else "")
        if answer.status == 304 and kept is not None:  # noqa: PLR2004 - Not Modified
            return kept[1]
        if etag := answer.headers.get("etag", ""):
            with self._lock:
                self._kept[url] = (etag, answer)
                self._kept.move_to_end(url)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return answer

    def _answer(self, method: str, url: str, body: Mapping[str, Any] | None, *, etag: str = "") -> Response:
        answer = self._exchange(method, url, body, etag)
        # A refused token had no effect, so that the request may go out again with the next one.
        if answer.status == 401 and self.access.renew():  # noqa: PLR2004 - Unauthorized
            answer = self._exchange(method, url, body, etag)
        if 200 <= answer.status < 300 or (answer.status == 304 and etag):  # noqa: PLR2004 - success, Not Modified
            return answer
        raise refusal(answer, now=self.clock(), secrets=self.access.secrets())

    def _exchange(self, method: str, url: str, body: Mapping[str, Any] | None, etag: str) -> Response:
        headers = dict(self.headers_for(self.access.secret()))
        if etag:
            headers["If-None-Match"] = etag
        if method not in _BODILESS:
            headers["Content-Type"] = "application/json"
        content = msgspec.json.encode(body) if body is not None else b""
        try:
            return self.transport.request(
                method, url, headers=headers, content=content, timeout=SECONDS, most_bytes=MOST_BYTES
            )
        except TransportError as error:
            code = _BY_FAULT[error.fault]
            raise ForgeError(code, error.sentence, is_retryable=error.is_retryable) from None

    def _decoded(self, answer: Response, shape: type[T]) -> T:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise bad_answer("it is not JSON")
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except msgspec.ValidationError as error:
            raise bad_answer(str(error)) from None  # names the field and its type, never a value
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise bad_answer("it is not well-formed JSON") from None


def bad_answer(why: str) -> ForgeError:
    """An answer that is not what the forge's description promises."""
    return ForgeError(ForgeErrorCode.BAD_ANSWER, f"The forge's answer cannot be used: {why}.")


def segment(text: str) -> str:
    """One segment of a path: a slash in it becomes %2F."""
    return quote(text, safe="")


def joined(*segments: str | int) -> str:
    """A path of an API from its segments, each escaped."""
    return "".join(f"/{segment(str(one))}" for one in segments)


def without_repetition(existing: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """What is wanted and not there yet, compared as logins are: without regard to case."""
    there = {one.casefold() for one in existing}
    return [one for one in dict.fromkeys(wanted) if one.casefold() not in there]
