"""Say which account at a forge is whose, so that their reviews count."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.people import command
from console.models import User
from integrations.actions.forge_accounts import link_forge_account
from integrations.forges.connect import KINDS


class Command(BaseCommand):
    help = "Say which account at a forge is whose. Until then nobody can tell that a reviewer is not the proposer."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email", help="the person, by the address that they sign in with")
        parser.add_argument("--forge", required=True, choices=KINDS)
        parser.add_argument("--login", required=True, help="the account's name at the forge")
        parser.add_argument("--id", default="", dest="account_id", help="its number there, which outlives the name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['email']}.")
        account = link_forge_account(
            user,
            forge=options["forge"],
            login=options["login"],
            account_id=options["account_id"],
            actor=command("link_forge_account"),
        )
        self.stdout.write(f"{account} is {user.email}.")
