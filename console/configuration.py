"""Changes of the settings, recorded when the console starts: the environment itself keeps no history."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction

from audit.events import Event
from audit.models import Entry
from audit.record import Actor, Subject, record

# Values that may hold a secret, an address with a password among them. A reference to a secret is none.
_HIDDEN = re.compile(r"SECRET|PASSWORD|TOKEN|KEY|URL|DSN")
_SHOWN = re.compile(r"_(?:REF|PATH|SECONDS)\Z")
_DIGITS = 12


@transaction.atomic
def record_settings(*, actor: Actor) -> bool:
    """Records what the environment sets, where it differs from what was recorded last; says whether it did."""
    now = shown(settings.SETTINGS_TOLD)
    last = Entry.objects.filter(event=Event.SETTINGS_CHANGED.value).order_by("-pk").first()
    before: Mapping[str, str] = last.values["settings"] if last is not None else {}
    if last is not None and before == now:
        return False
    changed = {
        name: [before.get(name), now.get(name)]
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    }
    subject = Subject(kind="installation", id=settings.AUDIT_ORIGIN, name="this console")
    record(Event.SETTINGS_CHANGED, actor=actor, subject=subject, data={"changed": changed, "settings": now})
    return True


def shown(told: Mapping[str, str]) -> dict[str, str]:
    """The values, with those that may hold a secret replaced by a mark that tells only whether they are the same.

    The mark is keyed, so that nobody can try out values against it.
    """
    return {
        name: _mark(value) if _HIDDEN.search(name) and not _SHOWN.search(name) else value
        for name, value in told.items()
    }


def _mark(value: str) -> str:
    if not value:
        return ""
    made = hmac.new(settings.SECRET_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()
    return f"hidden:{made[:_DIGITS]}"
