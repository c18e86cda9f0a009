"""Django's command of this name, which would tell nobody."""

from __future__ import annotations

import argparse
import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from audit.people import command
from console.management.people import user_at
from console.sign_in.passwords import change_password


class Command(BaseCommand):
    help = "Ask for a user's new password, twice, and end their sessions."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_at(options["email"])
        password = getpass.getpass(f"New password of {user.email}: ")
        # nosemgrep: secret-compared -- the same person types both
        if getpass.getpass("Once more: ") != password:
            raise CommandError("The two are not the same; nothing was changed.")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join([*error.messages, "Nothing was changed."])) from error
        change_password(user, password, actor=command("changepassword"))
        self.stdout.write(f"{user.email} signs in with the new password from now on; their sessions have ended.")
