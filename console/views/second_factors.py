"""Setting up and removing second factors, new recovery codes, and confirming with one of them."""

from __future__ import annotations

import base64

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.internal.auth import begin_authentication, begin_registration
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit.people import actor_of
from console.fresh_mfa import (
    confirmation,
    forget_confirmation,
    has_second_factor,
    is_asked_for,
    must_enrol,
    note_confirmed,
    require_fresh_mfa,
    safe_next,
)
from console.models import User
from console.sign_in.entries import whereabouts
from console.sign_in.factors import Codes, add_app, add_passkey, make_recovery_codes, remove_factor
from console.sign_in.forms import CodeForm, NewAppForm, NewPasskeyForm, PasskeyForm
from console.sign_in.people import person

_FORM = ["GET", "HEAD", "POST"]


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(_FORM)
def confirm(request: HttpRequest) -> HttpResponse:
    """A code or a passkey, then back to `next`. Whoever has no second factor sets one up first."""
    user, back = person(request), safe_next(request, reverse("me"))
    if not is_asked_for():
        return redirect(back)
    if not has_second_factor(user):
        messages.info(request, "This step asks for a second factor, and you have none yet. Set one up, then go on.")
        return redirect(f"{reverse('me_app')}?{urlencode({'next': back})}")
    given = request.POST if request.method == "POST" else None
    by_passkey = given is not None and "credential" in given
    code_form = CodeForm(given if not by_passkey else None, user=user)
    passkey_form = PasskeyForm(given if by_passkey else None, user=user)
    sent = passkey_form if by_passkey else code_form
    if given is not None and sent.is_valid():
        factor = passkey_form.cleaned_data["credential"] if by_passkey else code_form.authenticator
        post_authentication(request, factor, reauthenticated=True)  # its signal notes the moment
        return redirect(back)
    has_passkey = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists()
    context = {
        "form": code_form,
        "passkey_form": passkey_form,
        "passkey_options": begin_authentication(user) if has_passkey else None,
        "next": back,
    }
    return render(request, "me/confirm.html", context)


@never_cache
@require_http_methods(_FORM)
def app(request: HttpRequest) -> HttpResponse:
    """An authenticator app: its QR code, then the first code that it shows."""
    user, back = person(request), safe_next(request, reverse("me"))
    if (asked := _asked_before_adding(request)) is not None:
        return asked
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        messages.info(request, "You have an authenticator app already. Remove it before you set up another one.")
        return redirect("me")
    form = NewAppForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        codes = add_app(user, form.secret, actor=actor_of(user), personal=whereabouts(request))
        clear_totp_secret(request)
        return _added(request, codes, back)
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(user, form.secret))
    context = {
        "form": form,
        "picture": f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}",
        "secret": form.secret,
        "next": back,
        "has_factor": has_second_factor(user),
        "is_owed": must_enrol(user),
    }
    return render(request, "me/app.html", context)


@never_cache
@require_http_methods(_FORM)
def passkey(request: HttpRequest) -> HttpResponse:
    """A passkey of this device, of a phone or of a security key."""
    user, back = person(request), safe_next(request, reverse("me"))
    if (asked := _asked_before_adding(request)) is not None:
        return asked
    form = NewPasskeyForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        codes = add_passkey(
            user,
            form.cleaned_data["credential"],
            name=form.cleaned_data["name"],
            actor=actor_of(user),
            personal=whereabouts(request),
        )
        return _added(request, codes, back)
    context = {"form": form, "options": begin_registration(user, passwordless=True), "next": back}
    return render(request, "me/passkey.html", context)


@never_cache
@require_http_methods(_FORM)
@require_fresh_mfa
def remove(request: HttpRequest, factor: int) -> HttpResponse:
    user = person(request)
    found = get_object_or_404(_factors(user), pk=factor)
    if request.method == "POST":
        remove_factor(found, actor=actor_of(user), personal=whereabouts(request))
        if not has_second_factor(user):
            forget_confirmation(request)
        messages.success(request, "The second factor is removed.")
        return redirect("me")
    is_last = _factors(user).count() == 1
    return render(request, "me/remove_factor.html", {"factor": found.wrap(), "is_last": is_last})  # type: ignore[no-untyped-call]


@never_cache
@require_POST
@require_fresh_mfa
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """New codes, shown by this answer alone."""
    user = person(request)
    try:
        codes = make_recovery_codes(user, actor=actor_of(user), personal=whereabouts(request))
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("me")
    return render(request, "me/recovery_codes.html", {"codes": codes, "next": reverse("me")})


def _asked_before_adding(request: HttpRequest) -> HttpResponse | None:
    """Another factor takes a fresh one; the first one cannot."""
    return confirmation(request) if has_second_factor(person(request)) else None


def _added(request: HttpRequest, codes: Codes, back: str) -> HttpResponse:
    note_confirmed(request, person(request))
    if codes:
        return render(request, "me/recovery_codes.html", {"codes": codes, "next": back})
    messages.success(request, "The second factor is set up.")
    return HttpResponseRedirect(back)


def _factors(user: User) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
