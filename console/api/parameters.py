"""Query parameters: declared once, for the schema and for the check that refuses the others."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console.api.problems import BadParameter

MOST_TEXT = 300
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"", "0", "false"})


def query(
    name: str,
    description: str,
    *,
    kind: type = str,
    required: bool = False,
    choices: tuple[str, ...] = (),
) -> OpenApiParameter:
    return OpenApiParameter(
        name, kind, OpenApiParameter.QUERY, required=required, description=description, enum=choices or None
    )


REPOSITORY = query("repository", "Name of the config repository; by default the first one.")
AT = query("at", "An older commit: an id, abbreviated or not, a branch or a tag, with ~n or ^ after it.")
ENVIRONMENT = query("environment", "Name of the environment.", required=True)


def refuse_unknown(request: Request, known: tuple[OpenApiParameter, ...]) -> None:
    """Raises BadParameter: a misspelt filter would silently answer another question."""
    names = {parameter.name for parameter in known}
    for name, values in request.query_params.lists():
        if name not in names:
            listed = ", ".join(sorted(names)) or "none"
            raise BadParameter(name, f"There is no parameter “{name[:50]}” here; known are {listed}.")
        if len(values) > 1:
            raise BadParameter(name, f"The parameter “{name}” is given more than once.")
        if len(values[0]) > MOST_TEXT:
            raise BadParameter(name, f"The parameter “{name}” is longer than {MOST_TEXT} characters.")
        if "\0" in values[0]:
            raise BadParameter(name, f"The parameter “{name}” contains a NUL character.")


def text(request: Request, name: str) -> str:
    """The trimmed value; empty when it is not given."""
    return request.query_params.get(name, "").strip()


def required_text(request: Request, name: str, hint: str = "") -> str:
    """Raises BadParameter when it is absent or empty."""
    found = text(request, name)
    if not found:
        raise BadParameter(name, f"The parameter “{name}” is required{hint}.")
    return found


def choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """One of the choices, or empty when it is not given. Raises BadParameter."""
    found = text(request, name)
    if found and found not in choices:
        raise BadParameter(name, f"The parameter “{name}” must be one of {', '.join(choices)}.")
    return found


def flag(request: Request, name: str) -> bool:
    """Raises BadParameter."""
    found = text(request, name).lower()
    if found not in _TRUE | _FALSE:
        raise BadParameter(name, f"The parameter “{name}” must be true or false.")
    return found in _TRUE


def number(request: Request, name: str, default: int, *, least: int, most: int) -> int:
    """Raises BadParameter."""
    found = text(request, name)
    if not found:
        return default
    if not (found.isascii() and found.isdigit() and len(found) < 10 and least <= int(found) <= most):  # noqa: PLR2004
        raise BadParameter(name, f"The parameter “{name}” must be a number from {least} to {most}.")
    return int(found)
