"""Propose a change: one page on which everything is typed, seen and handed in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from console.access import PROPOSE, PROPOSE_PLATFORM, Refused, account_for, require
from console.denials import note_denial
from console.models import User
from console.proposing import drafts
from console.proposing.choices import BadName, groups_of, hint_of, is_known, new_field
from console.proposing.looking import Look, Row, look, rows_of, secret_sentence
from console.proposing.places import Place, account_of, account_place, layer_place
from console.proposing.provider import provider_fields
from console.proposing.submitting import hand_in, reviewers_for
from console.proposing.targets import Kind, Target, target_of
from console.proposing.typed import SecretFound, Typed, new_key, typed_from, without_secrets
from console.visit import repository_of
from integrations.actions.proposals.opening import BadProposal, KeyReused, discard_draft
from integrations.core.edits import CannotEdit
from integrations.models import Proposal
from integrations.tasks import publish_proposal

_OF_FORM = frozenset({"reason", "ticket"})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, account: str) -> HttpResponse:
    """For one account: by its owner, or by engineers."""
    detail = account_of(request, account)
    if request.method != "POST":
        account_for(request.user, account, PROPOSE, repository=repository_of(request))
    asked = request.POST if request.method == "POST" else request.GET
    place = account_place(request, account, request.GET.get("integration", "")[:63], _environment(request))
    if place is None:
        if request.method == "POST":
            raise Http404("Choose an integration first.")
        names = sorted({connection.integration for connection in detail.connections})
        context = {"detail": detail, "integrations": names, "picks": asked.getlist("pick")[:20]}
        return render(request, "propose/choose.html", context)
    return _answer(request, place)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose_layer(request: HttpRequest, layer: str, integration: str) -> HttpResponse:
    """For every account, or every account of an environment: by engineers."""
    if request.method != "POST":
        require(request.user, PROPOSE_PLATFORM)
    place = layer_place(request, layer, integration, request.GET.get("environment", "")[:63])
    return _answer(request, place)


@require_safe
def from_connection(request: HttpRequest, account: str, integration: str, environment: str) -> HttpResponse:
    """On to the form, with what `?path=` names as a chain does: pages share their markup, and name no account in it."""
    path = request.GET.get("path", "")
    target = target_of(f"{Kind.CONFIG}:{path}") if path.startswith("/") else _field_of(path)
    query = {
        "integration": integration,
        "environment": environment,
        "repository": request.GET.get("repository", ""),
        "pick": str(target) if target is not None else "",
    }
    kept = {name: value for name, value in query.items() if value}
    return redirect(f"{reverse('propose', args=[account])}?{urlencode(kept)}")


def _field_of(path: str) -> Target | None:
    """`crm/contacts/list:response/name/first` as a target."""
    mapping, _, rest = path.partition(":")
    part, slash, pointer = rest.partition("/")
    return target_of(f"{Kind.FIELD}:{mapping}:{part}:{slash}{pointer}")


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Throws a draft of one's own away, wherever it belongs."""
    place = request.POST.get("place", "")[:300]
    if discard_draft(_person(request), repository_of(request), place=place):
        messages.success(request, "The draft is gone.")
    return redirect(place if request.POST.get("again") and drafts.is_place(place) else "home")


def _environment(request: HttpRequest) -> str:
    """As the form or the address says; "" leaves the choice to the draft and the place."""
    asked = request.POST if request.method == "POST" else request.GET
    return asked.get("environment", "")[:63]


def _answer(request: HttpRequest, place: Place) -> HttpResponse:
    if request.method != "POST":
        return _begin(request, place)
    typed, secrets = without_secrets(typed_from(request.POST))
    typed = replace(typed, key=typed.key or new_key())
    do, _, what = request.POST.get("do", "").partition(":")
    if do == "submit":
        return _submit(request, place, typed, secrets)
    _require(request, place)
    changed, trouble = _acted(request, place, typed, do, what)
    drafts.keep(_person(request), place, changed)
    if request.headers.get("HX-Request") != "true" and not secrets and not trouble:
        return redirect(place.address([str(each.target) for each in changed.changes]))
    rows = rows_of(place, changed, secrets)
    looked = look(request, place, rows, is_full=do == "accounts", sample=request.POST.get("sample", ""))
    if do in {"", "accounts"} and request.headers.get("HX-Target") != "propose":
        context = {"place": place, "look": looked, "general": _notes(secrets), "address_of": proposal_address}
        return render(request, "propose/_preview.html", context)
    return _page(
        request, place, changed, looked, name_trouble=trouble, general=_notes(secrets), just_added=_last(do, changed)
    )


def _begin(request: HttpRequest, place: Place) -> HttpResponse:
    """What was kept, and what the address asks for beside it."""
    kept = drafts.kept_for(_person(request), place)
    typed = kept or Typed()
    if kept is not None and kept.environment and not request.GET.get("environment"):
        again = _again(request, place, kept.environment)
        place = again if again is not None else place
    typed = replace(typed, key=new_key())
    for text in request.GET.getlist("pick")[:20]:
        target = target_of(text)
        if target is not None and is_known(place, target):
            typed = typed.with_target(target)
    looked = look(request, place, rows_of(place, typed))
    # The address of a form under way names its changes; one without them was come back to.
    is_under_way = bool(request.GET.get("pick")) and not request.GET.get("again")
    resumed = kept is not None and not kept.is_empty and not is_under_way
    return _page(request, place, typed, looked, is_resumed=resumed)


def _again(request: HttpRequest, place: Place, environment: str) -> Place | None:
    return account_place(request, place.account, place.integration, environment) if place.account else None


