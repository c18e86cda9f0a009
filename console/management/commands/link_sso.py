"""Let a person who is here already sign in by single sign-on."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.people import command
from console.management.people import user_at
from console.sign_in.sso import Refused, link


class Command(BaseCommand):
    help = "Link a user to the stable subject (`sub`) that they have at the configured OpenID provider."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--subject", required=True, help="the provider's `sub` of the person, not an e-mail address"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_at(options["email"])
        if not settings.OIDC_ISSUER:
            raise CommandError("OIDC_ISSUER is not set, so there is no provider to link to.")
        try:
            link(user, issuer=settings.OIDC_ISSUER, subject=options["subject"], actor=command("link_sso"))
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email} signs in at {settings.OIDC_ISSUER} from now on.")
