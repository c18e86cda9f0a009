"""allauth's adapters: every act of signing in is recorded in its own transaction, and fails where it cannot be."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest

from audit.events import Event
from audit.people import actor_of, subject_of
from audit.record import record
from console.limits import address_of
from console.models import User
from console.sign_in.entries import VISITOR, tried, whereabouts
from console.sign_in.passwords import note_password_change


class AccountAdapter(DefaultAccountAdapter):
    """There is no sign-up: an admin makes users."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def login(self, request: HttpRequest, user: User) -> None:  # type: ignore[override]  # users are ours
        with transaction.atomic():
            by = [_way(each) for each in get_authentication_records(request, user)]
            record(
                Event.SIGNED_IN,
                actor=actor_of(user),
                subject=subject_of(user),
                data={"by": sorted(set(by))},
                personal=whereabouts(request),
            )
            super().login(request, user)
            request.session.save()  # now, or the session could outlive an entry that was rolled back

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        with transaction.atomic():
            if not isinstance(user, AnonymousUser):
                record(Event.SIGNED_OUT, actor=actor_of(user), subject=subject_of(user), personal=whereabouts(request))
            super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        with transaction.atomic():
            record(
                Event.SIGN_IN_FAILED,
                actor=VISITOR,
                subject=tried(str(credentials.get("email", ""))),
                data={"step": "password"},
                personal=whereabouts(request),
            )

    def set_password(self, user: User, password: str) -> None:  # type: ignore[override]
        """By the person themself; every other session of theirs ends."""
        request: HttpRequest = self.request
        with transaction.atomic():
            super().set_password(user, password)
            kept = request.session.session_key
            note_password_change(user, actor=actor_of(request.user), kept_session=kept, personal=whereabouts(request))


class SecondFactorAdapter(DefaultMFAAdapter):
    """What second factors hold secret is encrypted, so that a copy of the database alone opens nothing."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:  # type: ignore[override]
        return {**super().get_public_key_credential_user_entity(user), "display_name": str(user)}


def _cipher() -> MultiFernet:
    """The newest key encrypts; older ones still decrypt."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"glasshouse second factors").derive(key.encode())


def _way(step: dict[str, Any]) -> str:
    """`password`, `totp`, `webauthn`, `recovery_codes` or `sso`."""
    method = str(step.get("method"))
    return {"mfa": str(step.get("type")), "socialaccount": "sso"}.get(method, method)
