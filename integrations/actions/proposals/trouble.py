"""What went wrong on the way, in words that say what to do; and when it is worth another try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from integrations.actions.secrets import SecretUnavailable
from integrations.forges.errors import AMBIGUOUS, ForgeError, ForgeErrorCode
from integrations.git.errors import GitError, GitErrorCode

MOST_ATTEMPTS = 15  # with the waits below, a day and a half
_FIRST, _LONGEST = 15.0, 4 * 3600.0  # seconds


class Refused(Exception):
    """Not to be published as it is: the proposer lost the right, or the branch is not the console's any more."""


_FORGE_ADVICE = {
    ForgeErrorCode.UNAUTHORISED: "Give the console a new token at the forge, then try again.",
    ForgeErrorCode.FORBIDDEN: "Give the console's account the right to write to the repository, then try again.",
    ForgeErrorCode.NOT_FOUND: "Check the repository's address and what the token may see, then try again.",
    ForgeErrorCode.MOVED: "Set the repository's new address, then try again.",
    ForgeErrorCode.PROTECTED_BRANCH: "Let the console's account push branches below glasshouse/, then try again.",
    ForgeErrorCode.BAD_ADDRESS: "Correct the repository's settings, then try again.",
    ForgeErrorCode.BAD_SECRET: "Correct the token, then try again.",
}
_GIT_ADVICE = {
    GitErrorCode.DENIED: "Give the console a token or key that may push, then try again.",
    GitErrorCode.NOT_FOUND: "Check that the repository is still at its address, then try again.",
    GitErrorCode.HOST_KEY: "Add the server's key to the known hosts, then try again.",
    GitErrorCode.REFUSED: "Let the console's account push branches below glasshouse/, then try again.",
    GitErrorCode.UNKNOWN_REVISION: "Ask for a sync, then try again.",
    GitErrorCode.UNKNOWN_FILE: "The files have changed since: withdraw the proposal and make it anew.",
}
_ADVICE = "Try again, or withdraw the proposal."
Failure = GitError | ForgeError | SecretUnavailable | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`wait` is None when only a person can mend it. `is_ambiguous`: whether the act had its effect is not known."""

    sentence: str
    wait: timedelta | None
    is_ambiguous: bool = False


def judge(error: Failure, *, attempts: int) -> Trouble:
    """`attempts`: how many failed before this one."""
    match error:
        case ForgeError():
            advice, asked = _FORGE_ADVICE.get(error.code, _ADVICE), error.retry_after
            is_retryable, is_ambiguous = error.is_retryable, error.code in AMBIGUOUS
        case GitError():
            advice, asked = _GIT_ADVICE.get(error.code, _ADVICE), None
            # A branch that moved is looked at again.
            is_retryable = error.is_retryable or error.code is GitErrorCode.MOVED
            is_ambiguous = error.is_retryable
        case SecretUnavailable():
            advice, asked, is_retryable, is_ambiguous = (
                "Set CONFIG_REPOSITORY_TOKEN_REF, then try again.",
                None,
                False,
                False,
            )
        case _:
            return Trouble(sentence=str(error), wait=None)
    if is_retryable and attempts + 1 < MOST_ATTEMPTS:
        wait = timedelta(seconds=max(asked or 0.0, min(_FIRST * 2**attempts, _LONGEST)))
        return Trouble(sentence=f"{error} The console tries again by itself.", wait=wait, is_ambiguous=is_ambiguous)
    return Trouble(sentence=f"{error} {advice}", wait=None, is_ambiguous=is_ambiguous)
