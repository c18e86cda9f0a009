"""A whole commit: what is read, and every problem at once."""

from dataclasses import replace

import pytest

from integrations.core.documents import (
    AccountDocument,
    IntegrationDocument,
    MappingDocument,
    ModelDocument,
    OverrideDocument,
    SampleDocument,
    SettingsDocument,
)
from integrations.git.folder import FolderTree
from integrations.loader import TreeLimits, hcl_key, load, load_accounts, load_platform
from tests.git.build import Submodule, Symlink
from tests.loader.repositories import EVALUATOR, GOOD, commit, found, loaded

YAML_ONLY = {path: text for path, text in GOOD.items() if not path.endswith((".tf", ".jsonata"))}


def test_a_good_repository_is_read_whole(tmp_path):
    result = loaded(tmp_path, GOOD)
    assert result.problems == ()
    kinds = [type(document) for document in result.documents]
    assert kinds[0] is SettingsDocument
    assert {kind: kinds.count(kind) for kind in kinds} == {
        SettingsDocument: 1,
        IntegrationDocument: 1,  # equal in both environments
        MappingDocument: 1,
        ModelDocument: 1,
        SampleDocument: 1,
        AccountDocument: 2,
        OverrideDocument: 1,
    }
    assert result.settings.environments == ("staging", "production")
    assert {document.environments for document in result.hcl_documents} == {None}
    assert result.account_folders == ("customers/acme-corp", "overrides/emea/globex")
    assert result.hcl_folders == ()


def test_the_same_is_read_from_a_folder_on_disk(tmp_path):
    for path, text in GOOD.items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_text(text)
    tree = FolderTree(tmp_path / "folder")
    asked = commit(tmp_path, GOOD)
    of_commit = load_platform(asked, evaluator=EVALUATOR, trusted=True)
    of_folder = load_platform(tree, evaluator=EVALUATOR, trusted=True, known={of_commit.hcl_key: ()}.get)
    assert of_folder.hcl_key == of_commit.hcl_key
    assert of_folder.problems == ()


BAD = {
    **GOOD,
    "glasshouse.yaml": "nmae: x\n",
    "environments/production/main.tf": GOOD["environments/production/main.tf"] + "\nresource {\n",
    "integrations/hubspot.tf": 'resource "unified_api_integration" "hubspot" {\n  name = "hubspot"\n  nmae = 1 1\n}\n',
    "models/crm/accounts.schema.json": '{\n  "type": "objct"\n}\n',
    "samples/salesforce/bad.json": '{"mapping": "crm/contacts/list",\n "input": {}, "expected": {}}\n',
    "samples/salesforce/ghost.yaml": "mapping: crm/contacts/list\naccount: ghost\ninput: 1\nexpected: {id: 1}\n",
    "customers/acme-corp/account.yaml": "name: Acme\nowner: dana\n",
    "customers/acme-corp/salesforce.yaml": "environments:\n  - produktion\nconfig: {a: 1, a: 2}\n",
    "customers/acme-corp/zendesk.yaml": "mappings:\n  crm/contacts/list:\n    response: {file: gone.jsonata}\n",
    "customers/nobody/salesforce.yaml": "config: {}\n",
    "customers/acme-link": Symlink("acme-corp"),
    "customers/vendored": Submodule("0" * 39 + "1"),
    "overrides/acme-corp/account.yaml": "",
    "modules/evil": Symlink("/etc"),
    "policies/rules": Symlink("../integrations"),
}


