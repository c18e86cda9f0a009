"""How the audit log stands: sealing, checkpoints, where they and the entries go, and what verification last found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from audit.health import SealingState, sealing_state
from audit.models import Checkpoint, Delivery, Verification
from audit.streaming import sink_names

_SHOWN = 5


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

    sealing: SealingState
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


def verifications(limit: int = 10) -> list[Verification]:
    """Newest first."""
    return list(Verification.objects.order_by("-pk")[:limit])


def _receivers(leaves: int) -> tuple[Receiver, ...]:
    rows = Delivery.objects.in_bulk(sink_names())
    found = []
    for name, row in ((name, rows.get(name)) for name in sink_names()):
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
