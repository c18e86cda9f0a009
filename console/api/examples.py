"""Examples for the schema, all of one made-up account."""

from __future__ import annotations

_COMMIT = "3f1c0d9a6b7e4f52a8c1d0e9f7b6a5c4d3e2f1a0"
_FILE = "customers/acme-corp/salesforce.yaml"
_PLATFORM = "integrations/salesforce.tf"
_SHADOWED = [{"layer": "platform", "value": 200, "source": {"file": _PLATFORM, "line": 21}}]
_AUTHOR = {
    "id": _COMMIT,
    "author": "Dana Reyes",
    "email": "dana@example.com",
    "date": "2026-03-02T09:14:00+00:00",
    "subject": "Acme: smaller pages, their org is slow (#114)",
    "pull_request": 114,
}

ACCOUNTS = {
    "results": [
        {
            "slug": "acme-corp",
            "name": "Acme Corp",
            "owner": "dana@example.com",
            "tags": ["enterprise"],
            "source": {"file": "customers/acme-corp/account.yaml", "line": 1},
            "connections": [{"integration": "salesforce", "environment": "production"}],
            "overrides": 1,
        }
    ],
    "next": "https://console.example.com/api/v1/accounts/?limit=1&cursor=WyJhY21lLWNvcnAiXQ",
    "total": 14,
}

EFFECTIVE = {
    "version": 1,
    "environment": "production",
    "account": "acme-corp",
    "integration": "salesforce",
    "commit": _COMMIT,
    "config": {"pagination": {"page_size": 50}},
    "mappings": {
        "crm/contacts/list": {
            "response": {
                "layers": [
                    {
                        "layer": "platform",
                        "mode": "merge",
                        "expression": '{ "id": response.Id }',
                        "source": {"file": "integrations/mappings/salesforce/contacts_list.jsonata", "line": 1},
                    }
                ],
                "fields": [
                    {
                        "path": "/id",
                        "expression": "response.Id",
                        "layer": "platform",
                        "source": {"file": "integrations/mappings/salesforce/contacts_list.jsonata", "line": 1},
                        "shadowed": [],
                    }
                ],
                "static": True,
                "dropped": [],
            }
        }
    },
    "provenance": [
        {
            "path": "/pagination/page_size",
            "value": 50,
            "layer": "account",
            "source": {"file": _FILE, "line": 4},
            "shadowed": _SHADOWED,
        }
    ],
    "removed": [],
}

EXPLAIN = {
    "version": 1,
    "account": "acme-corp",
    "integration": "salesforce",
    "environment": "production",
    "commit": _COMMIT,
    "area": "config",
    "path": "/pagination/page_size",
    "chain": [
        {
            "layer": "platform",
            "path": "/pagination/page_size",
            "value": 200,
            "wins": False,
            "removed": False,
            "source": {"file": _PLATFORM, "line": 21},
            "commit": None,
        },
        {
            "layer": "account",
            "path": "/pagination/page_size",
            "value": 50,
            "wins": True,
            "removed": False,
            "source": {"file": _FILE, "line": 4},
            "commit": _AUTHOR,
        },
    ],
}

CHANGES = {
    "results": [
        {
            "snapshot": {
                "commit": _COMMIT,
                "subject": _AUTHOR["subject"],
                "author": "Dana Reyes",
                "authored_at": "2026-03-02T09:14:00Z",
                "pull_request": 114,
                "activated_at": "2026-03-02T09:15:04Z",
            },
            "kind": "changed",
            "integration": "salesforce",
            "environment": "production",
            "differences": [
                {
                    "area": "config",
                    "path": "/pagination/page_size",
                    "before": 200,
                    "after": 50,
                    "layer_before": "platform",
                    "layer_after": "account",
                    "source_after": {"file": _FILE, "line": 4},
                }
            ],
        }
    ],
    "next": None,
}

REFERENCES = {
    "version": 1,
    "field": "Tier__c",
    "total": 1,
    "accounts": 1,
    "references": [
        {
            "direction": "reads",
            "path": "/response/Tier__c",
            "layer": "account",
            "account": "acme-corp",
            "environments": None,
            "integration": "salesforce",
            "mapping": "crm/contacts/list",
            "part": "response",
            "source": {"file": "customers/acme-corp/contacts_list.jsonata", "line": 3},
        }
    ],
}

EVALUATION = {
    "expression": '{"id": response.Id, "region": $region}',
    "input": {"response": {"Id": "003xx"}},
    "bindings": {"region": "eu"},
}
OUTCOMES = {
    "Result": {"result": {"id": "003xx", "region": "eu"}},
    "Undefined": {"undefined": True},
    "Error": {
        "error": {
            "code": "S0211",
            "message": '"}" cannot stand at the start of an expression.',
            "position": 22,
            "line": 1,
            "column": 23,
            "token": "}",
        }
    },
}

PROPOSAL_WISH = {
    "account": "acme-corp",
    "integration": "salesforce",
    "environment": "production",
    "set": [{"path": "/pagination/page_size", "value": 25}],
    "fields": [{"mapping": "crm/contacts/list", "path": "/tier", "expression": "response.Tier__c"}],
    "reason": "Time-outs every night",
    "ticket": "CS-1204",
}
