"""Single sign-on by SAML: answers that a provider's key signed, and such as it did not.

The provider is this module, with a key of its own: what is tried is the console's side alone.
"""

from __future__ import annotations

import base64
import re
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.providers import registry
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.cache import cache
from django.test import Client

from audit.events import Event
from audit.models import Entry
from console.models import User
from tests.web.factories import person

pytestmark = [pytest.mark.django_db, pytest.mark.needs("saml")]
METADATA, ENTITY, ACS = "https://idp.example.com/metadata", "https://idp.example.com", "/sign-in/saml/idp/acs/"
HOST = "console.example.com"
MAIL, VERIFIED = "urn:oid:0.9.2342.19200300.100.1.3", "http://schemas.auth0.com/email_verified"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def _pair() -> tuple[str, str]:
    key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    valid = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, valid.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


KEY, CERTIFICATE = _pair()
STRANGER = _pair()


@pytest.fixture(autouse=True)
def _switched_on(db: None, settings: Any) -> Iterator[None]:
    from console.sign_in.saml import Provider

    cache.clear()
    settings.SAML_METADATA_URL, settings.SAML_ENTITY_ID = METADATA, ENTITY
    settings.OIDC_CREATE_USERS, settings.OIDC_ROLE_MAP = True, {"eng": "engineer"}
    settings.ALLOWED_HOSTS = [HOST]
    settings.ROOT_URLCONF = "tests.oidc.saml_urls"
    sso = {"url": f"{ENTITY}/sso", "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"}
    idp = {"entityId": ENTITY, "x509cert": CERTIFICATE, "singleSignOnService": sso}
    cache.set(f"saml.metadata.{METADATA}.{ENTITY}", {"idp": idp}, 600)  # as if it had been fetched
    registry.register(Provider)
    yield
    registry.provider_map.pop("saml")


def begin(client: Client) -> str:
    """The id of the question that the console sends along."""
    location = client.get("/sign-in/saml/idp/login/")["Location"]
    assert location.startswith(f"{ENTITY}/sso?")
    asked = zlib.decompress(base64.b64decode(parse_qs(urlsplit(location).query)["SAMLRequest"][0]), -15).decode()
    found = re.search(r'ID="([^"]+)"', asked)
    assert found is not None
    return found[1]


def answer(question: str, *, name: str = "nia-7", form: str = PERSISTENT, pair: tuple[str, str] | None = None) -> str:
    from onelogin.saml2.utils import OneLogin_Saml2_Utils

    now, later = (
        f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=5))
    )
    told = {MAIL: "nia@example.com", VERIFIED: "true", "groups": "eng"}
    attributes = "".join(
        f'<saml:Attribute Name="{key}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
        for key, value in told.items()
    )
    assertion = f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{uuid.uuid4().hex}"
 Version="2.0" IssueInstant="{now}"><saml:Issuer>{ENTITY}</saml:Issuer><saml:Subject>
<saml:NameID Format="{form}">{name}</saml:NameID><saml:SubjectConfirmation
 Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
 InResponseTo="{question}"
 NotOnOrAfter="{later}" Recipient="http://{HOST}{ACS}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{now}" NotOnOrAfter="{later}"><saml:AudienceRestriction>
<saml:Audience>http://{HOST}/sign-in/saml/idp/metadata/</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_1"><saml:AuthnContext><saml:AuthnContextClassRef>
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"""
    if pair is not None:
        assertion = OneLogin_Saml2_Utils.add_sign(assertion, *pair)
        assertion = assertion.decode() if isinstance(assertion, bytes) else assertion
    whole = f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_{uuid.uuid4().hex}"
 Version="2.0" IssueInstant="{now}" Destination="http://{HOST}{ACS}" InResponseTo="{question}"><saml:Issuer
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""
    return base64.b64encode(whole.encode()).decode()


def send(client: Client, said: str) -> Any:
    finish = client.post(ACS, {"SAMLResponse": said})["Location"]
    return client.get(finish)


def test_a_signed_answer_signs_in_with_the_roles_of_the_groups() -> None:
    client = Client(HTTP_HOST=HOST)
    assert "Sign in with single sign-on" in client.get("/sign-in/login/").content.decode()
    send(client, answer(begin(client), pair=(KEY, CERTIFICATE)))
    assert client.get("/me/").status_code == 200
    nia = User.objects.get()
    assert (nia.email, [group.name for group in nia.groups.all()]) == ("nia@example.com", ["engineer"])


@pytest.mark.parametrize("pair", [None, STRANGER], ids=["unsigned", "another key"])
def test_an_answer_that_the_provider_did_not_sign_opens_nothing(pair: tuple[str, str] | None) -> None:
    client = Client(HTTP_HOST=HOST)
    assert send(client, answer(begin(client), pair=pair)).status_code == 403
    assert client.get("/me/").status_code == 302
    assert not User.objects.exists()
    assert Entry.objects.filter(event=Event.SIGN_IN_FAILED).count() == 1


def test_an_answer_to_no_question_of_this_browser_opens_nothing() -> None:
    client, other = Client(HTTP_HOST=HOST), Client(HTTP_HOST=HOST)
    said = answer(begin(other), pair=(KEY, CERTIFICATE))
    assert send(client, said).status_code == 403
    assert client.get("/me/").status_code == 302


def test_a_name_that_may_change_is_no_subject() -> None:
    client = Client(HTTP_HOST=HOST)
    response = send(client, answer(begin(client), name="nia@example.com", form=ADDRESS, pair=(KEY, CERTIFICATE)))
    assert response.status_code == 403
    assert "no lasting name" in response.content.decode()
    assert not User.objects.exists()


def test_the_address_of_somebody_here_opens_nothing() -> None:
    person("nia@example.com", "admin")
    client = Client(HTTP_HOST=HOST)
    assert send(client, answer(begin(client), pair=(KEY, CERTIFICATE))).status_code == 403
    assert client.get("/me/").status_code == 302
