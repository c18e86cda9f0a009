"""Making a snapshot the active one: one transaction, in which the rows follow the documents, or nothing happens."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from audit.events import Event
from audit.record import Actor, record
from integrations.actions.effects import keep_effects
from integrations.actions.rights import grant_to_owners
from integrations.actions.rows import Written, write_accounts, write_connections, write_documents
from integrations.actions.subjects import snapshot_subject
from integrations.core.documents import (
    AccountDocument,
    Connection,
    Kind,
    OverrideDocument,
    from_builtins,
    kind_of,
    to_builtins,
)
from integrations.core.state import connections_of
from integrations.models import Account, Document, Evaluation, Repository, Snapshot
from integrations.queries.active import ActiveReader
from integrations.queries.effects import Place, compare, read_side, scope_of
from integrations.queries.intake import Intake

_MOST_EVALUATIONS = 50
_IDS = 2000
_NAMED = 100  # accounts that an entry of the audit log names; the changes' rows have all of them


class Overtaken(Exception):
    """Another sync activated a snapshot since this one was read."""


@transaction.atomic(durable=True)
def activate(snapshot: Snapshot, intake: Intake, *, over: Snapshot | None, actor: Actor) -> Written:
    """Activates `snapshot` (not yet stored, or held) over the snapshot that `intake` was read against.

    Raises Overtaken when that is no longer the active one.
    """
    repository = (
        Repository.objects.select_for_update(of=("self",)).select_related("active").get(pk=snapshot.repository_id)
    )
    if (repository.active and repository.active.pk) != (over and over.pk):
        raise Overtaken
    reader = ActiveReader(repository, over) if over else None
    scope = scope_of(reader, intake) if reader else None
    before = read_side(reader, scope) if reader and scope else None
    _supersede(over)
    now = timezone.now()
    snapshot.state, snapshot.activated_at, snapshot.previous = Snapshot.State.ACTIVE, now, over
    snapshot.platform_key, snapshot.layout = intake.platform_key, to_builtins(intake.settings)
    snapshot.hcl_folders = list(intake.hcl_folders)
    snapshot.save()
    written = _write(repository, intake, actor=actor)
    # The baseline has nothing to be compared with: everything would be a change.
    if before is not None and scope is not None:
        affected = keep_effects(snapshot, compare(before, read_side(ActiveReader(repository, snapshot), scope)))
    else:
        affected = []
    snapshot.counts = {
        "accounts": Account.objects.filter(repository=repository).count(),
        "documents": Document.objects.filter(repository=repository).count(),
        "rows_written": written.total,
        "connections_changed": len(affected),
    }
    snapshot.save(update_fields=["counts"])
    _keep_evaluation(repository, intake)
    repository.active, repository.health, repository.trouble = snapshot, Repository.Health.OK, ""
    repository.head_commit, repository.checked_at = snapshot.commit, now
    repository.save(update_fields=["active", "health", "trouble", "head_commit", "checked_at"])
    _record(snapshot, over, affected, actor=actor)
    return written


def _record(snapshot: Snapshot, over: Snapshot | None, affected: Sequence[Place], *, actor: Actor) -> None:
    """Who changed it is in Git: the commit's author and those who, as its message says, reviewed it."""
    accounts = sorted({account for account, _, _ in affected})
    record(
        Event.SYNC_ACTIVATED,
        actor=actor,
        subject=snapshot_subject(snapshot),
        data={
            "repository": snapshot.repository.name,
            "commit": snapshot.commit,
            "previous": over.commit if over is not None else None,
            "pull_request": snapshot.pull_request,
            "connections_changed": len(affected),
            "accounts": accounts[:_NAMED],
            "accounts_total": len(accounts),
        },
        personal={
            "author": f"{snapshot.author_name} <{snapshot.author_email}>",
            "title": snapshot.subject,
            "reviewed_by": snapshot.reviewed_by,
        },
    )


