"""HTTP for the tests: httpx over loopback, with the contract of the port's Transport."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from integrations.forges.transport import Answer, TransportError, TransportFault


class Loopback:
    """`timeout` overrules what is asked, so that a test need not wait."""

    def __init__(self, timeout: float = 1.0) -> None:
        self.client = httpx.Client(trust_env=False)
        self.timeout = timeout
        self.sent: list[httpx.Request] = []

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, timeout: float, most_bytes: int
    ) -> Answer:
        try:
            answer = self.client.request(
                method, url, headers=dict(headers), content=content or None, timeout=min(timeout, self.timeout)
            )
        except httpx.TimeoutException:
            raise TransportError(TransportFault.TIMEOUT, "It took too long.", is_retryable=True) from None
        except httpx.RemoteProtocolError:
            raise TransportError(TransportFault.BROKEN, "The connection broke.", is_retryable=True) from None
        except httpx.HTTPError:
            raise TransportError(TransportFault.UNREACHABLE, "It is not there.", is_retryable=True) from None
        if len(answer.content) > most_bytes:
            raise TransportError(TransportFault.TOO_LARGE, "The answer is too large.", is_retryable=False)
        self.sent.append(answer.request)
        return Answer(status=answer.status_code, headers=dict(answer.headers), content=answer.content)

    def close(self) -> None:
        self.client.close()
