"""From the row to the one pull request. Whatever dies on the way, the next worker looks before it acts."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.utils import timezone

from audit.events import Event
from audit.models import Entry
from audit.record import SYSTEM, record
from integrations.actions.forges import forge_of, outgoing_of
from integrations.actions.proposals.claiming import Lease, LostLease, claim, held, move
from integrations.actions.proposals.commits import body_of, build, title_of
from integrations.actions.proposals.outside import begin, close, finish
from integrations.actions.proposals.rebasing import Standing, conflict, look, rebase
from integrations.actions.proposals.rights import why_not
from integrations.actions.proposals.trouble import Failure, Refused, judge
from integrations.actions.secrets import SecretUnavailable
from integrations.actions.subjects import proposal_subject
from integrations.actions.sync import remote_of
from integrations.core.proposals import State
from integrations.core.pull_requests import PullRequest, PullRequestState
from integrations.forges.errors import ForgeError
from integrations.forges.port import Forge, opened_pull_request
from integrations.git.errors import GitError
from integrations.models import Proposal

log = structlog.get_logger(__name__)
# The steps between which a worker may die; `publish` names each as it is done.
STEPS = ("claimed", "checked", "built", "intended", "pushed", "noted", "opening", "opened", "stored")
_ENDED = {PullRequestState.MERGED: State.MERGED, PullRequestState.CLOSED: State.CLOSED}


class Stopped(Exception):
    """There is nothing more to publish: the proposal met its end, or waits for a choice."""


def publish(pk: str, *, step: Callable[[str], None] = lambda _name: None) -> bool:
    """Pushes the proposal's commit and opens its pull request. False when it was not waiting, as on a second delivery.

    Never raises for what the forge or the remote may do: the row then says what is wrong, and when it is tried again.
    """
    lease = claim(pk)
    if lease is None:
        return False
    with structlog.contextvars.bound_contextvars(proposal=pk):
        try:
            step("claimed")
            _Run(lease, step).to_the_end()
        except LostLease:
            log.info("proposal lost to another worker")
        except Stopped:
            pass
        except (GitError, ForgeError, SecretUnavailable, Refused) as error:
            _note_failure(lease, error)
        except Exception:
            _note_failure(lease, Refused("Publishing failed here; the log of the worker says more. Try again."))
            raise
    return True


class _Run:
    """One worker's way with one proposal."""

    def __init__(self, lease: Lease, step: Callable[[str], None]) -> None:
        self._lease = lease
        self._step = step

    def to_the_end(self) -> None:
        self._check()
        proposal = Proposal.objects.select_related("repository").get(pk=self._lease.pk)
        forge = forge_of(proposal.repository)
        if proposal.own_commits:
            self._look_for_an_end(proposal, forge)
        outgoing = outgoing_of(proposal)
        commit = build(proposal, outgoing)
        self._step("built")
        self._intend_push(commit)
        self._push(commit)
        self._note_push(commit)
        outgoing.remove()
        self._open(forge)

    def _check(self) -> None:
        """The rights and the base, as they are now."""
        # Before the row is locked: reading a commit may take a while.
        found = look(Proposal.objects.select_related("repository").get(pk=self._lease.pk))
        with held(self._lease) as proposal:
            close(proposal)
            _must_still_may(proposal)
            if found.standing is Standing.CONFLICTING:
                conflict(proposal, found)
            elif found.standing is Standing.REBASED:
                rebase(proposal, found)
            elif found.standing is Standing.DONE and not proposal.own_commits:
                _withdraw(proposal, "Somebody else has changed these values to what was wanted already.")
            proposal.save()
            is_over = proposal.state != State.PUBLISHING
        self._step("checked")
        if is_over:
            raise Stopped

    def _look_for_an_end(self, proposal: Proposal, forge: Forge) -> None:
        """A pull request that an earlier attempt opened may have been merged, and its branch deleted, since."""
        known = forge.find_pull_request(proposal.branch)
        if known is not None and known.state is not PullRequestState.OPEN:
            self._store(known)
            raise Stopped

    def _intend_push(self, commit: str) -> None:
        with held(self._lease) as proposal:
            proposal.head_commit = commit
            proposal.own_commits = [*dict.fromkeys([*proposal.own_commits, commit])]
            begin(proposal, Event.PROPOSAL_PUBLISHED, data={"branch": proposal.branch, "commit": commit})
            proposal.save()
        self._step("intended")

    def _push(self, commit: str) -> None:
        proposal = Proposal.objects.select_related("repository").get(pk=self._lease.pk)
        outgoing, remote = outgoing_of(proposal), remote_of(proposal.repository)
        there = outgoing.heads(remote, [proposal.branch]).get(proposal.branch)
        if there not in {None, *proposal.own_commits}:
            raise Refused(
                f"The branch {proposal.branch} has commits that the console did not make, so it is left as it is. "
                "Take them away, or withdraw the proposal and make it anew."
            )
        if there != commit:
            outgoing.push(remote, proposal.branch, commit, expected=there)
        self._step("pushed")

    def _note_push(self, commit: str) -> None:
        with held(self._lease) as proposal:
            finish(proposal, Entry.Phase.DONE, data={"commit": commit})
            proposal.forge_head = commit
            proposal.save()
        self._step("noted")

    def _open(self, forge: Forge) -> None:
        with held(self._lease) as proposal:
            _must_still_may(proposal)
            if proposal.pull_request is None:
                data = {"branch": proposal.branch, "base": proposal.repository.branch, "forge": forge.kind}
                begin(proposal, Event.PULL_REQUEST_OPENED, data=data)
            proposal.save()
        self._step("opening")
        title, body = title_of(proposal, forge.capabilities), body_of(proposal, forge.capabilities)
        if proposal.pull_request is not None:
            opened = forge.update_pull_request(proposal.pull_request, title=title, body=body)
        else:
            opened = opened_pull_request(
                forge, head_branch=proposal.branch, base_branch=proposal.repository.branch, title=title, body=body
            )
        self._step("opened")
        self._store(opened)
        self._step("stored")
        if opened.state is PullRequestState.OPEN:
            _ask_reviewers(proposal, forge, opened.number)

    def _store(self, opened: PullRequest) -> None:
        with held(self._lease) as proposal:
            is_first = proposal.pull_request is None
            proposal.pull_request, proposal.url = opened.number, opened.url
            finish(proposal, Entry.Phase.DONE, data={"number": opened.number})
            proposal.attempts, proposal.conflicts = 0, []
            proposal.opened_at = proposal.opened_at or timezone.now()
            move(proposal, _ENDED.get(opened.state, State.OPEN))
            proposal.due_at = None
            if opened.state is not PullRequestState.OPEN:
                note_end(proposal, opened)
            proposal.save()
        log.info("proposal published", number=opened.number, is_first=is_first)


