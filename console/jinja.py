"""The Jinja2 environment of our pages.

Templates import the macros with `{% import "partials/macros.html" as ui with context %}`: links carry the moment
that is being looked at, and that is known by the context alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import jinja2
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from jinja2.runtime import Context

from console.presentation.sentences import sentence
from console.presentation.values import dotted
from integrations.core.documents import JSON

# Pages that take ?environment=; elsewhere it would only linger in addresses.
_TAKE_ENVIRONMENT = frozenset({"integrations", "integration", "mapping", "layer"})
# What asks for a change or a process is about now, not about the commit that is looked at.
_TIMELESS = frozenset(
    {
        *("people", "person", "person_add"),
        *("propose", "propose_layer", "draft_discard"),
        *("proposals", "proposal", "proposal_outputs", "proposal_review", "proposal_merge"),
        *("proposal_withdraw", "proposal_retry", "proposal_conflict", "pull_request"),
        *("sync", "sync_now", "sync_decide", "sync_snapshot", "robots", "healthz", "readyz"),
        *("audit", "audit_entry", "audit_bundle", "audit_export", "audit_verification", "audit_verify"),
    }
)
_STEPS: tuple[tuple[timedelta, timedelta, str], ...] = (
    (timedelta(hours=1), timedelta(minutes=1), "minute"),
    (timedelta(days=1), timedelta(hours=1), "hour"),
    (timedelta(days=30), timedelta(days=1), "day"),
    (timedelta(days=365), timedelta(days=30), "month"),
    (timedelta.max, timedelta(days=365), "year"),
)


def environment(**options: Any) -> jinja2.Environment:
    """Strict: an undefined name in a template is an error, and everything is escaped."""
    ours = {"undefined": jinja2.StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = jinja2.Environment(**{**options, **ours, "autoescape": True})  # noqa: S701 - it is set last, so that it holds
    env.globals.update(static=static, url=reverse, link=link)
    env.filters.update(ago=ago, isodate=isodate, isotime=isotime, short=short, plural=plural)
    env.filters.update(names=names)
    env.filters.update(as_json=as_json, dotted=dotted, sentence=sentence)
    return env


@jinja2.pass_context
def link(context: Context, name: str, /, query: Mapping[str, object] | None = None, **kwargs: str) -> str:
    """The address of a page, at the commit and in the repository that the present page looks at.

    `query` adds parameters; a value of None leaves one out, also one that would be carried along. `kwargs` are
    those of the route.
    """
    carried = dict(context["page"].carried)
    if name in _TIMELESS:
        carried.pop("at", None)
    if name not in _TAKE_ENVIRONMENT or "environment" in kwargs:
        carried.pop("environment", None)
    wanted = {key: value for key, value in {**carried, **(query or {})}.items() if value not in (None, "", False)}
    path = _path(get_script_prefix(), name, tuple(kwargs.items()))
    return f"{path}?{urlencode(wanted, doseq=True)}" if wanted else path


@lru_cache(maxsize=8192)
def _path(_prefix: str, name: str, kwargs: tuple[tuple[str, str], ...]) -> str:
    # A page has hundreds of links, and reversing one costs more than rendering its row.
    return reverse(name, kwargs=dict(kwargs))


def ago(moment: datetime) -> str:
    """`3 days ago`, by the clock of the server."""
    passed = timezone.now() - moment
    if passed < timedelta(minutes=1):
        return "just now"
    unit, name = next((unit, name) for limit, unit, name in _STEPS if passed < limit)
    return f"{plural(int(passed / unit), name)} ago"


def isodate(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def isotime(moment: datetime) -> str:
    """To the minute, as people read it; `<time datetime>` has the rest."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def names(people: Iterable[str]) -> str:
    """`Ruth Okafor and Ken Watanabe`, of `Ruth Okafor <ruth@example.com>` and the like."""
    found = [person.partition(" <")[0] or person for person in people]
    return " and ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))


def as_json(value: JSON, indent: int | None = None) -> str:
    """For reading, not for scripts."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def short(commit: str) -> str:
    return commit[:8]


def plural(count: int, one: str, many: str = "") -> str:
    """`1 account`, `2,000 accounts`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
