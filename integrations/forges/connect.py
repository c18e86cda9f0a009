"""The forge of an address. The local forge is not made here: it needs rows, and these lie above."""

from __future__ import annotations

import time
from collections.abc import Callable

from integrations.forges import gitea, gitlab
from integrations.forges.access import Access
from integrations.forges.address import FORGEJO, GITEA, GITHUB, GITLAB, ForgeAddress
from integrations.forges.client import Client
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.gitea import Gitea
from integrations.forges.github import GitHub
from integrations.forges.github_app import AppAccess, bearer
from integrations.forges.gitlab import GitLab
from integrations.forges.port import Forge
from integrations.forges.transport import Transport


def forge_at(
    address: ForgeAddress, *, access: Access, transport: Transport, clock: Callable[[], float] = time.time
) -> Forge:
    """Asks the forge nothing yet. Raises ForgeError(BAD_ADDRESS) for a kind that has no adapter here."""
    match address.kind:
        case "github":
            client = Client(
                api_url=address.api_url, transport=transport, access=access, headers_for=bearer, clock=clock
            )
            return GitHub(address=address, client=client, app=access if isinstance(access, AppAccess) else None)
        case "gitlab":
            client = Client(
                api_url=address.api_url,
                transport=transport,
                access=access,
                headers_for=gitlab.authorisation,
                clock=clock,
            )
            return GitLab(address=address, client=client)
        case "gitea" | "forgejo":
            client = Client(
                api_url=address.api_url,
                transport=transport,
                access=access,
                headers_for=gitea.authorisation,
                size_parameter="limit",
                page_size=gitea.PAGE_SIZE,
                clock=clock,
            )
            return Gitea(address=address, client=client)
    raise ForgeError(ForgeErrorCode.BAD_ADDRESS, "This kind of forge is not known.")


KINDS = (GITHUB, GITLAB, GITEA, FORGEJO)
