"""The one client for requests to other people's servers: forges, webhooks, the integration platform.

A URL may come from a repository, a form or a settings variable, so every request is judged: the name is resolved first,
all of its addresses must be good (`policy`), and the connection goes to an address that was judged. No redirect is
followed, no proxy or `.netrc` of the environment is read, no cookie is kept, and nothing is unpacked, so that a small
answer cannot grow. One request, one connection: none outlives the judgement that allowed it.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import certifi
import httpcore

from integrations.outbound.connection import Deadline, Pinned, Resolve, resolved, system_resolver
from integrations.outbound.errors import OutboundCode, OutboundError
from integrations.outbound.policy import Policy
from integrations.outbound.target import Target, parse

TIMEOUT = 20.0  # seconds, from resolving the name to the last byte
MOST_BYTES = 8 * 1024 * 1024
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?|")
# What says where a request goes and where it ends is ours to say.
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` has lower-case names; what was sent more than once is joined with ", ", and cookies are left out."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own classes


class Outbound:
    """Asks by the rules of `policy`. `resolve` answers a name's addresses; `tls` says which authorities are trusted."""

    def __init__(
        self, policy: Policy, *, resolve: Resolve = system_resolver, tls: ssl.SSLContext | None = None
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._tls = tls

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = TIMEOUT,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """The whole answer, whatever its status but a redirect. Raises OutboundError.

        `timeout` is for everything together, in seconds. An answer with more than `most_bytes` is TOO_LARGE, and
        reading stops there.
        """
        target = parse(url)
        sent = _headers(method, target, headers or {}, content)
        deadline = Deadline(timeout)
        try:
            literal = target.address
            found = [target.host] if literal else resolved(self._resolve, target.host, target.port, deadline)
            backend = Pinned(self._policy.judge(target, found), deadline)
            origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
            with httpcore.HTTPConnection(origin, ssl_context=self._context(), network_backend=backend) as connection:
                return _ask(connection, target, method=method, headers=sent, content=content, most_bytes=most_bytes)
        except httpcore.TimeoutException:
            sentence = f"{target.host} did not answer within {timeout:g} seconds."
            raise OutboundError(OutboundCode.TIMEOUT, sentence) from None
        except httpcore.NetworkError:
            sentence = f"The connection to {target.host} failed or was broken off."
            raise OutboundError(OutboundCode.CONNECTION, sentence) from None
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            sentence = f"{target.host} did not answer in HTTP as it should."
            raise OutboundError(OutboundCode.PROTOCOL, sentence) from None

    def _context(self) -> ssl.SSLContext:
        return self._tls or _system_trust()


def _ask(
    connection: httpcore.HTTPConnection,
    target: Target,
    *,
    method: str,
    headers: list[tuple[str, str]],
    content: bytes | None,
    most_bytes: int,
) -> Answer:
    url = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    with connection.stream(method, url, headers=headers, content=content) as response:
        answered = _answered(response.headers)
        if response.status in _REDIRECTS:
            sentence = f"{target.host} redirects elsewhere; redirects are not followed, so give the final address."
            raise OutboundError(OutboundCode.REDIRECT, sentence)
        if answered.get("content-encoding", "identity") != "identity":
            sentence = f"{target.host} answers in a coding that was not asked for."
            raise OutboundError(OutboundCode.PROTOCOL, sentence)
        received = bytearray()
        for part in response.iter_stream():
            received += part
            if len(received) > most_bytes:
                sentence = f"{target.host} answers with more than {most_bytes:,} bytes."
                raise OutboundError(OutboundCode.TOO_LARGE, sentence)
    return Answer(response.status, answered, bytes(received))


def _headers(method: str, target: Target, given: Mapping[str, str], content: bytes | None) -> list[tuple[str, str]]:
    if method not in METHODS:
        raise OutboundError(OutboundCode.BAD_REQUEST, f"The method must be one of {', '.join(sorted(METHODS))}.")
    for name, value in given.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS or not _VALUE.fullmatch(value):
            # The value is not repeated: it may be a token.
            raise OutboundError(OutboundCode.BAD_REQUEST, f"The header {name[:40]!a} cannot be sent as it stands.")
    ours = [("Host", target.host_header), ("Accept-Encoding", "identity"), ("Connection", "close")]
    if content is not None or method in {"POST", "PUT", "PATCH"}:
        ours.append(("Content-Length", str(len(content or b""))))
    agent = [] if any(name.lower() == "user-agent" for name in given) else [("User-Agent", "glasshouse")]
    return [*ours, *agent, *given.items()]


def _answered(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        if name != "set-cookie":
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@cache
def _system_trust() -> ssl.SSLContext:
    """The system's authorities, which an operator extends with `SSL_CERT_FILE`; certifi's where the system has none."""
    paths = ssl.get_default_verify_paths()
    if os.environ.get("SSL_CERT_FILE") or paths.cafile or paths.capath:
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=certifi.where())