def test_every_problem_of_a_commit_is_told_at_once(tmp_path):
    result = loaded(tmp_path, BAD)
    assert found(result) == [
        ("bad-owner", "customers/acme-corp/account.yaml", 2),
        ("unknown-environment", "customers/acme-corp/salesforce.yaml", 2),
        ("yaml-duplicate-key", "customers/acme-corp/salesforce.yaml", 3),
        ("missing-file", "customers/acme-corp/zendesk.yaml", 3),
        ("symlink", "customers/acme-link", 1),
        ("missing-file", "customers/nobody/salesforce.yaml", 1),
        ("submodule", "customers/vendored", 1),
        ("hcl-syntax", "environments/production/main.tf", 7),
        ("unknown-attribute", "glasshouse.yaml", 1),
        ("hcl-syntax", "integrations/hubspot.tf", 3),
        ("hcl-syntax", "integrations/hubspot.tf", 6),
        ("schema", "models/crm/accounts.schema.json", 2),
        ("symlink", "modules/evil", 1),
        ("duplicate", "overrides/acme-corp/account.yaml", 1),
        ("schema", "samples/salesforce/bad.json", 1),
        ("unknown-account", "samples/salesforce/ghost.yaml", 1),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"integrations": Symlink("../outside")}, [("symlink", "integrations", 1)]),
        ({"customers": Symlink("/etc")}, [("symlink", "customers", 1)]),
        ({"models/crm/a.schema.json": Symlink("b")}, [("symlink", "models/crm/a.schema.json", 1)]),
        ({"samples/x/a.yaml": Symlink("b")}, [("symlink", "samples/x/a.yaml", 1)]),
        ({"glasshouse.yaml": Symlink("b")}, [("symlink", "glasshouse.yaml", 1)]),
        ({"glasshouse.yml": "name: x\n"}, [("unexpected-file", "glasshouse.yml", 1)]),
        ({"models/crm/a.schema.json": " " * 2_000_000}, [("too-large", "models/crm/a.schema.json", 1)]),
        ({"customers/acme/account.yaml": " " * 2_000_000}, [("too-large", "customers/acme/account.yaml", 1)]),
        ({"customers/account.yaml": ""}, [("missing-file", "customers/account.yaml", 1)]),
        ({"models/a.schema.json": "{}"}, [("unexpected-file", "models/a.schema.json", 1)]),
        ({"README.md": Symlink("docs/README.md")}, []),
    ],
)
def test_what_cannot_be_read_is_told_and_not_followed(tmp_path, changes, expected):
    assert found(loaded(tmp_path, changes)) == expected


def test_an_undecodable_name_is_told_in_words_that_can_be_kept(tmp_path):
    (tmp_path / "folder/customers/acme").mkdir(parents=True)
    with open(bytes(tmp_path / "folder/customers/acme") + b"/caf\xe9.yaml", "wb") as file:  # noqa: PTH123 - bytes
        file.write(b"config: {}\n")
    (tmp_path / "folder/customers/acme/account.yaml").write_text("")
    result = load(FolderTree(tmp_path / "folder"), evaluator=EVALUATOR)
    assert found(result) == [("bad-name", "customers/acme/caf�.yaml", 1)]


def test_an_empty_repository_is_good(tmp_path):
    result = loaded(tmp_path, {"README.md": ""})
    assert result.problems == ()
    assert result.settings.environments == ("production",)


def test_too_many_files_are_refused(tmp_path):
    tree = commit(tmp_path, {f"customers/a{n}/account.yaml": "" for n in range(12)})
    result = load(tree, evaluator=EVALUATOR, limits=TreeLimits(files=10))
    assert [problem.code for problem in result.problems] == ["too-many"]


def test_an_evaluation_is_not_repeated_for_the_same_files(tmp_path):
    first = loaded(tmp_path, GOOD)
    tree = commit(tmp_path / "again", GOOD, {"customers/acme-corp/account.yaml": "name: Acme\n"})

    class NoEvaluator:
        def evaluate(self, *_args, **_keywords):
            raise AssertionError("evaluated again")

    known = {first.hcl_key: first.hcl_documents}
    second = load(tree, evaluator=NoEvaluator(), known=known.get)
    assert second.problems == ()
    assert second.hcl_documents == first.hcl_documents


def test_the_key_of_hcl_changes_with_what_hcl_can_read_and_with_nothing_else(tmp_path):
    settings = loaded(tmp_path, YAML_ONLY).settings
    before = hcl_key(commit(tmp_path / "0", GOOD), settings)
    same = [
        {"customers/acme-corp/salesforce.yaml": "config: {}\n"},
        {"samples/salesforce/contact.yaml": None},
        {"models/crm/contacts.schema.json": "{}"},
        {"README.md": "# Other\n"},
        {"docs/x.tf": "a"},
        {".github/workflows/x.yaml": "a"},
    ]
    other = [
        {"integrations/mappings/contacts.jsonata": "{}"},
        {"integrations/new.json": "{}"},
        {"environments/staging/terraform.tfvars": "a = 1\n"},
        {"customers/acme-corp/more.tf": ""},
        {"shared/regions.json": "{}"},
    ]
    for number, changes in enumerate(same):
        assert hcl_key(commit(tmp_path / f"same{number}", GOOD, changes), settings) == before, changes
    for number, changes in enumerate(other):
        assert hcl_key(commit(tmp_path / f"other{number}", GOOD, changes), settings) != before, changes
    assert hcl_key(commit(tmp_path / "1", GOOD), replace(settings, environments=("staging",))) != before


def test_one_account_gives_the_same_documents_alone_as_in_the_whole(tmp_path):
    tree = commit(tmp_path, YAML_ONLY)
    whole = load(tree, evaluator=EVALUATOR)
    for folder in whole.account_folders:
        alone = load_accounts(tree, [folder], whole.settings)[folder]
        assert alone.documents
        assert set(map(repr, alone.documents)) <= set(map(repr, whole.documents))
