"""Proposals: what is wanted and how it stands; and, for other tools, the way to want something."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.http import parse_etags
from kombu.exceptions import OperationalError
from rest_framework.request import Request
from rest_framework.response import Response

from console.access import (
    PROPOSE,
    PROPOSE_PLATFORM,
    Person,
    account_for,
    proposal_for,
    require,
    require_now,
    visible_accounts,
)
from console.api import examples, serializers, shapes
from console.api.conditional import by_content
from console.api.pagination import PAGING, page, slice_of
from console.api.parameters import choice, flag, query, refuse_unknown, text
from console.api.problems import BadParameter, Busy, Changed, Enough, KeyUsed, NotProposable
from console.api.read import ReadView
from console.api.schema import reads, writes
from console.api.views.jsonata import JSONParser
from console.api.wishes import Asked, asked_for, reason_of
from console.limits import TooMany, Uncounted, take_share, who_asks
from console.models import ApiToken, User
from console.proposal_change import PresentChange
from console.proposal_controls import withdraw_refusal
from console.views.proposal_acts import require_own_now
from console.visit import repository_of
from integrations.actions.proposals.checking import described_of
from integrations.actions.proposals.deciding import withdraw
from integrations.actions.proposals.opening import BadProposal, KeyReused, Wish, open_proposal
from integrations.actions.proposals.rights import may_withdraw
from integrations.actions.proposals.wishing import wish_of
from integrations.core.edits import CannotEdit, Scope
from integrations.core.proposals import BadTransition, State
from integrations.models import Proposal, Repository
from integrations.queries.moment import reader_for
from integrations.queries.preview import preview
from integrations.queries.proposals import ProposalFilter, proposal_with_key, proposals as read_proposals
from integrations.tasks import clear_proposal, publish_proposal

TAG = "proposals"
KEY = "Idempotency-Key"
_LONGEST_KEY = 200
_PER_MINUTE = 30
_STATES = tuple(str(state) for state in State)


class Proposals(ReadView):
    http_method_names = ["get", "head", "post", "options"]
    scopes: ClassVar[dict[str, str]] = {"POST": ApiToken.Scope.PROPOSE}
    parser_classes = (JSONParser,)
    parameters = (
        query("account", "Only for this account."),
        query("integration", "Only of this integration."),
        query("state", "Only in this state.", choices=_STATES),
        query("mine", "Only your own.", kind=bool),
        query("waiting", "Only those that are up to you.", kind=bool),
        *PAGING,
    )

    @reads(
        "proposals_list",
        serializers.paged("Proposal", serializers.ProposalEntry, counted=True),
        summary="Proposals that you may see, newest first",
        tag=TAG,
        parameters=parameters,
    )
    def get(self, request: Request) -> Response:
        repository = repository_of(request)
        asked = slice_of(request, str)
        assert isinstance(request.user, User)
        state = choice(request, "state", _STATES)
        wanted = ProposalFilter(
            mine=request.user if flag(request, "mine") else None,
            waiting_for=request.user if flag(request, "waiting") else None,
            account=text(request, "account"),
            integration=text(request, "integration"),
            states=(State(state),) if state else (),
            visible=visible_accounts(request.user, repository),
        )
        found = read_proposals(repository, wanted, after=asked.after or "", limit=asked.limit)
        rows = [shapes.proposal_entry(_at(repository, entry.row)) for entry in found.entries]
        return by_content(request, page(request, rows, after=found.after, total=found.total))

    @writes(
        "proposals_create",
        serializers.ProposalWish,
        serializers.ProposalDetail,
        summary="Propose a change",
        description=(
            "Takes in what is wanted, after the checks that a commit must pass. It then becomes one pull request;"
            " somebody else approves it, and nothing changes before. With an `Idempotency-Key` the same request may be"
            " sent again: it answers 200 with the proposal that it made the first time."
        ),
        tag=TAG,
        example=examples.PROPOSAL_WISH,
        statuses=(200, 201),
        headers=(KEY,),
    )
    def post(self, request: Request) -> Response:
        refuse_unknown(request, (_REPOSITORY,))
        repository, asked = repository_of(request), asked_for(request.data)
        assert isinstance(request.user, User)
        key = _key(request, asked)
        if key and (known := proposal_with_key(request.user, key.partition(".")[0])) is not None:
            return _again(request, known, key)
        _require(request.user, asked.scope, repository)
        _take_share(request)
        made = self._made(request.user, repository, asked, key)
        with suppress(OperationalError):  # the schedule finds it where the queue cannot be reached
            publish_proposal.delay(made.pk)
        return _answer(request, repository, made.pk, status=201)

    def _made(self, user: User, repository: Repository, asked: Asked, key: str) -> Proposal:
        wish = _checked(repository, asked)
        still_may = partial(_require_now, user, asked.scope, repository, key)
        try:
            return open_proposal(wish, repository=repository, proposer=user, key=key, still_may=still_may)
        except BadProposal as error:
            raise NotProposable([_finding("bad-proposal", str(error))]) from error
        except KeyReused as error:
            raise KeyUsed from error


class ProposalView(ReadView):
    @reads(
        "proposals_retrieve",
        serializers.ProposalDetail,
        summary="One proposal: what it changes, what was said of it, and how it stands",
        tag=TAG,
    )
    def get(self, request: Request, proposal: str) -> Response:
        return _answer(request, repository_of(request), proposal)


class ProposalWithdraw(ReadView):
    http_method_names = ["post", "options"]
    scopes: ClassVar[dict[str, str]] = {"POST": ApiToken.Scope.PROPOSE}
    parser_classes = (JSONParser,)

    @writes(
        "proposals_withdraw",
        serializers.Withdrawal,
        serializers.ProposalDetail,
        summary="Take a proposal back",
        description=(
            "Closes its pull request; nothing changes. With `If-Match` only where it still is as that ETag says."
            " One that is withdrawn already is answered as it is."
        ),
        tag=TAG,
        example={"reason": "They upgraded."},
        statuses=(200,),
        headers=("If-Match",),
    )
    def post(self, request: Request, proposal: str) -> Response:
        repository = repository_of(request)
        row = proposal_for(request.user, proposal, repository=repository).row
        assert isinstance(request.user, User)
        if not may_withdraw(row, request.user):
            raise PermissionDenied(withdraw_refusal(row))
        reason = reason_of(request.data)
        if row.status is not State.WITHDRAWN:
            _must_match(request, repository, proposal)
            try:
                withdraw(
                    row.pk, person=request.user, reason=reason, still_may=partial(require_own_now, request.user, row)
                )
            except BadTransition as error:
                raise Changed(f"It is {row.state}, so that there is nothing to withdraw.", status=409) from error
            with suppress(OperationalError):
                clear_proposal.delay(row.pk)
        return _answer(request, repository, proposal)


def _answer(request: Request, repository: Repository, pk: str, *, status: int = 200) -> Response:
    response = by_content(request, _shape(request, repository, pk))
    if status != 200 and response.status_code == 200:  # noqa: PLR2004 - not a 304
        response.status_code = status
        response["Location"] = reverse("api:proposal", kwargs={"proposal": pk})
    return response


def _shape(request: Request, repository: Repository, pk: str) -> Mapping[str, Any]:
    detail = proposal_for(request.user, pk, repository=repository)
    row = _at(repository, detail.row)
    return shapes.proposal_detail(row, PresentChange(row=row, visible=None).wanted)


def _at(repository: Repository, row: Proposal) -> Proposal:
    row.repository = repository
    return row


def _checked(repository: Repository, asked: Asked) -> Wish:
    """Raises NotProposable with everything that is wrong."""
    reader = reader_for(repository, None)
    try:
        wish = wish_of(
            reader,
            asked.edits,
            reason=asked.reason,
            title=asked.title,
            ticket=asked.ticket,
            reviewers=asked.reviewers,
        )
    except CannotEdit as error:
        raise NotProposable([_finding(str(error.code), error.sentence)]) from error
    except BadProposal as error:
        raise NotProposable([_finding("bad-proposal", str(error))]) from error
    if not wish.files:
        return wish  # refused as it is taken in, in the words for it
    found = preview(repository, wish.files)
    refusals = [_finding(each.code, each.message, each.source and str(each.source)) for each in found.problems]
    refusals += [_finding(each.rule, each.sentence, each.path) for each in found.findings if each.is_refused]
    if refusals:
        raise NotProposable(refusals)
    return replace(wish, described=described_of(found))


def _finding(code: str, sentence: str, where: str | None = "") -> dict[str, str]:
    return {"code": str(code), "message": sentence, "where": where or ""}


def _require(user: Person, scope: Scope, repository: Repository) -> None:
    if scope.account is None:
        require(user, PROPOSE_PLATFORM)
    else:
        account_for(user, scope.account, PROPOSE, repository=repository)


def _require_now(user: User, scope: Scope, repository: Repository, key: str) -> None:
    """The right, and that no other proposal took the key meanwhile: the person's row is locked by now."""
    if scope.account is None:
        require_now(user, PROPOSE_PLATFORM)
    else:
        require_now(user, PROPOSE, account_for(user, scope.account, PROPOSE, repository=repository))
    known = proposal_with_key(user, key.partition(".")[0]) if key else None
    if known is not None and known.key != key:
        raise KeyUsed


