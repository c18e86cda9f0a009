"""Connections to the very address that was judged, each step within what is left of the caller's time.

httpcore is told how to connect (its documented `NetworkBackend`), so that the name stays in the Host header, in SNI and
in the check of the certificate while no resolver is asked again.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from integrations.outbound.errors import OutboundCode, OutboundError
from integrations.outbound.target import Address

Resolve = Callable[[str, int], Sequence[str]]


class Deadline:
    """A moment by the monotonic clock; `left` raises httpcore's PoolTimeout, a timeout of no single step, after it."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise httpcore.PoolTimeout
        return seconds


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses that the system knows for a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def resolved(resolve: Resolve, host: str, port: int, deadline: Deadline) -> Sequence[str]:
    """What `resolve` answers. It cannot be interrupted, so one that is late is left behind in a thread of its own."""
    answers: queue.SimpleQueue[Sequence[str] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError):
            answers.put(None)

    threading.Thread(target=ask, name="outbound-resolve", daemon=True).start()
    try:
        found = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise httpcore.PoolTimeout from None
    if found is None:
        raise OutboundError(OutboundCode.UNRESOLVABLE, f"The name {host} cannot be resolved.")
    return found


class Pinned(httpcore.NetworkBackend):
    """Connects to the first of `addresses` that answers, whatever host httpcore asks for."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        trouble: Exception = httpcore.ConnectError()
        for number, address in enumerate(self._addresses):
            # An address that swallows everything leaves the ones after it their share of the time.
            share = self._deadline.left() / (len(self._addresses) - number)
            try:
                connected = socket.create_connection((str(address), port), timeout=share)
            except TimeoutError:
                trouble = httpcore.ConnectTimeout()
            except OSError:
                trouble = httpcore.ConnectError()
            else:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(connected, self._deadline)
        raise trouble


class _Stream(httpcore.NetworkStream):
    """A socket whose every operation ends by the deadline; the timeouts of single steps do not add up past it."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._deadline.left())
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        except OSError as error:
            raise httpcore.ReadError from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        while left:
            self._socket.settimeout(self._deadline.left())
            try:
                left = left[self._socket.send(left) :]
            except TimeoutError:
                raise httpcore.WriteTimeout from None
            except OSError as error:
                raise httpcore.WriteError from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._socket.settimeout(self._deadline.left())
        try:
            return _Stream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._deadline)
        except ssl.SSLError as error:
            self.close()
            raise OutboundError(
                OutboundCode.TLS, f"No trusted TLS connection to {server_hostname}: {_reason(error)}."
            ) from None
        except TimeoutError:
            self.close()
            raise httpcore.ConnectTimeout from None
        except OSError as error:
            self.close()
            raise httpcore.ConnectError from error


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return (error.reason or "the handshake failed").replace("_", " ").lower()
