"""URLs in the one form that the resolver, the certificate and the allowlist read alike. Pure.

The old libraries read more into a host than a name: `2130706433`, `0x7f.1` and `127.1` are 127.0.0.1 to them. Whatever
two readers could read differently is refused, not repaired.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import NoReturn

from integrations.outbound.errors import OutboundCode, OutboundError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MAX_URL = 8192
MAX_HOST = 253
PORTS = {"https": 443, "http": 80}

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]+)(?P<path>/[^?]*)?(?P<query>\?.*)?", re.IGNORECASE)
# Visible ASCII without what some readers drop ("#…") or turn round ("\").
_VISIBLE = re.compile(r"[!\x22$-\[\]-~]+")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes. `host` is lower-case, without a trailing dot or brackets."""

    scheme: str
    host: str
    port: int
    path: str  # with the query, beginning with "/"

    @property
    def address(self) -> Address | None:
        """The address that the host is, where it is one."""
        return as_address(self.host)

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"


def parse(url: str) -> Target:
    """Raises OutboundError(BAD_REQUEST), which does not repeat the URL, as that may hold a secret."""
    if not url or len(url) > MAX_URL:
        _refuse(f"A URL must have 1 to {MAX_URL} characters.")
    if not _VISIBLE.fullmatch(url):
        _refuse("A URL must be written in visible ASCII without “#” and “\\”; names of other letters as xn--….")
    parts = _URL.fullmatch(url)
    if parts is None:
        _refuse("A URL must begin with https:// and name a host.")
    scheme, authority = parts["scheme"].lower(), parts["authority"]
    if "@" in authority:
        _refuse("A URL must hold no user name or password.")
    host, port = host_and_port(authority)
    path = (parts["path"] or "/") + (parts["query"] or "")
    return Target(scheme=scheme, host=host, port=PORTS[scheme] if port is None else port, path=path)


def host_and_port(authority: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[address]:port` in parts, the host in its one form. Raises OutboundError(BAD_REQUEST)."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        _refuse("The URL names no valid host.")
    port = None if found["port"] is None else int(found["port"])
    if port is not None and not 1 <= port <= 65535:  # noqa: PLR2004 - TCP's own bound
        _refuse("A port lies between 1 and 65535.")
    return _host(found["host"].lower()), port


def as_address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host(host: str) -> str:
    if host.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            _refuse("The URL names no valid IPv6 address.")
    name = host.removesuffix(".")
    labels = name.split(".")
    if len(name) > MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        _refuse("The URL names no valid host.")
    # A name whose last label is a number is an address (WHATWG URL, 3.5), and there is one way to write it.
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            _refuse("An IPv4 address must be written as four decimal numbers.")
    return name


def _refuse(sentence: str) -> NoReturn:
    raise OutboundError(OutboundCode.BAD_REQUEST, sentence)
