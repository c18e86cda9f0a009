"""My security: second factors, sessions and API tokens, each person's own."""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.people import actor_of
from console.fresh_mfa import is_asked_for, must_enrol, require_fresh_mfa
from console.models import ApiToken, User
from console.presentation.browsers import browser_of
from console.sign_in.entries import whereabouts
from console.sign_in.people import person
from console.sign_in.sessions import end_sessions, public_name, sessions_of
from console.tokens import issue_token, revoke_token, roles_of

_DAYS = (7, 30, 90, 366)


class TokenForm(forms.Form):
    name = forms.CharField(label="Name: what uses it", max_length=100)
    role = forms.ChoiceField(label="Role that it acts in")
    scopes = forms.MultipleChoiceField(
        label="What it may be used for",
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[ApiToken.Scope.READ],
    )
    days = forms.TypedChoiceField(
        label="Good for", coerce=int, choices=[(days, f"{days} days") for days in _DAYS], initial=90
    )

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        roles = [(role, role) for role in roles_of(user)]
        self.fields["role"].choices = [*roles, ("", "none: only the accounts I own")]  # type: ignore[attr-defined]
        self.fields["role"].required = False
        self.initial.setdefault("role", roles[0][0] if roles else "")


@never_cache
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    user = person(request)
    factors = [each.wrap() for each in Authenticator.objects.filter(user=user).order_by("created_at")]
    recovery = [each for each in factors if each.instance.type == Authenticator.Type.RECOVERY_CODES]
    sessions = [
        {
            "name": public_name(each.session_key),
            "browser": browser_of(each.agent),
            "address": each.address,
            "started_at": each.started_at,
            "seen_at": each.seen_at,
            "is_this": each.session_key == request.session.session_key,
        }
        for each in sessions_of(user)
    ]
    context = {
        "factors": [each for each in factors if each.instance.type != Authenticator.Type.RECOVERY_CODES],
        "has_app": any(each.instance.type == Authenticator.Type.TOTP for each in factors),
        "recovery_left": len(recovery[0].get_unused_codes()) if recovery else None,
        "is_demo": not is_asked_for(),
        "must_enrol": must_enrol(user),
        "sessions": sorted(sessions, key=lambda each: not each["is_this"]),
        "tokens": user.api_tokens.filter(revoked_at=None, expires_at__gt=timezone.now()).order_by("-created_at"),
        "idle_minutes": settings.SESSION_IDLE_SECONDS // 60,
        "hours": settings.SESSION_COOKIE_AGE // 3600,
        "has_password": user.has_usable_password(),
    }
    return render(request, "me/me.html", context)


@require_POST
def end_session(request: HttpRequest, session: str) -> HttpResponse:
    """One session; a name that is none of the person's ends nothing."""
    user = person(request)
    keys = [each.session_key for each in sessions_of(user) if public_name(each.session_key) == session]
    if request.session.session_key in keys:
        return redirect("account_logout")
    ended = end_sessions(user, keys, actor=actor_of(user), personal=whereabouts(request))
    messages.success(request, "The session has ended." if ended else "That session had ended already.")
    return redirect("me")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    user = person(request)
    keys = [key for key in user.sessions.values_list("session_key", flat=True) if key != request.session.session_key]
    ended = end_sessions(user, keys, actor=actor_of(user), personal=whereabouts(request))
    messages.success(request, f"{ended} ended." if ended else "There was no other session.")
    return redirect("me")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_fresh_mfa
def make_token(request: HttpRequest) -> HttpResponse:
    """The token is shown by the answer alone."""
    user = person(request)
    form = TokenForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        given = form.cleaned_data
        expires = timezone.now() + timedelta(days=given["days"])
        try:
            token, secret = issue_token(
                user,
                name=given["name"],
                expires=expires,
                role=given["role"],
                scopes=given["scopes"],
                actor=actor_of(user),
            )
        except ValueError as error:
            form.add_error(None, str(error))
        else:
            return render(request, "me/token_made.html", {"token": token, "secret": secret})
    return render(request, "me/make_token.html", {"form": form})


@require_POST
def revoke(request: HttpRequest, token: int) -> HttpResponse:
    """Takes no second factor: a leaked token is ended at once."""
    user = person(request)
    revoke_token(get_object_or_404(ApiToken, pk=token, user=user), actor=actor_of(user))
    messages.success(request, "The token opens nothing any more.")
    return redirect("me")
