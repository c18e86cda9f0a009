"""Where forges call: unauthenticated, so that nothing is read of a delivery before it is proved."""

from __future__ import annotations

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from integrations.actions.webhooks import Errand, take_delivery
from integrations.forges.webhooks import MOST_BYTES, WebhookCode, WebhookError
from integrations.models import Repository
from integrations.tasks import follow_proposal, sync_repository

log = structlog.get_logger(__name__)
_STATUS = {
    WebhookCode.TOO_LARGE: 413,
    WebhookCode.NO_SIGNATURE: 401,
    WebhookCode.BAD_SIGNATURE: 401,
    WebhookCode.STALE: 401,
    WebhookCode.BAD_TYPE: 415,
}
# Nobody learns from outside whether a repository is there, or has a secret.
_NOT_HERE = {WebhookCode.NO_SECRET, WebhookCode.UNKNOWN_FORGE}


@csrf_exempt  # proved by the forge's signature; no session is read
@login_not_required
@require_POST
def webhook(request: HttpRequest, repository: str) -> JsonResponse:
    """202 for what is taken, now or before; the forge need not wait for its effects."""
    found = Repository.objects.filter(name=repository).first()
    if found is None:
        return _refused(404, "There is nothing at this address.")
    try:
        errand = take_delivery(found, headers=request.headers, body=_body(request))
    except WebhookError as error:
        log.warning("webhook refused", repository=found.name, code=error.code)
        if error.code in _NOT_HERE:
            return _refused(404, "There is nothing at this address.")
        return _refused(_STATUS.get(error.code, 400), error.sentence)
    _run(errand)
    return JsonResponse({"taken": errand.is_new}, status=202)


def _body(request: HttpRequest) -> bytes:
    """The raw body, never more than is allowed: what the header claims is not relied upon."""
    claimed = request.headers.get("Content-Length", "")
    if claimed.isdecimal() and int(claimed) > MOST_BYTES:
        raise WebhookError(WebhookCode.TOO_LARGE, f"The delivery is larger than {MOST_BYTES:,} bytes.")
    return request.read(MOST_BYTES + 1)


def _run(errand: Errand) -> None:
    """Beat does the same within a minute where the queue cannot be reached."""
    try:
        if errand.sync is not None:
            sync_repository.delay(errand.sync)
        for pk in errand.follow:
            follow_proposal.delay(pk)
    except OperationalError:
        log.warning("webhook taken, but the queue cannot be reached")


def _refused(status: int, sentence: str) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)
