"""Evidence that proves itself: verified with the public key alone, without a database. Pure.

JSON Lines: a head `{"type": "bundle", "version": 1, "checkpoint": note, …}`, one `{"type": "entry", "index", "body",
"proof": [base64…], "personal": {"salt", "body"} | null}` an entry, and an end `{"type": "end", "entries": n}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from audit.bodies import commitment
from audit.canonical import canonical
from audit.merkle import WrongProof, leaf_hash, verify_inclusion
from audit.note import BadNote, Checkpoint, Verifier

VERSION = 1


class BadBundle(Exception):
    """The bundle proves nothing; the message names the first line that is wrong."""


def verify_bundle(lines: Iterable[str], verifier: Verifier) -> tuple[Checkpoint, int]:
    """The signed checkpoint and the number of entries that it proves. Raises BadBundle."""
    reader = _Reader(verifier)
    for number, line in enumerate(lines, start=1):
        try:
            reader.take(json.loads(line))
        except (BadBundle, BadNote, WrongProof, ValueError, LookupError, TypeError, AttributeError) as error:
            raise BadBundle(f"Line {number}: {error}") from error
    if reader.checkpoint is None or not reader.is_ended:
        raise BadBundle("The bundle was cut off.")
    return reader.checkpoint, reader.count


class _Reader:
    """Takes the lines one by one."""

    def __init__(self, verifier: Verifier) -> None:
        self.checkpoint: Checkpoint | None = None
        self.count, self.is_ended = 0, False
        self._verifier, self._before = verifier, -1

    def take(self, found: dict[str, Any]) -> None:
        if self.is_ended:
            raise BadBundle("something follows the end")
        if self.checkpoint is None:
            self.checkpoint = _head(found, self._verifier)
        elif found["type"] == "end":
            self.is_ended = True
            if found["entries"] != self.count:
                raise BadBundle("entries are missing")
        else:
            self._before = _entry(found, self.checkpoint, self._before)
            self.count += 1


def _head(found: dict[str, Any], verifier: Verifier) -> Checkpoint:
    if found["type"] != "bundle" or found["version"] != VERSION:
        raise BadBundle("not a bundle of a known version")
    return verifier.open(found["checkpoint"])


def _entry(found: dict[str, Any], checkpoint: Checkpoint, before: int) -> int:
    index, body = int(found["index"]), found["body"]
    if found["type"] != "entry" or index <= before:
        raise BadBundle("not an entry in order")
    proof = [base64.b64decode(node, validate=True) for node in found["proof"]]
    verify_inclusion(leaf_hash(canonical(body).encode()), index, checkpoint.size, proof, checkpoint.root)
    personal = found["personal"]
    if personal and commitment(personal["salt"], canonical(personal["body"])) != body["commitment"]:
        raise BadBundle("the personal data are not those of the entry")
    return index
