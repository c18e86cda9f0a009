"""How the sealer and the stream are doing. Reads only, and little."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from audit.models import Checkpoint, Delivery, TreeHead
from audit.waiting import Mark, tally

LATE = 60.0  # seconds: an entry that waits longer than this says that no sealer is at work


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A receiver of the stream that does not take what it is sent."""

    sink: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingState:
    """`since`: when the oldest entry without a leaf was written, if any is. `waits_for`: its age, in seconds."""

    unsealed: int
    since: datetime | None
    waits_for: float
    leaves: int
    checkpoint_size: int
    checkpoint_at: datetime | None
    troubles: tuple[Trouble, ...]

    @property
    def is_late(self) -> bool:
        """Whether the sealer is absent or cannot keep up."""
        return self.waits_for > LATE


def sealing_state() -> SealingState:
    """Entries that somebody put in below what is settled are not counted here: `verify` finds them."""
    head = TreeHead.objects.filter(pk=1).first()
    number, since = tally(Mark.of(head))
    size, at = Checkpoint.objects.order_by("-size").values_list("size", "at").first() or (0, None)
    troubled = Delivery.objects.exclude(trouble="").order_by("sink").values_list("sink", "attempts", "trouble")
    return SealingState(
        unsealed=number,
        since=since,
        waits_for=max(0.0, (datetime.now(UTC) - since).total_seconds()) if since else 0.0,
        leaves=head.size if head else 0,
        checkpoint_size=size,
        checkpoint_at=at,
        troubles=tuple(Trouble(sink=sink, attempts=tries, error=error) for sink, tries, error in troubled),
    )
