"""Secrets by reference: the console keeps where a secret stands, never the secret."""

from __future__ import annotations

import os
import re
from pathlib import Path

_FORM = re.compile(r"(env):([A-Z][A-Z0-9_]{0,99})|(file):(/[^\0]{1,500})")


class SecretUnavailable(Exception):
    """The reference leads nowhere; the sentence names the reference, never a value."""


def resolve(reference: str) -> str:
    """The secret behind `env:NAME` or `file:/path`. Raises SecretUnavailable."""
    matched = _FORM.fullmatch(reference)
    if matched is None:
        raise SecretUnavailable("A token reference must be env:NAME or file:/path.")
    if matched[1]:
        value = os.environ.get(matched[2], "")
    else:
        try:
            value = Path(matched[4]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            value = ""
    if not value.strip():
        raise SecretUnavailable(f"The token reference {reference} leads to nothing.")
    return value.strip()
