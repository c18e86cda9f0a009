"""Finding account folders, in a whole tree and from changed paths."""

from integrations.core.layout import read_settings
from integrations.loader import Touched, account_folders, load, touched_accounts
from tests.git.build import Symlink
from tests.loader.repositories import EVALUATOR, commit

FILES = {
    "customers/acme/account.yaml": "",
    "customers/acme/deep/x.jsonata": "",
    "customers/stray/salesforce.yaml": "",
    "overrides/emea/dach/initech/account.yaml": "",
    "overrides/globex/account.yaml": "",
    "elsewhere/hooli/account.yaml": "",
}


def test_folders_are_found_at_any_depth_below_their_roots(tmp_path):
    tree = commit(tmp_path, FILES)
    settings, _ = read_settings(tree)
    folders = account_folders(tree, settings)
    assert folders == {
        "acme": "customers/acme",
        "initech": "overrides/emea/dach/initech",
        "globex": "overrides/globex",
    }
    assert set(folders.values()) == set(load(tree, evaluator=EVALUATOR).account_folders)


def test_the_roots_are_a_setting(tmp_path):
    tree = commit(tmp_path, {**FILES, "glasshouse.yaml": "accounts: [elsewhere]\n"})
    settings, _ = read_settings(tree)
    assert account_folders(tree, settings) == {"hooli": "elsewhere/hooli"}


def test_changed_paths_name_the_folders_to_read_again(tmp_path):
    tree = commit(tmp_path, FILES)
    settings, _ = read_settings(tree)
    paths = ["customers/acme/deep/x.jsonata", "customers/acme/gone.yaml", "overrides/emea/dach/initech/account.yaml"]
    assert touched_accounts(tree, paths, settings) == Touched(folders=("customers/acme", "overrides/emea/dach/initech"))


def test_a_changed_path_in_no_account_is_told(tmp_path):
    tree = commit(tmp_path, {**FILES, "customers/link": Symlink("acme")})
    settings, _ = read_settings(tree)
    touched = touched_accounts(
        tree, ["customers/stray/salesforce.yaml", "customers/link", "customers/gone.yaml"], settings
    )
    assert touched.folders == ()
    assert [problem.code for problem in touched.problems] == ["missing-file", "symlink"]
