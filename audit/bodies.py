"""What exactly is hashed: the canonical body of an entry, and the commitment to its personal data. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from json.encoder import encode_basestring as quoted
from typing import Any

VERSION = 1
_COMMITMENT = b"glasshouse personal data v1\n"
# The columns of an entry in the order in which `body` takes them.
COLUMNS = (
    "account",
    "actor_id",
    "actor_kind",
    "actor_name",
    "at",
    "commitment",
    "data",
    "event",
    "id",
    "intent",
    "phase",
    "reason",
    "subject_id",
    "subject_kind",
    "subject_name",
)


def body(row: Sequence[Any]) -> bytes:
    """The canonical JSON of an entry, given the values of COLUMNS. `data` is canonical already, and is taken as it is.

    Written by hand for speed: verification makes a million of them.
    """
    account, a_id, a_kind, a_name, at, commitment, data, event, number, intent, phase, reason, s_id, s_kind, s_name = (
        row
    )
    return (
        f'{{"account":{quoted(account)},"actor":{{"id":{quoted(a_id)},"kind":{quoted(a_kind)},"name":{quoted(a_name)}}}'
        f',"at":"{moment(at)}","commitment":{quoted(commitment)},"data":{data},"event":{quoted(event)},"id":{number}'
        f',"intent":{"null" if intent is None else intent},"phase":{quoted(phase)},"reason":{quoted(reason)}'
        f',"subject":{{"id":{quoted(s_id)},"kind":{quoted(s_kind)},"name":{quoted(s_name)}}},"v":{VERSION}}}'
    ).encode()


def moment(at: datetime) -> str:
    if at.tzinfo is not UTC:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:-6] + "Z"


def commitment(salt: str, personal: str) -> str:
    """Hex SHA-256 that binds personal data (canonical JSON) without telling it: 32 random bytes of salt, in hex."""
    return hashlib.sha256(_COMMITMENT + bytes.fromhex(salt) + personal.encode()).hexdigest()


def parsed(text: bytes | str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
