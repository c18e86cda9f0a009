"""What is drawn around every page: repository, commit, health, and where in time one is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import Message
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from console.access import VIEW, VIEW_LOG, VIEW_PEOPLE, denial, repositories_for, visible_accounts
from console.demo_people import PEOPLE, Person
from console.models import User
from console.visit import Visit, repository_of, visit_so_far
from integrations.git.history import describe
from integrations.git.links import commit_link, file_link, pull_request_link
from integrations.git.tree import open_repository
from integrations.models import Repository, Snapshot
from integrations.queries.mirrors import mirror_of
from integrations.queries.proposals import ProposalFilter, count
from integrations.queries.reading import Visible
from integrations.queries.snapshots import as_seen, snapshots_for

THEMES = frozenset({"light", "dark"})
# The pages between which the header's switch changes the environment.
_SWITCHING = frozenset({"effective", "integration", "mapping", "layer"})


def page(request: HttpRequest) -> dict[str, object]:
    """The context processor. Everything is asked for lazily: a partial costs no query for a header it has not."""
    return {"page": Page(request)}


class Page:
    """The surroundings of the page that answers `request`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        match = request.resolver_match
        self.name = match.url_name or "" if match else ""
        self.kwargs: Mapping[str, str] = match.kwargs if match else {}
        cookie = request.COOKIES.get("theme", "")
        self.theme = cookie if cookie in THEMES else ""

    @cached_property
    def is_signed_in(self) -> bool:
        user = getattr(self._request, "user", None)  # missing when a middleware before sign-in answered
        return user is not None and user.is_authenticated

    @cached_property
    def user_name(self) -> str:
        return str(self._request.user) if self.is_signed_in else ""

    @cached_property
    def audit_denial(self) -> str:
        """Why the person may not see the audit log; empty when they may."""
        refusal = denial(self._request.user, VIEW_LOG)
        return refusal.brief if refusal is not None else ""

    @cached_property
    def messages(self) -> list[Message]:
        return list(get_messages(self._request)) if hasattr(self._request, "_messages") else []

    @cached_property
    def demo_people(self) -> Sequence[Person]:
        """Who may sign in to the demo; nobody as soon as the console reads a repository of its operators."""
        first = Repository.objects.order_by("id").first()
        return PEOPLE if first is not None and first.is_trusted else ()

    # --- repository ------------------------------------------------------------------------------------
    @cached_property
    def repository(self) -> Repository | None:
        """None before sign-in, without a repository, and for a person whom it shows nothing."""
        if not self.is_signed_in:
            return None
        try:
            return repository_of(self._request)
        except (Http404, PermissionDenied):
            return None

    @cached_property
    def repositories(self) -> list[str]:
        """Those that show the person anything."""
        return repositories_for(self._request.user)

    @cached_property
    def sees_all(self) -> bool:
        """Whether this person may see everything, not only some accounts; of the rest no page gives a hint."""
        return self.is_signed_in and self._request.user.has_perm(VIEW)

    @cached_property
    def sees_people(self) -> bool:
        return self.is_signed_in and self._request.user.has_perm(VIEW_PEOPLE)

    @cached_property
    def proposals_waiting(self) -> int:
        """How many proposals are up to this person; one query."""
        user = self._request.user if self.is_signed_in else None
        if self.repository is None or not isinstance(user, User):
            return 0
        return count(self.repository, ProposalFilter(waiting_for=user, visible=self._visible))

    @cached_property
    def user_pk(self) -> int | None:
        return self._request.user.pk if self.is_signed_in else None

    @cached_property
    def _visible(self) -> Visible:
        return None if self.repository is None else visible_accounts(self._request.user, self.repository)

    @cached_property
    def is_well(self) -> bool:
        return self.repository is not None and self.repository.health == Repository.Health.OK

    @cached_property
    def waiting(self) -> Snapshot | None:
        """The snapshot of the remote's newest commit where that is not in force: rejected, held or discarded.

        As far as it concerns the person; else None.
        """
        repository = self.repository
        if repository is None or repository.health not in {Repository.Health.REJECTED, Repository.Health.HELD}:
            return None
        found = snapshots_for(repository, self._visible).filter(commit=repository.head_commit)
        return next(iter(as_seen(repository, found[:1], self._visible)), None)

    @cached_property
    def waiting_problems(self) -> int:
        return int(self.waiting.counts.get("problems", 0)) if self.waiting is not None else 0

    # --- moment ----------------------------------------------------------------------------------------
    @cached_property
    def _visit(self) -> Visit | None:
        return visit_so_far(self._request)

    @cached_property
    def commit(self) -> str:
        """The full id of the commit that is shown; empty when nothing is synced."""
        if self._visit is not None:
            return self._visit.reader.commit
        return self.repository.active.commit if self.repository is not None and self.repository.active else ""

    @cached_property
    def is_past(self) -> bool:
        return self._visit is not None and not self._visit.reader.is_current

    @cached_property
    def commit_date(self) -> datetime | None:
        """When the commit that is shown was written."""
        if self.repository is None or not self.commit:
            return None
        if self.repository.active is not None and self.repository.active.commit == self.commit:
            return self.repository.active.authored_at
        return describe(open_repository(mirror_of(self.repository).path), self.commit).authored_at

    @cached_property
    def carried(self) -> dict[str, str]:
        """What every link of the page keeps."""
        given = self._request.GET
        return {key: given[key] for key in ("at", "repository", "environment") if given.get(key)}

    def here(self, **changed: str | None) -> str:
        """The present page's address with other parameters; None takes one away."""
        query = self._request.GET.copy()
        query.pop("after", None)  # another view of a list begins at its first page
        for name, value in changed.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"{self._request.path}?{urlencode(list(query.lists()), doseq=True)}" if query else self._request.path

    def parameters(self, *, without: Collection[str] = ()) -> dict[str, str]:
        """The present page's parameters, the last of each name."""
        return {name: self._request.GET[name] for name in self._request.GET if name not in without}

    # --- environment -----------------------------------------------------------------------------------
    @cached_property
    def environments(self) -> tuple[str, ...]:
        """In promotion order, production last."""
        if self._visit is not None:
            return self._visit.reader.settings().environments
        active = self.repository.active if self.repository is not None else None
        return tuple(active.layout.get("environments", ())) if active is not None else ()

    @cached_property
    def environment(self) -> str:
        """The environment that the page is about, or empty."""
        name = self.kwargs.get("environment") or self._request.GET.get("environment", "")
        return name if name in self.environments else ""

    @cached_property
    def switches_environment(self) -> bool:
        return self.name in _SWITCHING and len(self.environments) > 1

    def is_production(self, environment: str) -> bool:
        """Production is the last in promotion order, whatever it is called."""
        return bool(self.environments) and environment == self.environments[-1]

    # --- the forge -------------------------------------------------------------------------------------
    def file_at_forge(self, file: str, line: int | None = None, commit: str = "") -> str | None:
        return self._at_forge(file_link, commit or self.commit, file, line)

    def commit_at_forge(self, commit: str) -> str | None:
        return self._at_forge(commit_link, commit)

    def pull_request_at_forge(self, number: int) -> str | None:
        return self._at_forge(pull_request_link, number)

    def _at_forge(self, make: Callable[..., str | None], *arguments: object) -> str | None:
        if self.repository is None or not self.repository.forge:
            return None
        return make(self.repository.forge, self.repository.web_url, *arguments)
