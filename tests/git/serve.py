"""A loopback Git server over HTTP that lets in whoever shows the token, and looks around for it."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class Server(ThreadingHTTPServer):
    """Serves the repositories below `root`. `answer` makes every request end with this status instead."""

    daemon_threads = True

    def __init__(self, root: Path, token: str | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.token = token
        self.answer: int | None = None
        self.location = ""
        self.requests: list[str] = []
        self.seen_on_a_command_line: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def look_around(self) -> None:
        """Read every process's command line, as any user of the machine may, while git is at work."""
        if self.token is None:
            return
        spelled = (self.token.encode(), base64.b64encode(f"x-access-token:{self.token}".encode()))
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if any(word in line for word in spelled):
                self.seen_on_a_command_line.append(line.decode(errors="replace"))


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.look_around()
        self.server.requests.append(f"{self.command} {self.path} {self.headers.get('Authorization', '-')}")
        if self.server.answer is not None:
            self._refuse(self.server.answer)
        elif not self._is_let_in():
            self._refuse(401)
        else:
            self._run()

    do_POST = do_GET  # noqa: N815 - the base class's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def _is_let_in(self) -> bool:
        if self.server.token is None:
            return True
        shown = base64.b64encode(f"x-access-token:{self.server.token}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {shown}"

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _run(self) -> None:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", "0"))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": split.path,
            "QUERY_STRING": split.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", "http-backend"], input=self.rfile.read(length), env=environment, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(root: Path, token: str | None = None, *, answer: int | None = None) -> Iterator[Server]:
    """The repositories below `root` at server.url, until the block ends; or only the status `answer`."""
    server = Server(root, token)
    server.answer = answer
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
