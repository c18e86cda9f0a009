"""An account's folder: its own file, its overrides, and the expressions beside them."""

import pytest
from hypothesis import given, settings as hypothesis, strategies as st

from integrations.core.accounts import is_owner, parse_account
from integrations.core.analyses import complete
from integrations.core.documents import (
    AccountDocument,
    Connection,
    Layer,
    Mode,
    OverrideDocument,
    Part,
    SettingsDocument,
    Source,
)
from integrations.core.overrides import resolve
from integrations.core.problems import Code
from integrations.core.tree import Kind
from tests.core.trees import MemoryTree

SETTINGS = SettingsDocument(name="", description="", environments=("staging", "production"), accounts=("customers",))
FOLDER = "customers/acme-corp"
ACCOUNT = """\
name: Acme Corp
owner: dana@example.com             # a person's e-mail address, or team:<name>
tags: [enterprise]
connections:
  - {integration: salesforce, environment: production}
  - {integration: salesforce, environment: staging}
"""
OVERRIDE = """\
environments: [production]          # where this override applies; all when absent
config:
  pagination:
    page_size: 50                   # their org is slow
  oauth_app:
    scopes:
      $append: ["custom_objects"]
mappings:
  crm/contacts/list:
    response:
      file: contacts_list.jsonata
      mode: replace
    query:
      expression: |
        {
          "limit": rawQuery.n
        }
    error: {mode: replace}
"""


def parsed(files, folder=FOLDER):
    tree = MemoryTree({f"{folder}/{name}": text for name, text in files.items()})
    return complete(parse_account(tree, folder, SETTINGS))


def found(files):
    return [
        (problem.code, problem.source.file.removeprefix(f"{FOLDER}/"), problem.source.line)
        for problem in parsed(files).problems
    ]


def test_an_account_with_an_override_is_read_with_its_lines():
    result = parsed(
        {"account.yaml": ACCOUNT, "salesforce.yaml": OVERRIDE, "contacts_list.jsonata": '{"id": response.Id}\n'}
    )
    assert result.problems == ()
    account, override = result.documents
    assert account == AccountDocument(
        slug="acme-corp",
        name="Acme Corp",
        owner="dana@example.com",
        tags=("enterprise",),
        connections=(
            Connection(integration="salesforce", environment="production"),
            Connection(integration="salesforce", environment="staging"),
        ),
        source=Source(file=f"{FOLDER}/account.yaml", line=1),
        owner_line=2,
        lines={"/connections/0": 5, "/connections/1": 6},
    )
    assert isinstance(override, OverrideDocument)
    assert (override.layer, override.account, override.integration) == (Layer.ACCOUNT, "acme-corp", "salesforce")
    assert override.environments == ("production",)
    assert override.config == {
        "pagination": {"page_size": 50},
        "oauth_app": {"scopes": {"$append": ["custom_objects"]}},
    }
    assert override.lines["/pagination/page_size"] == 4
    assert override.lines["/oauth_app/scopes"] == 6
    parts = override.mappings["crm/contacts/list"]
    response, query, error = parts[Part.RESPONSE], parts[Part.QUERY], parts[Part.ERROR]
    assert response.mode is Mode.REPLACE
    assert response.source == Source(file=f"{FOLDER}/salesforce.yaml", line=10)
    assert response.expression.source == Source(file=f"{FOLDER}/contacts_list.jsonata", line=1)
    assert response.expression.text == '{"id": response.Id}\n'
    assert [field.path for field in response.expression.analysis.fields] == ["/id"]
    assert query.mode is Mode.MERGE
    assert query.expression.source == Source(file=f"{FOLDER}/salesforce.yaml", line=15)
    assert error.expression is None


def test_an_account_may_say_next_to_nothing():
    account = parsed({"account.yaml": ""}).documents[0]
    assert (account.name, account.owner, account.tags, account.connections) == ("acme-corp", None, (), None)


def test_an_empty_override_is_one():
    result = parsed({"account.yaml": "", "salesforce.yml": ""})
    assert result.problems == ()
    assert result.documents[1].config == {}
    assert result.documents[1].environments is None


def test_a_file_may_stand_deeper_in_the_folder_and_be_unused():
    files = {
        "account.yaml": "",
        "a.yaml": "mappings: {crm/contacts/get: {response: {file: ./deep/../deep/x.jsonata}}}\n",
        "deep/x.jsonata": "{}",
        "unused.jsonata": "(",
        "notes.md": "",
    }
    assert found(files) == []


