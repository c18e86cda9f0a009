"""The made config repository that the figures are measured on: large, regular, and the same every time."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_AUTHOR = b"Made Data <made@example.com> 1767225600 +0000"
RESOURCES = ("contacts", "accounts", "opportunities", "tickets", "comments")
METHODS = ("list", "get", "create", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is made. Mappings per integration: up to 20, one per resource and method."""

    integrations: int = 50
    mappings: int = 20
    accounts: int = 10_000
    overrides: int = 30_000
    sections: int = 10  # of ten config leaves each


FULL = Size()
SMALL = Size(integrations=5, mappings=8, accounts=60, overrides=150, sections=3)


def make(bare: Path, size: Size = FULL) -> str:
    """A bare repository with one commit on main, by `git fast-import`. Returns the commit."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    with subprocess.Popen(
        ["git", "-C", str(bare), "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        write = process.stdin.write
        write(b"commit refs/heads/main\nauthor %s\ncommitter %s\ndata 4\nmade\n" % (_AUTHOR, _AUTHOR))
        for path, text in files(size):
            content = text.encode()
            write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
        write(b"\ndone\n")
    assert process.returncode == 0
    return head(bare)


def change_one(bare: Path, account: int, page_size: int, size: Size = FULL) -> str:
    """One more commit, which changes one account's first override file. Returns the commit."""
    content = _override(account, 0, page_size=page_size).encode()
    slug, name = account_slug(account), integration_slug(_integration_of(account, 0, size))
    stream = b"commit refs/heads/main\nauthor %s\ncommitter %s\ndata 6\nchange\nfrom refs/heads/main^0\n" % (
        _AUTHOR,
        _AUTHOR,
    ) + b"M 100644 inline customers/%s/%s.yaml\ndata %d\n%s\ndone\n" % (
        slug.encode(),
        name.encode(),
        len(content),
        content,
    )
    subprocess.run(["git", "-C", str(bare), "fast-import", "--quiet", "--done"], input=stream, check=True)
    return head(bare)


def head(bare: Path) -> str:
    return subprocess.run(
        ["git", "-C", str(bare), "rev-parse", "main"], check=True, capture_output=True, text=True
    ).stdout.strip()


def integration_slug(number: int) -> str:
    return f"vendor-{number:02}"


def account_slug(number: int) -> str:
    return f"account-{number:05}"


