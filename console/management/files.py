"""A config repository read from files, a folder or a commit, by commands that ask no database."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from integrations.core.tree import Tree
from integrations.git.errors import GitError
from integrations.git.folder import FolderTree
from integrations.git.mirror import Mirror
from integrations.loader import Loaded, load
from integrations.sandbox.hcl import HclEvaluator


def load_files(root: Path, at: str | None) -> tuple[Loaded, str | None]:
    """What was read of the folder, or of a commit of the Git repository there; and that commit's full id.

    Raises CommandError.
    """
    tree: Tree
    try:
        if at is None:
            tree = FolderTree(root)
        else:
            mirror = Mirror(root)
            tree = mirror.tree(mirror.resolve(at))
    except NotADirectoryError:
        raise CommandError(f"{root} is no folder.") from None
    except GitError as error:
        raise CommandError(str(error)) from error
    evaluator = HclEvaluator(
        allow_unsandboxed=settings.HCL_ALLOW_UNSANDBOXED_EVALUATION, seconds=float(settings.HCL_TIMEOUT_SECONDS)
    )
    return load(tree, evaluator=evaluator), tree.commit or None
