"""How the audit log stands: sealing, checkpoints, where they and the entries go, and what verification last found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef
from django.utils import timezone

from audit.models import Checkpoint, Delivery, Entry, Leaf, TreeHead, Verification
from audit.streaming import sinks

LATE = timedelta(minutes=1)  # as `verify.UNSEALED`: an entry without a leaf for longer is a finding
_SHOWN = 5
_RECENT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """`waiting`: entries without a leaf; `oldest`: when the first of them was written."""

    leaves: int
    waiting: int
    oldest: datetime | None

    @property
    def is_late(self) -> bool:
        return self.oldest is not None and timezone.now() - self.oldest > LATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A receiver of the stream; `lag`: sealed entries that it has not taken."""

    name: str
    lag: int
    trouble: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """`remote`: where the checkpoints are pushed, without what could be a password; empty when they stay here."""

    sealing: Sealing
    checkpoints: int
    newest: tuple[Checkpoint, ...]
    repository: str
    remote: str
    receivers: tuple[Receiver, ...]


def log_state() -> LogState:
    """A constant number of queries."""
    sealing = sealing_state()
    return LogState(
        sealing=sealing,
        checkpoints=Checkpoint.objects.count(),
        newest=tuple(Checkpoint.objects.order_by("-size")[:_SHOWN]),
        repository=str(settings.AUDIT_CHECKPOINT_REPOSITORY),
        remote=_without_secrets(settings.AUDIT_CHECKPOINT_REMOTE),
        receivers=_receivers(sealing.leaves),
    )


def sealing_state() -> Sealing:
    """Of the last `_RECENT` entries: what has waited for longer than that many acts is for verification to find."""
    last = Entry.objects.aggregate(last=Max("pk"))["last"] or 0
    unsealed = Entry.objects.filter(~Exists(Leaf.objects.filter(entry_id=OuterRef("pk"))), pk__gt=last - _RECENT)
    found = unsealed.aggregate(waiting=Count("pk"), oldest=Min("at"))
    leaves = TreeHead.objects.filter(pk=1).values_list("size", flat=True).first() or 0
    return Sealing(leaves=leaves, waiting=found["waiting"], oldest=found["oldest"])


def verifications(limit: int = 10) -> list[Verification]:
    """Newest first."""
    return list(Verification.objects.order_by("-pk")[:limit])


def _receivers(leaves: int) -> tuple[Receiver, ...]:
    rows = Delivery.objects.in_bulk([sink.name for sink in sinks()])
    found = []
    for name, row in ((sink.name, rows.get(sink.name)) for sink in sinks()):
        lag = max(0, leaves - (row.next_index if row else 0))
        found.append(
            Receiver(name=name, lag=lag, trouble=row.trouble if row else "", due_at=row.due_at if row else None)
        )
    return tuple(found)


def _without_secrets(address: str) -> str:
    parts = urlsplit(address)
    if not parts.hostname:
        return address
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, "", ""))
