"""A token for the API."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from console.management.output import add_format, print_json
from console.models import User
from console.tokens import issue_token

_MOST_DAYS = 366


class Command(BaseCommand):
    help = "Make a token that acts as a user, and print it: this once, since only its digest is kept."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="what uses it, to tell it from others")
        parser.add_argument("--days", type=int, default=90, help=f"how long it is good for, at most {_MOST_DAYS}")
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        if not 1 <= options["days"] <= _MOST_DAYS:
            raise CommandError(f"--days must be from 1 to {_MOST_DAYS}.")
        expires = timezone.now() + timedelta(days=options["days"])
        try:
            row, secret = issue_token(user, name=options["name"], expires=expires, actor="command")
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            told = {"version": 1, "token": secret, "name": row.name, "prefix": row.prefix}
            print_json(self.stdout, {**told, "user": user.email, "expires_at": row.expires_at.isoformat()})
            return
        # The token alone on standard output, so that a script can take it as it is.
        self.stdout.write(secret)
        self.stderr.write(f"Acts as {user.email} until {row.expires_at:%Y-%m-%d}. It is not shown again.")