A = "account.yaml"
S = "salesforce.yaml"
M = "mappings:\n  crm/contacts/list:\n    response:\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({A: "nmae: x\n"}, [(Code.UNKNOWN_ATTRIBUTE, A, 1)]),
        ({A: "- x\n"}, [(Code.WRONG_TYPE, A, 1)]),
        ({A: "name: 7\n"}, [(Code.WRONG_TYPE, A, 1)]),
        ({A: "name: A\nowner: dana\n"}, [(Code.BAD_OWNER, A, 2)]),
        ({A: "owner: [a@example.com]\n"}, [(Code.BAD_OWNER, A, 1)]),
        ({A: "owner: 'team:'\n"}, [(Code.BAD_OWNER, A, 1)]),
        ({A: "tags: x\n"}, [(Code.WRONG_TYPE, A, 1)]),
        ({A: "tags:\n  - x\n  - 1\n"}, [(Code.WRONG_TYPE, A, 3)]),
        ({A: "connections: x\n"}, [(Code.WRONG_TYPE, A, 1)]),
        ({A: "connections:\n  - salesforce\n"}, [(Code.WRONG_TYPE, A, 2)]),
        ({A: "connections:\n  - {integration: a}\n"}, [(Code.MISSING_ATTRIBUTE, A, 2)]),
        ({A: "connections:\n  - {integration: a, environment: qa}\n"}, [(Code.UNKNOWN_ENVIRONMENT, A, 2)]),
        ({A: "connections:\n  - {integration: A/, environment: staging}\n"}, [(Code.BAD_SLUG, A, 2)]),
        (
            {A: "connections:\n- {integration: a, environment: staging}\n- {integration: a, environment: staging}\n"},
            [(Code.DUPLICATE, A, 3)],
        ),
        ({A: "", "account.yml": ""}, [(Code.UNEXPECTED_FILE, "account.yml", 1)]),
        ({A: "", "a.yaml": "", "a.yml": ""}, [(Code.DUPLICATE, "a.yml", 1)]),
        ({A: "", "B.yaml": ""}, [(Code.BAD_SLUG, "B.yaml", 1)]),
        ({A: "", "deep/account.yaml": ""}, [(Code.UNEXPECTED_FILE, "deep/account.yaml", 1)]),
        ({A: "", S: Kind.SYMLINK}, [(Code.SYMLINK, S, 1)]),
        ({A: "", "sub": Kind.SUBMODULE}, [(Code.SUBMODULE, "sub", 1)]),
        ({A: "", S: b"config: \xff\n"}, [(Code.NOT_UTF8, S, 1)]),
        ({A: "", S: "#" * 300_000}, [(Code.TOO_LARGE, S, 1)]),
        ({A: "", S: "#" * 2_000_000}, [(Code.TOO_LARGE, S, 1)]),
        ({A: "", S: "confg: {}\n"}, [(Code.UNKNOWN_ATTRIBUTE, S, 1)]),
        ({A: "", S: "config: []\n"}, [(Code.WRONG_TYPE, S, 1)]),
        ({A: "", S: "config:\n  a:\n    $apend: [1]\n"}, [(Code.UNKNOWN_DIRECTIVE, S, 3)]),
        ({A: "", S: "config:\n  a:\n    $append: 1\n"}, [(Code.BAD_DIRECTIVE, S, 3)]),
        ({A: "", S: "config:\n  $append: [1]\n"}, [(Code.BAD_DIRECTIVE, S, 2)]),
        ({A: "", S: "environments: production\n"}, [(Code.WRONG_TYPE, S, 1)]),
        ({A: "", S: "environments: []\n"}, [(Code.WRONG_TYPE, S, 1)]),
        ({A: "", S: "environments:\n  - production\n  - qa\n"}, [(Code.UNKNOWN_ENVIRONMENT, S, 3)]),
        ({A: "", S: "environments:\n  - staging\n  - staging\n"}, [(Code.DUPLICATE, S, 3)]),
        ({A: "", S: "mappings: []\n"}, [(Code.WRONG_TYPE, S, 1)]),
        ({A: "", S: "mappings:\n  crm/contacts: {}\n"}, [(Code.UNKNOWN_MAPPING, S, 2)]),
        ({A: "", S: "mappings:\n  crm/Contacts/list: {}\n"}, [(Code.BAD_SLUG, S, 2)]),
        ({A: "", S: "mappings:\n  crm/contacts/list: {}\n"}, [(Code.WRONG_TYPE, S, 2)]),
        ({A: "", S: "mappings:\n  crm/contacts/list:\n    respnse: {mode: replace}\n"}, [(Code.UNKNOWN_PART, S, 3)]),
        ({A: "", S: "mappings:\n  crm/contacts/list:\n    response: text\n"}, [(Code.WRONG_TYPE, S, 3)]),
        ({A: "", S: M + "      mode: merge\n"}, [(Code.MISSING_ATTRIBUTE, S, 3)]),
        ({A: "", S: M + "      expression: a\n      mode: add\n"}, [(Code.WRONG_TYPE, S, 5)]),
        ({A: "", S: M + "      expression: a\n      fil: b\n"}, [(Code.UNKNOWN_ATTRIBUTE, S, 5)]),
        ({A: "", S: M + "      expression: 7\n"}, [(Code.WRONG_TYPE, S, 4)]),
        ({A: "", S: M + "      expression: ''\n"}, [(Code.WRONG_TYPE, S, 4)]),
        (
            {A: "", S: M + "      expression: a\n      file: x.jsonata\n", "x.jsonata": "a"},
            [(Code.WRONG_TYPE, S, 3)],
        ),
        ({A: "", S: M + "      file: gone.jsonata\n"}, [(Code.MISSING_FILE, S, 4)]),
        ({A: "", S: M + "      file: ../other/x.jsonata\n"}, [(Code.BAD_NAME, S, 4)]),
        ({A: "", S: M + "      file: /etc/passwd\n"}, [(Code.BAD_NAME, S, 4)]),
        (
            {A: "", S: M + "      file: x.jsonata\n", "x.jsonata": Kind.SYMLINK},
            [(Code.SYMLINK, "x.jsonata", 1), (Code.MISSING_FILE, S, 4)],
        ),
        ({A: "", S: M + "      file: x.jsonata\n", "x.jsonata": b"a\n\xff"}, [(Code.NOT_UTF8, "x.jsonata", 2)]),
        ({A: "", S: M + "      file: x.jsonata\n", "x.jsonata": "a\n\0"}, [(Code.NOT_UTF8, "x.jsonata", 2)]),
        (
            {A: "", S: M + "      file: x.jsonata\n", "x.jsonata": '{\n "a": ]\n}'},
            [(Code.JSONATA_SYNTAX, "x.jsonata", 2)],
        ),
        ({A: "", S: M + '      expression: |\n        {\n         "a": ]\n        }\n'}, [(Code.JSONATA_SYNTAX, S, 6)]),
    ],
)
def test_every_mistake_is_told_where_it_stands(files, expected):
    assert found(files) == expected


