"""Where a change is proposed: one account's or one layer's integration, as it is in force now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse

from console.access import PROPOSE, PROPOSE_PLATFORM, VIEW, Denial, account_at, denial, require_now
from console.proposing.targets import layer_words
from console.visit import Visit, visit
from integrations.core.documents import Layer
from integrations.core.edits import Scope
from integrations.core.effective import Effective
from integrations.core.state import applies
from integrations.core.summaries import Names
from integrations.models import Account
from integrations.queries.effective import NoConnection, effective, without_account
from integrations.queries.reading import AccountDetail, Reader

EVERYWHERE = "*"  # in the address: every environment that the account is connected in


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`environment` is what is looked at; with `is_everywhere` the change is for all of `environments`.

    `row` and `detail` are None outside the account layer.
    """

    visit: Visit
    layer: Layer
    row: Account | None
    detail: AccountDetail | None
    integration: str
    environment: str
    environments: tuple[str, ...]
    is_everywhere: bool
    present: Effective
    repository: str  # as the address names it, or empty for the first

    @property
    def reader(self) -> Reader:
        return self.visit.reader

    @property
    def account(self) -> str:
        return self.row.slug if self.row is not None else ""

    @property
    def title(self) -> str:
        """Whose it is that changes."""
        if self.detail is not None:
            return self.detail.document.name
        return "every account" if self.layer is Layer.PLATFORM else f"every account in {self.environment}"

    @property
    def scope(self) -> Scope:
        is_one = self.layer is not Layer.PLATFORM and not self.is_everywhere
        return Scope(
            layer=self.layer,
            integration=self.integration,
            environment=self.environment if is_one else None,
            account=self.account or None,
        )

    @property
    def names(self) -> Names:
        found = {self.account: self.detail.document.name} if self.detail is not None else {}
        return Names(accounts=found)

    @property
    def base_address(self) -> str:
        """What names the place: whose draft it is hangs on it, and nothing else."""
        query = {}
        if self.layer is Layer.ACCOUNT:
            address = reverse("propose", args=[self.account])
            query["integration"] = self.integration
        else:
            address = reverse("propose_layer", args=[self.layer.value, self.integration])
            if self.layer is Layer.ENVIRONMENT:
                query["environment"] = self.environment
        if self.repository:
            query["repository"] = self.repository
        return f"{address}?{urlencode(query)}" if query else address

    @property
    def wanted_environment(self) -> str:
        return EVERYWHERE if self.is_everywhere else self.environment

    def address(self, targets: Sequence[str] = ()) -> str:
        """The page with these changes begun."""
        query = [("environment", self.wanted_environment)] if self.layer is Layer.ACCOUNT else []
        query += [("pick", target) for target in targets]
        if not query:
            return self.base_address
        return f"{self.base_address}{'&' if '?' in self.base_address else '?'}{urlencode(query)}"

    def said_by(self, layer: Layer) -> str:
        return layer_words(layer, self.detail.document.name if self.detail else "", self.environment)

    def denial(self, request: HttpRequest) -> Denial | None:
        return denial(request.user, _right(self.layer), self.row)

    def require_now(self, request: HttpRequest) -> None:
        """Raises Refused where the person may not propose here any more; in the transaction of the write."""
        fresh = Account.objects.filter(pk=self.row.pk).first() if self.row is not None else None
        require_now(request.user, _right(self.layer), fresh)


def _right(layer: Layer) -> str:
    return PROPOSE if layer is Layer.ACCOUNT else PROPOSE_PLATFORM


def now(request: HttpRequest) -> Visit:
    """Changes begin with what is in force."""
    here = visit(request)
    if not here.reader.is_current:
        raise Http404("A change is proposed to what is in force now, not to an older state.")
    return here


def account_of(request: HttpRequest, slug: str) -> AccountDetail:
    """The account, for who may see it. Raises Http404."""
    return account_at(request.user, slug, VIEW, now(request).reader)


def account_place(request: HttpRequest, slug: str, integration: str, environment: str) -> Place | None:
    """None where the account is connected to several integrations and none was chosen. Raises Http404."""
    here, detail = now(request), account_of(request, slug)
    if not integration:
        names = {connection.integration for connection in detail.connections}
        if len(names) != 1:
            return None
        integration = names.pop()
    order = here.reader.settings().environments
    connected = {each.environment for each in detail.connections if each.integration == integration}
    environments = tuple(name for name in order if name in connected)
    if not environments:
        raise Http404(f"{detail.document.name} has no connection to “{integration[:100]}”.")
    if environment not in {*environments, EVERYWHERE}:
        environment = _likely(detail, integration, environments)
    is_everywhere = environment == EVERYWHERE
    shown = environments[-1] if is_everywhere else environment
    try:
        present = effective(here.reader, slug, integration, shown)
    except NoConnection as error:
        raise Http404(str(error)) from error
    return Place(
        visit=here,
        layer=Layer.ACCOUNT,
        row=Account.objects.filter(repository=here.repository, slug=slug).first(),
        detail=detail,
        integration=integration,
        environment=shown,
        environments=environments,
        is_everywhere=is_everywhere,
        present=present,
        repository=request.GET.get("repository", ""),
    )


def layer_place(request: HttpRequest, layer: str, integration: str, environment: str) -> Place:
    """Raises Http404."""
    here = now(request)
    if layer not in {Layer.PLATFORM, Layer.ENVIRONMENT}:
        raise Http404("A change for all is proposed for the platform or for an environment.")
    environments = tuple(here.reader.settings().environments)
    shown = environment if environment in environments else environments[-1]
    present = without_account(here.reader, integration, shown)
    if present is None:
        raise Http404(f"There is no integration “{integration[:100]}” in “{shown}”.")
    return Place(
        visit=here,
        layer=Layer(layer),
        row=None,
        detail=None,
        integration=integration,
        environment=shown,
        environments=environments,
        is_everywhere=layer == Layer.PLATFORM,
        present=present,
        repository=request.GET.get("repository", ""),
    )


def _likely(detail: AccountDetail, integration: str, environments: tuple[str, ...]) -> str:
    """Where the account's override holds already; else in the last environment, which is production."""
    own = [override for override in detail.overrides if override.integration == integration]
    if any(override.environments is None for override in own) and len(environments) > 1:
        return EVERYWHERE
    overridden = [name for name in environments if any(applies(each.environments, name) for each in own)]
    return (overridden or list(environments))[-1]


def why_not(request: HttpRequest, account: str = "") -> Denial | None:
    """Why the person may not propose for the account, or, without one, for all; what a disabled control says."""
    if not account or request.user.has_perm(PROPOSE):
        return denial(request.user, PROPOSE if account else PROPOSE_PLATFORM)
    row = Account.objects.filter(repository=visit(request).repository, slug=account).first()
    return denial(request.user, PROPOSE, row)
