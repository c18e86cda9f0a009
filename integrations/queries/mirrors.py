"""Where a repository's mirror is kept."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from integrations.git.mirror import Mirror
from integrations.models import Repository


def mirror_of(repository: Repository) -> Mirror:
    """The bare mirror below the data folder; named by the row's id, which no one outside chooses."""
    data: Path = settings.DATA_DIR
    return Mirror(data / "mirrors" / f"{repository.pk}.git", timeout=settings.GIT_TIMEOUT_SECONDS)
