"""GitLab's side of the contract: schemas of answers where GitLab publishes them, recorded answers and its own pages
where not. Requests are held against the fields that GitLab takes."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.forges.contract import Description, Operation, document, pattern, shape_of

PREFIX = "/api/v4"
USER = {
    "type": "object",
    "required": ["id", "username", "name", "state", "web_url"],
    "properties": {
        "id": {"type": "integer"},
        "username": {"type": "string"},
        "name": {"type": "string"},
        "state": {"type": "string"},
        "avatar_url": {"type": ["string", "null"]},
        "web_url": {"type": "string"},
    },
    "additionalProperties": False,
}
AT = {"type": "string"}
# What the slice has no schema and no recording of. https://docs.gitlab.com/api/merge_request_approvals/ and
# https://docs.gitlab.com/api/merge_requests/ (reviewers, diff versions), https://docs.gitlab.com/api/projects/
FROM_ITS_PAGES: dict[str, Any] = {
    "approvals": {
        "type": "object",
        "required": ["id", "iid", "project_id", "approved_by"],
        "properties": {
            "id": {"type": "integer"},
            "iid": {"type": "integer"},
            "project_id": {"type": "integer"},
            "approved_by": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["user"],
                    "properties": {"user": USER, "approved_at": AT},
                    "additionalProperties": False,
                },
            },
        },
        "additionalProperties": False,
    },
    "reviewer": {
        "type": "object",
        "required": ["user", "state", "created_at"],
        "properties": {
            "user": USER,
            "state": {
                "enum": ["unreviewed", "reviewed", "requested_changes", "approved", "unapproved", "review_started"]
            },
            "created_at": AT,
        },
        "additionalProperties": False,
    },
    "version": {
        "type": "object",
        "required": ["id", "head_commit_sha", "base_commit_sha", "start_commit_sha", "created_at"],
        "properties": {
            "id": {"type": "integer"},
            "head_commit_sha": {"type": "string"},
            "base_commit_sha": {"type": "string"},
            "start_commit_sha": {"type": "string"},
            "created_at": AT,
            "merge_request_id": {"type": "integer"},
            "state": {"type": "string"},
            "real_size": {"type": "string"},
        },
        "additionalProperties": False,
    },
    "project": {
        "type": "object",
        "required": ["id", "path_with_namespace", "default_branch", "archived"],
        "properties": {
            "id": {"type": "integer"},
            "path_with_namespace": {"type": "string"},
            "default_branch": {"type": "string"},
            "archived": {"type": "boolean"},
            "merge_requests_access_level": {"enum": ["disabled", "private", "enabled"]},
            "only_allow_merge_if_pipeline_succeeds": {"type": "boolean"},
            "permissions": {
                "type": "object",
                "properties": {
                    name: {"anyOf": [{"type": "null"}, {"type": "object", "required": ["access_level"]}]}
                    for name in ("project_access", "group_access")
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    },
}


@cache
def gitlab() -> Description:
    published = document("gitlab/response_schemas.json")["definitions"]
    ref = {name: {"$ref": f"#/definitions/{name}"} for name in ("merge_request", "note", "branch")}
    merge_requests, one = "/projects/{id}/merge_requests", "/projects/{id}/merge_requests/{iid}"
    notes, commits = f"{one}/notes", "/projects/{id}/repository/commits"
    status = shape_of(document("gitlab/fixtures.json")["status"])
    commit = {**shape_of(document("gitlab/fixtures.json")["commit"])}
    made, filters = _fields("ProjectMergeRequestManager"), _filters("ProjectMergeRequestManager")
    operations = (
        _get("/user", USER),
        _get("/users", _list(USER), query={"username": {"type": "string"}}),
        _get("/projects/{id}", FROM_ITS_PAGES["project"]),
        _get("/projects/{id}/repository/branches/{branch}", ref["branch"]),
        _get(merge_requests, _list(ref["merge_request"]), query=filters),
        _send("POST", merge_requests, made, ref["merge_request"], 201),
        _get(one, ref["merge_request"]),
        _send("PUT", one, _fields("ProjectMergeRequestManager", "update"), ref["merge_request"], 200),
        _get(notes, _list(ref["note"])),
        _send("POST", notes, _fields("ProjectMergeRequestNoteManager"), ref["note"], 201),
        _get(f"{one}/approvals", FROM_ITS_PAGES["approvals"]),
        _get(f"{one}/reviewers", _list(FROM_ITS_PAGES["reviewer"])),
        _get(f"{one}/versions", _list(FROM_ITS_PAGES["version"])),
        _get(f"{one}/commits", _list(commit)),
        _get(f"{commits}/{{commit_id}}/statuses", _list(status)),
        _send("POST", "/projects/{id}/statuses/{sha}", _fields("ProjectCommitStatusManager"), status, 201),
    )
    return Description(operations=operations, root={"definitions": published})


def _list(schema: Any) -> Any:
    return {"type": "array", "items": schema}


def _get(path: str, schema: Any, query: dict[str, Any] | None = None) -> Operation:
    paging = {"page": {"type": "integer"}, "per_page": {"type": "integer", "maximum": 100}}
    answers = {200: schema, 404: None}
    name = f"GET {path}"
    return Operation(
        name=name,
        method="GET",
        path=pattern(path, PREFIX),
        query={**paging, **(query or {})},
        body=None,
        answers=answers,
    )


def _send(method: str, path: str, body: Any, schema: Any, status: int) -> Operation:
    answers = {status: schema, 400: None, 404: None, 409: None, 422: None}
    return Operation(
        name=f"{method} {path}", method=method, path=pattern(path, PREFIX), query={}, body=body, answers=answers
    )


def _fields(manager: str, what: str = "create") -> Any:
    """A body with the fields that the resource takes and requires; of their types nothing is published."""
    known = document("gitlab/request_fields.json")[manager][what]
    names = [*known["required"], *known["optional"]]
    return {
        "type": "object",
        "required": known["required"],
        "properties": {name: {} for name in names},
        "additionalProperties": False,
    }


def _filters(manager: str) -> dict[str, Any]:
    names = document("gitlab/request_fields.json")[manager]["list_filters"]
    return {name: {"type": "string"} for name in names}
