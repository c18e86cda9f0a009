"""The people of the console as the accounts of a forge."""

from __future__ import annotations

from collections import defaultdict

from django.contrib.auth import get_user_model

from integrations.core.independence import KnownPerson
from integrations.forges.local import KIND
from integrations.models import ForgeAccount


def known_people(kind: str) -> list[KnownPerson]:
    """Everybody who signs in, by the key of their row. In the console's own forge the accounts are the people."""
    links: dict[int, list[ForgeAccount]] = defaultdict(list)
    for link in ForgeAccount.objects.filter(forge=kind):
        links[link.user_id].append(link)
    found = []
    for pk, email, name in get_user_model().objects.values_list("pk", "email", "name"):
        logins = {link.login for link in links[pk]} | ({email} if kind == KIND else set())
        ids = {link.account_id for link in links[pk] if link.account_id} | ({str(pk)} if kind == KIND else set())
        found.append(
            KnownPerson(
                key=str(pk),
                name=name or email,
                emails=frozenset({email}),
                logins=frozenset(logins),
                ids=frozenset(ids),
            )
        )
    return found
