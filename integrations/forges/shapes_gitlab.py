"""What is read of GitLab's answers."""

from __future__ import annotations

from datetime import datetime

import msgspec


class User(msgspec.Struct):
    id: int
    username: str
    name: str = ""


class MergeRequest(msgspec.Struct):
    iid: int
    web_url: str
    state: str
    title: str
    description: str | None
    author: User | None
    source_branch: str
    target_branch: str
    source_project_id: int | None  # null when a fork was deleted
    target_project_id: int
    sha: str | None
    merge_commit_sha: str | None
    merge_status: str = ""  # to go in version 5
    has_conflicts: bool | None = None
    squash_commit_sha: str | None = None
    merge_user: User | None = None
    merged_by: User | None = None
    reviewers: list[User] = []


class Note(msgspec.Struct):
    id: int
    body: str
    author: User
    system: bool
    created_at: datetime


class Approval(msgspec.Struct):
    user: User
    approved_at: datetime | None = None  # since GitLab 18.5


class Approvals(msgspec.Struct):
    approved_by: list[Approval]


class Reviewer(msgspec.Struct):
    user: User
    state: str
    created_at: datetime | None = None


class Version(msgspec.Struct):
    head_commit_sha: str
    created_at: datetime


class Commit(msgspec.Struct):
    id: str
    message: str
    author_name: str
    author_email: str
    committer_name: str
    committer_email: str


class Status(msgspec.Struct):
    id: int
    name: str
    status: str
    description: str | None
    target_url: str | None


class Level(msgspec.Struct):
    access_level: int


class Permissions(msgspec.Struct):
    project_access: Level | None = None
    group_access: Level | None = None


class Project(msgspec.Struct):
    id: int
    default_branch: str
    archived: bool
    merge_requests_access_level: str = "enabled"
    only_allow_merge_if_pipeline_succeeds: bool = False
    permissions: Permissions | None = None


class Branch(msgspec.Struct):
    name: str
    protected: bool
