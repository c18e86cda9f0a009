"""Keeping what was told of expressions, so that no sync reads a text that another has read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integrations.core.documents import Analysis, Kind, expressions_of, from_builtins
from integrations.core.outcomes import Fault
from integrations.models import Document, ExpressionAnalysis
from integrations.queries.analyses import encode, key_of

MOST = 200_000  # rows; some 3 KiB each for a mapping of 30 lines
UNUSED = timedelta(days=30)
_BATCH = 2_000


@transaction.atomic
def keep_analyses(found: Mapping[str, Analysis | Fault]) -> None:
    """Keeps what was told, by key. What another sync kept meanwhile says the same and stays."""
    rows = [ExpressionAnalysis(key=key, body=encode(told)) for key, told in found.items()]
    ExpressionAnalysis.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)


def tend_analyses() -> int:
    """Marks what active snapshots use; removes what none has used for long, and the longest unused beyond MOST.

    Returns how many rows it removed. Meant to run once a day.
    """
    now = timezone.now()
    used = sorted(_used())
    for start in range(0, len(used), _BATCH):
        ExpressionAnalysis.objects.filter(key__in=used[start : start + _BATCH]).update(used_at=now)
    removed, _ = ExpressionAnalysis.objects.filter(used_at__lt=now - UNUSED).delete()
    surplus = list(ExpressionAnalysis.objects.order_by("-used_at", "key").values_list("key", flat=True)[MOST:])
    for start in range(0, len(surplus), _BATCH):
        count, _ = ExpressionAnalysis.objects.filter(key__in=surplus[start : start + _BATCH]).delete()
        removed += count
    return removed


def _used() -> set[str]:
    """The keys of all texts of the active snapshots: the rows of documents are those of these."""
    rows = Document.objects.filter(kind__in=[Kind.MAPPING, Kind.OVERRIDE]).values_list("kind", "body")
    return {
        key_of(expression.text)
        for kind, body in rows.iterator()
        for _, _, expression in expressions_of(from_builtins(Kind(kind), body))
    }
