"""Proposals for tests of pages: made by the actions, published over a real bare repository."""

from __future__ import annotations

from typing import Any

from console.models import User
from integrations.actions.proposals.following import follow
from integrations.actions.proposals.opening import open_proposal
from integrations.actions.proposals.publishing import publish
from integrations.actions.proposals.wishing import wish_of
from integrations.core.documents import JSON, Layer, Part
from integrations.core.edits import Edit, Scope, SetConfig, SetField
from integrations.models import Proposal
from integrations.queries.moment import reader_for
from tests.web.synced import Config

ACME = Scope(layer=Layer.ACCOUNT, account="acme-corp", integration="salesforce", environment="production")
PLATFORM = Scope(layer=Layer.PLATFORM, account=None, integration="salesforce", environment=None)


def pages_of(size: JSON, scope: Scope = ACME) -> SetConfig:
    return SetConfig(scope=scope, path=("pagination", "page_size"), value=size)


def tier(expression: str, scope: Scope = ACME) -> SetField:
    return SetField(scope=scope, mapping="crm/contacts/list", part=Part.RESPONSE, path=("tier",), expression=expression)


def proposed(config: Config, proposer: User, *edits: Edit, **fields: Any) -> Proposal:
    """Handed in, and no more."""
    given = {"reason": "Time-outs every night", "title": "Give Acme pages of 25", "ticket": "CS-1204"} | fields
    wish = wish_of(reader_for(config.row, None), edits or [pages_of(25)], **given)
    return open_proposal(wish, repository=config.row, proposer=proposer)


def published(config: Config, proposer: User, *edits: Edit, **fields: Any) -> Proposal:
    """Open for review."""
    made = proposed(config, proposer, *edits, **fields)
    publish(made.pk)
    follow(made.pk)
    made.refresh_from_db()
    assert made.state == "open", made.trouble
    return made
