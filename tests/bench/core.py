"""How long the core takes, without a database: `python -m tests.bench.core` prints a table.

Each figure is the median of many rounds of one call, on documents that are parsed, with nothing remembered between
calls but what the row's name says.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from integrations.core.documents import (
    JSON,
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    MappingKey,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.expressions import analyse
from integrations.core.fold import leaf_paths
from integrations.core.merge import as_json, base, difference, merge, merge_account
from integrations.core.state import Stack

ROUNDS = 3_000


def run() -> list[dict[str, Any]]:
    """One row per figure; `target` None where none is set."""
    stack = made_stack()
    shared = base(stack)
    whole = merge(stack)
    names = {"account": "acme-corp", "integration": "salesforce", "environment": "production", "commit": "0" * 40}
    before = merge_account(shared, None)
    text = EXPRESSION
    return [
        _row("merge + provenance, cached base", lambda: merge_account(shared, stack.account), 50),
        _row("merge + provenance, cold", lambda: merge(stack), 150),
        _row("40 mapping parts, cached base", lambda: merge_account(shared, stack.account).mappings, None),
        _row("40 mapping parts, cold", lambda: merge(stack).mappings, None, rounds=300),
        _row("answer as JSON values", lambda: as_json(whole, **names), None, rounds=300),
        _row("difference from the base, mapping parts merged", lambda: difference(before, whole), None, rounds=300),
        _row(
            f"analysis of an expression of {len(text)} characters", lambda: analyse.__wrapped__(text), None, rounds=200
        ),
    ]


def _row(name: str, call: Callable[[], object], target: float | None, *, rounds: int = ROUNDS) -> dict[str, Any]:
    value = round(_median(call, rounds), 1)
    return {"name": name, "value": value, "unit": "µs", "target": target, "ok": target is None or value < target}


def _median(call: Callable[[], object], rounds: int) -> float:
    for _ in range(rounds // 10):
        call()
    times = []
    gc.collect()
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def made_stack() -> Stack:
    """A connection whose three layers say 60, 25 and 15 leaves, most of those above in the place of others below."""
    platform = _config(60)
    environment = _patch(platform, 25, every=3, value="environment")
    account = _patch(platform, 13, every=4, value="account")
    account["oauth_app"] = {"scopes": {"$append": ["custom_objects"]}, "client_id_ref": "vault://kv/acme#client_id"}
    key = [MappingKey(model="crm", resource=f"resource_{n}", method="list") for n in range(20)]
    expression = _expression("integrations/mappings/contacts.jsonata", EXPRESSION)
    override = PartOverride(
        expression=_expression("customers/acme-corp/contacts.jsonata", '{"tier": response.Tier__c}'),
        source=Source(file="customers/acme-corp/salesforce.yaml", line=40),
    )
    return Stack(
        integration=IntegrationDocument(
            slug="salesforce",
            config=platform,
            lines=_lines(platform),
            source=Source(file="integrations/salesforce.tf", line=1),
        ),
        mappings=tuple(
            MappingDocument(
                integration="salesforce",
                key=one,
                parts={Part.RESPONSE: expression, Part.QUERY: expression},
                source=Source(file="integrations/salesforce.tf", line=100),
            )
            for one in key
        ),
        environment=_override(Layer.ENVIRONMENT, None, environment, "environments/production/main.tf", {}),
        account=_override(
            Layer.ACCOUNT,
            "acme-corp",
            account,
            "customers/acme-corp/salesforce.yaml",
            {str(key[0]): {Part.RESPONSE: override}},
        ),
    )


def _config(leaves: int) -> dict[str, JSON]:
    config: dict[str, JSON] = {"oauth_app": {"client_id_ref": "vault://kv/app#client_id", "scopes": ["api", "id"]}}
    for n in range(leaves - 2):
        group = config.setdefault(f"section_{n % 8}", {})
        (group.setdefault("nested", {}) if n % 3 == 0 else group)[f"setting_{n}"] = n if n % 2 else f"value {n}"
    return config


def _patch(config: dict[str, JSON], leaves: int, *, every: int, value: str) -> dict[str, JSON]:
    """A patch of so many leaves: most replace a leaf of `config`, every fifth is new."""
    patch: dict[str, JSON] = {}
    paths = [path for path in leaf_paths(config) if "oauth" not in path]
    for n in range(leaves):
        keys = paths[(n * every) % len(paths)][1:].split("/")
        if n % 5 == 0:
            keys[-1] = f"{value}_{n}"
        node = patch
        for key in keys[:-1]:
            node = node.setdefault(key, {})
        node[keys[-1]] = f"{value} {n}"
    return patch


def _lines(config: JSON) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in leaf_paths(config):
        for prefix in _prefixes(path):
            found.setdefault(prefix, len(found) + 2)
    return found


def _prefixes(path: str) -> Iterator[str]:
    for at, character in enumerate(path):
        if character == "/" and at:
            yield path[:at]
    yield path


def _override(
    layer: Layer, account: str | None, config: dict[str, JSON], file: str, mappings: dict[str, dict[Part, PartOverride]]
) -> OverrideDocument:
    return OverrideDocument(
        layer=layer,
        integration="salesforce",
        account=account,
        config=config,
        lines=_lines(config),
        mappings=mappings,
        source=Source(file=file, line=1),
    )


def _expression(file: str, text: str) -> Expression:
    analysis = analyse(text)
    return Expression(text=text, source=Source(file=file, line=1), analysis=analysis)


EXPRESSION = """(
  $phone := function($type) { response.Phones[type = $type].number };
  {
    "id": response.Id,
    "name": {"first": response.FirstName, "last": response.LastName},
    "title": response.Title,
    "emails": response.Email ? [{"email": response.Email, "type": "work"}] : [],
    "phones": [{"number": $phone("work"), "type": "work"}, {"number": $phone("mobile"), "type": "mobile"}],
    "account": {"id": response.AccountId, "name": response.Account.Name},
    "address": {"street": response.MailingStreet, "city": response.MailingCity, "country": response.MailingCountry},
    "created_at": response.CreatedDate,
    "updated_at": response.LastModifiedDate
  }
)"""


def main() -> None:
    for row in run():
        target = f"< {row['target']}" if row["target"] is not None else ""
        missed = "" if row["ok"] else "missed"
        print(f"{row['name']:<52} {row['value']:>9.1f} {row['unit']} {target:>7} {missed}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
