"""Propose a change: it becomes a pull request, as from the console's pages."""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError

from console.access import PROPOSE, denial
from console.management.output import add_format, print_json
from console.management.reading import reader_from
from console.models import User
from integrations.actions.proposals.checking import checked
from integrations.actions.proposals.opening import BadProposal, KeyReused, Wish, open_proposal
from integrations.actions.proposals.wishing import wish_of
from integrations.core.documents import JSON, Layer, Part
from integrations.core.edits import CannotEdit, Edit, RemoveConfig, Scope, SetConfig, SetField, SetMapping
from integrations.core.pointer import from_words, parse
from integrations.models import Account, Proposal
from integrations.queries.reading import Reader
from integrations.tasks import publish_proposal


class Command(BaseCommand):
    help = "Propose a change of an account's override: one commit on a branch of its own, and a pull request."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--account", required=True)
        parser.add_argument("--integration", required=True)
        parser.add_argument("--env", dest="environment", help="default: all in which the account is connected")
        parser.add_argument("--set", dest="assignments", action="append", default=[], metavar="PATH=VALUE")
        parser.add_argument("--unset", action="append", default=[], metavar="PATH", help="restore the inherited value")
        parser.add_argument("--mapping", metavar="MODEL/RESOURCE/METHOD")
        parser.add_argument("--part", choices=[part.value for part in Part], default=Part.RESPONSE.value)
        parser.add_argument("--field", help="one output field of the mapping; default: the whole part")
        parser.add_argument("--expression", help="the JSONata for the field, or for the whole part")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--title", default="", help="default: the change in words")
        parser.add_argument("--ticket", default="")
        parser.add_argument("--reviewer", dest="reviewers", action="append", default=[], metavar="LOGIN")
        parser.add_argument("--as", dest="proposer", metavar="EMAIL", help="who proposes; default: the only user")
        parser.add_argument("--key", default="", help="the same key of the same person gives the same proposal")
        parser.add_argument("--repository", metavar="NAME", help="default: the first one")
        parser.add_argument("--later", action="store_true", help="leave the publishing to the worker")
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        reader = reader_from({**options, "at": None})
        proposer = _proposer(options["proposer"])
        wish = _wish(reader, options)
        try:
            proposal = open_proposal(
                wish,
                repository=reader.repository,
                proposer=proposer,
                key=options["key"],
                still_may=lambda: _require(proposer, reader, options["account"]),
            )
        except (BadProposal, KeyReused) as error:
            raise CommandError(str(error)) from error
        if options["later"]:
            with suppress(OperationalError):  # the schedule finds it where the queue cannot be reached
                publish_proposal.delay(proposal.pk)
        else:
            publish_proposal(proposal.pk)
            proposal.refresh_from_db()
        self._print(proposal, options["format"])
        if proposal.state in {"failed", "conflicting"}:
            raise SystemExit(1)

    def _print(self, proposal: Proposal, form: str) -> None:
        if form == "json":
            print_json(self.stdout, {"version": 1, "proposal": _as_json(proposal)})
            return
        where = f", pull request {proposal.pull_request}: {proposal.url}" if proposal.pull_request else ""
        self.stdout.write(f"Proposal {proposal.pk} is {proposal.state}{where}. {proposal.trouble}".rstrip())


def _wish(reader: Reader, options: dict[str, Any]) -> Wish:
    try:
        wish = wish_of(
            reader,
            list(_edits(options)),
            reason=options["reason"],
            title=options["title"],
            ticket=options["ticket"],
            reviewers=options["reviewers"],
        )
        return replace(wish, described=checked(reader.repository, wish.files)) if wish.files else wish
    except (CannotEdit, BadProposal) as error:
        raise CommandError(str(error)) from error


def _edits(options: dict[str, Any]) -> list[Edit]:
    scope = Scope(
        layer=Layer.ACCOUNT,
        account=options["account"],
        integration=options["integration"],
        environment=options["environment"],
    )
    found: list[Edit] = [
        SetConfig(scope=scope, path=_keys(path), value=_value(value))
        for path, value in (_pair(text) for text in options["assignments"])
    ]
    found += [RemoveConfig(scope=scope, path=_keys(path)) for path in options["unset"]]
    if not options["mapping"]:
        return found
    if not options["expression"]:
        raise CommandError("--mapping needs an --expression.")
    part, expression = Part(options["part"]), options["expression"]
    if options["field"]:
        keys = _keys(options["field"])
        found.append(SetField(scope=scope, mapping=options["mapping"], part=part, path=keys, expression=expression))
    else:
        found.append(SetMapping(scope=scope, mapping=options["mapping"], part=part, expression=expression))
    return found


def _pair(text: str) -> tuple[str, str]:
    path, separator, value = text.partition("=")
    if not separator or not path:
        raise CommandError("--set wants PATH=VALUE, as in --set pagination.page_size=25.")
    return path, value


def _keys(path: str) -> tuple[str, ...]:
    return parse(from_words(path))


def _value(text: str) -> JSON:
    """JSON where it is JSON, else the text itself."""
    try:
        value: JSON = json.loads(text)
    except ValueError:
        return text
    return value


def _proposer(email: str | None) -> User:
    users = User.objects.filter(is_active=True)
    users = users.filter(email__iexact=email) if email else users
    found = list(users[:2])
    if len(found) != 1:
        raise CommandError(f"There is no active user {email}." if email else "Say who proposes: --as EMAIL.")
    return found[0]


def _require(proposer: User, reader: Reader, slug: str) -> None:
    account = Account.objects.filter(repository=reader.repository, slug=slug).first()
    if account is None:
        raise CommandError(f"There is no account {slug}.")
    if (refusal := denial(User.objects.get(pk=proposer.pk), PROPOSE, account)) is not None:
        raise CommandError(f"{proposer} may not propose this. {refusal}")


def _as_json(proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.pk,
        "state": proposal.state,
        "trouble": proposal.trouble,
        "title": proposal.title,
        "branch": proposal.branch,
        "commit": proposal.head_commit or None,
        "pull_request": proposal.pull_request,
        "url": proposal.url or None,
        "files": sorted(proposal.file_changes),
    }
