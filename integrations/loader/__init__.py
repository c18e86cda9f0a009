"""From a tree of files to documents: the whole of a commit, its platform part, or one account.

    load(tree, evaluator=…)            everything, with every problem: for `validate`, and for a first sync
    load_platform(tree, evaluator=…)   settings, HCL, models and samples: where a commit leaves accounts alone
    load_accounts(tree, folders, …)    some accounts' folders

HCL is evaluated only where what it can read changed: keep `Loaded.hcl_documents` by `Loaded.hcl_key` and hand in
`known`, which finds them again. Expressions are analysed all at once at the end of reading: hand in `analyses`, which
finds what is known of a text, and analyses it elsewhere than here if it likes.
"""

from integrations.core.layout import Area, account_folder, area_of
from integrations.loader.accounts import Touched, account_folders, touched_accounts
from integrations.loader.analyses import side_by_side
from integrations.loader.roots import Evaluator
from integrations.loader.survey import TreeLimits
from integrations.loader.whole import KnownHcl, Loaded, hcl_key, load, load_accounts, load_platform

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
    "load_accounts",
    "load_platform",
    "side_by_side",
    "touched_accounts",
]
