"""Which account at a forge is whose: without it, nobody can tell that a reviewer is not the proposer."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from audit.events import Event
from audit.people import subject_of
from audit.record import Actor, record
from integrations.models import ForgeAccount


@transaction.atomic
def link_forge_account(
    user: AbstractUser, *, forge: str, login: str, actor: Actor, account_id: str = ""
) -> ForgeAccount:
    """Says that `login` at the forge is this person; whoever had it before has it no more."""
    account, _ = ForgeAccount.objects.update_or_create(
        forge=forge, login=login.strip().lower(), defaults={"user_id": user.pk, "account_id": account_id}
    )
    record(
        Event.FORGE_ACCOUNT_LINKED,
        actor=actor,
        subject=subject_of(user),
        data={"forge": forge},
        personal={"login": account.login},
    )
    return account