def _acted(request: HttpRequest, place: Place, typed: Typed, do: str, what: str) -> tuple[Typed, str]:
    """The form after one of its buttons, and what was wrong with a new field's name."""
    if do == "add":
        target = target_of(what)
        return (typed.with_target(target), "") if target is not None and is_known(place, target) else (typed, "")
    if do == "drop":
        return typed.without(what), ""
    if do == "new":
        mapping, _, part = request.POST.get("new-mapping", "").partition(":")
        try:
            return typed.with_target(new_field(place, mapping, part, request.POST.get("new-name", ""))), ""
        except BadName as error:
            return typed, str(error)
    return typed, ""


def _last(do: str, typed: Typed) -> str:
    """The change that was just added, which is to have the focus."""
    return str(typed.changes[-1].target) if do in {"add", "new"} and typed.changes else ""


def _submit(request: HttpRequest, place: Place, typed: Typed, secrets: tuple[SecretFound, ...]) -> HttpResponse:
    rows = rows_of(place, typed, secrets)
    if (refusal := place.denial(request)) is not None:
        return _refused(request, place, typed, rows, Refused(refusal))
    looked = look(request, place, rows, is_full=True, sample=request.POST.get("sample", ""))
    errors, general = _missing(typed, rows, secrets)
    if not (errors or general) and looked.is_ready:
        try:
            return _handed_in(request, hand_in(request, place, typed, looked, proposer=_person(request)))
        except Refused as error:
            return _refused(request, place, typed, rows, error)
        except KeyReused:
            general.append("You have handed this in already. Submit again to make another proposal of it.")
            typed = replace(typed, key=new_key())
        except (BadProposal, CannotEdit) as error:
            general.append(str(error))
    drafts.keep(_person(request), place, typed)
    shown = replace(looked, rows=tuple(_required(row) for row in looked.rows))
    return _page(request, place, typed, shown, errors=errors, general=general, status=422)


def _refused(request: HttpRequest, place: Place, typed: Typed, rows: tuple[Row, ...], error: Refused) -> HttpResponse:
    """The right went while they typed: it is told, and all that they typed stays."""
    note_denial(request, error)
    drafts.keep(_person(request), place, typed)
    return _page(request, place, typed, Look(rows=rows), general=[str(error)], status=403)


def _missing(typed: Typed, rows: tuple[Row, ...], secrets: tuple[SecretFound, ...]) -> tuple[dict[str, str], list[str]]:
    """What keeps the form from being handed in whatever the checks say: by field, and of the whole."""
    errors = {} if typed.reason.strip() else {"reason": "Say why, so that whoever reviews it understands."}
    errors.update({found.at: secret_sentence(found.kind) for found in secrets if found.at in _OF_FORM})
    general = []
    if not rows:
        general.append("Choose what should change first.")
    if any(row.moved is not None for row in rows):
        general.append("Somebody changed this meanwhile. Look at what it is now; submit again to go on with yours.")
    return errors, general


def _required(row: Row) -> Row:
    """What was only missing while one typed keeps it from being handed in."""
    return replace(row, problem=row.problem or row.missing)


def _handed_in(request: HttpRequest, made: Proposal) -> HttpResponse:
    with suppress(OperationalError):  # the row is there, and what is due is published by the clock
        publish_proposal.delay(made.pk)
    messages.success(request, "Your change is on its way: somebody else looks at it, then it comes into force.")
    address = proposal_address(made)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def proposal_address(proposal: Proposal) -> str:
    """Its page; where it has none, what it is about."""
    try:
        return reverse("proposal", args=[proposal.pk])
    except NoReverseMatch:
        if proposal.account:
            return reverse("account", args=[proposal.account])
        return reverse("layer", args=[proposal.layer, proposal.integration])


def _require(request: HttpRequest, place: Place) -> None:
    if (refusal := place.denial(request)) is not None:
        raise Refused(refusal)


def _notes(secrets: tuple[SecretFound, ...]) -> list[str]:
    """Of secrets beside the changes; those within one are told by its card."""
    return [f"In the {found.at}: {secret_sentence(found.kind)}" for found in secrets if found.at in _OF_FORM]


def _page(
    request: HttpRequest,
    place: Place,
    typed: Typed,
    looked: Look,
    *,
    errors: dict[str, str] | None = None,
    general: list[str] | None = None,
    name_trouble: str = "",
    just_added: str = "",
    is_resumed: bool = False,
    status: int = 200,
) -> HttpResponse:
    fields = {
        (row.typed.target.mapping, row.typed.target.part): provider_fields(
            place, row.typed.target.mapping, row.typed.target.part
        )
        for row in looked.rows
        if row.typed.target.kind is Kind.FIELD
    }
    refusal = place.denial(request)
    context: dict[str, Any] = {
        "place": place,
        "typed": typed,
        "look": looked,
        "groups": groups_of(place),
        "fields": fields,
        "hints": {str(row.typed.target): hint_of(place, row.typed.target) for row in looked.rows},
        "errors": {"reason": "", "ticket": "", **(errors or {})},
        "general": general or [],
        "name_trouble": name_trouble,
        "new_name": request.POST.get("new-name", "") if name_trouble else "",
        "new_mapping": request.POST.get("new-mapping", "") if name_trouble else "",
        "just_added": just_added,
        "is_resumed": is_resumed,
        "refusal": str(refusal) if refusal is not None else "",
        "reviewers": reviewers_for(_person(request), place.visit.repository),
        "person": request.user.pk,
        "address": place.address([str(each.target) for each in typed.changes]),
        "integrations": len({each.integration for each in place.detail.connections}) if place.detail is not None else 1,
        "address_of": proposal_address,
    }
    is_part = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "propose"
    return render(request, "propose/_form.html" if is_part else "propose/propose.html", context, status=status)


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)
