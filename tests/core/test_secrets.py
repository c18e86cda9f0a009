"""Secrets are found, and neither references to them nor the demo's files are taken for one."""

from __future__ import annotations

import pytest

from integrations.core.secrets import secrets_in
from integrations.demo.seed import steps

# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "a Stripe key": 'client_secret: "' + "sk_live_" + '4eC39HqLyjWDarjtT1zdp7dc"',
    "a GitHub token": "token: " + "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789",
    "an AWS key": "id: " + "AKIA" + "IOSFODNN7EXAMPLE",
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "a Slack token": '"' + "xoxb-" + '123456789012-123456789012-abcdefghijklmnopqrstuvwx"',
    "an address with a password": "url: https://user:" + "passw0rd-9" + "@example.com/x",
    "a plain password": "password: " + "hunter2butlonger",
    "a quoted password": '  "api_key": "' + "9f86d081884c7d659a2feaa0c55ad015" + '"',
    "HCL": 'client_secret = "' + "s3cr3tvalue-of-theirs" + '"',
    "a JSON web token": 'bearer: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.'
    'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"',
    "random text": 'value: "' + "q9Zk2LxP7vRw4TnB8sYc1MdF6hJg3QaE" + '"',
}
INNOCENT = [
    'client_secret_ref: "vault://kv/salesforce#client_secret"',
    'client_secret_ref = "${var.vault_path}/salesforce#client_secret"',
    "token_ref: env:GIT_TOKEN",
    "page_size: 50",
    '"tier": response.Tier__c',
    '"token": response.token & "-" & response.password',
    'scopes: ["api", "refresh_token", "custom_objects"]',
    "authorize_url: https://login.example.com/oauth/token",
    'token_url = "https://login.example.com/services/oauth2/token"',
    "id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "# their password policy changed",
]


@pytest.mark.parametrize("name", SECRETS)
def test_it_is_found(name):
    found = secrets_in(f"config:\n  {SECRETS[name]}\n")
    assert [each.line for each in found] == [2], name
    assert SECRETS[name].split()[-1].strip('"') not in str(found)


@pytest.mark.parametrize("line", INNOCENT)
def test_it_is_none(line):
    assert secrets_in(line) == ()


def test_the_demo_holds_none():
    for step in steps():
        for path, source in step.files.items():
            assert secrets_in(source.read_text("utf-8")) == (), path


def test_prose_is_searched_for_what_has_a_form_of_its_own_alone():
    assert secrets_in("Their password: changed yesterday", is_prose=True) == ()
    assert secrets_in("Use " + "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789 please", is_prose=True) != ()