def _supersede(over: Snapshot | None) -> None:
    if over is not None:
        Snapshot.objects.filter(pk=over.pk).update(state=Snapshot.State.SUPERSEDED)


def _write(repository: Repository, intake: Intake, *, actor: Actor) -> Written:
    existing = Account.objects.filter(repository=repository)
    if not intake.is_whole:
        existing = existing.filter(slug__in=list(intake.folders))
    documents = [document for found in intake.folders.values() for document in found]
    rows = write_accounts(repository, existing, [d for d in documents if isinstance(d, AccountDocument)])
    ids = {slug: row.pk for slug, row in rows.by_slug.items()}
    of_accounts = Document.objects.filter(repository=repository, origin=Document.Origin.FOLDER)
    if not intake.is_whole:
        of_accounts = of_accounts.filter(account__in=list(ids.values()))
    written = rows.written
    written += write_documents(
        repository,
        of_accounts,
        [d for d in documents if isinstance(d, OverrideDocument)],
        origin=Document.Origin.FOLDER,
        accounts=ids,
    )
    if intake.evaluated is not None:
        # Overrides written in HCL may name accounts whose folders did not change.
        named = {d.account for d in intake.evaluated if isinstance(d, OverrideDocument) and d.account}
        elsewhere = Account.objects.filter(repository=repository, slug__in=named - ids.keys())
        touched = set(
            Account.objects.filter(repository=repository, overrides__origin=Document.Origin.EVALUATION).values_list(
                "pk", flat=True
            )
        )
        ids.update(elsewhere.values_list("slug", "pk"))
        written += write_documents(
            repository,
            Document.objects.filter(repository=repository, origin=Document.Origin.EVALUATION),
            intake.evaluated,
            origin=Document.Origin.EVALUATION,
            accounts=ids,
        )
        touched |= {ids[slug] for slug in named}
    else:
        touched = set()
    written += write_connections(_connections(intake, touched | set(ids.values())))
    grant_to_owners(rows.owner_changed, actor=actor)
    return written


def _connections(intake: Intake, accounts: set[int]) -> dict[int, tuple[Connection, ...]]:
    """The connections of the accounts (row ids), from the rows just written."""
    found: dict[int, tuple[Connection, ...]] = {}
    ids = sorted(accounts)
    for start in range(0, len(ids), _IDS):
        chunk = ids[start : start + _IDS]
        overrides: dict[int, list[OverrideDocument]] = {}
        rows = Account.objects.filter(pk__in=chunk).values_list("pk", "body")
        bodies = dict(rows)
        # Only accounts that state no connections need their overrides read.
        implied = [pk for pk, body in bodies.items() if body["connections"] is None]
        for pk, body in Document.objects.filter(account__in=implied, kind=Kind.OVERRIDE).values_list("account", "body"):
            override = from_builtins(Kind.OVERRIDE, body)
            assert isinstance(override, OverrideDocument)
            overrides.setdefault(pk, []).append(override)
        for pk, body in bodies.items():
            document = from_builtins(Kind.ACCOUNT, body)
            assert isinstance(document, AccountDocument)
            found[pk] = connections_of(document, overrides.get(pk, ()), intake.settings.environments)
    return found


def _keep_evaluation(repository: Repository, intake: Intake) -> None:
    """Keeps what was evaluated, so that an older commit can be shown without evaluating its HCL again."""
    if intake.evaluated is None or Evaluation.objects.filter(repository=repository, key=intake.platform_key).exists():
        return
    Evaluation.objects.create(
        repository=repository,
        key=intake.platform_key,
        documents=[[kind_of(document), to_builtins(document)] for document in intake.hcl],
    )
    newest = Evaluation.objects.filter(repository=repository).order_by("-pk").values_list("pk", flat=True)
    old = list(newest[_MOST_EVALUATIONS:])
    Evaluation.objects.filter(pk__in=old).delete()
