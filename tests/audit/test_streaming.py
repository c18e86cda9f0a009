"""Delivery to real receivers on this machine."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import transaction

from audit.events import Event
from audit.models import Delivery
from audit.record import Actor, Subject, record
from audit.sealing import seal_all
from audit.streaming import deliver, signature, syslog_line
from console.outbound_post import post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _log(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"
    settings.AUDIT_WEBHOOK_SECRET = "hush"
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    with transaction.atomic():
        for number in range(3):
            record(
                Event.ROLE_GRANTED,
                actor=Actor(id="7", name="Dana Canary"),
                subject=Subject(kind="account", id="acme-corp"),
                data={"n": number},
            )
    seal_all()


@pytest.fixture
def receiver(settings):
    """A webhook that answers with `answers`, then 200, and keeps what came."""
    taken, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((content, self.headers["X-Glasshouse-Signature"]))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.AUDIT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/"
        yield taken, answers
        server.shutdown()
        thread.join()


def test_every_entry_is_delivered_in_order_signed_and_without_names(receiver):
    taken, _ = receiver
    assert (deliver(post), deliver(post)) == (3, 0)
    ((content, signed),) = taken
    messages = json.loads(content)["messages"]
    assert [(found["index"], found["entry"]["data"]["n"]) for found in messages] == [(0, 0), (1, 1), (2, 2)]
    assert signed == signature(content, int(signed[2:].partition(",")[0]))
    assert b"Canary" not in content


@pytest.mark.parametrize("status", [500, 302])
def test_what_is_not_taken_is_sent_again_later_and_later(receiver, status):
    taken, answers = receiver
    answers += [status, status]
    waits = []
    for _ in range(2):
        assert deliver(post) == 0
        waits.append(Delivery.objects.get().due_at - datetime.now(UTC))
        assert deliver(post) == 0  # not due
        Delivery.objects.update(due_at=None)
    assert timedelta(0) < waits[0] < waits[1]
    assert deliver(post) == 3
    assert len(taken) == 3
    assert taken[0][0] == taken[2][0]
    assert Delivery.objects.get().attempts == 0


def test_syslog_over_tcp_counts_octets(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.AUDIT_SYSLOG_URL = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert deliver(post) == 3
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as stream:
            raw = stream.read()
    count = 0
    while raw:
        size, _, rest = raw.partition(b" ")
        line, raw = rest[: int(size)], rest[int(size) :]
        assert line.startswith(b"<109>1 20")
        assert json.loads(line.partition(b"\xef\xbb\xbf")[2])["index"] == count
        count += 1
    assert count == 3


def test_syslog_over_udp_and_in_ocsfs_shape(settings):
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        settings.AUDIT_SYSLOG_URL = f"udp://127.0.0.1:{server.getsockname()[1]}"
        settings.AUDIT_STREAM_FORMAT = "ocsf"
        assert deliver(post) == 3
        message = json.loads(server.recv(65536).partition(b"\xef\xbb\xbf")[2])
    assert (message["class_uid"], message["unmapped"]["event"]) == (6003, "role-granted")
    assert syslog_line(message).startswith(b"<109>1 ")


def test_a_receiver_that_is_down_is_named_and_waited_for(settings):
    settings.AUDIT_SYSLOG_URL = "tcp://127.0.0.1:1"
    assert deliver(post) == 0
    assert Delivery.objects.get().trouble == "ConnectionRefusedError"


def test_a_webhook_that_is_down_is_named_and_its_address_is_not(settings):
    settings.AUDIT_WEBHOOK_URL = "http://127.0.0.1:1/?token=hush-hush"
    assert deliver(post) == 0
    row = Delivery.objects.get()
    assert (row.attempts, row.trouble) == (1, "NotSent")
