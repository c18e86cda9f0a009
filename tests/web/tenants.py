"""Two tenants in one repository, each with words of its own in every place that a page might show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.people import command
from integrations.actions.mapping_tests import ask_for_report, run_report
from integrations.core.documents import Layer
from integrations.core.edits import Scope
from integrations.git.tree import CommitTree, open_repository
from integrations.models import Repository
from tests.git.build import build
from tests.web.factories import person, small_repository
from tests.web.proposing import PLATFORM, pages_of, proposed
from tests.web.synced import Config, first_sync

CANARIES = {"acme-corp": "zaunkoenig", "globex": "kanarienvogel"}
PLACES = (
    "name",
    "tag",
    "value",
    "expression",
    "subject",
    "author",
    "sample",
    "hcl",
    "codeowners",
    "error",
    "field",
    "proposal",
)
_OWNERS = {"acme-corp": "dana@example.com", "globex": "team:emea-csm"}
_SHARED = "environments/production/shared.tf"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`commits`: what each is for → its id; `files`: every path of the head; `proposals`: account → id of its own."""

    config: Config
    commits: Mapping[str, str]
    files: tuple[str, ...]
    proposals: Mapping[str, str]

    def names(self, thing: str) -> dict[str, str]:
        """What the words of an address stand for when it is asked for this object."""
        return {
            "account": "no-such-account" if thing == "absent" else thing,
            "commit": self.commits.get(thing, "f" * 40),
            "file": f"customers/{'no-such-account' if thing == 'absent' else thing}/salesforce.yaml",
            "held": self.commits["held"],
            "proposal": self.proposals.get(thing, "f" * 12),
        }


def build_world(folder: Path) -> World:
    """Syncs commit by commit, as a running console would: one of either tenant, a bad one, a cure, a held one."""
    remote = folder / "config.git"
    first, second = small_repository()
    ids = build(remote, [{**first, _SHARED: _environment()}, second], messages=["The first customers", "Smaller pages"])
    first_sync(remote)
    config = Config(Repository.objects.get(), remote, ids)
    commits: dict[str, str] = {}
    shared = _environment()
    for account, canary in CANARIES.items():
        shared += _in_hcl(account, canary)
        commits[account] = _synced(config, {**_files(account, canary), _SHARED: shared}, canary)
    for account, canary in CANARIES.items():
        file = f"customers/{account}/salesforce.yaml"
        commits[f"bad {account}"] = _synced(config, {file: f"{canary}-error: 1\n{canary}-error: 2\n"}, canary)
        commits[f"cured {account}"] = _synced(config, {file: _override(canary)}, canary)
    # It changes nothing for anybody: whoever sees single accounts has no business with the snapshot in force.
    commits["cure"] = _synced(config, {"README.md": "Cured\n"}, "".join(CANARIES.values()))
    asked = ask_for_report(config.row, config.commits[-1], actor=command("test"))
    assert run_report(asked.pk)
    commits["held"] = _synced(config, {"customers/initech/account.yaml": None}, "".join(CANARIES.values()))
    row = config.row
    assert row.active is not None
    assert (row.active.commit, row.health) == (commits["cure"], Repository.Health.HELD)
    files = tuple(_every_path(config))
    return World(config=config, commits=commits, files=files, proposals=_proposals(config))


def _proposals(config: Config) -> dict[str, str]:
    """One of each tenant, and one for all of them."""
    proposer = person("proposer@example.com", "engineer", name="Pia Lindholm")
    found = {}
    for account, canary in CANARIES.items():
        scope = Scope(layer=Layer.ACCOUNT, account=account, integration="salesforce", environment="production")
        told = dict.fromkeys(("title", "reason", "ticket"), f"{canary}-proposal")
        found[account] = proposed(config, proposer, pages_of(25, scope), **told).pk
    everywhere = "".join(CANARIES.values())
    proposed(config, proposer, pages_of(150, PLATFORM), title=everywhere, reason=everywhere)
    return found


def _synced(config: Config, files: Mapping[str, str | None], canary: str) -> str:
    made = build(config.path, [files], messages=[f"{canary}-subject"], author=f"{canary}-author")
    config.commits += made
    config.sync()
    return made[0]


def _every_path(config: Config) -> list[str]:
    return sorted(entry.path for entry in CommitTree(open_repository(config.path), config.commits[-1]).entries())


def _files(account: str, canary: str) -> dict[str, str]:
    folder = f"customers/{account}"
    return {
        f"{folder}/account.yaml": (
            f"name: {canary}-name\nowner: {_OWNERS[account]}\ntags: [{canary}-tag]\nconnections:\n"
            "  - {integration: salesforce, environment: production}\n"
            "  - {integration: zendesk, environment: production}\n"
        ),
        f"{folder}/salesforce.yaml": _override(canary),
        f"{folder}/contacts_list.jsonata": (
            f'{{\n  "tier": response.{canary}Field__c & "{canary}-expression",\n  "{canary}-field": 1\n}}\n'
        ),
        f"samples/salesforce/of-{account}.json": json.dumps(
            {
                "mapping": "crm/contacts/list",
                "account": account,
                "input": {"response": {"Id": f"{canary}-sample"}},
                "expected": {"id": "another"},
            }
        ),
        f"docs/of-{account}.md": f"customers/{account} {canary}-codeowners\n",
    }


def _override(canary: str) -> str:
    return (
        f"environments: [production]\nconfig:\n  pagination: {{page_size: 50}}\n  note: {canary}-value\n"
        "mappings:\n  crm/contacts/list:\n    response: {file: contacts_list.jsonata}\n"
    )


def _environment() -> str:
    return (
        'resource "unified_api_environment_override" "zendesk" {\n  integration = "zendesk"\n'
        '  config = jsonencode({ category = "support" })\n}\n'
    )


def _in_hcl(account: str, canary: str) -> str:
    """Right below what holds for everybody, so that an excerpt of the one shows the other."""
    return (
        f'resource "unified_api_account_override" "{account}" {{\n  account = "{account}"\n  integration = "zendesk"\n'
        f'  config = jsonencode({{ note = "{canary}-hcl" }})\n}}\n'
    )
