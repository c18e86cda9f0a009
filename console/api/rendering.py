"""JSON, written by msgspec: several times as fast as the standard library's on the answers of `effective`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from rest_framework.renderers import BaseRenderer

from console.json_text import dumps


class JSONRenderer(BaseRenderer):
    """Renders values as they are: UTF-8 without a byte order mark, no blanks, keys in the order given."""

    media_type = "application/json"
    format = "json"
    charset = None  # RFC 8259: JSON is UTF-8, and the media type has no such parameter

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else self.encode(data)

    def encode(self, data: Any) -> bytes:
        return msgspec.json.encode(data)


class AnyJSONRenderer(JSONRenderer):
    """For values that people bring along: integers of any size, and half a surrogate pair, which msgspec refuses."""

    def encode(self, data: Any) -> bytes:
        return dumps(data).encode()
