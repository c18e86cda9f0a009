"""From a submit to an open pull request on the console's own forge, on the synced made repository; `--small` if it is.

Run with the settings' environment, after `tests.bench.sync`. Each turn hands in another account's override; the reads
of a page (the pull request as it is shown) are not part of it.
"""

from __future__ import annotations

import os
import sys
import time

import django

from tests.bench.made import FULL, SMALL, account_slug, integration_slug
from tests.bench.report import Figure, emit, percentile

_SIZE = SMALL if "--small" in sys.argv else FULL
_TURNS = 10 if _SIZE == SMALL else 40
_LIMIT = 3  # seconds


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from django.contrib.auth.models import Group

    from console.models import User
    from integrations.actions.proposals.following import follow
    from integrations.actions.proposals.publishing import publish
    from integrations.core.proposals import State
    from integrations.models import Proposal, Repository

    repository = Repository.objects.select_related("active").get(name="made")
    person, _ = User.objects.get_or_create(email="erin@example.com", defaults={"name": "Erin"})
    person.groups.add(Group.objects.get(name="engineer"))
    submits, follows = [], []
    for turn in range(_TURNS):
        started = time.perf_counter()
        pk = _handed_in(repository, person, turn)
        publish(pk)
        submits.append(time.perf_counter() - started)
        proposal = Proposal.objects.get(pk=pk)
        assert proposal.state == State.OPEN, proposal.trouble
        started = time.perf_counter()
        follow(pk)
        follows.append(time.perf_counter() - started)
    emit(
        [
            Figure.below("submit to open pull request, own forge, p95", percentile(submits, 0.95), _LIMIT, "s"),
            Figure.plain("  the same, median", percentile(submits, 0.5), "s"),
            Figure.plain("  a look at the pull request, p95", percentile(follows, 0.95), "s"),
        ]
    )


def _handed_in(repository: object, person: object, turn: int) -> str:
    from integrations.actions.proposals.opening import open_proposal
    from integrations.actions.proposals.wishing import wish_of
    from integrations.core.documents import Layer
    from integrations.core.edits import Scope, SetConfig
    from integrations.queries.moment import reader_for

    account = turn * 131 % _SIZE.accounts
    scope = Scope(
        layer=Layer.ACCOUNT,
        account=account_slug(account),
        integration=integration_slug(account * 7 % _SIZE.integrations),
    )
    edit = SetConfig(scope=scope, path=("pagination", "page_size"), value=500 + turn)
    wish = wish_of(reader_for(repository), [edit], reason="To be measured")
    return open_proposal(wish, repository=repository, proposer=person).pk


if __name__ == "__main__":
    main()
