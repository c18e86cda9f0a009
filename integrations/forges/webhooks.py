"""What a forge calls the console for: proved on the raw body before anything of it is read.

GitHub, Gitea and Forgejo sign the body with HMAC-SHA256. GitLab shows a token, or, with a signing token (`whsec_…`),
signs as https://www.standardwebhooks.com/ says. A delivery is a hint to look at the forge and is believed for nothing
else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from enum import StrEnum

from integrations.forges.deliveries import BadPayload, Delivery, DeliveryKind, read_github, read_gitlab

__all__ = ["MOST_BYTES", "Delivery", "DeliveryKind", "WebhookCode", "WebhookError", "accepted"]

MOST_BYTES = 1024 * 1024
TOLERANCE = 300  # seconds that a signed moment may be away from now
_SIGNING = "whsec_"
_LONGEST_ID = 200


class WebhookCode(StrEnum):
    TOO_LARGE = "too-large"
    NO_SECRET = "no-secret"  # noqa: S105 - the name of an error: the console was given none to check with
    NO_SIGNATURE = "no-signature"
    BAD_SIGNATURE = "bad-signature"
    STALE = "stale"  # signed, and too long ago
    NO_DELIVERY = "no-delivery"  # without an id of its own
    BAD_TYPE = "bad-type"  # not JSON in UTF-8
    BAD_BODY = "bad-body"
    UNKNOWN_FORGE = "unknown-forge"


class WebhookError(Exception):
    """A delivery that is refused. `sentence` repeats nothing of it."""

    def __init__(self, code: WebhookCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def accepted(kind: str, *, secret: str, headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
    """The delivery, when it is the forge's. Raises WebhookError. `now` is in seconds since the epoch.

    Read at most MOST_BYTES + 1 bytes of the request before. The caller keeps `id` and `fingerprint` and takes each
    once: the id of most forges is not signed, so that a replay may bear another one, but not another body.
    """
    if len(body) > MOST_BYTES:
        raise WebhookError(WebhookCode.TOO_LARGE, f"The delivery is larger than {MOST_BYTES:,} bytes.")
    if not secret:
        raise WebhookError(WebhookCode.NO_SECRET, "No secret is set to check deliveries of the forge with.")
    known = {name.lower(): value for name, value in headers.items()}
    match kind:
        case "github":
            _check_hmac(secret, body, known.get("x-hub-signature-256", ""), prefix="sha256=")
            return _read(read_github, known, body, event="x-github-event", ids=("x-github-delivery",))
        case "gitea" | "forgejo":
            names = ("x-forgejo-signature", "x-gitea-signature") if kind == "forgejo" else ("x-gitea-signature",)
            _check_hmac(secret, body, _first(known, names))
            event = "x-forgejo-event" if "x-forgejo-event" in known and kind == "forgejo" else "x-gitea-event"
            return _read(read_github, known, body, event=event, ids=(event.replace("event", "delivery"),))
        case "gitlab":
            _check_gitlab(secret, body, known, now)
            ids = ("webhook-id", "idempotency-key", "x-gitlab-event-uuid")
            return _read(read_gitlab, known, body, event="x-gitlab-event", ids=ids)
    raise WebhookError(WebhookCode.UNKNOWN_FORGE, "This kind of forge sends no deliveries.")


def _check_hmac(secret: str, body: bytes, shown: str, *, prefix: str = "") -> None:
    if not shown:
        raise _unsigned()
    expected = prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), shown.encode("utf-8", "surrogateescape")):
        raise _forged()


def _check_gitlab(secret: str, body: bytes, headers: Mapping[str, str], now: float) -> None:
    if not secret.startswith(_SIGNING):
        shown = headers.get("x-gitlab-token", "")
        if not shown:
            raise _unsigned()
        if not hmac.compare_digest(secret.encode(), shown.encode("utf-8", "surrogateescape")):
            raise _forged()
        return
    ident, moment, shown = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (ident and moment and shown):
        raise _unsigned()
    signed = f"{ident}.{moment}.".encode("utf-8", "surrogateescape") + body
    expected = base64.b64encode(hmac.new(_signing_key(secret), signed, hashlib.sha256).digest())
    given = [one.removeprefix("v1,") for one in shown.split(" ") if one.startswith("v1,")]
    # All are compared, so that the time tells nothing of which one was near.
    results = [hmac.compare_digest(expected, one.encode("utf-8", "surrogateescape")) for one in given]
    if not any(results):
        raise _forged()
    if not moment.isascii() or not moment.isdecimal() or len(moment) > 12 or abs(now - int(moment)) > TOLERANCE:  # noqa: PLR2004
        raise WebhookError(WebhookCode.STALE, "The delivery was signed too long ago.")


def _signing_key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_SIGNING), validate=True)
    except (binascii.Error, ValueError):
        raise WebhookError(WebhookCode.NO_SECRET, "The signing token for deliveries is not base64.") from None


def _read(
    reader: Callable[[str, str, bytes], Delivery],
    headers: Mapping[str, str],
    body: bytes,
    *,
    event: str,
    ids: tuple[str, ...],
) -> Delivery:
    _check_type(headers.get("content-type", ""))
    ident = _first(headers, ids).strip()
    if not ident or len(ident) > _LONGEST_ID or not ident.isascii() or not ident.isprintable():
        raise WebhookError(WebhookCode.NO_DELIVERY, "The delivery has no id.")
    try:
        return reader(headers.get(event, ""), ident, body)
    except BadPayload as error:
        raise WebhookError(WebhookCode.BAD_BODY, str(error)) from None


def _check_type(content_type: str) -> None:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [one.partition("=")[2].strip('" ') for one in parameters if one.startswith("charset=")]
    if kind != "application/json" or any(one not in {"utf-8", "utf8"} for one in charsets):
        raise WebhookError(
            WebhookCode.BAD_TYPE, "Deliveries must be JSON: choose application/json as the content type at the forge."
        )


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name] for name in names if headers.get(name)), "")


def _unsigned() -> WebhookError:
    return WebhookError(WebhookCode.NO_SIGNATURE, "The delivery is not signed: a secret must be set at the forge.")


def _forged() -> WebhookError:
    return WebhookError(WebhookCode.BAD_SIGNATURE, "The delivery was not signed with the console's secret.")
