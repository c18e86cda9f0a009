"""Every effective config of the repository that was synced, on one core."""

from __future__ import annotations

import os
import time

import django

from tests.bench.report import Figure, emit


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from integrations.core.documents import Kind, OverrideDocument, from_builtins
    from integrations.core.merge import merge_account
    from integrations.core.state import only
    from integrations.models import Connection, Document, Repository
    from integrations.queries.effective import base_of
    from integrations.queries.moment import reader_for

    reader = reader_for(Repository.objects.select_related("active").get())
    overrides: dict[tuple[str, str], list[OverrideDocument]] = {}
    for body in Document.objects.filter(kind=Kind.OVERRIDE, account__isnull=False).values_list("body", flat=True):
        document = from_builtins(Kind.OVERRIDE, body)
        assert isinstance(document, OverrideDocument)
        overrides.setdefault((document.account or "", document.integration), []).append(document)
    connections = list(Connection.objects.values_list("account__slug", "integration", "environment"))
    bases = {place: base_of(reader, *place) for place in {(i, e) for _, i, e in connections}}
    started = time.perf_counter()
    leaves = 0
    for account, integration, environment in connections:
        base = bases[integration, environment]
        assert base is not None
        leaves += len(merge_account(base, only(overrides.get((account, integration), ()), environment)).leaves)
    taken = time.perf_counter() - started
    emit(
        [
            Figure.below("every effective config of the repository, one core", taken, 5, "s"),
            Figure.plain("  connections", len(connections), ""),
            Figure.plain("  config leaves per connection", leaves / len(connections), ""),
        ]
    )


if __name__ == "__main__":
    main()