def test_all_mistakes_of_a_folder_are_told_at_once():
    files = {A: "owner: dana\ntags: x\n", S: "confg: {}\nenvironments: [qa]\n", "b.yaml": "config: 1\n"}
    assert len(found(files)) == 5


def test_an_expressions_file_gives_the_column_too():
    files = {A: "", S: M + "      file: x.jsonata\n", "x.jsonata": '{\n "a": ]\n}'}
    assert parsed(files).problems[0].column == 7


def test_a_misspelt_file_is_answered_with_the_one_that_was_meant():
    files = {A: "", S: M + "      file: contact_list.jsonata\n", "contacts_list.jsonata": "a"}
    assert "did you mean customers/acme-corp/contacts_list.jsonata?" in parsed(files).problems[0].message


def test_a_folder_whose_name_is_no_slug_is_told():
    result = parsed({A: ""}, folder="customers/Acme Corp")
    assert [problem.code for problem in result.problems] == [Code.BAD_SLUG]


@pytest.mark.parametrize("text", ["a@example.com", "a.b+c@mail.example.com", "team:crm", "team:CRM / EMEA 2"])
def test_owners(text):
    assert is_owner(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@b@example.com", "a b@example.com", "team:", "team: x", "a@example.com\n"]
)
def test_what_is_no_owner(text):
    assert not is_owner(text)


@given(st.text(alphabet="ab./\\\0", max_size=12))
def test_a_file_never_leads_out_of_its_folder(name):
    path = resolve("customers/acme", name)
    if path is not None:
        assert path.startswith("customers/acme/")
        assert not {"..", ".", ""} & set(path.split("/"))


_WORDS = [
    "a",
    "config",
    "mappings",
    "environments",
    "production",
    "crm/contacts/list",
    "response",
    "file",
    "$append",
    "*x",
]
_VALUES = st.recursive(
    st.sampled_from(["1", "null", "true", "''", "x", "[]", "{}", "'../x'", "crm/contacts/list"]),
    lambda inner: (
        st.dictionaries(st.sampled_from(_WORDS), inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"'{key}': {value}" for key, value in items.items()) + "}"
        )
        | st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
    ),
    max_leaves=12,
)


@hypothesis(max_examples=150, deadline=None)
@given(
    st.sampled_from(["", "config: ", "mappings: ", "mappings: {crm/contacts/list: ", "environments: "]),
    _VALUES,
    st.sampled_from(["account.yaml", "salesforce.yaml"]),
)
def test_no_file_makes_the_parser_fail(start, value, name):
    text = start + value + ("}" if "{" in start else "")
    for problem in parsed({"account.yaml": "", name: text}).problems:
        assert problem.source is not None
        assert problem.message
