"""Samples for the small repository, and an account's expression of which little can be told without running it."""

from __future__ import annotations

import json

CONTACT = "samples/salesforce/contact.yaml"
OF_ACME = "samples/salesforce/contact-acme.yaml"
LIST = "samples/salesforce/contacts.json"
MAPPING = "crm/contacts/list"

DYNAMIC = '$merge([\n  {"tier": response.Tier__c},\n  {"title": "Dr " & response.Title}\n])\n'
# The second line is at fault where Tier__c is no number.
FAILING = '{\n  "tier": response.Tier__c * 2\n}\n'

SAMPLES = {
    CONTACT: (
        f"mapping: {MAPPING}\n"
        'input: {response: {Id: "003A", FirstName: "Ada", Title: "Buyer"}}\n'
        'expected: {id: "003A", first_name: "Ada", title: "Buyer"}\n'
    ),
    OF_ACME: (
        f"mapping: {MAPPING}\naccount: acme-corp\n"
        'input: {response: {Id: "003B", FirstName: "Bea", Title: "CTO", Tier__c: "gold"}}\n'
        'expected: {id: "003B", first_name: "Bea", title: "CTO", tier: "gold"}\n'
    ),
    LIST: json.dumps(
        {
            "mapping": MAPPING,
            "input": {"response": [{"Id": "1", "Title": "A"}, {"Id": "2", "Tier__c": "silver"}]},
            "expected": [{"id": "1", "title": "A"}, {"id": "2", "tier": "silver"}],
        }
    ),
}


def with_expression(text: str) -> dict[str, str]:
    """The samples, and this as acme-corp's expression for the contacts' response."""
    return {**SAMPLES, "customers/acme-corp/contacts_list.jsonata": text}
