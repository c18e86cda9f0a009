"""What the findings of a look at a forge mean for the person who sets it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from integrations.core.pull_requests import STATUS_CONTEXT, Person
from integrations.forges.errors import ForgeError
from integrations.forges.port import Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """None where the forge does not tell."""

    account: Person | None
    default_branch: str
    base_branch: str
    is_archived: bool
    may_push: bool | None
    may_open: bool | None
    may_set_status: bool | None
    is_base_protected: bool | None
    required_contexts: tuple[str, ...] | None


def probed(look: Callable[[], Findings]) -> Probe:
    """The probe of what `look` finds. An error that only a person can mend is a fault; others are raised."""
    try:
        found = look()
    except ForgeError as error:
        if error.is_retryable:
            raise
        return Probe(
            account=None,
            default_branch="",
            may_push=None,
            may_open=None,
            is_base_protected=None,
            requires_status=None,
            faults=(str(error),),
        )
    requires = None if found.required_contexts is None else STATUS_CONTEXT in found.required_contexts
    return Probe(
        account=found.account,
        default_branch=found.default_branch,
        may_push=found.may_push,
        may_open=found.may_open,
        is_base_protected=found.is_base_protected,
        requires_status=requires,
        faults=tuple(_faults(found)),
        warnings=tuple(_warnings(found, requires=requires)),
    )


def _faults(found: Findings) -> Iterator[str]:
    if found.is_archived:
        yield "The repository is archived: nothing can be pushed to it."
    if found.may_push is False:
        yield "The console's account may not push branches to the repository."
    if found.may_open is False:
        yield "The console's account may not open pull requests."
    if found.may_set_status is False:
        yield f"The console's account may not set commit statuses, so {STATUS_CONTEXT} would never appear."


def _warnings(found: Findings, *, requires: bool | None) -> Iterator[str]:
    base = found.base_branch
    if found.default_branch != base:
        yield f"The repository's default branch is {found.default_branch}, not {base}, which the console follows."
    if found.is_base_protected is False:
        yield f"The branch {base} is not protected: whoever may push can change it without a review."
    elif requires is False:
        yield f"The branch {base} does not require {STATUS_CONTEXT}: people could approve their own changes."
