"""Where a repository is at its forge: the address of the API and the path of the repository there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from integrations.forges.errors import ForgeError, ForgeErrorCode

GITHUB, GITLAB, GITEA, FORGEJO, LOCAL = "github", "gitlab", "gitea", "forgejo", "local"
_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,255}")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_BY_KIND = {GITHUB: "/api/v3", GITLAB: "/api/v4", GITEA: "/api/v1", FORGEJO: "/api/v1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeAddress:
    """`api_url` without a slash at its end; `path` is `owner/name`, at GitLab `group/…/name`."""

    kind: str
    api_url: str
    path: str

    @property
    def owner(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def address_of(kind: str, web_url: str, *, site_url: str = "", allows_http: bool = False) -> ForgeAddress:
    """From the address of the repository's pages, as `https://github.com/acme/config`.

    `site_url` names the forge's own front page where it lies below a path, as `https://host/gitlab`: GitLab's groups
    cannot be told from such a path. `allows_http` is the operator's word for a host in a network of their own.
    Raises ForgeError(BAD_ADDRESS).
    """
    if kind not in _BY_KIND:
        raise _bad("This kind of forge is not known.")
    split = urlsplit(web_url)
    is_plain = not (split.query or split.fragment or "@" in split.netloc)
    _check(split.scheme, split.hostname, is_plain=is_plain, allows_http=allows_http)
    path = split.path.strip("/").removesuffix(".git")
    below = _below(split.scheme, split.netloc, path, site_url)
    segments = path.removeprefix(below).strip("/").split("/")
    if kind != GITLAB and not site_url:
        below, segments = "/".join(segments[:-2]), segments[-2:]
    if len(segments) < 2 or not all(map(_SEGMENT.fullmatch, segments)):  # noqa: PLR2004 - owner and name
        raise _bad("The address of the repository must end with its owner and its name.")
    if kind != GITLAB and len(segments) != 2:  # noqa: PLR2004 - owner and name
        raise _bad("The address of the repository must be the front page's, its owner and its name.")
    host = f"{split.scheme}://{split.netloc}" + (f"/{below}" if below else "")
    is_public = kind == GITHUB and split.hostname == "github.com"
    api_url = "https://api.github.com" if is_public else host + _BY_KIND[kind]
    return ForgeAddress(kind=kind, api_url=api_url, path="/".join(segments))


def _below(scheme: str, netloc: str, path: str, site_url: str) -> str:
    if not site_url:
        return ""
    site = urlsplit(site_url)
    below = site.path.strip("/")
    if (site.scheme, site.netloc) != (scheme, netloc) or not f"{path}/".startswith(f"{below}/" if below else ""):
        raise _bad("The repository does not lie below the address of its forge.")
    return below


def _check(scheme: str, host: str | None, *, is_plain: bool, allows_http: bool) -> None:
    if not host or not is_plain or scheme not in {"https", "http"}:
        raise _bad("The address of the repository must be https, without a user, a query or a fragment.")
    if scheme == "http" and host not in _LOOPBACK and not allows_http:
        raise _bad("The token would travel unencrypted: the address of the forge must begin with https.")


def _bad(sentence: str) -> ForgeError:
    return ForgeError(ForgeErrorCode.BAD_ADDRESS, sentence)
