"""What is read of GitHub's answers: these fields and no others, of these types, or the answer is refused."""

from __future__ import annotations

from datetime import datetime

import msgspec


class User(msgspec.Struct):
    id: int = 0  # absent where GitHub answers {} for a commit's author
    login: str = ""
    name: str | None = None
    email: str | None = None


class RepositoryName(msgspec.Struct):
    full_name: str


class Branch(msgspec.Struct):
    ref: str
    sha: str
    repo: RepositoryName | None = None  # null when a fork was deleted


class Pull(msgspec.Struct):
    """A pull request, whole or as a list has it: a list leaves out what has a default here."""

    number: int
    html_url: str
    state: str
    title: str
    body: str | None
    user: User | None
    head: Branch
    base: Branch
    merged_at: datetime | None
    merge_commit_sha: str | None
    mergeable: bool | None = None
    merged_by: User | None = None
    commits: int | None = None


class Review(msgspec.Struct):
    user: User | None
    state: str
    commit_id: str | None
    submitted_at: datetime | None = None


class GitPerson(msgspec.Struct):
    name: str = ""
    email: str = ""


class GitCommit(msgspec.Struct):
    message: str
    author: GitPerson | None
    committer: GitPerson | None


class Commit(msgspec.Struct):
    sha: str
    commit: GitCommit
    author: User | None
    committer: User | None


class Comment(msgspec.Struct):
    user: User | None
    body: str = ""


class Status(msgspec.Struct):
    context: str
    state: str
    description: str | None
    target_url: str | None


class Permissions(msgspec.Struct):
    push: bool = False


class Repository(msgspec.Struct):
    full_name: str
    default_branch: str
    archived: bool
    permissions: Permissions | None = None


class RequiredChecks(msgspec.Struct):
    contexts: list[str] = []


class Protection(msgspec.Struct):
    """Of the branch itself; what a ruleset asks is not here, and `enabled` is false where only a ruleset protects."""

    enabled: bool = False
    required_status_checks: RequiredChecks | None = None


class ProtectedBranch(msgspec.Struct):
    protected: bool
    protection: Protection | None = None
