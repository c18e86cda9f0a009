"""What can go wrong between the console and Git, in names that code may branch on."""

from collections.abc import Mapping
from enum import StrEnum


class GitErrorCode(StrEnum):
    # the remote
    UNREACHABLE = "unreachable"  # network, name resolution, TLS, a server that answers 5xx
    NOT_FOUND = "not-found"  # no repository at this address
    DENIED = "denied"  # token, key or file permissions
    HOST_KEY = "host-key"  # the SSH server's key is unknown or has changed
    TIMED_OUT = "timed-out"
    EMPTY = "empty"  # a repository without a commit
    NO_BRANCH = "no-branch"
    CORRUPT = "corrupt"  # fsck refused an object, or objects are damaged or missing
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"  # e.g. SHA-256 object names
    REFUSED = "refused"  # a push that the rules of the remote do not take: a protected branch, a hook
    MOVED = "moved"  # a push that came too late: the branch has another commit by now
    # what was asked for
    BAD_URL = "bad-url"
    BAD_NAME = "bad-name"  # of a branch
    UNKNOWN_REVISION = "unknown-revision"
    UNKNOWN_FILE = "unknown-file"
    UNKNOWN_LINE = "unknown-line"
    # here
    BUSY = "busy"  # another fetch holds the mirror
    FAILED = "failed"  # git ended with an error that has no name above


RETRYABLE = frozenset({GitErrorCode.UNREACHABLE, GitErrorCode.TIMED_OUT, GitErrorCode.BUSY})


class GitError(Exception):
    """`detail` is a plain sentence and `data` its parts; neither ever holds a secret.

    `is_retryable` says whether the same call may succeed later with nothing changed by a person.
    """

    def __init__(self, code: GitErrorCode, detail: str, *, data: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.is_retryable = code in RETRYABLE
        self.data: Mapping[str, str] = data or {}

    def __str__(self) -> str:
        return self.detail
