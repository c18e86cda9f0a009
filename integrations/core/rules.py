"""The built-in rules for a change: what no review should have to find.

They speak of what a change does, not of what was so before it: a change is not refused for what it leaves alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from integrations.core.chain import CONFIG
from integrations.core.difference import Difference
from integrations.core.documents import JSON
from integrations.core.effective import Effective

_SCOPES = "/oauth_app/scopes"
_ALL_OF_IT = frozenset({"*", "all", "full", "full_access", "admin"})
_PRODUCTION_NAMES = frozenset({"prod", "production", "live"})


class Rule(StrEnum):
    """The value is what lists and APIs name a rule by."""

    PRODUCTION_URL = "no-production-url-elsewhere"
    WILDCARD_SCOPE = "no-wildcard-scope"
    OWNER = "owner-present"
    SECRET = "no-raw-secret"  # noqa: S105 - the rule's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule says of a change. `is_refused`: it cannot be submitted so. `path`: the leaf it is about, or ""."""

    rule: Rule
    sentence: str
    is_refused: bool = True
    path: str = ""


def check_connection(
    differences: Iterable[Difference],
    *,
    environment: str,
    before: Effective | None,
    production: Effective | None,
) -> list[Finding]:
    """What the rules say of one connection's differences.

    `before`: what is in force for it now. `production`: what is in force in production for the same account and
    integration, or None where this *is* production or nothing is.
    """
    changed = [each for each in differences if each.area == CONFIG]
    found = [*_wildcards(changed)]
    if production is not None:
        found += _production_urls(changed, environment, _hosts(before), _hosts(production))
    return found


def is_judged(differences: Iterable[Difference]) -> bool:
    """Whether a rule has anything to say of such differences: the connection need not be merged where none has."""
    return any(each.area == CONFIG and (each.path == _SCOPES or _host(each.after)) for each in differences)


def check_owner(name: str, *, before: str | None, after: str) -> list[Finding]:
    """`before`: the owner until now, "" for none, or None for a new account."""
    if after:
        return []
    sentence = f"{name} has no owner: write owner: with a person's address or team:<name> into its account.yaml."
    return [Finding(rule=Rule.OWNER, sentence=sentence, is_refused=before != "")]


def _wildcards(changed: Iterable[Difference]) -> Iterator[Finding]:
    for each in changed:
        if each.path != _SCOPES or not isinstance(each.after, list):
            continue
        known = each.before if isinstance(each.before, list) else []
        for scope in each.after:
            if isinstance(scope, str) and scope not in known and _is_wildcard(scope):
                sentence = f"The scope “{scope}” asks for everything; name the scopes that are needed."
                yield Finding(rule=Rule.WILDCARD_SCOPE, sentence=sentence, path=each.path)


def _is_wildcard(scope: str) -> bool:
    return scope.strip().lower() in _ALL_OF_IT or "*" in scope


def _production_urls(
    changed: Iterable[Difference], environment: str, known: frozenset[str], production: frozenset[str]
) -> Iterator[Finding]:
    for each in changed:
        host = _host(each.after)
        if not host or host in known:
            continue
        is_named_so = bool(_PRODUCTION_NAMES & set(host.replace("-", ".").split(".")))
        if host in production or is_named_so:
            sentence = f"{each.path} would lead {environment} to {host}, which is production's."
            yield Finding(rule=Rule.PRODUCTION_URL, sentence=sentence, path=each.path)


def _hosts(effective: Effective | None) -> frozenset[str]:
    leaves = effective.leaves.values() if effective is not None else ()
    return frozenset(host for leaf in leaves if (host := _host(leaf.value)))


def _host(value: JSON) -> str:
    if not isinstance(value, str) or "://" not in value:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:  # such as an unclosed bracket: the schema's business
        return ""
    return parts.netloc.rpartition("@")[2].lower() if parts.scheme in {"http", "https"} else ""
