"""The Jinja2 environment of our pages."""

from __future__ import annotations

from typing import Any

import jinja2
from django.templatetags.static import static
from django.urls import reverse


def environment(**options: Any) -> jinja2.Environment:
    """Strict: an undefined name in a template is an error, and everything is escaped."""
    env = jinja2.Environment(**{**options, "autoescape": True, "undefined": jinja2.StrictUndefined})
    env.globals.update(static=static, url=reverse)
    return env
