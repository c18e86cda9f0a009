"""The forge's deliveries: proved, taken once, and believed for nothing but where to look."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.events import Event
from audit.record import Actor, record
from integrations.actions.secrets import SecretUnavailable, resolve
from integrations.actions.subjects import repository_subject
from integrations.core.proposals import FOLLOWED
from integrations.forges.webhooks import Delivery, DeliveryKind, WebhookCode, WebhookError, accepted
from integrations.models import Proposal, Repository, WebhookDelivery

KEPT = timedelta(days=30)
_ABOUT_PULL_REQUESTS = {DeliveryKind.PULL_REQUEST, DeliveryKind.REVIEW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a delivery gives reason to do; nothing for one that was taken before."""

    is_new: bool
    sync: int | None = None  # the repository to sync
    follow: tuple[str, ...] = ()  # the proposals to look at


def take_delivery(repository: Repository, *, headers: Mapping[str, str], body: bytes) -> Errand:
    """Proves the delivery on its raw body and takes it once. Raises WebhookError.

    Give at most `forges.webhooks.MOST_BYTES` + 1 bytes. The caller queues what the errand says.
    """
    try:
        secret = resolve(repository.webhook_secret_ref) if repository.webhook_secret_ref else ""
    except SecretUnavailable as error:
        # nosemgrep: secret-told -- the name of an error
        raise WebhookError(WebhookCode.NO_SECRET, str(error)) from error
    delivery = accepted(repository.forge, secret=secret, headers=headers, body=body, now=time.time())
    try:
        with transaction.atomic(durable=True):
            WebhookDelivery.objects.create(
                repository=repository, delivery=delivery.id, fingerprint=delivery.fingerprint
            )
            WebhookDelivery.objects.filter(repository=repository, taken_at__lt=timezone.now() - KEPT).delete()
            told = {"delivery": delivery.id, "kind": delivery.kind}
            actor = Actor(kind="forge", id=repository.forge)
            record(Event.WEBHOOK_TAKEN, actor=actor, subject=repository_subject(repository), data=told)
    except IntegrityError:
        return Errand(is_new=False)
    return _errand(repository, delivery)


def _errand(repository: Repository, delivery: Delivery) -> Errand:
    if delivery.kind is DeliveryKind.PUSH and delivery.branch == repository.branch:
        return Errand(is_new=True, sync=repository.pk)
    rows = Proposal.objects.filter(repository=repository, state__in=FOLLOWED)
    if delivery.kind in _ABOUT_PULL_REQUESTS and delivery.pull_request is not None:
        rows = rows.filter(pull_request=delivery.pull_request)
    elif delivery.kind is DeliveryKind.PUSH:
        rows = rows.filter(pk=delivery.branch.removeprefix("glasshouse/"))
    else:
        return Errand(is_new=True)
    return Errand(is_new=True, follow=tuple(rows.values_list("pk", flat=True)))
