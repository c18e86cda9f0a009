"""What a proposal is called: short, plain, and whose it is."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from integrations.core.documents import Layer
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
from integrations.core.summaries import Names
from integrations.core.titles import LONGEST, title_of

ACME = Scope(layer=Layer.ACCOUNT, account="acme-corp", integration="salesforce", environment="production")
ALL = Scope(layer=Layer.PLATFORM, integration="salesforce")
STAGING = Scope(layer=Layer.ENVIRONMENT, integration="salesforce", environment="staging")
NAMES = Names(accounts={"acme-corp": "Acme Corp"})
LIST = "crm/contacts/list"
SIZE = ("pagination", "page_size")


def field(expression: str, scope: Scope = ACME, *path: str) -> SetField:
    return SetField(scope=scope, mapping=LIST, path=path or ("custom", "region"), expression=expression)


@pytest.mark.parametrize(
    ("edit", "title"),
    [
        (field("response.Kanton__c"), "Acme Corp: custom.region from Kanton__c"),
        (field('$uppercase(response.A) & "x"'), "Acme Corp: mapping of custom.region"),
        (field("response.A.B", ALL), "Every account: custom.region from A.B"),
        (SetConfig(scope=ACME, path=SIZE, value=50), "Acme Corp: page size 50"),
        (SetConfig(scope=STAGING, path=SIZE, value=50), "Every account in staging: page size 50"),
        (SetConfig(scope=ACME, path=("webhook", "url"), value="https://a.example"), "Acme Corp: webhook URL “https://a.example”"),
        (SetConfig(scope=ACME, path=("webhook", "url"), value="x" * 90), "Acme Corp: webhook URL"),
        (SetConfig(scope=ACME, path=SIZE, value=None), "Acme Corp: no page size"),
        (SetConfig(scope=ACME, path=("scopes",), value=["a"]), "Acme Corp: scopes changed"),
        (RemoveConfig(scope=ACME, path=SIZE), "Acme Corp: inherited page size"),
        (RemoveConfig(scope=ALL, path=SIZE), "Every account: no page size"),
        (EditList(scope=ACME, path=("oauth_app", "scopes"), append=("bulk",)), "Acme Corp: OAuth app scopes changed"),
        (RemoveField(scope=ACME, mapping=LIST, path=("tier",)), "Acme Corp: tier no longer mapped"),
        (SetMapping(scope=ACME, mapping=LIST, expression="{}"), "Acme Corp: mapping of contacts list response"),
        (RemoveMapping(scope=ACME, mapping=LIST), "Acme Corp: contacts list response no longer mapped"),
    ],
)  # fmt: skip
def test_a_title_says_whose_it_is_and_what_changes(edit, title):
    assert title_of([edit], NAMES) == title


def test_several_changes_are_counted():
    edits = [field("response.A"), field("response.B", ACME, "tier"), SetConfig(scope=ACME, path=SIZE, value=1)]
    assert title_of(edits, NAMES) == "Acme Corp: 3 changes to salesforce"


@given(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=300),
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=300),
)
def test_a_title_is_one_short_line_without_marks_of_code(name, path, value):
    edits = [field(value, ACME, path), SetConfig(scope=ACME, path=(path,), value=value)]
    for edit in edits:
        title = title_of([edit], Names(accounts={"acme-corp": name}))
        assert len(title) <= LONGEST
        assert "`" not in title
        assert "\n" not in title
