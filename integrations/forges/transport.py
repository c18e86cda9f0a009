"""How the adapters speak HTTP: through the console's one outbound client in production, over loopback in tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class TransportFault(StrEnum):
    """Why there is no answer."""

    UNREACHABLE = "unreachable"  # nothing was sent
    REFUSED = "refused"  # the console's own rules forbid the address
    TIMEOUT = "timeout"
    BROKEN = "broken"  # the connection ended, or what came was no HTTP
    REDIRECT = "redirect"
    TOO_LARGE = "too-large"


class TransportError(Exception):
    """`sentence` holds neither a secret nor a path. Only UNREACHABLE and REFUSED mean that nothing happened."""

    def __init__(self, fault: TransportFault, sentence: str, *, is_retryable: bool) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.sentence = sentence
        self.is_retryable = is_retryable


class Response(Protocol):
    """What is read of an HTTP answer. Names of headers are in lower case; `content` is whole."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A Response."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Transport(Protocol):
    """One request and its answer, whatever the status. No redirects are followed and nothing is repeated."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: float, most_bytes: int
    ) -> Response:
        """Raises TransportError. `timeout` is in seconds, for the whole."""


class OutboundClient(Protocol):
    """What is used of the console's outbound client, which stands beside this package and is not imported by it."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = ...,
        most_bytes: int = ...,
    ) -> Response: ...


_BY_CODE = {
    "timeout": TransportFault.TIMEOUT,
    "connection": TransportFault.BROKEN,
    "protocol": TransportFault.BROKEN,
    "redirect": TransportFault.REDIRECT,
    "too-large": TransportFault.TOO_LARGE,
    "unresolvable": TransportFault.UNREACHABLE,
    "tls": TransportFault.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class ThroughOutbound:
    """A Transport through the outbound client. `refusal` is its error: with `code`, `sentence` and `retryable`."""

    outbound: OutboundClient
    refusal: type[Exception]

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: float, most_bytes: int
    ) -> Response:
        try:
            return self.outbound.request(
                method, url, headers=headers, content=content or None, timeout=timeout, most_bytes=most_bytes
            )
        except self.refusal as error:
            said: Any = error  # Any: its class is known to the caller alone
            fault = _BY_CODE.get(str(said.code), TransportFault.REFUSED)
            raise TransportError(fault, said.sentence, is_retryable=bool(said.retryable)) from None
