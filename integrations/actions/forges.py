"""Which forge a repository has, and the way to it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from integrations.actions.forge_access import access_of, transport
from integrations.actions.sync import remote_of
from integrations.forges.access import TokenAccess
from integrations.forges.address import address_of
from integrations.forges.connect import forge_at
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
    if not repository.forge:
        return local_forge_of(repository)
    access = access_of(repository)
    if isinstance(access, TokenAccess):
        return _by_token(repository.forge, repository.web_url, access)
    return forge_at(address_of(repository.forge, repository.web_url), access=access, transport=transport())


@lru_cache(maxsize=16)
def _by_token(kind: str, web_url: str, access: TokenAccess) -> Forge:
    """Kept as long as the settings stand: what has not changed since the last look is then not sent again."""
    return forge_at(address_of(kind, web_url), access=access, transport=transport())


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
