"""The client against real servers on loopback: which it reaches because the operator allowed them."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time

import pytest

from integrations.outbound.client import Outbound
from integrations.outbound.configured import outbound
from integrations.outbound.errors import OutboundCode, OutboundError
from integrations.outbound.policy import Policy
from tests.outbound.authority import Authority
from tests.outbound.serving import answering, serving

LOOPBACK = Policy.of(["127.0.0.0/8"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def client(authority: Authority | None = None, *, resolves: tuple[str, ...] = ("127.0.0.1",)) -> Outbound:
    trusted = authority.trusted() if authority else None
    return Outbound(LOOPBACK, resolve=lambda host, port: resolves, tls=trusted)


def refusal(*arguments, of: Outbound, **options) -> OutboundError:
    with pytest.raises(OutboundError) as raised:
        of.request(*arguments, **options)
    return raised.value


class TestAsking:
    def test_sends_what_it_is_given_and_answers_what_it_gets(self):
        script = answering(b'{"a": 1}', status="201 Created", headers=("ETag: x", "Link: a", "Link: b"))
        with serving(script) as served:
            url = f"http://git.example:{served.port}/api/v3/?page=2"
            answer = client().request("POST", url, headers={"Authorization": "Bearer t"}, content=b"body")
        assert (answer.status, answer.content, answer.is_success) == (201, b'{"a": 1}', True)
        assert (answer.headers["etag"], answer.headers["link"]) == ("x", "a, b")
        head, _, body = served.requests[0].decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        assert first == "POST /api/v3/?page=2 HTTP/1.1"
        assert {f"Host: git.example:{served.port}", "Authorization: Bearer t", "Content-Length: 4"} <= set(lines)
        assert body == "body"

    @pytest.mark.parametrize("status", ["304 Not Modified", "404 Not Found", "429 Too Many Requests", "500 Oh"])
    def test_other_statuses_are_answers(self, status):
        with serving(answering(b"", status=status)) as served:
            answer = client().request("GET", f"http://git.example:{served.port}/")
        assert (answer.status, answer.is_success) == (int(status[:3]), False)

    def test_no_cookie_is_kept_or_shown(self):
        with serving(answering(headers=("Set-Cookie: session=canary; Path=/",))) as served:
            asking = client()
            answers = [asking.request("GET", f"http://git.example:{served.port}/") for _ in range(2)]
        assert not any("canary" in str(answer) for answer in answers)
        assert not any(b"canary" in request for request in served.requests)

    def test_no_proxy_and_no_netrc_of_the_environment(self, monkeypatch, tmp_path):
        (tmp_path / "netrc").write_text("default login user password canary\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with serving(answering()) as served, serving(answering()) as proxy:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            client().request("GET", f"http://git.example:{served.port}/")
        assert len(served.requests) == 1
        assert b"uthorization" not in served.requests[0]
        assert proxy.requests == []

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-A": "b\r\nX-Injected: 1"},
            {"X-A": "b\nX-Injected: 1"},
            {"X-A\r\nX-Injected": "1"},
            {"X-A: b\r\nX": "1"},
            {"X-A": "a\0b"},
            {"X-A": " b"},
            {"X-A": "ü"},
            {"": "b"},
            {"Host": "127.0.0.1"},
            {"hOST": "127.0.0.1"},
            {"Transfer-Encoding": "chunked"},
            {"Content-Length": "0"},
            {"Connection": "upgrade"},
            {"Proxy-Authorization": "Basic eDp5"},
        ],
    )
    def test_headers_that_say_more_than_themselves_are_refused(self, headers):
        with serving(answering()) as served:
            error = refusal("GET", f"http://git.example:{served.port}/", headers=headers, of=client())
        assert error.code == OutboundCode.BAD_REQUEST
        assert "Injected: 1" not in error.sentence
        assert served.requests == []

    @pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\nX:", ""])
    def test_methods_that_are_not_ours_are_refused(self, method):
        assert refusal(method, "http://git.example/", of=client()).code == OutboundCode.BAD_REQUEST

    def test_settings_allow_what_they_name_and_nothing_else(self, settings):
        with serving(answering(b"in")) as served:
            url = f"http://127.0.0.1:{served.port}/"
            settings.OUTBOUND_ALLOWED_HOSTS = ()
            assert refusal("GET", url, of=outbound()).code == OutboundCode.REFUSED_ADDRESS
            settings.OUTBOUND_ALLOWED_HOSTS = (f"127.0.0.1:{served.port}",)
            assert outbound().request("GET", url).content == b"in"
            # The system's own resolver, which reads /etc/hosts.
            settings.OUTBOUND_ALLOWED_HOSTS = ("127.0.0.0/8", "::1")
            assert outbound().request("GET", url.replace("127.0.0.1", "localhost")).content == b"in"


class TestPinning:
    def test_name_is_looked_up_once_and_a_later_answer_changes_nothing(self):
        """DNS rebinding: the first answer is judged, a second one would lead elsewhere."""
        answers = iter([["127.0.0.1"], ["169.254.169.254"]])
        asked: list[str] = []

        def resolve(host: str, port: int) -> list[str]:
            asked.append(host)
            return next(answers)

        with serving(answering(b"judged")) as served:
            asking = Outbound(LOOPBACK, resolve=resolve)
            url = f"http://rebind.example:{served.port}/"
            assert asking.request("GET", url).content == b"judged"
            assert asked == ["rebind.example"]
            assert refusal("GET", url, of=asking).code == OutboundCode.REFUSED_ADDRESS
        assert len(served.requests) == 1

    def test_system_resolver_is_not_asked_behind_our_back(self, monkeypatch, authority):
        def refuse(host: object, *arguments: object, **options: object) -> list:
            if host != "127.0.0.1":
                pytest.fail(f"{host} was looked up")
            return real(host, *arguments, **options)

        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        with serving(answering(), tls=authority.serving("git.example")) as served:
            assert client(authority).request("GET", f"https://git.example:{served.port}/").status == 200

    def test_next_address_is_tried_when_one_does_not_answer(self):
        with serving(answering()) as served:
            # Nothing listens at 127.0.0.2 on this port.
            found = client(resolves=("127.0.0.2", "127.0.0.1")).request("GET", f"http://git.example:{served.port}/")
        assert found.status == 200

    def test_nobody_there(self):
        with serving(answering()) as served:
            port = served.port
        error = refusal("GET", f"http://git.example:{port}/", of=client())
        assert (error.code, error.retryable) == (OutboundCode.CONNECTION, True)

    def test_unknown_name(self):
        def resolve(host: str, port: int) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        error = refusal("GET", "https://git.example/", of=Outbound(Policy(), resolve=resolve))
        assert (error.code, error.retryable) == (OutboundCode.UNRESOLVABLE, True)


class TestTls:
    def test_name_is_in_sni_and_in_the_certificate_and_the_address_in_neither(self, authority):
        with serving(answering(b"safe"), tls=authority.serving("git.example")) as served:
            answer = client(authority).request("GET", f"https://git.example.:{served.port}/")
        assert answer.content == b"safe"
        assert served.names == ["git.example"]
        assert f"Host: git.example:{served.port}".encode() in served.requests[0]

    def test_an_address_may_have_a_certificate_of_its_own(self, authority):
        with serving(answering(b"safe"), tls=authority.serving("127.0.0.1")) as served:
            assert client(authority).request("GET", f"https://127.0.0.1:{served.port}/").content == b"safe"

    @pytest.mark.parametrize("names", [("other.example",), ("127.0.0.1",), ("*.git.example",)])
    def test_certificate_of_another_name(self, authority, names):
        with serving(answering(), tls=authority.serving(*names)) as served:
            error = refusal("GET", f"https://git.example:{served.port}/", of=client(authority))
        assert (error.code, error.retryable) == (OutboundCode.TLS, False)
        assert served.requests == []

    def test_expired_certificate(self, authority):
        with serving(answering(), tls=authority.serving("git.example", days=-1)) as served:
            error = refusal("GET", f"https://git.example:{served.port}/", of=client(authority))
        assert error.code == OutboundCode.TLS
        assert "expired" in error.sentence

    def test_authority_that_nobody_trusts(self, authority):
        with serving(answering(), tls=authority.serving("git.example")) as served:
            error = refusal("GET", f"https://git.example:{served.port}/", of=client())
        assert error.code == OutboundCode.TLS
        assert served.requests == []

    def test_old_versions_are_not_spoken(self, authority):
        context = authority.serving("git.example")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with serving(answering(), tls=context) as served:
            error = refusal("GET", f"https://git.example:{served.port}/", of=client(authority))
        assert error.code in {OutboundCode.TLS, OutboundCode.CONNECTION}
        assert served.requests == []

    def test_server_that_speaks_no_tls(self, authority):
        with serving(lambda connected: connected.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as served:
            error = refusal("GET", f"https://git.example:{served.port}/", of=client(authority), timeout=3)
        assert error.code in {OutboundCode.TLS, OutboundCode.TIMEOUT}


class TestHostileServers:
    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
    def test_redirect_is_told_and_not_followed(self, status):
        with serving(answering(b"inside")) as inside:
            location = f"Location: http://127.0.0.1:{inside.port}/?token=canary"
            with serving(answering(status=status, headers=(location,))) as served:
                error = refusal("GET", f"http://git.example:{served.port}/", of=client())
        assert (error.code, error.retryable) == (OutboundCode.REDIRECT, False)
        assert "canary" not in error.sentence
        assert inside.requests == []

    def test_slow_drip_ends_by_the_total_deadline(self):
        started = time.monotonic()
        with serving(_dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 1000)) as served:
            error = refusal("GET", f"http://git.example:{served.port}/", of=client(), timeout=0.6)
        assert (error.code, error.retryable) == (OutboundCode.TIMEOUT, True)
        assert time.monotonic() - started < 3

    def test_silence_in_the_handshake_ends_by_the_deadline(self, authority):
        started = time.monotonic()
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"https://git.example:{mute.getsockname()[1]}/"
            error = refusal("GET", url, of=client(authority), timeout=0.5)
        assert error.code == OutboundCode.TIMEOUT
        assert time.monotonic() - started < 3

    def test_resolver_that_hangs_ends_by_the_deadline(self):
        released = threading.Event()

        def resolve(host: str, port: int) -> list[str]:
            released.wait(10)
            return []

        started = time.monotonic()
        error = refusal("GET", "https://git.example/", of=Outbound(Policy(), resolve=resolve), timeout=0.3)
        released.set()
        assert error.code == OutboundCode.TIMEOUT
        assert time.monotonic() - started < 3

    def test_reader_that_takes_nothing_ends_by_the_deadline(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"http://git.example:{mute.getsockname()[1]}/"
            error = refusal("POST", url, content=b"x" * 30_000_000, of=client(), timeout=0.6)
        assert error.code == OutboundCode.TIMEOUT

    @pytest.mark.parametrize("head", [b"Content-Length: 999999999\r\n", b"Transfer-Encoding: chunked\r\n", b""])
    def test_endless_body_is_cut(self, head):
        sent: list[int] = []

        def script(connected: socket.socket) -> None:
            connected.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
            part = b"10000\r\n" + b"x" * 0x10000 + b"\r\n" if b"chunked" in head else b"x" * 0x10000
            while True:
                connected.sendall(part)
                sent.append(len(part))

        with serving(script) as served:
            error = refusal("GET", f"http://git.example:{served.port}/", of=client(), most_bytes=100_000)
        assert (error.code, error.retryable) == (OutboundCode.TOO_LARGE, False)
        assert sum(sent) < 20_000_000

    def test_a_body_of_just_the_allowed_size_is_taken(self):
        with serving(answering(b"x" * 1000)) as served:
            url = f"http://git.example:{served.port}/"
            assert len(client().request("GET", url, most_bytes=1000).content) == 1000
            assert refusal("GET", url, most_bytes=999, of=client()).code == OutboundCode.TOO_LARGE

    def test_endless_headers_are_cut(self):
        def script(connected: socket.socket) -> None:
            connected.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connected.sendall(b"X-Filler: " + b"x" * 4000 + b"\r\n")

        with serving(script) as served:
            error = refusal("GET", f"http://git.example:{served.port}/", of=client(), timeout=10)
        assert error.code == OutboundCode.PROTOCOL

    def test_packed_content_is_not_unpacked(self):
        bomb = gzip.compress(b"\0" * 10_000_000)
        with serving(answering(bomb, headers=("Content-Encoding: gzip",))) as served:
            error = refusal("GET", f"http://git.example:{served.port}/", of=client())
        assert error.code == OutboundCode.PROTOCOL

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", OutboundCode.PROTOCOL),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", OutboundCode.PROTOCOL),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", OutboundCode.PROTOCOL),
            (b"", OutboundCode.PROTOCOL),
        ],
    )
    def test_no_http(self, answer, code):
        with serving(lambda connected: connected.sendall(answer)) as served:
            assert refusal("GET", f"http://git.example:{served.port}/", of=client()).code == code


def _dripping(content: bytes):
    def script(connected: socket.socket) -> None:
        for byte in content:
            connected.sendall(bytes([byte]))
            time.sleep(0.02)

    return script
