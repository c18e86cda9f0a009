"""Asking the API as a program would."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client

EFFECTIVE = "/api/v1/accounts/acme-corp/effective/salesforce/"
PROBLEM = "application/problem+json"


class Asker:
    """`get` gives the response, `json` the body of a good one."""

    def __init__(self, token: str | None = None) -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        self.client = Client()

    def get(self, path: str, /, *, headers: dict[str, str] | None = None, **query: object) -> HttpResponse:
        return self.client.get(path, query, headers=self.headers | (headers or {}))

    def json(self, path: str, /, **query: object) -> Any:
        response = self.get(path, **query)
        assert response.status_code == 200, (response.status_code, response.content)
        assert response["Content-Type"] == "application/json"
        return response.json()

    def problem(self, path: str, /, *, status: int, headers: dict[str, str] | None = None, **query: object) -> Any:
        return as_problem(self.get(path, headers=headers, **query), status)

    def all_rows(self, path: str, /, **query: object) -> list[Any]:
        """Follows `next` to the end."""
        rows: list[Any] = []
        page = self.json(path, **query)
        while True:
            rows += page["results"]
            if page["next"] is None:
                return rows
            parts = urlsplit(page["next"])
            page = self.json(f"{parts.path}?{parts.query}")


def as_problem(response: HttpResponse, status: int) -> Any:
    """The body of an error, which says of itself what RFC 9457 asks for."""
    assert response.status_code == status, (response.status_code, response.content)
    assert response["Content-Type"] == PROBLEM
    body = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["type"] == "about:blank" or body["type"].startswith("urn:glasshouse:problem:")
    return body
