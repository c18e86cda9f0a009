"""The functions on Base64 and URLs."""

from __future__ import annotations

import base64
import re
from typing import Final
from urllib.parse import quote

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.values import U, Value

_COMPONENT: Final = "-_.!~*'()"
_URL: Final = _COMPONENT + ";/?:@&=+$,#"
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_KEPT: Final = re.compile("|".join(f"%{ord(character):02X}" for character in ";/?:@&=+$,#"), re.IGNORECASE)


def base64encode(text: Value) -> Value:
    """By Latin-1, as the reference does: of a character beyond, the low byte of each of its UTF-16 units is taken."""
    if text is U:
        return U
    return base64.b64encode(text.encode("utf-16-le", "surrogatepass")[::2]).decode()


_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")


def base64decode(text: Value) -> Value:
    """As lenient as the reference: what is no digit is skipped, missing padding is supplied."""
    if text is U:
        return U
    digits = _NOT_BASE64.sub("", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode("latin-1")


def encode_url_component(text: Value) -> Value:
    return _encoded(text, _COMPONENT, "encodeUrlComponent")


def encode_url(text: Value) -> Value:
    return _encoded(text, _URL, "encodeUrl")


def decode_url_component(text: Value) -> Value:
    return _decoded(text, "decodeUrlComponent")


def decode_url(text: Value) -> Value:
    if text is U:
        return U
    protected = _KEPT.sub(lambda found: "%25" + found[0][1:], text)  # which decoding turns into what it was
    return _decoded(protected, "decodeUrl", text)


def _encoded(text: Value, safe: str, function: str) -> Value:
    if text is U:
        return U
    try:
        return quote(text.encode("utf-16", "surrogatepass").decode("utf-16"), safe=safe)
    except UnicodeError:
        raise EvaluationError("D3140", value=text, function=function) from None


def _decoded(text: Value, function: str, given: str | None = None) -> Value:
    if text is U:
        return U
    try:
        decoded = _ESCAPES.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(), text)
    except UnicodeError:
        raise EvaluationError("D3140", value=given or text, function=function) from None
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise EvaluationError("D3140", value=given or text, function=function)
    return decoded
