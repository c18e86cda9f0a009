"""What can go wrong with a request to somebody else's server, in names that code may branch on."""

from enum import StrEnum


class OutboundCode(StrEnum):
    # nothing was sent
    BAD_REQUEST = "bad-request"  # a method, header or URL that cannot be sent as it stands
    REFUSED_SCHEME = "refused-scheme"  # http:// to a host that OUTBOUND_ALLOWED_HOSTS does not name
    REFUSED_ADDRESS = "refused-address"  # inside our network, or of a kind that hides such an address
    UNRESOLVABLE = "unresolvable"
    CONNECTION = "connection"  # refused, unreachable, or broken off, before or after the request was sent
    TLS = "tls"  # no trusted certificate for this name
    # the server may have done what was asked for
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    REDIRECT = "redirect"  # never followed
    PROTOCOL = "protocol"  # not HTTP, or content in a coding that was not asked for


RETRYABLE = frozenset({OutboundCode.UNRESOLVABLE, OutboundCode.CONNECTION, OutboundCode.TIMEOUT})


class OutboundError(Exception):
    """`sentence` is plain and names the host at most: never a path, a query or a header, which may hold a secret.

    `retryable` says whether the same call may succeed later with nothing changed by a person. After TIMEOUT or
    CONNECTION the server may all the same have done what it was asked: look before you repeat.
    """

    def __init__(self, code: OutboundCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.retryable = code in RETRYABLE

    def __str__(self) -> str:
        return self.sentence
