"""What the provider tells about people, out of a file that tests change."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.conf import settings
from oauth2_provider.oauth2_validators import OAuth2Validator


def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((settings.FOLDER / "claims.json").read_text())
    return found


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        return {name: value for name, value in told().items() if name != "tamper"}

    def get_userinfo_claims(self, request: Any) -> dict[str, Any]:
        return {**super().get_userinfo_claims(request), **told().get("tamper", {}).get("userinfo", {})}

    def get_id_token_dictionary(self, token: Any, token_handler: Any, request: Any) -> Any:
        claims, ends = super().get_id_token_dictionary(token, token_handler, request)
        return {**claims, **told().get("tamper", {}).get("claims", {})}, ends

    def finalize_id_token(self, id_token: Any, token: Any, token_handler: Any, request: Any) -> str:
        signed: str = super().finalize_id_token(id_token, token, token_handler, request)
        header, body, signature = signed.split(".")
        match told().get("tamper", {}).get("signature"):
            case "none":
                unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
                return f"{unsigned}.{body}."
            case "broken":
                return f"{header}.{body}.{signature[:-8]}AAAAAAAA"
        return signed
