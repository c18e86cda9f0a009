"""What git's last words mean: stderr → GitError with a plain sentence.

LC_ALL=C keeps git's messages in English. The order matters: a lost connection also leaves "early EOF" and
"index-pack failed" behind, which alone would speak of damage.
"""

import re
from collections.abc import Sequence

from integrations.git.address import local_path
from integrations.git.errors import GitError, GitErrorCode

MAX_QUOTED = 2000

_RULES: tuple[tuple[GitErrorCode, str, str], ...] = (
    (
        GitErrorCode.UNSUPPORTED,
        r"mismatched algorithms|unknown object format",
        "The repository at {url} names its objects by SHA-256, which is not supported.",
    ),
    (
        GitErrorCode.HOST_KEY,
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
        "The SSH server of {url} is not known by its key, or its key has changed.",
    ),
    (
        GitErrorCode.DENIED,
        (
            r"Authentication failed|could not read (?:Username|Password)|Permission denied|returned error: 40[13]"
            r"|HTTP Basic: Access denied|access denied or repository not exported|dubious ownership"
        ),
        "Access to the repository at {url} was denied.",
    ),
    (
        GitErrorCode.NOT_FOUND,
        (
            r"repository '[^\n]*' not found|does not appear to be a git repository|Repository not found"
            r"|returned error: 404|not a git repository|project you were looking for could not be found"
        ),
        "There is no repository at {url}.",
    ),
    (
        GitErrorCode.CORRUPT,
        r"fsck error|in fsck|strict mode|fatal: fsck",
        "Git refused an object of the repository at {url}: its content breaks Git's rules.",
    ),
    (
        GitErrorCode.UNREACHABLE,
        (
            r"Could not resolve host|unable to access|RPC failed|Connection (?:refused|reset|timed out|closed)"
            r"|Network is unreachable|No route to host|Operation timed out|ssh: connect to host|kex_exchange|SSL|TLS"
            r"|returned error: [35]\d\d|unable to update url base from redirection"
        ),
        "The repository at {url} cannot be reached.",
    ),
    (
        GitErrorCode.CORRUPT,
        (
            r"corrupt|is empty|bad object|inflate|invalid sha1 pointer|did not send all necessary objects"
            r"|unresolved delta|index-pack failed|unpack-objects|unable to read|missing (?:blob|tree|commit)"
            r"|bad pack|packfile|not our ref|invalid index-pack|object [^\n]* (?:missing|not found)"
            r"|revision walk setup failed|Could not read [0-9a-f]{40}|early EOF"
        ),
        "The repository at {url} is damaged: objects are missing or broken.",
    ),
    (
        GitErrorCode.UNREACHABLE,
        r"Could not read from remote repository|hung up|disconnected",
        "The repository at {url} cannot be reached.",
    ),
)


def failure(stderr: str, *, url: str, secrets: Sequence[str] = ()) -> GitError:
    """The error that git's stderr speaks of. `secrets` are blotted out wherever they stand."""
    words = redacted(stderr.strip(), secrets)[-MAX_QUOTED:]
    data = {"url": url, "git": words}
    # An address may hold any of the words looked for.
    meant = stderr.replace(url, "").replace(local_path(url) or url, "")
    for code, pattern, sentence in _RULES:
        if re.search(pattern, meant):
            return GitError(code, sentence.format(url=url), data=data)
    return GitError(GitErrorCode.FAILED, f"Git could not fetch from {url}.", data=data)


def redacted(text: str, secrets: Sequence[str]) -> str:
    """The text with each secret blotted out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "•••")
    return text
