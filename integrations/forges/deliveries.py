"""What is read of a delivery that is proved to be the forge's: which branch or pull request to look at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import msgspec

T = TypeVar("T")

_BRANCH = "refs/heads/"
_NOWHERE = "0" * 40  # where a deleted branch ends


class DeliveryKind(StrEnum):
    PUSH = "push"
    PULL_REQUEST = "pull-request"
    REVIEW = "review"
    PING = "ping"
    OTHER = "other"  # nothing that the console follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`id` is the forge's; `fingerprint` is of the body. `branch` is the pushed one, or the pull request's head."""

    id: str
    fingerprint: str
    kind: DeliveryKind
    repository: str = ""  # owner/name as the forge writes it
    branch: str = ""
    pull_request: int | None = None
    head_commit: str | None = None


class BadPayload(Exception):
    """The body is not what the forge's own examples look like."""


class _Repository(msgspec.Struct):
    full_name: str


class _Head(msgspec.Struct):
    ref: str
    sha: str


class _PullRequest(msgspec.Struct):
    number: int
    head: _Head


class _Payload(msgspec.Struct):
    """GitHub's, Gitea's and Forgejo's: all have these in common."""

    repository: _Repository | None = None
    ref: str = ""
    after: str = ""
    pull_request: _PullRequest | None = None


class _Project(msgspec.Struct):
    path_with_namespace: str


class _LastCommit(msgspec.Struct):
    id: str


class _Attributes(msgspec.Struct):
    iid: int
    source_branch: str
    last_commit: _LastCommit
    action: str = ""


class _GitLabKind(msgspec.Struct):
    object_kind: str
    project: _Project | None = None


class _GitLabPush(msgspec.Struct):
    ref: str
    after: str


class _GitLabMergeRequest(msgspec.Struct):
    object_attributes: _Attributes


_PULL_REQUEST_EVENTS = {"pull_request", "pull_request_sync"}
_REVIEW_EVENTS = {
    "pull_request_review",  # GitHub
    "pull_request_approved",
    "pull_request_rejected",
    "pull_request_comment",
    "pull_request_review_approved",
    "pull_request_review_rejected",
    "pull_request_review_comment",
}
_GITLAB_REVIEWS = {"approved", "unapproved", "approval", "unapproval"}


def read_github(event: str, ident: str, body: bytes) -> Delivery:
    """Of GitHub, Gitea or Forgejo; `event` is the name in the forge's header. Raises BadPayload.

    Gitea names what people write below a pull request like a review of one; it has no head then.
    """
    if event in _PULL_REQUEST_EVENTS or event in _REVIEW_EVENTS:
        payload = _decoded(body, _Payload)
        kind = DeliveryKind.REVIEW if event in _REVIEW_EVENTS else DeliveryKind.PULL_REQUEST
        if payload.pull_request is None:
            if kind is DeliveryKind.REVIEW and event != "pull_request_review":
                return _delivery(ident, body, DeliveryKind.OTHER, _name(payload.repository))
            raise BadPayload("The delivery names no pull request.")
        pull = payload.pull_request
        name = _name(payload.repository)
        return _delivery(ident, body, kind, name, branch=pull.head.ref, number=pull.number, commit=pull.head.sha)
    if event == "push":
        payload = _decoded(body, _Payload)
        return _push(ident, body, _name(payload.repository), payload.ref, payload.after)
    repository = _name(_decoded(body, _Owned).repository)
    return _delivery(ident, body, DeliveryKind.PING if event == "ping" else DeliveryKind.OTHER, repository)


class _Owned(msgspec.Struct):
    """Of an event that is not followed no more is asked than where it comes from."""

    repository: _Repository | None = None


def read_gitlab(_event: str, ident: str, body: bytes) -> Delivery:
    """As read_github. The body itself names its kind."""
    payload = _decoded(body, _GitLabKind)
    name = payload.project.path_with_namespace if payload.project else ""
    if payload.object_kind == "push":
        push = _decoded(body, _GitLabPush)
        return _push(ident, body, name, push.ref, push.after)
    if payload.object_kind == "merge_request":
        found = _decoded(body, _GitLabMergeRequest).object_attributes
        kind = DeliveryKind.REVIEW if found.action in _GITLAB_REVIEWS else DeliveryKind.PULL_REQUEST
        return _delivery(
            ident, body, kind, name, branch=found.source_branch, number=found.iid, commit=found.last_commit.id
        )
    return _delivery(ident, body, DeliveryKind.OTHER, name)


def _push(ident: str, body: bytes, name: str, ref: str, after: str) -> Delivery:
    if not ref.startswith(_BRANCH):  # a tag
        if not ref.startswith("refs/"):
            raise BadPayload("The delivery of a push names no branch.")
        return _delivery(ident, body, DeliveryKind.OTHER, name)
    commit = after if after != _NOWHERE else None
    return _delivery(ident, body, DeliveryKind.PUSH, name, branch=ref.removeprefix(_BRANCH), commit=commit)


def _delivery(
    ident: str,
    body: bytes,
    kind: DeliveryKind,
    name: str,
    *,
    branch: str = "",
    number: int | None = None,
    commit: str | None = None,
) -> Delivery:
    return Delivery(
        id=ident,
        fingerprint=hashlib.sha256(body).hexdigest(),
        kind=kind,
        repository=name,
        branch=branch,
        pull_request=number,
        head_commit=commit,
    )


def _name(repository: _Repository | None) -> str:
    return repository.full_name if repository else ""


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise BadPayload(f"The delivery is not of the shape that the forge describes: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadPayload("The delivery is not well-formed JSON in UTF-8.") from None
