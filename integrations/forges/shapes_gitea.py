"""What is read of Gitea's and Forgejo's answers. Their description promises no field, so that these must be there."""

from __future__ import annotations

from datetime import datetime

import msgspec


class User(msgspec.Struct):
    id: int
    login: str
    full_name: str = ""
    email: str = ""


class Branch(msgspec.Struct):
    ref: str
    sha: str
    repo_id: int


class Pull(msgspec.Struct):
    number: int
    html_url: str
    state: str
    title: str
    body: str | None
    user: User | None
    head: Branch
    base: Branch
    mergeable: bool | None
    merged: bool
    merge_commit_sha: str | None
    merged_by: User | None
    draft: bool = False
    requested_reviewers: list[User] | None = None


class Review(msgspec.Struct):
    state: str
    user: User | None  # null where a team was asked
    commit_id: str | None
    dismissed: bool
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
    author: User | None = None
    committer: User | None = None


class Comment(msgspec.Struct):
    id: int
    body: str
    user: User | None


class Status(msgspec.Struct):
    context: str
    status: str
    description: str
    target_url: str


class Permissions(msgspec.Struct):
    push: bool


class Repository(msgspec.Struct):
    default_branch: str
    archived: bool
    permissions: Permissions | None = None
    has_pull_requests: bool | None = None


class ProtectedBranch(msgspec.Struct):
    protected: bool
    enable_status_check: bool
    status_check_contexts: list[str] | None
