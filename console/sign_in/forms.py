"""allauth's forms for second factors, with codes that work once and failures that are recorded."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from audit.events import Event
from audit.people import actor_of, subject_of
from audit.record import Subject, record
from console.models import User
from console.sign_in.codes import accept, accept_totp
from console.sign_in.entries import VISITOR, whereabouts

_TOO_MANY = "too_many_login_attempts"
# What the library raises, undocumented, for what no browser would send.
_MALFORMED = (InvalidSignature, AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)


class CredentialField(forms.JSONField):
    """What a browser tells of a passkey. Django's field fails on numbers and depths that Python refuses to read."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": ""}) from None


class CodeForm(AuthenticateForm):
    """A code of the authenticator app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code of your app, or a recovery code"
        self.fields["code"].widget.attrs["autofocus"] = True

    def clean_code(self) -> str:
        forget_attempt = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        factor = accept(self.user, code, request=context.request)
        if factor is None:
            record_failure(context.request, self.user, step="code")
            raise get_adapter().validation_error("incorrect_code")
        forget_attempt()
        factor.user = self.user
        self.authenticator = factor
        return code


class NewAppForm(ActivateTOTPForm):
    """The first code of a new authenticator app, which is thereby used up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code that the app shows now"

    def clean_code(self) -> str:
        forget_attempt = check_rate_limit(self.user, error_key=_TOO_MANY)
        code: str = self.cleaned_data["code"]
        if not accept_totp(self.user, self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        forget_attempt()
        return code


class NewPasskeyForm(AddWebAuthnForm):
    """A passkey that can sign in alone, where the device allows it."""

    credential = CredentialField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)
        self.fields["name"] = forms.CharField(label="Name of the passkey", max_length=60, initial="Passkey")

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except _MALFORMED:
            raise get_adapter().validation_error("incorrect_code") from None
        return cleaned


class PasskeyForm(AuthenticateWebAuthnForm):
    """A passkey as second factor."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        return _checked(super().clean_credential, self.user)


class PasskeyAloneForm(LoginWebAuthnForm):
    """A passkey instead of a password."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        return _checked(super().clean_credential, None)


def record_failure(request: HttpRequest, user: User | None, *, step: str) -> None:
    """In a transaction of its own: what failed stays recorded whatever the page does next."""
    subject = subject_of(user) if user is not None else Subject(kind="unknown-person", id="passkey")
    is_known = user is not None and request.user == user
    with transaction.atomic():
        record(
            Event.SIGN_IN_FAILED,
            actor=actor_of(user) if is_known and user is not None else VISITOR,
            subject=subject,
            data={"step": step},
            personal=whereabouts(request),
        )


def _checked(check: Callable[[], Authenticator], user: User | None) -> Authenticator:
    try:
        return check()
    except _MALFORMED:
        record_failure(context.request, user, step="passkey")
        raise get_adapter().validation_error("incorrect_code") from None
    except ValidationError as error:
        if error.code != _TOO_MANY:  # what the limit refuses was not tried, and floods no log
            record_failure(context.request, user, step="passkey")
        raise
