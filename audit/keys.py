"""The checkpoint key: a file outside the database, made on first use, readable by its owner alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import structlog
from django.conf import settings

from audit.note import Signer

log = structlog.get_logger(__name__)


def signer() -> Signer:
    """The key in AUDIT_KEY_FILE; made there, named AUDIT_ORIGIN, when absent."""
    path: Path = settings.AUDIT_KEY_FILE
    if not path.exists():
        _make(path)
    return Signer.parse(path.read_text(encoding="ascii"))


def _make(path: Path) -> None:
    """Writes aside and links into place: two processes agree on one key, and a kill leaves none half-written."""
    made = Signer.generate(settings.AUDIT_ORIGIN)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(made.secret_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    except FileExistsError:
        return
    finally:
        Path(aside).unlink()
    log.warning("audit.checkpoint_key_made", vkey=str(made.verifier), file=str(path))
