"""How the console proves who it is to a forge: by a token, or as a GitHub App whose key makes tokens of one hour."""

from __future__ import annotations

import re
from functools import lru_cache

from integrations.actions.secrets import SecretUnavailable, resolve
from integrations.forges.access import Access, TokenAccess
from integrations.forges.address import address_of
from integrations.forges.errors import ForgeError
from integrations.forges.github_app import AppAccess
from integrations.forges.transport import ThroughOutbound, Transport
from integrations.models import Repository
from integrations.outbound.configured import outbound
from integrations.outbound.errors import OutboundError

# github-app:<app id>/<installation id>:<reference to the private key>
_APP = re.compile(r"github-app:(\d{1,20})/(\d{1,18}):((?:env|file):.{1,500})")


def access_of(repository: Repository) -> Access:
    """Raises SecretUnavailable and ForgeError(BAD_ADDRESS, BAD_SECRET)."""
    if not repository.token_ref:
        raise SecretUnavailable("The repository's settings name no token, so that its forge cannot be asked.")
    matched = _APP.fullmatch(repository.token_ref)
    if matched is None:
        return TokenAccess(token=resolve(repository.token_ref))
    return _app(matched[1], int(matched[2]), resolve(matched[3]), repository.forge, repository.web_url)


def secret_of(repository: Repository) -> str | None:
    """What git needs to fetch and push; None without a reference. Raises SecretUnavailable."""
    if not repository.token_ref:
        return None
    if _APP.fullmatch(repository.token_ref) is None:
        return resolve(repository.token_ref)
    try:
        return access_of(repository).secret()
    except ForgeError as error:
        raise SecretUnavailable(f"The GitHub App gives no token: {error}") from error


def transport() -> Transport:
    return ThroughOutbound(outbound(), OutboundError)


@lru_cache(maxsize=16)
def _app(app_id: str, installation: int, private_key: str, forge: str, web_url: str) -> AppAccess:
    """Kept, so that its token serves until it ends."""
    address = address_of(forge, web_url)
    return AppAccess(
        api_url=address.api_url,
        app_id=app_id,
        installation_id=installation,
        private_key=private_key,
        name=address.name,
        transport=transport(),
    )
