"""What is in force for one connection: the merge, with its lower layers cached in the process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from integrations.core.documents import JSON, Connection
from integrations.core.merge import Base, Effective, as_json, base, merge_account
from integrations.queries.reading import Reader

# The platform and environment layers of one (snapshot's inputs, integration, environment); a few hundred are in use.
_MOST_BASES = 512
_bases: OrderedDict[tuple[int, str, str, str], Base] = OrderedDict()
_lock = Lock()


class NoConnection(Exception):
    """The account is not connected to the integration in this environment, or the integration is not defined there."""

    def __init__(
        self,
        *,
        account: str,
        integration: str,
        environment: str,
        connections: tuple[Connection, ...],
        is_known: bool = True,
    ) -> None:
        self.account, self.integration, self.environment = account, integration, environment
        self.connections = connections
        others = ", ".join(f"{c.integration} in {c.environment}" for c in connections) or "nothing"
        sentence = f"{account} has no connection to {integration} in {environment}; it is connected to {others}."
        super().__init__(sentence if is_known else f"There is no account “{account}”.")


def effective(reader: Reader, account: str, integration: str, environment: str) -> Effective:
    """The effective config and mappings of one connection. Raises NoConnection."""
    wanted = Connection(integration=integration, environment=environment)
    connections = reader.connections(account)
    lower = base_of(reader, integration, environment) if wanted in connections else None
    if lower is None:
        raise NoConnection(
            account=account,
            integration=integration,
            environment=environment,
            connections=connections,
            is_known=bool(connections) or reader.account(account) is not None,
        )
    return merge_account(lower, reader.override(account, integration, environment))


def without_account(reader: Reader, integration: str, environment: str) -> Effective | None:
    """What holds for every account that overrides nothing; None where the integration is not defined."""
    lower = base_of(reader, integration, environment)
    return None if lower is None else merge_account(lower, None)


def of_platform(reader: Reader, integration: str, environment: str) -> Effective | None:
    """What the platform layer alone says in an environment; None where the integration is not defined."""
    stack = reader.stack(None, integration, environment)
    return None if stack is None else merge_account(base(replace(stack, environment=None, account=None)), None)


def answer(reader: Reader, account: str, integration: str, environment: str) -> dict[str, JSON]:
    """The documented JSON of the command `effective` and of the API. Raises NoConnection."""
    found = effective(reader, account, integration, environment)
    return as_json(found, account=account, integration=integration, environment=environment, commit=reader.commit)


def base_of(reader: Reader, integration: str, environment: str) -> Base | None:
    """The merged platform and environment layers; None where the integration is not defined."""
    key = (reader.repository.pk, reader.platform_key, integration, environment)
    with _lock:
        if (found := _bases.get(key)) is not None:
            _bases.move_to_end(key)
            return found
    stack = reader.stack(None, integration, environment)
    if stack is None:
        return None
    made = base(stack)
    with _lock:
        _bases[key] = made
        while len(_bases) > _MOST_BASES:
            _bases.popitem(last=False)
    return made
