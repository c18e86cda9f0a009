"""glasshouse.yaml, and what a path is for."""

import pytest
from hypothesis import given, strategies as st

from integrations.core.documents import SettingsDocument
from integrations.core.layout import Area, account_folder, area_of, is_below, is_slug, read_settings, refused
from integrations.core.problems import Code
from integrations.core.tree import Entry, Kind
from tests.core.trees import MemoryTree

DEFAULTS = SettingsDocument(
    name="", description="", environments=("staging", "production"), accounts=("customers", "overrides")
)
FOLDERS = {"environments/production/main.tf": "", "environments/staging/main.tf": ""}


def settings_of(text: str, files=FOLDERS):
    settings, problems = read_settings(MemoryTree({**files, "glasshouse.yaml": text}))
    return settings, [(problem.code, problem.source.line) for problem in problems]


def test_without_the_file_the_folders_say_which_environments_there_are():
    tree = MemoryTree({f"environments/{name}/main.tf": "" for name in ("production", "staging", "qa", "No Slug")})
    settings, problems = read_settings(tree)
    assert problems == ()
    assert settings.environments == ("qa", "staging", "production")
    assert settings.accounts == ("customers", "overrides")
    assert settings.source is None


def test_a_repository_without_environments_has_production():
    assert read_settings(MemoryTree({}))[0].environments == ("production",)


def test_the_file_states_names_and_their_order():
    text = "name: Larkspur\ndescription: x\nenvironments: [production, staging]\naccounts: [tenants/, a/b]\n"
    settings, problems = settings_of(text)
    assert problems == []
    assert settings.name == "Larkspur"
    assert settings.environments == ("production", "staging")
    assert settings.accounts == ("tenants", "a/b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nmae: x\n", [(Code.UNKNOWN_ATTRIBUTE, 1)]),
        ("name: [x]\n", [(Code.WRONG_TYPE, 1)]),
        ("- a\n", [(Code.WRONG_TYPE, 1)]),
        ("name: x\nenvironments: production\n", [(Code.WRONG_TYPE, 2)]),
        ("environments: []\n", [(Code.WRONG_TYPE, 1)]),
        ("environments:\n  - production\n  - stagin\n", [(Code.UNKNOWN_ENVIRONMENT, 3)]),
        ("environments:\n  - production\n  - production\n", [(Code.DUPLICATE, 3)]),
        ("environments: [../x]\n", [(Code.BAD_SLUG, 1)]),
        ("accounts: [integrations]\n", [(Code.BAD_NAME, 1)]),
        ("accounts: [a, a/b]\n", [(Code.BAD_NAME, 1)]),
        ("accounts: [../outside]\n", [(Code.BAD_NAME, 1)]),
        ("accounts: [/abs]\n", [(Code.BAD_NAME, 1)]),
        ("accounts: [1]\n", [(Code.BAD_NAME, 1)]),
        ("name: *x\n", [(Code.YAML_ALIAS, 1)]),
    ],
)
def test_what_is_wrong_with_the_file_has_a_line(text, expected):
    assert settings_of(text)[1] == expected


def test_a_misspelt_key_is_answered_with_the_one_that_was_meant():
    _, problems = read_settings(MemoryTree({"glasshouse.yaml": "enviroments: [production]\n"}))
    assert "did you mean “environments”?" in problems[0].message


def test_an_environment_needs_no_folder_where_there_are_none():
    settings, problems = settings_of("environments: [staging, production]\n", files={})
    assert problems == []
    assert settings.environments == ("staging", "production")


def test_a_link_in_place_of_the_file_is_refused():
    _, problems = read_settings(MemoryTree({"glasshouse.yaml": Kind.SYMLINK}))
    assert [problem.code for problem in problems] == [Code.SYMLINK]


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("glasshouse.yaml", Area.SETTINGS),
        ("integrations/salesforce.tf", Area.HCL),
        ("integrations/mappings/a.jsonata", Area.HCL),
        ("modules/webhook/main.tf", Area.HCL),
        ("environments/production/terraform.tfvars", Area.HCL),
        ("shared/regions.json", Area.HCL),
        ("customers/acme/account.yaml", Area.ACCOUNT),
        ("customers/acme/a/b.jsonata", Area.ACCOUNT),
        ("overrides/emea/acme/salesforce.yaml", Area.ACCOUNT),
        ("overrides/emea/acme.tf", Area.HCL),
        ("customers-old/acme/account.yaml", Area.HCL),
        ("models/crm/contacts.schema.json", Area.MODEL),
        ("models/README.md", Area.OTHER),
        ("samples/salesforce/one.yaml", Area.SAMPLE),
        ("samples/salesforce/one.txt", Area.OTHER),
        ("docs/a.tf", Area.OTHER),
        ("policies/exceptions.rego", Area.OTHER),
        (".github/workflows/main.yaml", Area.OTHER),
        ("integrations/.terraform/modules.json", Area.OTHER),
        ("README.md", Area.OTHER),
    ],
)
def test_every_path_has_one_use(path, area):
    assert area_of(path, DEFAULTS) is area


def test_what_hcl_reaches_into_is_hcls():
    path = "overrides/big/acme.jsonata"
    assert area_of(path, DEFAULTS) is Area.ACCOUNT
    assert area_of(path, DEFAULTS, hcl_folders=("overrides/big",)) is Area.HCL
    assert area_of(path, DEFAULTS, hcl_folders=("overrides/bi",)) is Area.ACCOUNT


def test_a_path_belongs_to_the_outermost_account_around_it():
    tree = MemoryTree(
        {
            "customers/acme/account.yaml": "",
            "customers/acme/more/account.yaml": "",
            "overrides/emea/initech/account.yaml": "",
            "overrides/account.yaml": "",
        }
    )
    assert account_folder(tree, "customers/acme/more/x.jsonata", DEFAULTS) == "customers/acme"
    assert account_folder(tree, "overrides/emea/initech/salesforce.yaml", DEFAULTS) == "overrides/emea/initech"
    assert account_folder(tree, "overrides/emea/other/salesforce.yaml", DEFAULTS) is None
    assert account_folder(tree, "integrations/a.tf", DEFAULTS) is None


@given(st.text(max_size=70))
def test_a_slug_is_a_plain_name(text):
    if is_slug(text):
        assert 0 < len(text) <= 63
        assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
        assert text[0] not in "-_"
        assert text[-1] not in "-_"


@pytest.mark.parametrize("text", ["", "A", "a/b", "..", "a\n", "-a", "a-", "é", "a" * 64])
def test_what_is_no_slug(text):
    assert not is_slug(text)


def test_folders_are_compared_by_whole_names():
    assert is_below("a/b", "a")
    assert not is_below("ab/c", "a")
    assert not is_below("a", "a")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(path="a", blob="", size=1, kind=Kind.FILE), None),
        (Entry(path="a", blob="", size=1, kind=Kind.EXECUTABLE), None),
        (Entry(path="a", blob="", size=1, kind=Kind.SYMLINK), Code.SYMLINK),
        (Entry(path="a", blob="", size=0, kind=Kind.SUBMODULE), Code.SUBMODULE),
        (Entry(path="a", blob="", size=100_000_000, kind=Kind.FILE), Code.TOO_LARGE),
        (Entry(path="a\udcff", blob="", size=1, kind=Kind.FILE), Code.BAD_NAME),
        (Entry(path="a\x07", blob="", size=1, kind=Kind.FILE), Code.BAD_NAME),
    ],
)
def test_what_cannot_be_read_as_a_file(entry, code):
    found = refused(entry)
    assert (found.code if found else None) == code
    if found:
        found.source.file.encode()  # the address itself can be written down
