"""People, their sessions and their API tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.db.models.functions import Lower

from audit.events import Event
from audit.people import command, subject_of
from audit.record import record
from console.superusers import SuperuserIsAdmin

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

    from console.limited_rights import LimitedRights


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    # Bare rows; `console.people` makes users whom the audit log knows.
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @transaction.atomic
    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """For Django's command; it may do what an admin may, and is put down in the audit log."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        record(
            Event.USER_MADE,
            actor=command("createsuperuser"),
            subject=subject_of(user),
            reason="Made on the machine.",
            data={"superuser": True},
            personal={"email": user.email},
        )
        return user


class User(SuperuserIsAdmin):
    """A person who signs in with an e-mail address. Roles are groups; rights on accounts come from Git."""

    username = None  # type: ignore[assignment]  # the e-mail address is the name
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    changed_at = models.DateTimeField(auto_now=True)  # sync brings owners' rights in step after a change

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            # `owner:` in Git names people by e-mail address, in whatever case: one person per address.
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
        ]

    # What a token narrows the person's rights to, for the request that came with it; None for the person themself.
    limited_to: LimitedRights | None = None

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        if self.limited_to is not None and not self.limited_to.include(perm, on_object=obj is not None):
            return False
        return super().has_perm(perm, obj)

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.split("@")[0]


class ApiToken(models.Model):
    """A token that acts as its user, within one of their roles. Only its SHA-256 is kept; it is shown once."""

    class Scope(models.TextChoices):
        """What a token may be used for; which rights it has is its role's to say."""

        READ = "read", "read what is in force"
        EVALUATE = "evaluate", "evaluate JSONata"
        PROPOSE = "propose", "propose changes"
        SYNC = "sync", "ask for a sync"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text="the token's beginning, to tell tokens apart")
    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(
        max_length=150, blank=True, help_text="the person's role that it acts in; empty: only the accounts they own"
    )
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Session(AbstractBaseSession):
    """A browser's session. Whose it is stands beside what it holds, so that people can see and end theirs."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from console.session_store import SessionStore  # it reads this module

        return SessionStore
