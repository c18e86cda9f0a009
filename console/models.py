"""People and their API tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.db import models, transaction
from django.db.models.functions import Lower

from audit.events import Event
from audit.people import command, subject_of
from audit.record import record
from console.superusers import SuperuserIsAdmin


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

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.split("@")[0]


class ApiToken(models.Model):
    """A token that acts as its user. Only its SHA-256 is kept; the token itself is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text="the token's beginning, to tell tokens apart")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
