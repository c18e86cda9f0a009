"""For a person who lost every second factor and the recovery codes too."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.people import command
from console.models import User
from console.sign_in.factors import remove_all_factors


class Command(BaseCommand):
    help = "Remove a user's second factors and end their sessions, so that they set up new ones at the next sign-in."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        removed = remove_all_factors(user, actor=command("reset_second_factors"))
        self.stdout.write(
            f"Removed {removed}; {user.email} signs in with the password alone until they set up a new one."
        )
