"""The POST of the audit log's stream."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

_TIMEOUT = 10.0  # seconds


def post(url: str, content: bytes, headers: Mapping[str, str], /) -> int:
    """The status of the answer; redirects are not followed. Raises OSError when there is none."""
    try:
        return httpx.post(
            url, content=content, headers=dict(headers), timeout=_TIMEOUT, follow_redirects=False
        ).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The class alone: a message may repeat an address that holds a token.
        raise OSError(type(error).__name__) from None
