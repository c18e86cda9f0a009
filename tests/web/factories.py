"""A small config repository with two commits, really built and really synced, and the people who look at it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.contrib.auth.models import Group

from console.models import User

FIRST_SUBJECT = "Connect the first customers"
SECOND_SUBJECT = "Give Acme smaller pages (#7)"


def small_repository(accounts: int = 0) -> list[Mapping[str, str]]:
    """Three accounts that differ in what matters, and `accounts` alike ones, in two commits."""
    return [{**_PLATFORM, **_ACCOUNTS, **_alike(accounts)}, _SECOND]


def many_accounts(count: int, *, prefix: str = "many") -> dict[str, str]:
    return _alike(count, prefix)


def person(email: str, *groups: str, name: str = "", is_staff: bool = False) -> User:
    """A user in these groups: roles by their names, teams as `team:<name>`."""
    user = User.objects.create_user(email, "correct-horse-battery", name=name, is_staff=is_staff)
    user.groups.add(*[Group.objects.get_or_create(name=group)[0] for group in groups])
    return user


def _alike(count: int, prefix: str = "many") -> dict[str, str]:
    files: dict[str, str] = {}
    for number in range(count):
        folder = f"customers/{prefix}-{number:03d}"
        files[f"{folder}/account.yaml"] = (
            f'name: "{prefix.title()} {number:03d}"\nowner: many@example.com\ntags: [many, "tier-{number % 3}"]\n'
            "connections:\n  - {integration: salesforce, environment: production}\n"
            "  - {integration: salesforce, environment: staging}\n"
        )
        files[f"{folder}/salesforce.yaml"] = f"config:\n  pagination:\n    page_size: {number + 10}\n"
    return files


_VARIABLES = 'variable "vault_path" {\n  type = string\n}\n'
_ROOT = 'module "platform" {\n  source     = "../../integrations"\n  vault_path = var.vault_path\n}\n' + _VARIABLES

_PLATFORM = {
    "glasshouse.yaml": "name: Small config\ndescription: For tests.\nenvironments: [staging, production]\n",
    "integrations/variables.tf": _VARIABLES,
    "integrations/salesforce.tf": """
resource "unified_api_integration" "salesforce" {
  name     = "salesforce"
  category = "crm"
  base_url = "https://{instance}.my.salesforce.com"

  pagination = {
    type      = "next_url"
    page_size = 200
  }

  rate_limit = {
    requests    = 1000
    concurrency = 25
  }

  endpoints = {
    contacts = {
      list = { method = "GET", path = "/query" }
    }
  }

  oauth_app {
    client_id_ref     = "${var.vault_path}/salesforce#client_id"
    client_secret_ref = "${var.vault_path}/salesforce#client_secret"
    scopes            = ["api", "refresh_token"]
  }
}

resource "unified_api_mapping" "salesforce_contacts_list" {
  integration      = unified_api_integration.salesforce.name
  unified_model    = "crm"
  resource         = "contacts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/salesforce_contacts.jsonata")
}
""",
    "integrations/zendesk.tf": """
resource "unified_api_integration" "zendesk" {
  name     = "zendesk"
  category = "ticketing"
  base_url = "https://{subdomain}.zendesk.com"
}
""",
    "integrations/mappings/salesforce_contacts.jsonata": (
        '{\n  "id": response.Id,\n  "first_name": response.FirstName,\n  "title": response.Title\n}\n'
    ),
    "environments/staging/main.tf": _ROOT,
    "environments/staging/terraform.tfvars": 'vault_path = "vault://kv/staging"\n',
    "environments/production/main.tf": _ROOT,
    "environments/production/terraform.tfvars": 'vault_path = "vault://kv/production"\n',
    "environments/production/salesforce.tf": """
resource "unified_api_environment_override" "salesforce" {
  integration = "salesforce"
  config = jsonencode({
    rate_limit = { concurrency = 20 }
  })
}
""",
    "models/crm/contacts.schema.json": json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {name: {"type": ["string", "null"]} for name in ("id", "first_name", "title", "tier")},
        }
    ),
}
_ACCOUNTS = {
    "customers/acme-corp/account.yaml": """\
name: Acme Corp
owner: dana@example.com
tags: [enterprise, custom]
connections:
  - {integration: salesforce, environment: production}
  - {integration: salesforce, environment: staging}
  - {integration: zendesk, environment: production}
""",
    "customers/acme-corp/salesforce.yaml": """\
environments: [production]
config:
  pagination:
    page_size: 100
  oauth_app:
    scopes:
      $append: ["custom_objects"]
mappings:
  crm/contacts/list:
    response:
      file: contacts_list.jsonata
""",
    "customers/acme-corp/contacts_list.jsonata": '{\n  "tier": response.Tier__c\n}\n',
    "customers/globex/account.yaml": """\
name: Globex
owner: team:emea-csm
tags: [emea]
connections:
  - {integration: zendesk, environment: production}
""",
    "customers/initech/account.yaml": "name: Initech\nconnections: []\n",
}
_SECOND = {
    "customers/acme-corp/salesforce.yaml": _ACCOUNTS["customers/acme-corp/salesforce.yaml"].replace("100", "50"),
}
BROKEN = {
    "customers/acme-corp/salesforce.yaml": "config: [\n",
    "customers/globex/account.yaml": "name: Globex\nname: Twice\n",
}
_RECORD = '{"Id": "003", "FirstName": "Ada", "Tier__c": "gold"}'
# Mapping tests for the small repository: one that passes, and one whose output is another.
SAMPLES = {
    "samples/salesforce/contact.json": (
        f'{{"mapping": "crm/contacts/list", "input": {{"response": {_RECORD}}},\n'
        ' "expected": {"id": "003", "first_name": "Ada"}}\n'
    ),
    "samples/salesforce/acme-only.json": (
        f'{{"mapping": "crm/contacts/list", "input": {{"response": {_RECORD}}},\n'
        ' "account": "acme-corp", "environment": "production",\n'
        ' "expected": {"id": "003", "first_name": "Ada", "tier": "silver"}}\n'
    ),
}

PAYLOAD = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'"
HOSTILE_MESSAGE = f"{PAYLOAD} subject"
# Every field of an account that takes free text, with text that would run in a page that does not escape it.
HOSTILE = {
    "customers/evil/account.yaml": (
        f"name: {json.dumps(PAYLOAD)}\nowner: many@example.com\ntags: [{json.dumps('<img-src=x-onerror=alert(3)>')}]\n"
        "connections:\n  - {integration: salesforce, environment: production}\n"
    ),
    "customers/evil/salesforce.yaml": (
        f"config:\n  evil: {json.dumps(PAYLOAD)}\n  {json.dumps(PAYLOAD)}: [{json.dumps(PAYLOAD)}]\n"
        "mappings:\n  crm/contacts/list:\n    response:\n      expression: "
        + json.dumps(json.dumps({"tier": PAYLOAD, PAYLOAD: "x"}))
        + "\n"
    ),
}
