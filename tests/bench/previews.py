"""Previews of changes to the repository that was synced: of one account, and of one integration's platform layer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import django

from tests.bench.made import FULL, SMALL, account_slug, integration_slug
from tests.bench.report import Figure, emit, percentile

_ACCOUNTS, _PLATFORMS = 200, 5
_PAYLOAD = {"response": {"Id": "003", "FirstName": "Ada", "LastName": "Lovelace", "Tier_1__c": "gold"}}


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    size = SMALL if "--small" in arguments else FULL
    accounts = [_timed(lambda n=number: _account(n * 7919 % size.accounts, size)) for number in range(_ACCOUNTS)]
    told = [_platform(number * 3 % size.integrations) for number in range(_PLATFORMS)]
    emit(
        [
            Figure.below(
                "preview of an account's change, with a sample, p95", percentile(accounts, 0.95) * 1000, 300, "ms"
            ),
            Figure.below("whom a platform edit affects, slowest", max(taken for taken, _ in told), 3, "s"),
            Figure.plain("  connections affected", told[0][1], ""),
            Figure.plain("  with every account checked against it", _timed(lambda: _checked(0)), "s"),
        ]
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _account(number: int, size: object) -> None:
    from integrations.core.documents import Part
    from integrations.models import Repository
    from integrations.queries.effective import effective
    from integrations.queries.outputs import Given
    from integrations.queries.preview import affected, preview
    from integrations.queries.sampling import sampled
    from integrations.sandbox.evaluator import evaluator

    repository = Repository.objects.select_related("active").get()
    slug = account_slug(number)
    path = f"customers/{slug}/contacts_0.jsonata"
    found = preview(
        repository, {path: '{\n  "tier": $uppercase(response.Tier_1__c),\n  "region": response.Region__c\n}\n'}
    )
    assert not found.is_refused
    (group,) = affected(found.effects)
    assert group.connections == 2
    for reader in (found.proposed.before, found.proposed.after):
        given = Given(data=_PAYLOAD, bindings={})
        sampled(effective(reader, *group.places[0]), "crm/contacts/list", Part.RESPONSE, given, evaluator())


def _platform(number: int) -> tuple[float, int]:
    from integrations.queries.preview import affected, preview

    repository, files = _edit(number)
    started = time.perf_counter()
    found = preview(repository, files, checks_accounts=False)
    connections = sum(group.connections for group in affected(found.effects))
    assert connections
    return time.perf_counter() - started, connections


def _checked(number: int) -> None:
    from integrations.queries.preview import preview

    repository, files = _edit(number)
    assert not preview(repository, files).is_refused


def _edit(number: int):
    from integrations.models import Repository
    from integrations.queries.moment import reader_for

    repository = Repository.objects.select_related("active").get()
    path = f"integrations/{integration_slug(number)}.tf"
    text = reader_for(repository).tree().read(path).decode()
    changed = text.replace('scopes = ["read", "write"]', 'scopes = ["read", "write", "contacts"]')
    assert changed != text
    return repository, {path: changed}


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
