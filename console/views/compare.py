"""Two effective results side by side: another account, another environment, another commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from console.access import VIEW, account_at
from console.denials import note_denial
from console.presentation.comparison import compare as compare_sides
from console.visit import Visit, trouble, visit
from integrations.core.documents import Connection
from integrations.core.effective import Effective
from integrations.core.merge import merge_account
from integrations.core.state import only
from integrations.queries.effective import base_of, without_account
from integrations.queries.moment import UnknownMoment, reader_for
from integrations.queries.reading import AccountFilter, Reader

NO_ACCOUNT = "-"  # in an address: what holds for an account that overrides nothing
_SUGGESTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One side as the address names it: `account/environment@commit`. Without a commit: the page's own moment."""

    account: str
    environment: str
    commit: str = ""

    @classmethod
    def parse(cls, text: str, otherwise: Address) -> Address:
        """Whatever `text` leaves out is as in `otherwise`, but for the commit."""
        name, _, commit = text.partition("@")
        account, _, environment = name.partition("/")
        return cls(
            account=account or otherwise.account,
            environment=environment or otherwise.environment,
            commit=commit[:64],
        )

    def __str__(self) -> str:
        return f"{self.account}/{self.environment}" + (f"@{self.commit}" if self.commit else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A side that was looked up. `trouble` says why there is nothing to compare, in a sentence."""

    address: Address
    name: str
    commit: str = ""
    effective: Effective | None = None
    trouble: str = ""


@require_safe
def compare(request: HttpRequest, account: str, integration: str) -> HttpResponse:
    here = visit(request)
    detail = account_at(request.user, account, VIEW, here.reader)
    if "left_account" in request.GET:
        return _to_one_address(request)
    mine = [c.environment for c in detail.connections if c.integration == integration]
    environments = here.reader.settings().environments
    first = Address(account=account, environment=mine[0] if mine else environments[-1])
    left = Address.parse(request.GET.get("left", ""), first)
    right = Address.parse(request.GET.get("right", ""), replace(left, commit=""))
    if not request.GET.get("right"):
        right = _worth_comparing(left, mine)
    sides = [_look_up(request, here, integration, side) for side in (left, right)]
    is_all, is_split = request.GET.get("show") == "all", request.GET.get("as") == "split"
    found = None
    if sides[0].effective is not None and sides[1].effective is not None:
        found = compare_sides(sides[0].effective, sides[1].effective, everything=is_all)
    context = {
        "account": detail.document,
        "integration": integration,
        "left": sides[0],
        "right": sides[1],
        "comparison": found,
        "is_all": is_all,
        "is_split": is_split,
        "environments": environments,
        "suggestions": _suggestions(here, integration),
        "no_account": NO_ACCOUNT,
    }
    return render(request, "compare/compare.html", context)


def _to_one_address(request: HttpRequest) -> HttpResponse:
    """What the form's fields say, as the address that names both sides: one comparison has one address."""

    def side(name: str) -> str:
        given = {part: request.GET.get(f"{name}_{part}", "").strip() for part in ("account", "environment", "at")}
        return str(
            Address(account=given["account"] or NO_ACCOUNT, environment=given["environment"], commit=given["at"])
        )

    kept = {key: request.GET[key] for key in ("at", "repository", "show", "as") if request.GET.get(key)}
    query = urlencode({"left": side("left"), "right": side("right"), **kept})
    return HttpResponseRedirect(f"{request.path}?{query}")


def _worth_comparing(left: Address, environments: list[str]) -> Address:
    """What to put beside it when nothing is asked for: its other environment, else the layers below the account."""
    other = next((name for name in environments if name != left.environment), None)
    if other is not None:
        return replace(left, environment=other, commit="")
    return replace(left, account=NO_ACCOUNT, commit="")


def _look_up(request: HttpRequest, here: Visit, integration: str, address: Address) -> Compared:
    name = "any account without overrides" if address.account == NO_ACCOUNT else address.account
    try:
        reader = reader_for(here.repository, address.commit) if address.commit else here.reader
    except UnknownMoment as error:
        return Compared(address=address, name=name, trouble=trouble(request, error))
    try:
        effective = _effective(request, reader, integration, address)
    except (Http404, PermissionDenied) as error:
        note_denial(request, error)
        return Compared(address=address, name=name, commit=reader.commit, trouble=str(error))
    if effective is None:
        absence = f"There is no connection of {name} to {integration} in {address.environment}."
        return Compared(address=address, name=name, commit=reader.commit, trouble=absence)
    return Compared(address=address, name=name, commit=reader.commit, effective=effective)


def _effective(request: HttpRequest, reader: Reader, integration: str, address: Address) -> Effective | None:
    """None where there is no such connection. Raises Http404 or PermissionDenied for the account."""
    if address.account == NO_ACCOUNT:
        return without_account(reader, integration, address.environment)
    detail = account_at(request.user, address.account, VIEW, reader)
    lower = base_of(reader, integration, address.environment)
    if lower is None or Connection(integration=integration, environment=address.environment) not in detail.connections:
        return None
    own = (override for override in detail.overrides if override.integration == integration)
    return merge_account(lower, only(own, address.environment))


def _suggestions(here: Visit, integration: str) -> list[str]:
    """Accounts worth naming: those connected to the integration; past a certain number they are typed."""
    wanted = AccountFilter(integration=integration, visible=here.visible)
    return [entry.document.slug for entry in here.reader.accounts(wanted, limit=_SUGGESTED).entries]
