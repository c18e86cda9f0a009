"""How the audit log stands: what verification last found, sealing, checkpoints, and where they go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from audit.keys import signer
from audit.models import Verification
from audit.people import actor_of
from console.access import VERIFY_LOG, VIEW_LOG, denial, require, require_now
from console.htmx import page_or_part
from console.models import User
from integrations.actions.verification import RESEND, UnderWay, ask_for_verification
from integrations.queries.audit_state import log_state, verifications
from integrations.tasks import verify_audit_log

_STATUS = "verification-status"
_State = Verification.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One verification as the page shows it."""

    row: Verification
    asked_by: str

    @property
    def is_open(self) -> bool:
        return self.row.state in {_State.QUEUED, _State.RUNNING}

    @property
    def is_late(self) -> bool:
        return self.row.state == _State.QUEUED and timezone.now() - self.row.asked_at > RESEND

    @property
    def seconds(self) -> float | None:
        if self.row.started_at is None:
            return None
        return ((self.row.finished_at or timezone.now()) - self.row.started_at).total_seconds()


@require_safe
def verification(request: HttpRequest) -> HttpResponse:
    require(request.user, VIEW_LOG)
    runs = _runs()
    open_run = next((run for run in runs if run.is_open), None)
    context = {
        "runs": runs,
        "open_run": open_run,
        "last": next((run for run in runs if run.row.state == _State.DONE), None),
        "failed": runs[0] if runs and runs[0].row.state == _State.FAILED else None,
        "state": log_state(),
        "vkey": str(signer().verifier),
        "denial": denial(request.user, VERIFY_LOG),
    }
    parts = {_STATUS: "audit/_verification.html"}
    response = page_or_part(request, "audit/verification.html", parts, context)
    if request.headers.get("HX-Target") == _STATUS and open_run is None:
        response.headers["HX-Refresh"] = "true"  # what the page waited for is there: all of it changes
    return response


@require_POST
def now(request: HttpRequest) -> HttpResponse:
    """Queues a verification and shows the page that waits for its end."""
    require(request.user, VIEW_LOG)
    require(request.user, VERIFY_LOG)
    try:
        row = ask_for_verification(
            actor=actor_of(request.user), still_may=partial(require_now, request.user, VERIFY_LOG)
        )
        verify_audit_log.delay(row.pk)
    except UnderWay:
        messages.info(request, "A verification is under way already; this page shows its result.")
    except OperationalError:
        messages.warning(request, "The queue cannot be reached now; the verification starts when it can.")
    return redirect("audit_verification")


def _runs() -> list[Run]:
    rows = verifications()
    names = {str(user.pk): str(user) for user in User.objects.filter(pk__in={r.asked_by for r in rows if r.asked_by})}
    return [Run(row=row, asked_by=names.get(row.asked_by, f"person {row.asked_by}")) for row in rows]
