"""Which config repositories the console reads."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.events import Event
from audit.record import Actor, record
from integrations.actions.subjects import repository_subject
from integrations.demo.seed import seed
from integrations.git.address import check_branch, check_url
from integrations.git.links import guess_forge
from integrations.models import Repository

CONFIGURED = "config"
DEMO = "demo"


@transaction.atomic
def configure_repository(
    *,
    name: str,
    url: str,
    branch: str,
    actor: Actor,
    token_ref: str = "",
    forge: str = "",
    web_url: str = "",
    webhook_secret_ref: str = "",
    is_trusted: bool = False,
) -> Repository:
    """Adds the repository, or changes where an existing one is read from. Raises GitError for a bad URL or branch.

    With no forge given, a well-known host in the URL tells it. What stays as it was is not recorded again.
    """
    url, branch = check_url(url), check_branch(branch)
    if not forge and (guessed := guess_forge(url)) is not None:
        forge, web_url = guessed[0], web_url or guessed[1]
    wanted = {
        "url": url,
        "branch": branch,
        "token_ref": token_ref,
        "forge": forge,
        "web_url": web_url,
        "webhook_secret_ref": webhook_secret_ref,
        "is_trusted": is_trusted,
        "sync_interval": settings.SYNC_INTERVAL_SECONDS,
    }
    known = Repository.objects.select_for_update().filter(name=name).values(*wanted).first() or {}
    changed = {key: [known.get(key), value] for key, value in wanted.items() if known.get(key) != value}
    repository, _ = Repository.objects.update_or_create(name=name, defaults=wanted)
    if changed:
        record(
            Event.REPOSITORY_CONFIGURED, actor=actor, subject=repository_subject(repository), data={"changed": changed}
        )
    return repository


def configure_from_environment(*, actor: Actor) -> Repository | None:
    """The repository that CONFIG_REPOSITORY_URL names, brought in step with the settings; None when it is not set."""
    if not settings.CONFIG_REPOSITORY_URL:
        return None
    return configure_repository(
        name=CONFIGURED,
        url=settings.CONFIG_REPOSITORY_URL,
        branch=settings.CONFIG_REPOSITORY_BRANCH,
        token_ref=settings.CONFIG_REPOSITORY_TOKEN_REF,
        forge=settings.CONFIG_REPOSITORY_FORGE,
        web_url=settings.CONFIG_REPOSITORY_WEB_URL,
        webhook_secret_ref=settings.CONFIG_REPOSITORY_WEBHOOK_SECRET_REF,
        actor=actor,
    )


def configure_demo(*, actor: Actor) -> Repository:
    """Seeds the demo repository below the data folder and configures it as one that this console made itself."""
    bare: Path = settings.DATA_DIR / "demo.git"
    seed(bare, now=timezone.now())
    return configure_repository(name=DEMO, url=f"file://{bare}", branch="main", is_trusted=True, actor=actor)
