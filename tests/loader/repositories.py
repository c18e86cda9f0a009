"""Config repositories for tests of the loader, as real commits."""

from collections.abc import Mapping
from pathlib import Path

from integrations.git.tree import CommitTree, open_repository
from integrations.loader import Loaded, load
from integrations.sandbox.hcl import HclEvaluator
from tests.git.build import Content, build

EVALUATOR = HclEvaluator()

SALESFORCE = """\
variable "page_size" {
  type    = number
  default = 100
}

variable "region" {
  type    = string
  default = "us"
}

resource "unified_api_integration" "salesforce" {
  name     = "salesforce"
  base_url = "https://${var.region}.example.com"
  pagination {
    page_size = var.page_size
  }
}

resource "unified_api_mapping" "contacts" {
  integration      = "salesforce"
  unified_model    = "crm"
  resource         = "contacts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/contacts.jsonata")
}
"""
GOOD: Mapping[str, Content] = {
    "README.md": "# Ours\n",
    "integrations/salesforce.tf": SALESFORCE,
    "integrations/mappings/contacts.jsonata": '{"id": response.Id}\n',
    "environments/production/main.tf": 'module "platform" {\n  source = "../../integrations"\n}\n',
    "environments/staging/main.tf": 'module "platform" {\n  source = "../../integrations"\n}\n',
    "models/crm/contacts.schema.json": '{"type": "object", "required": ["id"]}\n',
    "samples/salesforce/contact.yaml": "mapping: crm/contacts/list\ninput: {response: {Id: a}}\nexpected: {id: a}\n",
    "customers/acme-corp/account.yaml": "name: Acme Corp\nowner: dana@example.com\n",
    "customers/acme-corp/salesforce.yaml": "environments: [production]\nconfig: {pagination: {page_size: 50}}\n",
    "overrides/emea/globex/account.yaml": "owner: team:emea\n",
}


def commit(path: Path, *steps: Mapping[str, Content]) -> CommitTree:
    """The tree after the last of these commits in a new repository below `path`."""
    made = build(path / "config.git", steps)
    return CommitTree(open_repository(path / "config.git"), made[-1])


def loaded(path: Path, *steps: Mapping[str, Content]) -> Loaded:
    return load(commit(path, *steps), evaluator=EVALUATOR, trusted=True)


def found(result: Loaded) -> list[tuple[str, str, int]]:
    """(code, file, line) of each problem."""
    return [
        (str(each.code), each.source.file if each.source else "", each.source.line if each.source else 0)
        for each in result.problems
    ]