def note_end(proposal: Proposal, seen: PullRequest) -> None:
    """Records that the pull request was merged or closed. The caller holds the row, has moved it, and saves it."""
    proposal.ended_at, proposal.merge_commit = timezone.now(), seen.merge_commit or ""
    proposal.forge_head = seen.head_commit or proposal.forge_head
    event = Event.PROPOSAL_MERGED if seen.state is PullRequestState.MERGED else Event.PROPOSAL_CLOSED
    personal = {"merged_by": seen.merged_by.name or seen.merged_by.login} if seen.merged_by is not None else {}
    told: dict[str, object] = {"number": seen.number, "merge_commit": proposal.merge_commit, "head": seen.head_commit}
    if event is Event.PROPOSAL_MERGED:
        told["was_reviewed_by_others"] = proposal.is_independent is True
    record(event, actor=SYSTEM, subject=proposal_subject(proposal), data=told, personal=personal)


def _must_still_may(proposal: Proposal) -> None:
    refusal = why_not(proposal)
    if refusal is not None:
        raise Refused(f"{refusal} Whoever may propose it now can make it anew; this one can be withdrawn.")


def _withdraw(proposal: Proposal, sentence: str) -> None:
    move(proposal, State.WITHDRAWN, trouble=sentence)
    proposal.ended_at = timezone.now()
    record(Event.PROPOSAL_WITHDRAWN, actor=SYSTEM, subject=proposal_subject(proposal), reason=sentence)


def _ask_reviewers(proposal: Proposal, forge: Forge, number: int) -> None:
    """Whom the proposer named. A name that the forge does not know keeps nothing up: the row says so."""
    if not proposal.reviewers:
        return
    try:
        forge.request_reviewers(number, proposal.reviewers)
    except ForgeError as error:
        sentence = f"The reviewers could not be asked: {error}"
        Proposal.objects.filter(pk=proposal.pk, state=State.OPEN).update(trouble=sentence)


def _note_failure(lease: Lease, error: Failure) -> None:
    try:
        with held(lease) as proposal:
            trouble = judge(error, attempts=proposal.attempts)
            phase = Entry.Phase.UNKNOWN if trouble.is_ambiguous else Entry.Phase.FAILED
            code = error.code if isinstance(error, GitError | ForgeError) else type(error).__name__
            finish(proposal, phase, data={"error": str(code)})
            proposal.attempts += 1
            if trouble.wait is not None:
                move(proposal, State.QUEUED, trouble=trouble.sentence)
                proposal.due_at = timezone.now() + trouble.wait
            else:
                move(proposal, State.FAILED, trouble=trouble.sentence)
                told = {"error": str(code), "attempts": proposal.attempts}
                record(Event.PROPOSAL_FAILED, actor=SYSTEM, subject=proposal_subject(proposal), data=told)
            proposal.save()
    except LostLease:
        log.info("proposal lost to another worker")
        return
    log.warning("proposal not published", reason=trouble.sentence, is_permanent=trouble.wait is None)
