"""When a sync must wait for a person: it would remove much, or history was rewritten."""

from __future__ import annotations

from django.conf import settings

from integrations.core.documents import AccountDocument, Kind, key_of
from integrations.git.mirror import Mirror
from integrations.models import Account, Document, Repository, Snapshot
from integrations.queries.intake import Intake

_SHOWN = 12


def reasons_to_hold(repository: Repository, mirror: Mirror, over: Snapshot, commit: str, intake: Intake) -> list[str]:
    """Sentences that say why; empty when the commit may be activated at once."""
    reasons = []
    if not mirror.is_ancestor(over.commit, commit):
        reasons.append(
            f"History was rewritten: the active commit {over.commit[:_SHOWN]} is not part of the branch any more."
        )
    limit = settings.SYNC_HOLD_REMOVAL_PERCENT
    for name, removed, total in _removals(repository, intake):
        if removed * 100 > total * limit:
            reasons.append(f"It would remove {removed} of {total} {name}, which is more than {limit} %.")
    return reasons


def _removals(repository: Repository, intake: Intake) -> list[tuple[str, int, int]]:
    """(plural name, removed, how many there are now) for the kinds whose loss hurts."""
    accounts = Account.objects.filter(repository=repository)
    kept = {
        slug
        for slug, found in intake.folders.items()
        if any(isinstance(document, AccountDocument) for document in found)
    }
    if intake.is_whole:
        gone = accounts.exclude(slug__in=kept).count()
    else:
        gone = accounts.filter(slug__in=intake.folders.keys() - kept).count()
    found = [("accounts", gone, accounts.count())]
    if intake.evaluated is not None:
        wanted = {_name(key_of(document)) for document in intake.evaluated}
        for kind, name in ((Kind.INTEGRATION, "integrations"), (Kind.MAPPING, "mappings")):
            keys = Document.objects.filter(repository=repository, kind=kind).values_list("key", flat=True)
            known = {_name(key) for key in keys}
            found.append((name, len(known - wanted), len(known)))
    return found


def _name(key: str) -> str:
    """A document's key without its environments: it is the thing that goes, not its scope that changes."""
    return key.partition("@")[0]
