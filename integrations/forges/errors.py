"""What can go wrong between the console and a forge, in names that code may branch on."""

from enum import StrEnum


class ForgeErrorCode(StrEnum):
    # who we are
    UNAUTHORISED = "unauthorised"  # the token is wrong, revoked or expired
    FORBIDDEN = "forbidden"  # the token is good and may not do this
    # what was asked for
    NOT_FOUND = "not-found"  # also what forges answer for what the token may not see
    MOVED = "moved"  # the repository has another address now
    ALREADY_EXISTS = "already-exists"  # an open pull request of this branch
    CONFLICT = "conflict"  # the forge's state does not allow it, as to update what is merged
    VALIDATION = "validation"  # the forge refuses the values
    PROTECTED_BRANCH = "protected-branch"
    BAD_ADDRESS = "bad-address"  # the settings name no repository of a forge
    BAD_SECRET = "bad-secret"  # noqa: S105 - the name of an error; the secret is not of a form that can be used
    # the way there
    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"  # network, TLS, a forge that answers 5xx
    TIMEOUT = "timeout"  # whether it had an effect is not known
    # the answer
    BAD_ANSWER = "bad-answer"  # not what the forge's description promises
    TOO_MANY = "too-many"  # more pages than are read


RETRYABLE = frozenset({ForgeErrorCode.RATE_LIMITED, ForgeErrorCode.UNAVAILABLE, ForgeErrorCode.TIMEOUT})

# After these nobody knows whether the request had its effect: look before it is repeated.
AMBIGUOUS = frozenset({ForgeErrorCode.UNAVAILABLE, ForgeErrorCode.TIMEOUT, ForgeErrorCode.BAD_ANSWER})


class ForgeError(Exception):
    """`sentence` is plain and the console's own. `said` is what the forge said, bounded. Neither holds a secret.

    `is_retryable` says whether the same call may succeed later with nothing changed by a person; `retry_after` is how
    many seconds the forge asked to wait, where it did.
    """

    def __init__(
        self,
        code: ForgeErrorCode,
        sentence: str,
        *,
        retry_after: float | None = None,
        said: str = "",
        is_retryable: bool | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.is_retryable = code in RETRYABLE if is_retryable is None else is_retryable
        self.retry_after = retry_after
        self.said = said

    def __str__(self) -> str:
        return f"{self.sentence} The forge says: {self.said}" if self.said else self.sentence
