"""Edits of HCL."""

from integrations.core.edits.values import Scope


def override_file(scope: Scope) -> str:
    return f"environments/{scope.environment}/{scope.integration}.tf"


def plan_config(edit, draft, override):
    raise NotImplementedError


def plan_mapping(edit, draft, override):
    raise NotImplementedError
