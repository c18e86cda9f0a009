"""From a tree of files to documents: the whole of a commit, its platform part, or one account.

    load(tree, evaluator=…)            everything, with every problem: for `validate`, and for a first sync
    load_platform(tree, evaluator=…)   settings, HCL, models and samples: where a commit leaves accounts alone
    load_account(tree, folder, …)      one account's folder

HCL is evaluated only where what it can read changed: keep `Loaded.hcl_documents` by `Loaded.hcl_key` and hand in
`known`, which finds them again.
"""

from integrations.core.accounts import parse_account as load_account
from integrations.core.layout import Area, account_folder, area_of
from integrations.loader.accounts import Touched, account_folders, touched_accounts
from integrations.loader.roots import Evaluator
from integrations.loader.survey import TreeLimits
from integrations.loader.whole import KnownHcl, Loaded, hcl_key, load, load_platform

__all__ = [
    "Area",
    "Evaluator",
    "KnownHcl",
    "Loaded",
    "Touched",
    "TreeLimits",
    "account_folder",
    "account_folders",
    "area_of",
    "hcl_key",
    "load",
    "load_account",
    "load_platform",
    "touched_accounts",
]