def files(size: Size) -> Iterator[tuple[str, str]]:
    """(path, text) of every file."""
    keys = [(resource, method) for resource in RESOURCES for method in METHODS][: size.mappings]
    for number in range(size.integrations):
        name = integration_slug(number)
        yield f"integrations/{name}.tf", _integration(number, keys, size)
        for resource, method in keys:
            yield f"integrations/mappings/{name}_{resource}_{method}.jsonata", _expression(number, resource)
    for environment in ("staging", "production"):
        yield f"environments/{environment}/main.tf", _environment(environment, size)
        yield f"environments/{environment}/terraform.tfvars", f'vault = "vault://kv/{environment}"\n'
    yield "glasshouse.yaml", "name: Made\nenvironments: [staging, production]\n"
    overrides = [size.overrides // size.accounts] * size.accounts
    for number in range(size.accounts):
        slug = account_slug(number)
        yield f"customers/{slug}/account.yaml", _account(number, overrides[number], size)
        for which in range(overrides[number]):
            name = integration_slug(_integration_of(number, which, size))
            yield f"customers/{slug}/{name}.yaml", _override(number, which, page_size=20 + number % 70)
            if which == 0:
                yield f"customers/{slug}/contacts_{which}.jsonata", _account_expression(number)


def _integration_of(account: int, which: int, size: Size) -> int:
    return (account * 7 + which * 11) % size.integrations


def _integration(number: int, keys: list[tuple[str, str]], size: Size) -> str:
    name = integration_slug(number)
    sections = "\n".join(
        f"  {section} = {{\n" + "\n".join(f"    option_{i} = {number * 100 + i}" for i in range(10)) + "\n  }"
        for section in ("pagination", "rate_limit", "endpoints", "auth")[: size.sections]
    )
    extra = "\n".join(
        f"    group_{group} = {{\n" + "\n".join(f"      option_{i} = {group * 10 + i}" for i in range(10)) + "\n    }"
        for group in range(max(0, size.sections - 5))
    )
    blocks = [
        (
            f'resource "unified_api_integration" "v" {{\n  name = "{name}"\n  category = "crm"\n'
            f'  base_url = "https://{name}.example.com/api"\n{sections}\n'
            f'  headers = {{\n    accept = "application/json"\n{extra}\n  }}\n'
            f'  oauth_app {{\n    client_id_ref = "${{var.vault}}/{name}#client_id"\n'
            f'    client_secret_ref = "${{var.vault}}/{name}#client_secret"\n    scopes = ["read", "write"]\n  }}\n'
            f'  webhook {{\n    url = "https://hooks.example.com/{name}"\n    signature = "hmac-sha256"\n  }}\n}}\n'
        )
    ]
    blocks[0] = blocks[0].replace('"v"', f'"{name}"')
    blocks += [
        f'resource "unified_api_mapping" "{name}_{resource}_{method}" {{\n  integration = "{name}"\n'
        f'  unified_model = "crm"\n  resource = "{resource}"\n  method = "{method}"\n'
        f'  response_mapping = file("${{path.module}}/mappings/{name}_{resource}_{method}.jsonata")\n'
        f'  query_mapping = "{{ \\"limit\\": query.limit }}"\n}}\n'
        for resource, method in keys
    ]
    if number == 0:
        blocks.insert(0, 'variable "vault" {\n  type = string\n}\n')
    return "\n".join(blocks)


def _environment(environment: str, size: Size) -> str:
    blocks = [
        'variable "vault" {\n  type = string\n}\n',
        'module "platform" {\n  source = "../../integrations"\n  vault = var.vault\n}\n',
    ]
    blocks += [
        f'resource "unified_api_environment_override" "{integration_slug(number)}" {{\n'
        f'  integration = "{integration_slug(number)}"\n  config = jsonencode({{\n'
        + "".join(f"    pagination = {{ option_{i} = {i} }}\n" for i in range(1))
        + f'    webhook = {{ url = "https://{environment}.example.com/{integration_slug(number)}" }}\n'
        "    rate_limit = {\n" + "".join(f"      option_{i} = {900 + i}\n" for i in range(10)) + "    }\n  })\n}\n"
        for number in range(size.integrations)
    ]
    return "\n".join(blocks)


def _expression(number: int, resource: str) -> str:
    fields = "".join(f'  "field_{i}": response.Field_{i}__c,\n' for i in range(8))
    return (
        f'{{\n  "id": response.Id,\n  "kind": "{resource}",\n  "vendor": "{number}",\n'
        '  "name": {\n    "first": response.FirstName,\n    "last": response.LastName\n  },\n'
        + fields
        + '  "updated_at": response.SystemModstamp\n}\n'
    )


def _account(number: int, overrides: int, size: Size) -> str:
    lines = "".join(
        f"  - {{integration: {integration_slug(_integration_of(number, which, size))}, environment: {environment}}}\n"
        for which in range(overrides)
        for environment in ("staging", "production")
    )
    return (
        f"name: Account {number}\nowner: csm{number % 40}@example.com\n"
        f"tags: [{'enterprise' if number % 5 else 'strategic'}]\nconnections:\n{lines}"
    )


def _override(number: int, which: int, *, page_size: int) -> str:
    config = (
        f"config:\n  pagination:\n    option_1: {page_size}\n    option_2: {number % 11}\n"
        '  oauth_app:\n    scopes:\n      $append: ["custom_objects"]\n'
        f"  endpoints:\n    option_3: {number % 17}\n    option_4: {number % 13}\n"
    )
    if which:
        return f"# set for account {number}\n{config}"
    return (
        f"# set for account {number}\n{config}mappings:\n  crm/contacts/list:\n    response:\n"
        "      file: contacts_0.jsonata\n      mode: merge\n"
    )


def _account_expression(number: int) -> str:
    return f'{{\n  "tier": response.Tier_{number % 200}__c,\n  "region": response.Region__c\n}}\n'
