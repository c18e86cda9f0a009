"""Addresses of files, commits and pull requests on the pages of a forge."""

from urllib.parse import quote, urlsplit

GITHUB, GITLAB, GITEA, FORGEJO = "github", "gitlab", "gitea", "forgejo"
WELL_KNOWN = {"github.com": GITHUB, "gitlab.com": GITLAB, "codeberg.org": FORGEJO}


def file_link(forge: str, web_url: str, commit: str, path: str, line: int | None = None) -> str | None:
    """The file at the commit, at the line where one is given; None for an unknown forge or an address not http(s)."""
    base = _base(web_url)
    # A name that is not UTF-8 is escaped byte by byte, as the forges do.
    name = quote(path, safe="/", errors="surrogateescape")
    anchor = f"#L{line}" if line is not None else ""
    match forge if base else None:
        case "github":
            # Without ?plain=1 GitHub renders Markdown, and a rendered page has no lines.
            plain = "?plain=1" if line is not None and path.lower().endswith((".md", ".markdown")) else ""
            return f"{base}/blob/{commit}/{name}{plain}{anchor}"
        case "gitlab":
            return f"{base}/-/blob/{commit}/{name}{anchor}"
        case "gitea" | "forgejo":
            return f"{base}/src/commit/{commit}/{name}{anchor}"
        case _:
            return None


def commit_link(forge: str, web_url: str, commit: str) -> str | None:
    """The page of the commit; None as for file_link."""
    base = _base(web_url)
    match forge if base else None:
        case "github" | "gitea" | "forgejo":
            return f"{base}/commit/{commit}"
        case "gitlab":
            return f"{base}/-/commit/{commit}"
        case _:
            return None


def pull_request_link(forge: str, web_url: str, number: int) -> str | None:
    """The page of the pull request (GitLab: merge request); None as for file_link."""
    base = _base(web_url)
    match forge if base else None:
        case "github":
            return f"{base}/pull/{number}"
        case "gitlab":
            return f"{base}/-/merge_requests/{number}"
        case "gitea" | "forgejo":
            return f"{base}/pulls/{number}"
        case _:
            return None


def guess_forge(url: str) -> tuple[str, str] | None:
    """(forge, address of the repository's pages) for a checked ssh or https address on a well-known host."""
    split = urlsplit(url)
    host = (split.hostname or "").lower()
    path = split.path.strip("/").removesuffix(".git")
    forge = WELL_KNOWN.get(host)
    if forge is None or split.scheme not in {"ssh", "https"} or "/" not in path:
        return None
    return forge, f"https://{host}/{path}"


def _base(web_url: str) -> str | None:
    # The address comes from a setting and becomes an href: javascript: and its like must not.
    split = urlsplit(web_url)
    return web_url.rstrip("/") if split.scheme in {"http", "https"} and split.netloc else None
