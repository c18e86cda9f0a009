"""Edits as sentences for people who read no diff."""

from dataclasses import replace

import pytest

from integrations.core.documents import (
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    MappingKey,
    Mode,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.edits import (
    EditList,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
)
from integrations.core.expressions import analyse
from integrations.core.merge import merge
from integrations.core.state import Stack
from integrations.core.summaries import Names, describe

NAMES = Names(accounts={"acme-corp": "Acme Corp", "jenkins": "Jenkins"}, integrations={"salesforce": "Salesforce"})
ACME = Scope(layer=Layer.ACCOUNT, integration="salesforce", account="acme-corp", environment="production")
JENKINS = replace(ACME, account="jenkins", environment=None)
PLATFORM = Scope(layer=Layer.PLATFORM, integration="salesforce")
SOURCE = Source(file="a", line=1)
CONTACTS = "crm/contacts/list"


def expression(text):
    return Expression(text=text, source=SOURCE, analysis=analyse(text))


def effective(config=None, fields=None):
    platform = IntegrationDocument(
        slug="salesforce",
        config={"pagination": {"page_size": 200}, "oauth_app": {"scopes": ["api", "full"]}, "webhook": {"url": "u"}},
        lines={},
        source=SOURCE,
    )
    mapping = MappingDocument(
        integration="salesforce",
        key=MappingKey.parse(CONTACTS),
        parts={Part.RESPONSE: expression('{"title": response.Title}')},
        source=SOURCE,
    )
    override = OverrideDocument(
        layer=Layer.ACCOUNT,
        integration="salesforce",
        account="acme-corp",
        config=config or {},
        lines={},
        mappings={CONTACTS: {Part.RESPONSE: PartOverride(expression=expression(fields), source=SOURCE)}}
        if fields
        else {},
        source=SOURCE,
    )
    return merge(Stack(integration=platform, mappings=(mapping,), account=override))


SMALL = {"pagination": {"page_size": 50}}


@pytest.mark.parametrize(
    ("edit", "before", "after", "sentence"),
    [
        (
            SetConfig(scope=ACME, path=("pagination", "page_size"), value=50),
            effective(),
            effective(SMALL),
            "Set page size to 50 for Acme Corp's Salesforce in production; it was 200, from the platform layer.",
        ),
        (
            SetConfig(scope=PLATFORM, path=("pagination", "style"), value="cursor"),
            effective(),
            None,
            "Set pagination style to “cursor” for every account's Salesforce in every environment; it was not set.",
        ),
        (
            SetConfig(scope=ACME, path=("webhook", "url"), value=None),
            effective(),
            None,
            "Take webhook URL away for Acme Corp's Salesforce in production; it was “u”, from the platform layer.",
        ),
        (
            RemoveConfig(scope=ACME, path=("pagination", "page_size")),
            effective(SMALL),
            effective(),
            ("Go back to the inherited page size, 200, from the platform layer, for Acme Corp's Salesforce in "
            "production; it was 50, from the account layer."),
        ),
        (
            EditList(scope=ACME, path=("oauth_app", "scopes"), append=("a", "b"), remove=("full",)),
            effective(),
            effective({"oauth_app": {"scopes": {"$append": ["a", "b"], "$remove": ["full"]}}}),
            ("Remove “full” from OAuth app scopes and add “a” and “b” to OAuth app scopes for Acme Corp's Salesforce "
            "in production; it is then “api”, “a” and “b”."),
        ),
        (
            SetField(scope=ACME, mapping=CONTACTS, path=("custom", "tier"), expression="response.\n  Tier__c"),
            effective(),
            None,
            ("Map custom.tier of contacts list (response) to `response. Tier__c` for Acme Corp's Salesforce in "
            "production; it was not mapped."),
        ),
        (
            SetField(scope=JENKINS, mapping=CONTACTS, path=("title",), expression="1"),
            effective(),
            None,
            ("Map title of contacts list (response) to `1` for Jenkins' Salesforce in every environment; it was "
            "`response.Title`, from the platform layer."),
        ),
        (
            RemoveField(scope=ACME, mapping=CONTACTS, path=("title",)),
            effective(fields='{"title": 1}'),
            effective(),
            ("No longer map title of contacts list (response) for Acme Corp's Salesforce in production; it is then "
            "`response.Title`, from the platform layer."),
        ),
        (
            SetMapping(scope=ACME, mapping=CONTACTS, part=Part.REQUEST_BODY, expression="{}", mode=Mode.REPLACE),
            None,
            None,
            ("Write the account layer's expression for contacts list (request body) for Acme Corp's Salesforce in "
            "production, in place of the layers below."),
        ),
        (
            RemoveMapping(scope=ACME, mapping=CONTACTS),
            None,
            None,
            ("Remove the account layer's expression for contacts list (response) for Acme Corp's Salesforce in "
            "production; the layers below are in force."),
        ),
    ],
)  # fmt: skip
def test_an_edit_is_one_plain_sentence(edit, before, after, sentence):
    assert describe(edit, before, after, names=NAMES) == sentence


def test_a_sentence_is_bounded_and_cannot_break_out_of_its_marks():
    edit = SetField(scope=ACME, mapping=CONTACTS, path=("a" * 500,), expression="`x` & '" + "y" * 5000 + "'")
    sentence = describe(edit, None, None)
    assert len(sentence) < 400
    assert sentence.count("`") == 2