def _key(request: Request, asked: Asked) -> str:
    """The caller's key and what it was used for, both as hashes: `<key>.<body>`; empty without one."""
    given = request.headers.get(KEY, "").strip()
    if not given:
        return ""
    if len(given) > _LONGEST_KEY or not given.isprintable():
        raise BadParameter(KEY, f"The header {KEY} has at most {_LONGEST_KEY} printable characters.")
    return f"api-{hashlib.sha256(given.encode()).hexdigest()[:40]}.{asked.fingerprint}"


def _again(request: Request, known: Proposal, key: str) -> Response:
    if known.key != key:
        raise KeyUsed
    return _answer(request, known.repository, known.pk)


def _must_match(request: Request, repository: Repository, pk: str) -> None:
    wanted = {each.removeprefix("W/") for each in parse_etags(request.headers.get("If-Match", ""))}
    if wanted and "*" not in wanted:
        present = by_content(request, _shape(request, repository, pk))["ETag"]
        if present.removeprefix("W/") not in wanted:
            raise Changed("The proposal has changed since you read it.", status=412)


def _take_share(request: Request) -> None:
    try:
        take_share("propose", who_asks(request._request), per_minute=_PER_MINUTE)  # noqa: SLF001 - no public name
    except TooMany as error:
        raise Enough(str(error), wait=error.retry_after) from error
    except Uncounted as error:
        raise Busy("The console cannot count proposals just now; try again.", wait=5) from error


_REPOSITORY = query("repository", "Name of the config repository.")
