"""Which addresses and branch names are let near a git process, and in which one form.

Git reads more into an address than a place: `ext::` runs a command, a leading "-" is an option, and a host
beginning with "-" is one of ssh's (CVE-2017-1000117). So only what matches a short grammar passes.
"""

import ipaddress
import re
from typing import NoReturn
from urllib.parse import quote, unquote, urlsplit

from integrations.git.errors import GitError, GitErrorCode

MAX_URL = 2048
MAX_BRANCH = 244  # with refs/heads/ and ".lock" a file name of at most 255 bytes

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SCP = re.compile(r"(?:(?P<user>[^@:/]+)@)?(?P<host>[^@:/]+):(?P<path>(?!:)(?!//).+)")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NETWORK_PATH = re.compile(r"/[A-Za-z0-9._~%+@,=/-]+")
_UNWANTED_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")


def check_url(url: str) -> str:
    """The address in its one form: `file:///…`, `ssh://[user@]host[:port]/…`, `https://host[:port]/…`.

    Also takes an absolute path (→ file://), the scp-like `git@host:team/config.git` (→ ssh://git@host/team/config.git,
    as the forges read it; for a path below the home folder write `git@host:~/config.git`), and http:// to this very
    machine. Raises GitError(BAD_URL), which never repeats the address, as that may hold a password.
    """
    if not url or len(url) > MAX_URL:
        _refuse(f"The address of the repository must have 1 to {MAX_URL} characters.")
    if _CONTROL.search(url) or not _is_unicode(url):
        _refuse("The address of the repository holds control characters.")
    if url.startswith("/"):
        return _file(url)
    scheme, separator, rest = url.partition("://")
    if not separator:
        return _scp(url)
    match scheme:
        case "file":
            return _file(unquote(rest.removeprefix("localhost"), errors="surrogateescape"))
        case "ssh" | "https" | "http":
            return _network(scheme, url)
        case _:
            return _refuse("The address of the repository must begin with https://, ssh:// or file://.")


def scheme_of(url: str) -> str:
    """The scheme of a checked address."""
    return url.partition("://")[0]


def local_path(url: str) -> str | None:
    """The path that a checked file:// address names; None for others."""
    return unquote(url.removeprefix("file://")) if url.startswith("file://") else None


def check_branch(name: str) -> str:
    """The name, if `git check-ref-format --branch` takes it and it can be no option. Raises GitError(BAD_NAME)."""
    parts = name.split("/")
    is_bad = (
        not name
        or not _is_unicode(name)
        or len(name.encode()) > MAX_BRANCH
        or name.startswith("-")
        or name in {"@", "HEAD"}
        or _UNWANTED_IN_BRANCH.search(name) is not None
        or ".." in name
        or "@{" in name
        or name.endswith(".")
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    )
    if is_bad:
        raise GitError(
            GitErrorCode.BAD_NAME,
            f"{name[:100]!a} cannot be the name of a branch.",
            data={"name": ascii(name[:100])},
        )
    return name


def _file(path: str) -> str:
    if not path.startswith("/") or path.startswith("//"):
        _refuse("A file:// address must hold an absolute path, as in file:///srv/config.git.")
    if _CONTROL.search(path) or not _is_unicode(path):
        _refuse("The address of the repository holds control characters.")
    if any(part in {".", ".."} for part in path.split("/")):
        _refuse("A file:// address must not hold “.” or “..” as a folder.")
    return "file://" + quote(path.rstrip("/") or "/", safe="/~+@,=")


def _scp(url: str) -> str:
    matched = _SCP.fullmatch(url)
    if matched is None:
        _refuse(
            "The address of the repository must be https://…, ssh://…, file:///…, git@host:path or an absolute path."
        )
    user = f"{matched['user']}@" if matched["user"] else ""
    return _network("ssh", f"ssh://{user}{matched['host']}/{matched['path'].removeprefix('/')}")


def _network(scheme: str, url: str) -> str:
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        _refuse("The address of the repository cannot be read.")
    host = split.hostname or ""
    if scheme != "ssh" and "@" in split.netloc:
        _refuse(
            "The address of the repository must hold no user name or password; "
            "leave them out and give the token by reference."
        )
    if split.password is not None or (split.username is not None and not _USER.fullmatch(split.username)):
        _refuse("An ssh:// address may hold a plain user name and no password.")
    if not _is_host(host):
        _refuse("The address of the repository names no valid host.")
    if scheme == "http" and not _is_loopback(host):
        _refuse("An http:// address is taken for this very machine only; use https://.")
    if split.query or split.fragment or not _NETWORK_PATH.fullmatch(split.path) or "?" in url or "#" in url:
        _refuse("The path in the repository's address must be made of letters, digits and . _ ~ % + @ , = / -")
    if any(part in {".", ".."} for part in unquote(split.path).split("/")):
        _refuse("The path in the repository's address must not hold “.” or “..” as a folder.")
    user = f"{split.username}@" if split.username else ""
    place = f"[{host}]" if ":" in host else host
    return f"{scheme}://{user}{place}{f':{port}' if port is not None else ''}{split.path.rstrip('/')}"


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _HOST.fullmatch(host) is not None
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(sentence: str) -> NoReturn:
    raise GitError(GitErrorCode.BAD_URL, sentence)
