"""Servers on loopback, with and without TLS, that answer by a script of bytes and remember what they were asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[socket.socket], None]


@dataclass
class Served:
    port: int
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)  # of SNI


@contextmanager
def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """`script` gets each connection once a request's head and body have been read from it."""
    listening = socket.create_server(("127.0.0.1", 0))
    served = Served(listening.getsockname()[1])
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: served.names.append(name)

    def serve() -> None:
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=_answer, args=(connected, script, served, tls), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def answering(content: bytes = b"{}", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> Script:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", ""))
    return lambda connected: connected.sendall(head.encode() + content)


def _answer(connected: socket.socket, script: Script, served: Served, tls: ssl.SSLContext | None) -> None:
    with connected:
        connected.settimeout(10)
        try:
            through = connected if tls is None else tls.wrap_socket(connected, server_side=True)
            served.requests.append(_request(through))
            script(through)
            through.close()
        except OSError:  # the client went away, which is what some tests are about
            return


def _request(connected: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connected.recv(65536)
        if not part:
            return received
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connected.recv(65536)
    return head + b"\r\n\r\n" + body
