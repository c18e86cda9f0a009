"""Which forge a repository has, and the way to it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from integrations.actions.sync import remote_of
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.local import LocalForge, Place
from integrations.forges.port import Forge
from integrations.git.address import local_path
from integrations.git.outgoing import Outgoing
from integrations.models import Proposal, Repository
from integrations.queries.mirrors import mirror_of


def forge_of(repository: Repository) -> Forge:
    """The forge of the repository's settings; the console's own for a file:// remote that names no other.

    Raises ForgeError and SecretUnavailable.
    """
    if repository.forge:
        raise ForgeError(ForgeErrorCode.BAD_ADDRESS, "This kind of forge is not known.")
    return local_forge_of(repository)


def is_local(repository: Repository) -> bool:
    """Whether pull requests are the console's own."""
    return not repository.forge and local_path(repository.url) is not None


def local_forge_of(repository: Repository) -> LocalForge:
    """Raises ForgeError(BAD_ADDRESS) where the repository is not one for the console's own forge."""
    if not is_local(repository):
        raise ForgeError(
            ForgeErrorCode.BAD_ADDRESS,
            "The settings of the repository name no forge, so that no pull request can be opened: set one.",
        )
    return LocalForge(repository=repository, place=place_of(repository), web_root=settings.GLASSHOUSE_URL)


def place_of(repository: Repository) -> Place:
    return Place(remote=remote_of(repository), mirror=mirror_of(repository).path, timeout=settings.GIT_TIMEOUT_SECONDS)


def outgoing_of(proposal: Proposal) -> Outgoing:
    """Where the proposal's commit is built. Its id is random and ours, so that it may name a folder."""
    data: Path = settings.DATA_DIR
    folder = data / "outgoing"
    folder.mkdir(parents=True, exist_ok=True)
    return Outgoing(
        folder / f"{proposal.id}.git", borrow=mirror_of(proposal.repository).path, timeout=settings.GIT_TIMEOUT_SECONDS
    )
