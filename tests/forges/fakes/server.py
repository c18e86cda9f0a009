"""A fake forge as a real HTTP server on loopback. It checks what it is asked and what it answers, and can misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.forges.contract import Description
from tests.forges.fakes.state import State


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str  # as sent, without the query
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Wire(Protocol):
    """How one kind of forge speaks: paths, parameters and shapes."""

    prefix: str
    state: State
    description: Description

    def is_let_in(self, request: Request) -> bool: ...

    def reply(self, request: Request) -> Reply: ...

    def refused(self, status: int, message: str) -> Reply: ...


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with the next `times` requests of this method (any, if empty).

    With `is_after` the request has its effect first. `content` goes out as it is. `drops`: the connection ends without
    an answer. `seconds`: the answer is late by so much.
    """

    method: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "Something is wrong"
    content: bytes | None = None
    content_type: str = "application/json"
    is_after: bool = False
    drops: bool = False
    seconds: float = 0
    times: int = 1


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.wire = wire
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.departures: list[str] = []  # from the description, by us or by the fake
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.method in {"", method}:
                fault.times -= 1
                return fault
        return None

    def asked(self, method: str) -> list[Request]:
        return [one for one in self.requests if one.method == method]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        with self.server.lock:
            request = self._request()
            self.server.requests.append(request)
            fault = self.server.next_fault(request.method)
            if fault is None or fault.is_after:
                reply = self._reply(request)
        if fault is not None:
            time.sleep(fault.seconds)
            if fault.drops:
                self.close_connection = True
                return
            if fault.status or fault.content is not None:
                self._misbehave(fault)
                return
            if not fault.is_after:
                with self.server.lock:
                    reply = self._reply(request)
        self._send(reply.status, json.dumps(reply.body).encode(), "application/json; charset=utf-8", reply.headers)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def _request(self) -> Request:
        split = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        return Request(
            method=self.command,
            path=split.path,
            query=dict(parse_qsl(split.query, keep_blank_values=True)),
            body=json.loads(content) if content else None,
            headers={name.lower(): value for name, value in self.headers.items()},
        )

    def _reply(self, request: Request) -> Reply:
        wire = self.server.wire
        self.server.departures += wire.description.request_faults(
            request.method, request.path, request.query, request.body
        )
        if not wire.is_let_in(request):
            return wire.refused(401, "Bad credentials")
        reply = wire.reply(request)
        if reply.status != 304:
            self.server.departures += wire.description.answer_faults(
                request.method, request.path, reply.status, reply.body
            )
        return reply

    def _misbehave(self, fault: Fault) -> None:
        reply = self.server.wire.refused(fault.status or 200, fault.message)
        content = json.dumps(reply.body).encode() if fault.content is None else fault.content
        self._send(reply.status, content, fault.content_type, fault.headers)

    def _send(self, status: int, content: bytes, content_type: str, headers: Mapping[str, str]) -> None:
        content = b"" if status == 304 else content
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True  # a client that gave up waiting


@contextmanager
def serving(wire: Wire) -> Iterator[Server]:
    """The fake at server.url until the block ends, which fails if anything departed from the description."""
    server = Server(wire)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not server.departures, server.departures[:5]  # a message, since this module's asserts are not rewritten


def page(items: list[Any], request: Request, size_parameter: str) -> tuple[list[Any], dict[str, str]]:
    """The page that is asked for, and the header that tells of a next one."""
    size, number = int(request.query.get(size_parameter, "30")), int(request.query.get("page", "1"))
    rest = items[(number - 1) * size :]
    more = {"Link": f'<http://elsewhere.invalid/?page={number + 1}>; rel="next"'} if len(rest) > size else {}
    return rest[:size], more
