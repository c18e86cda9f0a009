"""What is known of expressions by their content: the rows that syncs keep, and the analysis of what is new."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import msgspec

from integrations.core.analyses import Analysed
from integrations.core.documents import Analysis
from integrations.core.outcomes import Fault
from integrations.loader import side_by_side
from integrations.models import ExpressionAnalysis

# All the code of ours that an analysis comes from. When any of it changes, what it gave before is not used again.
READERS = (
    "integrations.core.documents",
    "integrations.core.expressions",
    "integrations.core.outcomes",
    "integrations.core.pointer",
    "integrations.core.references",
    "integrations.core.regexes",
    "integrations.core.static_fields",
    "integrations.core.syntax",
)
_LIBRARIES = ("jsonata-python", "google-re2")
_BATCH = 2_000


class _Body(msgspec.Struct, omit_defaults=True):
    """The content of a row: exactly one of the two."""

    analysis: Analysis | None = None
    fault: Fault | None = None


class KeptAnalyses:
    """Tells of texts what the rows tell, and analyses the others; these are then in `new`, for an action to keep."""

    def __init__(self) -> None:
        self.new: dict[str, Analysis | Fault] = {}

    def __call__(self, texts: Iterable[str]) -> Analysed:
        keys = {key_of(text): text for text in texts}
        told = {keys[key]: found for key, found in self.new.items() if key in keys}
        told |= {keys[key]: found for key, found in _rows(key for key in keys if keys[key] not in told)}
        fresh = side_by_side(text for text in keys.values() if text not in told)
        self.new |= {key: fresh[text] for key, text in keys.items() if text in fresh}
        return {**told, **fresh}


def _rows(keys: Iterable[str]) -> Iterable[tuple[str, Analysis | Fault]]:
    wanted = iter(keys)
    while batch := list(islice(wanted, _BATCH)):
        rows = ExpressionAnalysis.objects.filter(key__in=batch).values_list("key", "body")
        for key, body in rows.iterator():
            if (found := decode(bytes(body))) is not None:
                yield key, found


def key_of(text: str) -> str:
    """Names a text, and the code that reads it."""
    return hashlib.sha256(_version() + text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _version() -> bytes:
    """A digest of all that an analysis depends on but the text."""
    found = hashlib.sha256(repr((sys.version_info[:2], [version(name) for name in _LIBRARIES])).encode())
    for name in READERS:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        found.update(Path(spec.origin).read_bytes())
    return found.digest()


def encode(found: Analysis | Fault) -> bytes:
    """The body of a row."""
    return msgspec.json.encode(_Body(fault=found) if isinstance(found, Fault) else _Body(analysis=found))


def decode(body: bytes) -> Analysis | Fault | None:
    """What a row's body says; None for one that cannot be read, which is then analysed anew."""
    try:
        found = _decoder.decode(body)
    except msgspec.DecodeError:
        return None
    return found.fault or found.analysis


_decoder = msgspec.json.Decoder(_Body)
