"""A token for the API."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.people import command
from console.management.output import add_format, print_json
from console.management.people import user_at
from console.models import ApiToken, User
from console.tokens import issue_token, roles_of

_MOST_DAYS = 366


class Command(BaseCommand):
    help = "Make a token that acts as a user, and print it: this once, since only its digest is kept."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="what uses it, to tell it from others")
        parser.add_argument("--days", type=int, default=90, help=f"how long it is good for, at most {_MOST_DAYS}")
        parser.add_argument("--role", help="the user's role that it acts in; needed for a user with several")
        scopes = ", ".join(ApiToken.Scope.values)
        parser.add_argument("--scope", action="append", help=f"what it may be used for, repeatable: {scopes} (read)")
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_at(options["email"])
        if not 1 <= options["days"] <= _MOST_DAYS:
            raise CommandError(f"--days must be from 1 to {_MOST_DAYS}.")
        expires = timezone.now() + timedelta(days=options["days"])
        scopes = options["scope"] or [ApiToken.Scope.READ.value]
        role = options["role"] if options["role"] is not None else _only_role(user)
        try:
            row, secret = issue_token(
                user, name=options["name"], expires=expires, role=role, scopes=scopes, actor=command("make_token")
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            told = {"version": 1, "token": secret, "name": row.name, "prefix": row.prefix, "user": user.email}
            bound: dict[str, object] = {
                "role": row.role,
                "scopes": row.scopes,
                "expires_at": row.expires_at.isoformat(),
            }
            print_json(self.stdout, {**told, **bound})
            return
        # The token alone on standard output, so that a script can take it as it is.
        self.stdout.write(secret)
        within = f"as {role}" if role else "for the accounts they own"
        sentence = f"Acts as {user.email} {within} until {row.expires_at:%Y-%m-%d}, to {', '.join(row.scopes)}."
        self.stderr.write(f"{sentence} It is not shown again.")


def _only_role(user: User) -> str:
    roles = roles_of(user)
    if len(roles) > 1:
        raise CommandError(f"{user.email} has several roles; say with --role which: {', '.join(roles)}.")
    return roles[0] if roles else ""
