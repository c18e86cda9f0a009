"""Terraform's view of a root module: what is checked before it is evaluated, and its result as documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.core.documents import JSON
from integrations.core.hcl import HclFile
from integrations.core.parsed import Parsed
from integrations.core.problems import Problem


def variable_files(files: Mapping[str, HclFile], root: str) -> tuple[str, ...]:
    """The names of the tfvars files that Terraform loads for `root`, in its order, relative to the root."""
    raise NotImplementedError


def module_folders(files: Mapping[str, HclFile], root: str) -> tuple[str, ...]:
    """The folders whose `.tf` files the root consists of: itself and the modules it calls, sorted."""
    raise NotImplementedError


def check_root(files: Mapping[str, HclFile], *, root: str, read: Callable[[str], bytes | None]) -> tuple[Problem, ...]:
    """All that keeps the root from being evaluated, without evaluating it; () when it may be.

    `files`: every `.tf`, `.tfvars` (and `.json` form) of the repository by path, read with `read_hcl`; those of folders
    that the root does not use are ignored. `read` gives a regular file's content, None when there is none.
    """
    raise NotImplementedError


def documents(
    evaluated: JSON,
    files: Mapping[str, HclFile],
    *,
    root: str,
    environment: str | None,
    read: Callable[[str], bytes | None],
) -> Parsed:
    """The documents of one evaluated root. `evaluated` is tfparse's result; the rest as for `check_root`."""
    raise NotImplementedError
