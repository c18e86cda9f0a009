"""What every request passes through besides Django's own middleware."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Binds `request_id` to every log line of a request and returns it as `X-Request-ID`.

    An id sent by a proxy is kept when it is harmless to print.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if _ACCEPTED_ID.fullmatch(sent) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class BrowserPolicyMiddleware:
    """Tells the browser what this origin does without, on every response, static files and errors among them."""

    # What pages use; passkeys are asked for by our own origin alone, as is the clipboard.
    USED = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
    # Every other feature that browsers let a page give up (W3C's registry of policy-controlled features).
    UNUSED = (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "captured-surface-control",
        "clipboard-read",
        "compute-pressure",
        "cross-origin-isolated",
        "deferred-fetch",
        "deferred-fetch-minimal",
        "digital-credentials-create",
        "digital-credentials-get",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "gamepad",
        "geolocation",
        "gyroscope",
        "hid",
        "identity-credentials-get",
        "idle-detection",
        "interest-cohort",
        "keyboard-map",
        "language-detector",
        "language-model",
        "local-fonts",
        "local-network",
        "local-network-access",
        "loopback-network",
        "magnetometer",
        "media-playback-while-not-visible",
        "microphone",
        "midi",
        "on-device-speech-recognition",
        "otp-credentials",
        "payment",
        "picture-in-picture",
        "private-state-token-issuance",
        "private-state-token-redemption",
        "screen-wake-lock",
        "serial",
        "speaker-selection",
        "storage-access",
        "summarizer",
        "sync-xhr",
        "translator",
        "unload",
        "usb",
        "window-management",
        "xr-spatial-tracking",
    )
    POLICY = ", ".join((*(f"{name}=(self)" for name in USED), *(f"{name}=()" for name in UNUSED)))

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        # What a person sees is theirs: no cache between may keep it. Not `no-store`, which costs Back and Forward
        # their instant page; without a lifetime the browser itself asks again.
        response.setdefault("Cache-Control", "private")
        return response


class UnstorableTextMiddleware:
    """Answers 400 to a NUL in a parameter, a cookie or a form: PostgreSQL keeps none in a text, and no page means one.

    The API names the parameter itself. Of a path and of JSON the readers say that there is no such thing.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _refuse_nul(request.COOKIES.values())
        if not _is_for_api(request):
            for name, values in request.GET.lists():
                _refuse_nul([name, *values])
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        if request.method != "POST" or _is_for_api(request):
            return
        try:
            fields = list(request.POST.lists())
        except UnreadablePostError:
            return  # the client is gone
        for name, values in fields:
            _refuse_nul([name, *map(str, values)])


def _is_for_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _refuse_nul(texts: Iterable[str]) -> None:
    if any("\0" in text for text in texts):
        raise BadRequest("The request holds a NUL character.")
