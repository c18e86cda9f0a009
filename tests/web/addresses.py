"""Every address that the URL table knows, made from the table itself, so that a new page is never forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter
from django.urls.resolvers import RegexPattern, RoutePattern

# What stands in an address for a parameter of this name, in the small repository; others get a value by their kind.
_NAMED = {
    "account": "acme-corp",
    "integration": "salesforce",
    "environment": "production",
    "model": "crm",
    "resource": "contacts",
    "method": "list",
    "layer": "platform",
    "form": "json",
    "path": "integrations/salesforce.tf",
    "app_label": "console",
}


def addresses(commit: str) -> dict[str, str]:
    """Address by route. `commit` stands wherever one is asked for."""
    return dict(_walk(get_resolver(), "", "", {**_NAMED, "commit": commit}))


def _walk(resolver: URLResolver, route: str, address: str, named: dict[str, str]) -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        here, there = f"{route}{entry.pattern}", address + _filled(entry, named)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, here, there, named)
        else:
            yield here, f"/{there}"


def _filled(entry: URLPattern | URLResolver, named: dict[str, str]) -> str:
    pattern = entry.pattern
    if isinstance(pattern, RegexPattern):
        # The admin's own: one for what is not there, and one for the lists of an app.
        return named["app_label"] + "/" if "app_label" in str(pattern) else "nothing-like-it"
    assert isinstance(pattern, RoutePattern)
    filled = str(pattern)
    for name, converter in pattern.converters.items():
        value = named.get(name) or ("1" if isinstance(converter, IntConverter) else "x")
        filled = re.sub(rf"<(?:\w+:)?{name}>", value, filled)
    return filled
