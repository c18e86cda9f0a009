"""The forges' way to the network: the console's one outbound client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.forges.transport import Answer, TransportError
from integrations.outbound.client import Outbound
from integrations.outbound.errors import OutboundCode, OutboundError

# The request may have been sent, and have had its effect, before these.
_AMBIGUOUS = {OutboundCode.TIMEOUT, OutboundCode.CONNECTION}


@dataclass(frozen=True, slots=True)
class OutboundTransport:
    """integrations.forges.transport.Transport."""

    client: Outbound

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: float, most_bytes: int
    ) -> Answer:
        try:
            answer = self.client.request(
                method, url, headers=headers, content=content or None, timeout=timeout, most_bytes=most_bytes
            )
        except OutboundError as error:
            raise TransportError(
                error.sentence, is_retryable=error.retryable, is_timeout=error.code in _AMBIGUOUS
            ) from None
        return Answer(status=answer.status, headers=answer.headers, content=answer.content)
