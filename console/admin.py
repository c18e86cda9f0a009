"""The admin's pages: people and their roles, API tokens, repositories. Nothing that comes from Git is here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401 (all three register what is taken away below)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from audit.people import actor_of
from console import people
from console.access import MANAGE_PEOPLE, require_now
from console.fresh_mfa import confirmation
from console.models import ApiToken, User
from console.sign_in.entries import whereabouts
from console.sign_in.passwords import note_password_change
from console.tokens import revoke_token
from integrations.actions.repositories import configure_repository
from integrations.git.address import check_branch, check_url
from integrations.git.errors import GitError
from integrations.models import Repository

if TYPE_CHECKING:
    _PeopleBase = UserAdmin[User]
    _TokenBase = admin.ModelAdmin[ApiToken]
    _RepositoryBase = admin.ModelAdmin[Repository]
    _RepositoryFormBase = forms.ModelForm[Repository]
    _PersonFormBase = forms.ModelForm[User]
    _ChangeFormBase = UserChangeForm[User]
    _CreationFormBase = AdminUserCreationForm[User]
else:  # Django's classes take no parameters at run time
    _PeopleBase, _TokenBase = UserAdmin, admin.ModelAdmin
    _RepositoryBase, _RepositoryFormBase = admin.ModelAdmin, forms.ModelForm
    _PersonFormBase = forms.ModelForm
    _ChangeFormBase, _CreationFormBase = UserChangeForm, AdminUserCreationForm

admin.site.site_header = admin.site.site_title = "Glasshouse"
# allauth's pages, registered by the imports above, would write past the log: second factors and links to a provider are
# people's own, or a command's, and a person has the one address that `owner:` in Git names them by.
admin.site.unregister([EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])
admin.site.unregister(Group)  # what a role may is written in migrations
admin.site.index_title = "People, tokens and repositories"


class _Reasoned(_PersonFormBase):
    """Whatever is changed about a person is changed for a reason."""

    reason = forms.CharField(max_length=2000, help_text="It is kept for good in the audit log.")


class PersonForm(_Reasoned, _ChangeFormBase):
    pass


class NewPersonForm(_Reasoned, _CreationFormBase):
    pass


@admin.register(User)
class PeopleAdmin(_PeopleBase):
    """Roles are groups. Rights on single accounts come from Git and cannot be given here.

    Every write goes through `console.people`, where the log is written and the last admin kept.
    """

    form, add_form = PersonForm, NewPersonForm
    ordering = ("email",)
    list_display = ("email", "name", "roles", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("email", "name")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Roles and teams", {"fields": ("is_active", "groups")}),
        ("Why", {"fields": ("reason",)}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2", "groups", "reason")}),
    )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Who gives roles has just shown a second factor; asked as the form opens, so that nothing typed is lost."""
        if (asked := confirmation(request)) is not None:
            return asked
        try:
            return super().changeform_view(request, *args, **kwargs)
        except people.Impossible as error:
            messages.error(request, str(error))
            return redirect(request.path)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 (Django's name)
        if (asked := confirmation(request)) is not None:
            return asked
        with transaction.atomic():
            known = self.get_object(request, id)  # None where `id` is no number
            before = known.password if known is not None else None
            response = super().user_change_password(request, id, form_url)
            user = User.objects.filter(pk=known.pk).first() if known is not None else None
            # nosemgrep: secret-compared -- two hashes of ours; nobody sends either
            if user is not None and user.password != before:
                own = request.session.session_key if request.user.pk == user.pk else None
                note_password_change(
                    user, actor=actor_of(request.user), kept_session=own, personal=whereabouts(request)
                )
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles and teams")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:  # noqa: FBT001 (Django's signature)
        told = form.cleaned_data
        given = _given(request, told["reason"])
        if not change:
            password = told.get("password1") or None
            made = people.make_user(email=obj.email, name=obj.name, password=password, **given)
            obj.pk = made.pk
            return
        row = User.objects.get(pk=obj.pk)
        people.rename(row, email=obj.email, name=obj.name, **given)
        if row.is_active != obj.is_active:
            (people.reactivate if obj.is_active else people.deactivate)(row, **given)

    def save_related(self, request: HttpRequest, form: ModelForm[User], formsets: Any, change: bool) -> None:  # noqa: FBT001 (Django's signature)
        given = _given(request, form.cleaned_data["reason"])
        user = User.objects.get(pk=form.instance.pk)
        had = {group.name for group in user.groups.all()}
        wanted = {group.name for group in form.cleaned_data["groups"]}
        for name in sorted(wanted - had):
            people.join(user, name, **given)
        for name in sorted(had - wanted):
            people.leave(user, name, **given)


def _given(request: HttpRequest, reason: str) -> dict[str, Any]:
    """What every action of `console.people` is told of the request."""
    may = partial(require_now, request.user, MANAGE_PEOPLE)
    return {"actor": actor_of(request.user), "reason": reason, "still_may": may}


@admin.register(ApiToken)
class TokenAdmin(_TokenBase):
    """People make their own on the page “My security”; here they are revoked."""

    list_display = ("name", "prefix", "user", "role", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False  # a revoked token stays, to be told from one that never was

    @admin.action(description="Revoke the chosen tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            revoke_token(token, actor=actor_of(request.user))
        self.message_user(request, f"Revoked {len(queryset)}.")


class RepositoryForm(_RepositoryFormBase):
    class Meta:
        model = Repository
        fields = ("name", "url", "branch", "token_ref", "forge", "web_url", "webhook_secret_ref")

    def clean_url(self) -> str:
        return self._checked(check_url, "url")

    def clean_branch(self) -> str:
        return self._checked(check_branch, "branch")

    def _checked(self, check: Any, field: str) -> str:
        try:
            found: str = check(self.cleaned_data[field])
        except GitError as error:
            raise forms.ValidationError(str(error)) from error
        return found


@admin.register(Repository)
class RepositoryAdmin(_RepositoryBase):
    """Where the console reads from."""

    form = RepositoryForm
    list_display = ("name", "url", "branch", "health", "checked_at")

    def has_delete_permission(self, request: HttpRequest, obj: Repository | None = None) -> bool:
        return False  # its snapshots are the accounts' history

    def save_model(self, request: HttpRequest, obj: Repository, form: ModelForm[Repository], change: bool) -> None:  # noqa: FBT001 (Django's signature)
        configure_repository(
            name=obj.name,
            url=obj.url,
            branch=obj.branch,
            token_ref=obj.token_ref,
            forge=obj.forge,
            web_url=obj.web_url,
            webhook_secret_ref=obj.webhook_secret_ref,
            actor=actor_of(request.user),
        )
        obj.pk = Repository.objects.get(name=obj.name).pk
