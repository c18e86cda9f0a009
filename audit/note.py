"""Signed checkpoints in the C2SP forms `signed-note` and `tlog-checkpoint` (https://c2sp.org).

    glasshouse/audit                                     origin: whose log it is
    4711                                                 how many leaves the tree has
    qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=         its root
    time 2026-03-01T12:00:00.000000Z                     extension line: when the checkpoint was made, UTC

    — glasshouse/audit Az3grl…                           name, base64(key id ‖ Ed25519 signature of the text above)

Parsing is strict: there is one way to write a checkpoint. Pure but for the signatures.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.merkle import HASH_SIZE

_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
_ID_SIZE, _KEY_SIZE = 4, 32
_LINES = 4
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[!-*,-~]+")  # printable ASCII without space and plus
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class BadNote(Exception):
    """A note or key that is malformed, or whose signature is not that of the key. The message is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What is signed: the log `origin` had `size` leaves with this `root` at `time` (aware, UTC)."""

    origin: str
    size: int
    root: bytes
    time: datetime

    def text(self) -> str:
        """The four lines that are signed, each with its line end."""
        moment = self.time.astimezone(UTC).strftime(_TIME)
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\ntime {moment}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public) != _KEY_SIZE:
            raise BadNote("The key's name or length is not allowed.")

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """From `name+id+base64`, the vkey form."""
        name, identity, key = _parts(text.strip(), 3)
        made = cls(name, _after_type(key))
        if identity != made.key_id.hex():
            raise BadNote("The key's id does not fit the key.")
        return made

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_SIZE]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode(_ED25519 + self.public)}"

    def open(self, note: str) -> Checkpoint:
        """The checkpoint of a note; raises BadNote unless it has a good signature of this key.

        Signatures of other keys (witnesses) may stand beside it, as signed-note allows.
        """
        text, separator, signatures = note.rpartition("\n\n")
        text += "\n"
        if not separator or not signatures.endswith("\n"):
            raise BadNote("The note has no signature.")
        found = [_signature(line) for line in signatures[:-1].split("\n")]
        ours = [signature for name, identity, signature in found if (name, identity) == (self.name, self.key_id)]
        if len(ours) != 1:
            raise BadNote(f"The note is not signed by {self.name} with this key.")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(ours[0], text.encode())
        except InvalidSignature:
            raise BadNote("The signature is wrong.") from None
        checkpoint = parse_text(text)
        if checkpoint.origin != self.name:
            raise BadNote("The note speaks for another log than its key.")
        return checkpoint


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name. Its text is a secret, and so is left out of its representation."""

    name: str
    _seed: bytes

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"

    @classmethod
    def generate(cls, name: str) -> Signer:
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Signer:
        """From `PRIVATE+KEY+name+id+base64`."""
        first, second, name, identity, key = _parts(text.strip(), 5)
        if (first, second) != ("PRIVATE", "KEY"):
            raise BadNote("This is not a private key.")
        made = cls(name, _after_type(key))
        if identity != made.verifier.key_id.hex():
            raise BadNote("The key's id does not fit the key.")
        return made

    def secret_text(self) -> str:
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{_encode(_ED25519 + self._seed)}"

    @property
    def verifier(self) -> Verifier:
        public = self._private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Verifier(self.name, public)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The whole note."""
        text = checkpoint.text()
        signature = self._private().sign(text.encode())
        return f"{text}\n{_DASH}{self.name} {_encode(self.verifier.key_id + signature)}\n"

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._seed)


def parse_text(text: str) -> Checkpoint:
    """The checkpoint of a note's text, its signatures taken off. Raises BadNote."""
    lines = text.split("\n")
    if len(lines) != _LINES + 1 or lines[-1]:
        raise BadNote("A checkpoint has four lines.")
    origin, size, root, time = lines[:-1]
    if not _NAME.fullmatch(origin) or not _SIZE.fullmatch(size):
        raise BadNote("The checkpoint's origin or size is malformed.")
    try:
        moment = datetime.strptime(time, f"time {_TIME}").replace(tzinfo=UTC)
    except ValueError:
        raise BadNote("The checkpoint's time is malformed.") from None
    checkpoint = Checkpoint(origin=origin, size=int(size), root=_decode(root, HASH_SIZE), time=moment)
    if checkpoint.text() != text:
        raise BadNote("The checkpoint is not written in its one form.")
    return checkpoint


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """(name, key id, signature)."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _NAME.fullmatch(name):
        raise BadNote("A signature line is malformed.")
    raw = _decode(encoded)
    if len(raw) <= _ID_SIZE:
        raise BadNote("A signature is too short.")
    return name, raw[:_ID_SIZE], raw[_ID_SIZE:]


def _parts(text: str, count: int) -> list[str]:
    parts = text.split("+", count - 1)
    if len(parts) != count:
        raise BadNote("The key is malformed.")
    return parts


def _after_type(encoded: str) -> bytes:
    raw = _decode(encoded, _KEY_SIZE + 1)
    if raw[:1] != _ED25519:
        raise BadNote("The key is not an Ed25519 key.")
    return raw[1:]


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str, size: int | None = None) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("What should be base64 is not.") from None
    # Base64 has spare bits at its end: only the form that an encoder writes is taken.
    if _encode(data) != text or (size is not None and len(data) != size):
        raise BadNote("What should be base64 has another length or form.")
    return data
