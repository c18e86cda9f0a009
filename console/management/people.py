"""Whom a command is about."""

from __future__ import annotations

from django.core.management.base import CommandError

from console.models import User


def user_at(email: str) -> User:
    """The user with this address, in whatever case. Raises CommandError."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandError(f"Nobody has the address {email}.")
    return user
