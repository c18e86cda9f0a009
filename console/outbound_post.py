"""The POST of the audit log's stream, by the one way out."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.outbound.configured import outbound
from integrations.outbound.errors import OutboundError


class NotSent(OSError):
    """Nothing came back that could be believed; the message names the host at most."""


def post(url: str, content: bytes, headers: Mapping[str, str], /) -> int:
    """The status of the answer. Raises NotSent when there is none, or one that redirects."""
    try:
        return outbound().request("POST", url, headers=headers, content=content).status
    except OutboundError as error:
        raise NotSent(str(error)) from None
