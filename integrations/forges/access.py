"""How the console proves who it is to a forge. Secrets come resolved; no repr shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from integrations.forges.errors import ForgeError, ForgeErrorCode

MAX_SECRET = 8192


class Access(Protocol):
    """The token of the moment. `secret()` is also what `git push` needs; it may ask the forge and raise ForgeError."""

    def secret(self) -> str: ...

    def renew(self) -> bool:
        """Forgets a token that was refused; True when the next `secret()` will be another one."""

    def secrets(self) -> Sequence[str]:
        """All that must not be repeated from what a forge says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAccess:
    """A personal, project or bot token. Raises ForgeError(BAD_SECRET) for what cannot stand in a header."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        check_secret(self.token)

    def secret(self) -> str:
        return self.token

    def renew(self) -> bool:
        return False

    def secrets(self) -> Sequence[str]:
        return (self.token,)


def check_secret(token: str) -> None:
    """A line break would end the header and begin another. Raises ForgeError(BAD_SECRET)."""
    if len(token) > MAX_SECRET or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ForgeError(ForgeErrorCode.BAD_SECRET, "The token for the forge is not one line of printable characters.")
