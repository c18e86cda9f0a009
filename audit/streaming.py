"""Sealed entries to a webhook and to syslog, at least once and in order.

The leaves are the outbox. `Delivery` keeps how far each receiver has come; it moves only after the receiver took what
was sent, so that a kill between repeats a batch (receivers tell repetitions by `index`). Personal data stay here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import structlog
from django.conf import settings

from audit.bodies import COLUMNS, body, parsed
from audit.events import is_security
from audit.models import Delivery, Entry, Leaf

BATCH = 100
_TIMEOUT, _FIRST_WAIT, _LONGEST_WAIT = 10.0, 2, 600  # seconds
_FACILITY_AUDIT, _NOTICE, _INFO = 13, 5, 6  # RFC 5424, section 6.2.1
log = structlog.get_logger(__name__)
_TAKEN = range(200, 300)  # statuses that say so
Message = dict[str, Any]


class Post(Protocol):
    """The one way out over HTTP, which lies above this package: it gives the answer's status, or raises OSError."""

    def __call__(self, url: str, content: bytes, headers: Mapping[str, str], /) -> int: ...


class NotTaken(OSError):
    """The receiver answered, and not that it took what was sent."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A receiver; `send` raises OSError unless all was taken."""

    name: str
    send: Callable[[Sequence[Message]], None]


def sinks(post: Post) -> list[Sink]:
    """Those that the settings name."""
    found = []
    if settings.AUDIT_WEBHOOK_URL:
        found.append(Sink("webhook", partial(_to_webhook, post)))
    if settings.AUDIT_SYSLOG_URL:
        found.append(Sink("syslog", _to_syslog))
    return found


def sink_names() -> list[str]:
    """The receivers that the settings name."""
    urls = {"webhook": settings.AUDIT_WEBHOOK_URL, "syslog": settings.AUDIT_SYSLOG_URL}
    return [name for name, url in urls.items() if url]


def deliver(post: Post) -> int:
    """Sends each receiver its next batch, where one is due; says how many messages were taken."""
    return sum(_deliver(sink) for sink in sinks(post))


def _deliver(sink: Sink) -> int:
    row, _ = Delivery.objects.get_or_create(sink=sink.name)
    if row.due_at and row.due_at > datetime.now(UTC):
        return 0
    messages = _next(row.next_index)
    if not messages:
        return 0
    mine = Delivery.objects.filter(sink=sink.name, next_index=row.next_index)
    try:
        sink.send(messages)
    except OSError as error:
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.attempts, 10))
        # The class alone: a message may repeat an address that holds a token.
        trouble = type(error).__name__
        mine.update(attempts=row.attempts + 1, due_at=datetime.now(UTC) + timedelta(seconds=wait), trouble=trouble)
        log.warning("audit.not_delivered", sink=sink.name, error=trouble, again_in=wait)
        return 0
    mine.update(next_index=messages[-1]["index"] + 1, attempts=0, due_at=None, trouble="")
    return len(messages)


def _next(index: int) -> list[Message]:
    places = list(Leaf.objects.filter(index__gte=index).order_by("index").values_list("index", "entry_id")[:BATCH])
    number = COLUMNS.index("id")
    found = Entry.objects.filter(pk__in=[entry for _, entry in places]).values_list(*COLUMNS)
    rows = {row[number]: row for row in found}
    shape = _ocsf if settings.AUDIT_STREAM_FORMAT == "ocsf" else _plain
    return [shape(place, parsed(body(rows[entry]))) for place, entry in places]


def _plain(index: int, entry: Message) -> Message:
    return {"index": index, "entry": entry}


def _ocsf(index: int, entry: Message) -> Message:
    """In the shape of OCSF 1.3, class API Activity (6003), activity Other; the entry itself stands in `unmapped`."""
    failed = entry["phase"] == "failed"
    return {
        "index": index,
        "class_uid": 6003,
        "category_uid": 6,
        "activity_id": 99,
        "activity_name": entry["event"],
        "type_uid": 600399,
        "severity_id": 2 if is_security([entry["event"]]) else 1,
        "status_id": 2 if failed else 1,
        "time": round(datetime.fromisoformat(entry["at"]).timestamp() * 1000),
        "actor": {"user": {"uid": entry["actor"]["id"], "type": entry["actor"]["kind"]}},
        "api": {"operation": entry["event"]},
        "resources": [{"uid": entry["subject"]["id"], "type": entry["subject"]["kind"]}],
        "metadata": {"version": "1.3.0", "uid": str(entry["id"]), "product": {"name": "Glasshouse"}},
        "unmapped": entry,
    }


def _to_webhook(post: Post, messages: Sequence[Message]) -> None:
    """One POST a batch. `X-Glasshouse-Signature: t=<seconds>,sha256=<hex>`: HMAC of `<seconds>.<body>`."""
    content = _json({"version": 1, "origin": settings.AUDIT_ORIGIN, "messages": list(messages)})
    headers = {"Content-Type": "application/json", "X-Glasshouse-Signature": signature(content, int(time.time()))}
    if post(settings.AUDIT_WEBHOOK_URL, content, headers) not in _TAKEN:
        raise NotTaken


def signature(content: bytes, seconds: int) -> str:
    made = hmac.new(settings.AUDIT_WEBHOOK_SECRET.encode(), b"%d." % seconds + content, hashlib.sha256)
    return f"t={seconds},sha256={made.hexdigest()}"


def _to_syslog(messages: Sequence[Message]) -> None:
    """TCP: octet-counted frames (RFC 6587, 3.4.1). UDP: one datagram each (RFC 5426), and nobody says it arrived."""
    parts = urlsplit(settings.AUDIT_SYSLOG_URL)
    address = (parts.hostname or "localhost", parts.port or 514)
    lines = [syslog_line(message) for message in messages]
    if parts.scheme == "udp":
        family, _, _, _, target = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
            for line in lines:
                datagrams.sendto(line, target)
        return
    # nosemgrep: outbound -- syslog, to the operator's own setting
    with socket.create_connection(address, timeout=_TIMEOUT) as stream:
        stream.sendall(b"".join(b"%d %s" % (len(line), line) for line in lines))


def syslog_line(message: Message) -> bytes:
    """One RFC 5424 message: facility log audit, the event as MSGID, the JSON as MSG in UTF-8 with its BOM."""
    entry = message.get("entry") or message["unmapped"]
    priority = _FACILITY_AUDIT * 8 + (_NOTICE if is_security([entry["event"]]) else _INFO)
    head = f"<{priority}>1 {entry['at']} {socket.gethostname() or '-'} glasshouse - {entry['event'][:32]} - "
    return head.encode("ascii", "replace") + b"\xef\xbb\xbf" + _json(message)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
