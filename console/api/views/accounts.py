"""Accounts: the list, one account, and what changed for it."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from console.access import VIEW, account_at, account_for
from console.api import examples, serializers, shapes
from console.api.conditional import by_moment
from console.api.pagination import PAGING, page, slice_of
from console.api.parameters import AT, flag, query, text
from console.api.read import ReadView
from console.api.schema import reads
from console.visit import visit
from integrations.queries.changes import account_changes
from integrations.queries.reading import AccountFilter

TAG = "accounts"


class Accounts(ReadView):
    parameters = (
        query("q", "Part of the slug or the name, in any case."),
        query("owner", "An e-mail address, or `team:<name>`."),
        query("tag", "A tag."),
        query("integration", "Connected to this integration."),
        query("environment", "Connected to anything, or to `integration`, in this environment."),
        query("overriding", "Only accounts that override something (of `integration`, where given).", kind=bool),
        AT,
        *PAGING,
    )

    @reads(
        "accounts_list",
        serializers.paged("Account", serializers.AccountEntry, counted=True),
        summary="Accounts that you may see, by slug",
        tag=TAG,
        parameters=parameters,
        example=examples.ACCOUNTS,
    )
    def get(self, request: Request) -> Response:
        here = visit(request)
        asked = slice_of(request, str)
        wanted = AccountFilter(
            text=text(request, "q"),
            owner=text(request, "owner"),
            tag=text(request, "tag"),
            integration=text(request, "integration"),
            environment=text(request, "environment"),
            is_overriding=flag(request, "overriding"),
            visible=here.visible,
        )

        def make() -> Response:
            found = here.reader.accounts(wanted, after=asked.after or "", limit=asked.limit)
            entries = [shapes.account_entry(entry) for entry in found.entries]
            return page(request, entries, after=found.after, total=found.total)

        return by_moment(request, here, make)


class Account(ReadView):
    parameters = (AT,)

    @reads(
        "accounts_retrieve",
        serializers.AccountDetail,
        summary="One account: its connections, and all that it overrides",
        tag=TAG,
        parameters=parameters,
    )
    def get(self, request: Request, account: str) -> Response:
        here = visit(request)
        detail = account_at(request.user, account, VIEW, here.reader)
        return by_moment(request, here, lambda: shapes.account_detail(here.reader.commit, detail))


class AccountChanges(ReadView):
    parameters = (
        query("integration", "Only connections to this integration."),
        query("environment", "Only connections in this environment."),
        *PAGING,
    )

    @reads(
        "accounts_changes_list",
        serializers.paged("AccountChange", serializers.AccountChange),
        summary="What activations changed in the account's effective values, newest first",
        tag=TAG,
        parameters=parameters,
        example=examples.CHANGES,
    )
    def get(self, request: Request, account: str) -> Response:
        here = visit(request)
        account_for(request.user, account, VIEW, repository=here.repository)
        asked = slice_of(request, int)

        def make() -> Response:
            found = account_changes(
                here.repository,
                account,
                integration=text(request, "integration"),
                environment=text(request, "environment"),
                before=asked.after,
                limit=asked.limit + 1,
            )
            shown = found[: asked.limit]
            after = shown[-1].pk if len(found) > asked.limit else None
            return page(request, [shapes.change(each) for each in shown], after=after)

        return by_moment(request, here, make)
