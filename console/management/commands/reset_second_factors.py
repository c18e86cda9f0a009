"""For a person who lost every second factor and the recovery codes too."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from audit.people import command
from console.management.people import user_at
from console.sign_in.factors import remove_all_factors


class Command(BaseCommand):
    help = "Remove a user's second factors and end their sessions, so that they set up new ones at the next sign-in."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_at(options["email"])
        removed = remove_all_factors(user, actor=command("reset_second_factors"))
        self.stdout.write(
            f"Removed {removed}; {user.email} signs in with the password alone until they set up a new one."
        )
