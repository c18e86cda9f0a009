"""What can be wrong with a config repository: one value per finding, each with its address.

A parser never stops at the first problem and never raises for bad content; it returns what it could
read and every problem it met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from integrations.core.documents import Source


class Code(StrEnum):
    """Stable, documented names (docs/repository-format.md lists them); API clients may branch on them."""

    # the tree
    BAD_NAME = "bad-name"
    NOT_UTF8 = "not-utf8"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"
    MISSING_FILE = "missing-file"
    UNEXPECTED_FILE = "unexpected-file"
    # HCL
    HCL_SYNTAX = "hcl-syntax"
    HCL_REFUSED = "hcl-refused"
    HCL_TIMEOUT = "hcl-timeout"
    HCL_FAILED = "hcl-failed"
    HCL_NO_SANDBOX = "hcl-no-sandbox"
    MISSING_VARIABLE = "missing-variable"
    MISSING_MODULE = "missing-module"
    UNRESOLVED_VALUE = "unresolved-value"
    UNKNOWN_ATTRIBUTE = "unknown-attribute"
    MISSING_ATTRIBUTE = "missing-attribute"
    WRONG_TYPE = "wrong-type"
    # YAML and JSON
    YAML_SYNTAX = "yaml-syntax"
    YAML_DUPLICATE_KEY = "yaml-duplicate-key"
    YAML_ALIAS = "yaml-alias"
    YAML_TAG = "yaml-tag"
    JSON_SYNTAX = "json-syntax"
    # expressions
    JSONATA_SYNTAX = "jsonata-syntax"
    # merge
    UNKNOWN_DIRECTIVE = "unknown-directive"
    BAD_DIRECTIVE = "bad-directive"
    # meaning
    BAD_SLUG = "bad-slug"
    UNKNOWN_INTEGRATION = "unknown-integration"
    UNKNOWN_MODEL = "unknown-model"
    UNKNOWN_MAPPING = "unknown-mapping"
    UNKNOWN_ACCOUNT = "unknown-account"
    UNKNOWN_ENVIRONMENT = "unknown-environment"
    UNKNOWN_METHOD = "unknown-method"
    UNKNOWN_PART = "unknown-part"
    DUPLICATE = "duplicate"
    BAD_OWNER = "bad-owner"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. `message` is a plain sentence without the address; `data` holds its parts for machines."""

    code: Code
    message: str
    source: Source | None = None
    column: int | None = None  # 1-based, in characters; None when only the line is known
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """`file:line[:column]`, or `` when the problem belongs to the repository as a whole."""
        if self.source is None:
            return ""
        column = f":{self.column}" if self.column is not None else ""
        return f"{self.source.file}:{self.source.line}{column}"

    def __str__(self) -> str:
        return f"{self.address}: {self.message}" if self.source else self.message


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems without repetition, by file, line and column: the order in which they are shown everywhere."""

    def rank(problem: Problem) -> tuple[str, int, int, str]:
        source = problem.source
        return (
            source.file if source else "",
            source.line if source else 0,
            problem.column or 0,
            problem.code,
        )

    unique = {(p.code, p.source, p.column, p.message): p for p in problems}
    return tuple(sorted(unique.values(), key=rank))
