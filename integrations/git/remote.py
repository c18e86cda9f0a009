"""A remote and how a git process is let in to it. The token goes by the child's environment and nowhere else."""

import base64
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from integrations.git.address import check_branch, check_url, local_path, scheme_of
from integrations.git.errors import GitError, GitErrorCode

CONNECT_SECONDS = 15
TRUST = "glasshouse.gitconfig"
MAX_SECRET = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where to fetch from. `url` and `branch` are checked when used.

    `secret` is the resolved token for https (never shown by repr); any user name goes with a token at GitHub, GitLab,
    Gitea and Forgejo, others may ask for `username`. For ssh, without a key file or known hosts those of the account
    that runs the console are used. `ca_file` names certificates to trust instead of the system's.
    """

    url: str
    branch: str
    secret: str | None = field(default=None, repr=False)
    username: str = "x-access-token"
    ssh_key_file: Path | None = None
    known_hosts_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A checked remote, ready for a git process. `config` and `extra` hold the secret: they go to the child alone."""

    url: str
    branch: str
    config: Sequence[tuple[str, str]] = field(repr=False)
    extra: dict[str, str] = field(repr=False)
    secrets: Sequence[str] = field(repr=False)
    trusted_folder: str | None  # the folder of a file:// remote


def way_to(remote: Remote) -> Way:
    """Raises GitError(BAD_URL, BAD_NAME, DENIED)."""
    url = check_url(remote.url)
    branch = check_branch(remote.branch)
    scheme = scheme_of(url)
    config: list[tuple[str, str]] = []
    extra = {"GIT_ALLOW_PROTOCOL": scheme}
    secrets: list[str] = []
    if scheme in {"https", "http"}:
        if remote.ca_file is not None:
            config.append(("http.sslCAInfo", str(remote.ca_file)))
        if remote.secret:
            token = _token(remote)
            config.append((f"http.{_origin(url)}.extraHeader", f"Authorization: Basic {token}"))
            secrets += [remote.secret, token]
    elif scheme == "ssh":
        extra |= {"GIT_SSH_COMMAND": _ssh(remote), "GIT_SSH_VARIANT": "ssh"}
    return Way(
        url=url,
        branch=branch,
        config=tuple(config),
        extra=extra,
        secrets=tuple(secrets),
        trusted_folder=local_path(url),
    )


def trusting(way: Way, folder: Path) -> dict[str, str]:
    """The environment that lets git work with a file:// remote that belongs to another user; else an empty one.

    Its very path was configured by a person. The setting must stand in a file (below `folder`), since git hides
    GIT_CONFIG_* from the other side of a local fetch or push.
    """
    if way.trusted_folder is None:
        return {}
    escaped = way.trusted_folder.replace("\\", "\\\\").replace('"', '\\"')
    text = "[safe]\n" + "".join(f'\tdirectory = "{escaped}{end}"\n' for end in ("", "/.git", ".git"))
    file = folder / TRUST
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    return {"GIT_CONFIG_GLOBAL": str(file)}


def _token(remote: Remote) -> str:
    secret = (remote.secret or "").strip()
    # A line break would end the header and begin another.
    if len(secret) > MAX_SECRET or not re.fullmatch(r"[\x21-\x7e]+", secret) or ":" in remote.username:
        raise GitError(GitErrorCode.DENIED, "The token for the repository is not one line of printable characters.")
    return base64.b64encode(f"{remote.username}:{secret}".encode()).decode("ascii")


def _origin(url: str) -> str:
    # Only this server gets the token, even if git came to speak with another.
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}/"


def _ssh(remote: Remote) -> str:
    options = [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        f"ConnectTimeout={CONNECT_SECONDS}",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=3",
        "ControlMaster=no",
        "ControlPath=none",
        "ForwardAgent=no",
        "ClearAllForwardings=yes",
        "PermitLocalCommand=no",
    ]
    if remote.ssh_key_file is not None:
        options += ["IdentitiesOnly=yes", f"IdentityFile={_quoted(remote.ssh_key_file)}"]
    if remote.known_hosts_file is not None:
        options += [f"UserKnownHostsFile={_quoted(remote.known_hosts_file)}", "GlobalKnownHostsFile=/dev/null"]
    # Git has a shell read this line, hence the quoting.
    return shlex.join(["ssh", "-F", "/dev/null", *(part for option in options for part in ("-o", option))])


def _quoted(path: Path) -> str:
    # ssh itself splits some option values at blanks and expands "%".
    text = str(path)
    if not re.fullmatch(r"/[A-Za-z0-9._~+@,=/ -]*", text):
        raise GitError(
            GitErrorCode.BAD_NAME,
            "The path of an SSH key or known-hosts file must be absolute and of plain characters.",
        )
    return f'"{text}"' if " " in text else text
