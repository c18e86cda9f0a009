"""People: who has which right and why, and for admins the few things that can be changed about it."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.people import actor_of
from console import people as actions
from console.access import MANAGE_PEOPLE, VIEW_PEOPLE, denial, require, require_now
from console.fresh_mfa import confirmation
from console.htmx import page_or_part
from console.models import User
from console.people import ROLES, TEAM, Impossible
from console.presentation.people import owned_by, roles_of, teams_of

_PER_PAGE = 50
_REASON = {"required": "Say why; the reason is kept for good."}


class RoleChange(forms.Form):
    """A role or team to give or take."""

    role = forms.CharField(max_length=150, label="Role, or team:<name>")
    change = forms.ChoiceField(choices=[("join", "give"), ("leave", "take")])
    reason = forms.CharField(max_length=2000, error_messages=_REASON)


class ActiveChange(forms.Form):
    change = forms.ChoiceField(choices=[("deactivate", "deactivate"), ("reactivate", "reactivate")])
    reason = forms.CharField(max_length=2000, error_messages=_REASON)


class NewPerson(forms.Form):
    """Somebody who may sign in from now on."""

    email = forms.EmailField(label="E-mail address", help_text="as owner: in Git names them")
    name = forms.CharField(max_length=150, required=False)
    role = forms.ChoiceField(choices=[("", "no role: only the accounts they own"), *((name, name) for name in ROLES)])
    password = forms.CharField(
        label="First password", required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    reason = forms.CharField(max_length=2000, error_messages=_REASON)

    role.required = False

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, User(email=self.cleaned_data.get("email", "")))
        return password


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    require(request.user, VIEW_PEOPLE)
    text, role, after = (request.GET.get(name, "").strip()[:200] for name in ("q", "role", "after"))
    rows = User.objects.order_by("email").prefetch_related("groups")
    rows = rows.filter(Q(email__icontains=text) | Q(name__icontains=text)) if text else rows
    rows = rows.filter(groups__name=role) if role in ROLES else rows
    found = list(rows.filter(email__gt=after)[: _PER_PAGE + 1])
    context = {
        "people": [(user, *_groups(user)) for user in found[:_PER_PAGE]],
        "total": rows.count(),
        "after": found[_PER_PAGE - 1].email if len(found) > _PER_PAGE else None,
        "is_first": not after,
        "text": text,
        "role": role,
        "roles": ROLES,
        "denial": denial(request.user, MANAGE_PEOPLE),
    }
    return page_or_part(request, "people/list.html", {"people": "people/_table.html"}, context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """The form for somebody new, and what it posts to."""
    require(request.user, MANAGE_PEOPLE)
    if (asked := confirmation(request, back=reverse("person_add"))) is not None:
        return asked
    form = NewPerson(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = actions.make_user(
                email=told["email"],
                name=told["name"],
                password=told["password"] or None,
                groups=[told["role"]] if told["role"] else [],
                **_told(request, told["reason"]),
            )
        except Impossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{made} may sign in now.")
            return redirect("person", made.pk)
    return render(request, "people/add.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def person(request: HttpRequest, person: int) -> HttpResponse:
    """Who may change something here confirms as the forms open, so that nothing typed is lost."""
    user = _seen(request, person)
    asked = None if denial(request.user, MANAGE_PEOPLE) else confirmation(request)
    return asked or _page(request, user)


@require_POST
def roles(request: HttpRequest, person: int) -> HttpResponse:
    user, form = _found_to_change(request, person), RoleChange(request.POST)
    if (asked := _asked(request, user)) is not None:
        return asked
    if not form.is_valid():
        return _page(request, user, role_form=form)
    act = actions.join if form.cleaned_data["change"] == "join" else actions.leave
    try:
        is_new = act(user, form.cleaned_data["role"], **_told(request, form.cleaned_data["reason"]))
    except Impossible as error:
        form.add_error("role", str(error))
        return _page(request, user, role_form=form)
    _say(request, user, is_new)
    return redirect("person", user.pk)


@require_POST
def active(request: HttpRequest, person: int) -> HttpResponse:
    user, form = _found_to_change(request, person), ActiveChange(request.POST)
    if (asked := _asked(request, user)) is not None:
        return asked
    if not form.is_valid():
        return _page(request, user, active_form=form)
    act = actions.deactivate if form.cleaned_data["change"] == "deactivate" else actions.reactivate
    try:
        is_new = act(user, **_told(request, form.cleaned_data["reason"]))
    except Impossible as error:
        form.add_error("reason", str(error))
        return _page(request, user, active_form=form)
    _say(request, user, is_new)
    return redirect("person", user.pk)


def _page(
    request: HttpRequest, user: User, *, role_form: RoleChange | None = None, active_form: ActiveChange | None = None
) -> HttpResponse:
    refused = next((form for form in (role_form, active_form) if form is not None), None)
    context = {
        "person": user,
        "is_self": user.pk == request.user.pk,
        "roles": roles_of(user),
        "teams": teams_of(user),
        "owned": owned_by(user),
        "all_roles": ROLES,
        "role_form": role_form or RoleChange(),
        "active_form": active_form or ActiveChange(),
        "denial": denial(request.user, MANAGE_PEOPLE),
    }
    return render(request, "people/person.html", context, status=200 if refused is None else 422)


def _seen(request: HttpRequest, pk: int) -> User:
    """Oneself, or anybody for who may see people. Whether there is somebody, others are not told: Refused."""
    if pk != request.user.pk:
        require(request.user, VIEW_PEOPLE)
    return _found(pk)


def _found_to_change(request: HttpRequest, pk: int) -> User:
    require(request.user, MANAGE_PEOPLE)
    return _found(pk)


def _asked(request: HttpRequest, user: User) -> HttpResponse | None:
    """None for an admin who has just shown a second factor; else the way to do so and back to the person's page."""
    return confirmation(request, back=reverse("person", args=[user.pk]))


def _found(pk: int) -> User:
    user = User.objects.filter(pk=pk).first() if pk < 1 << 63 else None
    if user is None:
        raise Http404("There is no such person.")
    return user


def _told(request: HttpRequest, reason: str) -> dict[str, Any]:
    """What every action of `console.people` is told of the request."""
    may = partial(require_now, request.user, MANAGE_PEOPLE)
    return {"actor": actor_of(cast("User", request.user)), "reason": reason, "still_may": may}


def _say(request: HttpRequest, user: User, is_new: bool) -> None:  # noqa: FBT001 - what the action answered
    if is_new:
        messages.success(request, f"Done; what {user} may do has changed at once.")
    else:
        messages.info(request, "That was so already; nothing was changed.")


def _groups(user: User) -> tuple[list[str], list[str]]:
    names = sorted(group.name for group in user.groups.all())
    return [name for name in ROLES if name in names], [n.removeprefix(TEAM) for n in names if n.startswith(TEAM)]
