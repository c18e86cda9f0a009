"""How the adapters speak HTTP: through the console's one outbound client in production, over loopback in tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer. Names of headers are in lower case; `content` is whole and within the bound that was asked."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class TransportError(Exception):
    """No answer. `is_timeout`: the request may have had its effect. `sentence` holds neither secret nor address."""

    def __init__(self, sentence: str, *, is_retryable: bool, is_timeout: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_retryable = is_retryable
        self.is_timeout = is_timeout


class Transport(Protocol):
    """One request and its answer, whatever the status. No redirects are followed and nothing is repeated."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: float, most_bytes: int
    ) -> Answer:
        """Raises TransportError. `timeout` is in seconds, for the whole."""
