"""Which addresses the console may talk to. Pure: names are resolved elsewhere, and every answer is judged here.

Without a word from the operator only https to public addresses passes. The lists follow IANA's registries of
special-purpose addresses and are written out, since what Python calls global changed between its releases.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from integrations.outbound.errors import OutboundCode, OutboundError
from integrations.outbound.target import Address, Target, as_address, host_and_port

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE: Final = "private"
_NEVER_BY_NAME: Final = "special"  # where a name has no business, such as 169.254.169.254 of cloud machines

_V4: Final[tuple[tuple[ipaddress.IPv4Network, str], ...]] = tuple(
    (ipaddress.IPv4Network(text), kind)
    for text, kind in (
        ("0.0.0.0/8", _NEVER_BY_NAME),  # this network: reaches this very machine on Linux
        ("10.0.0.0/8", _PRIVATE),
        ("100.64.0.0/10", _PRIVATE),  # carrier-grade NAT
        ("127.0.0.0/8", _PRIVATE),  # loopback
        ("169.254.0.0/16", _NEVER_BY_NAME),  # link-local, clouds' metadata
        ("172.16.0.0/12", _PRIVATE),
        ("192.0.0.0/24", _NEVER_BY_NAME),  # protocol assignments; Oracle's metadata is 192.0.0.192
        ("192.0.2.0/24", _NEVER_BY_NAME),  # documentation, as the next but two
        ("192.88.99.0/24", _NEVER_BY_NAME),  # relays of 6to4
        ("192.168.0.0/16", _PRIVATE),
        ("198.18.0.0/15", _PRIVATE),  # benchmarks
        ("198.51.100.0/24", _NEVER_BY_NAME),
        ("203.0.113.0/24", _NEVER_BY_NAME),
        ("224.0.0.0/4", _NEVER_BY_NAME),  # multicast
        ("240.0.0.0/4", _NEVER_BY_NAME),  # reserved, broadcast
    )
)
_V6_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")
_V6: Final[tuple[tuple[ipaddress.IPv6Network, str], ...]] = tuple(
    (ipaddress.IPv6Network(text), kind)
    for text, kind in (
        ("::1/128", _PRIVATE),  # loopback
        ("fc00::/7", _PRIVATE),  # unique local
        ("fd00:ec2::/32", _NEVER_BY_NAME),  # clouds' metadata
        ("fd20:ce::/32", _NEVER_BY_NAME),
        ("2001::/23", _NEVER_BY_NAME),  # protocol assignments, Teredo among them
        ("2001:db8::/32", _NEVER_BY_NAME),  # documentation
        ("2002::/16", _NEVER_BY_NAME),  # 6to4
        ("3fff::/20", _NEVER_BY_NAME),  # documentation
    )
)
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})  # before an IPv4 address in the last 64 bits (RFC 5214, 6.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """One word of the operator: a host or a network, on one port or (None) on every."""

    host: str = ""
    network: Network | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    allowed: tuple[Allowed, ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> Policy:
        """From host names, `host:port` and networks such as `10.2.0.0/16`. Raises ValueError naming the word."""
        return cls(tuple(_allowed(word) for word in words))

    def judge(self, target: Target, addresses: Sequence[str]) -> tuple[Address, ...]:
        """The addresses to connect to, in their order.

        All must be good: a name with one public and one private address is how a rebinding begins. A host that the
        operator named may have private addresses and speak http; an address in a network that the operator named may
        be anything. Raises OutboundError: REFUSED_ADDRESS, REFUSED_SCHEME, or UNRESOLVABLE when there is none.
        """
        found = tuple(as_address(text) for text in addresses)
        if not found:
            raise OutboundError(OutboundCode.UNRESOLVABLE, f"The name {target.host} has no address.")
        good = tuple(address for address in found if address is not None and self._is_good(target, address))
        if len(good) < len(found):
            raise OutboundError(
                OutboundCode.REFUSED_ADDRESS,
                f"{target.host} leads to an address that is not public; OUTBOUND_ALLOWED_HOSTS can allow it.",
            )
        if target.scheme != "https" and not all(self._is_named(target, address) for address in good):
            raise OutboundError(
                OutboundCode.REFUSED_SCHEME,
                f"{target.host} may be asked by https:// alone; OUTBOUND_ALLOWED_HOSTS can allow http:// too.",
            )
        return good

    def _is_good(self, target: Target, address: Address) -> bool:
        kind = kind_of(address)
        if self._is_in_network(target, address) or kind is None:
            return True
        return kind == _PRIVATE and self._is_named_host(target)

    def _is_named(self, target: Target, address: Address) -> bool:
        return self._is_named_host(target) or self._is_in_network(target, address)

    def _is_named_host(self, target: Target) -> bool:
        return any(word.host == target.host and word.port in {None, target.port} for word in self.allowed if word.host)

    def _is_in_network(self, target: Target, address: Address) -> bool:
        return any(
            address in word.network and word.port in {None, target.port}
            for word in self.allowed
            if word.network is not None
        )


def kind_of(address: Address) -> str | None:
    """None for a public address; else whether a name that the operator allowed may lead there, or nothing may.

    An IPv6 address that carries an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64, ISATAP) is never public,
    whatever it carries: its meaning depends on who routes it.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return next((kind for network, kind in _V4 if address in network), None)
    if address.scope_id is not None:
        return _NEVER_BY_NAME
    kinds = [(network.prefixlen, kind) for network, kind in _V6 if address in network]
    if kinds:
        return max(kinds)[1]
    if address not in _V6_GLOBAL or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return _NEVER_BY_NAME
    return None


def _allowed(word: str) -> Allowed:
    try:
        if "/" in word:
            return Allowed(network=ipaddress.ip_network(word))
        # An IPv6 address without brackets is clear where no port follows.
        if word.count(":") > 1 and not word.startswith("["):
            return Allowed(network=ipaddress.ip_network(word))
        host, port = host_and_port(word)
    except (ValueError, OutboundError):
        raise ValueError(f"{word!r} is no host, host:port or network such as 10.2.0.0/16") from None
    address = as_address(host)
    if address is not None:
        return Allowed(network=ipaddress.ip_network(address), port=port)
    return Allowed(host=host, port=port)
