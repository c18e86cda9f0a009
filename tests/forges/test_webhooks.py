"""Deliveries: the forges' own examples are read; what is forged, cut, huge or of another charset is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given, strategies as st

from integrations.forges.webhooks import MOST_BYTES, Delivery, DeliveryKind, WebhookCode, WebhookError, accepted
from tests.forges.contract import CONTRACT, document, needs_contract

SECRET = "canary-of-the-webhook"
KEY = b"0123456789abcdef0123456789abcdef"
SIGNING = "whsec_" + base64.b64encode(KEY).decode()
NOW = 1_800_000_000
BODY = json.dumps({"ref": "refs/heads/main", "after": "a" * 40, "repository": {"full_name": "acme/config"}}).encode()
GITLAB_BODY = json.dumps(
    {
        "object_kind": "push",
        "ref": "refs/heads/main",
        "after": "a" * 40,
        "project": {"path_with_namespace": "acme/config"},
    }
).encode()
KINDS = ("github", "gitea", "forgejo", "gitlab", "gitlab-signed")


def digest(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(body: bytes, *, ident: str = "msg_1", at: int = NOW, key: bytes = KEY) -> dict[str, str]:
    signed = hmac.new(key, f"{ident}.{at}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(signed).decode()}"
    return {"webhook-id": ident, "webhook-timestamp": str(at), "webhook-signature": signature}


def headers(kind: str, event: str, body: bytes, *, ident: str = "d-1") -> dict[str, str]:
    kept = {"Content-Type": "application/json; charset=utf-8"}
    match kind:
        case "github":
            signature = f"sha256={digest(body)}"
            return kept | {"X-GitHub-Event": event, "X-GitHub-Delivery": ident, "X-Hub-Signature-256": signature}
        case "gitea":
            return kept | {"X-Gitea-Event": event, "X-Gitea-Delivery": ident, "X-Gitea-Signature": digest(body)}
        case "forgejo":
            return kept | {"X-Forgejo-Event": event, "X-Forgejo-Delivery": ident, "X-Forgejo-Signature": digest(body)}
        case "gitlab":
            return kept | {"X-Gitlab-Event": event, "X-Gitlab-Token": SECRET, "X-Gitlab-Event-UUID": ident}
    return kept | {"X-Gitlab-Event": event} | standard(body, ident=ident)


def take(kind: str, body: bytes, given_headers: dict[str, str], *, secret: str | None = None) -> Delivery:
    chosen = SIGNING if kind == "gitlab-signed" else SECRET
    forge = kind.removesuffix("-signed")
    return accepted(forge, secret=chosen if secret is None else secret, headers=given_headers, body=body, now=NOW)


def body_of(kind: str) -> bytes:
    return GITLAB_BODY if kind.startswith("gitlab") else BODY


def refused(kind: str, body: bytes, given_headers: dict[str, str], *, secret: str | None = None) -> WebhookCode:
    with pytest.raises(WebhookError) as caught:
        take(kind, body, given_headers, secret=secret)
    assert SECRET not in f"{caught.value!r}{caught.value.sentence}"
    return caught.value.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_push_is_taken(kind):
    body = body_of(kind)
    assert take(kind, body, headers(kind, "push", body)) == Delivery(
        id="d-1",
        fingerprint=hashlib.sha256(body).hexdigest(),
        kind=DeliveryKind.PUSH,
        repository="acme/config",
        branch="main",
        head_commit="a" * 40,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_headers_are_taken_in_any_case(kind):
    body = body_of(kind)
    upper = {name.upper(): value for name, value in headers(kind, "push", body).items()}
    assert take(kind, body, upper).kind is DeliveryKind.PUSH


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("forged", ["", "x", "sha256=", "ü", "\udcff", "0" * 64, "v1,", "v1,AAAA v2,BBBB"])
def test_a_forged_delivery_is_refused_before_it_is_read(kind, forged):
    body = b"{not even json"
    shown = headers(kind, "push", body)
    for name in shown:
        if "signature" in name.lower() or name == "X-Gitlab-Token":
            shown[name] = forged
    assert refused(kind, body, shown) in {WebhookCode.NO_SIGNATURE, WebhookCode.BAD_SIGNATURE}


@pytest.mark.parametrize("kind", KINDS)
def test_one_without_any_proof_is_refused(kind):
    body = body_of(kind)
    shown = {
        name: value
        for name, value in headers(kind, "push", body).items()
        if "signature" not in name.lower() and "token" not in name.lower()
    }
    assert refused(kind, body, shown) is WebhookCode.NO_SIGNATURE


@pytest.mark.parametrize("kind", ["github", "gitea", "forgejo", "gitlab-signed"])
@given(cut=st.integers(min_value=0, max_value=len(BODY) - 1))
def test_a_cut_body_does_not_bear_the_signature(kind, cut):
    body = body_of(kind)
    assert refused(kind, body[:cut], headers(kind, "push", body)) is WebhookCode.BAD_SIGNATURE


@pytest.mark.parametrize("kind", ["github", "gitea", "forgejo", "gitlab-signed"])
@given(at=st.integers(min_value=0, max_value=len(BODY) - 1), bit=st.integers(min_value=0, max_value=7))
def test_a_changed_bit_is_noticed(kind, at, bit):
    body = bytearray(body_of(kind))
    shown = headers(kind, "push", bytes(body))
    body[at % len(body)] ^= 1 << bit
    assert refused(kind, bytes(body), shown) is WebhookCode.BAD_SIGNATURE


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_secret_nothing_is_taken(kind):
    body = body_of(kind)
    assert refused(kind, body, headers(kind, "push", body), secret="") is WebhookCode.NO_SECRET


@pytest.mark.parametrize("kind", KINDS)
def test_a_huge_one_is_refused_by_its_size(kind):
    body = b'{"x": "' + b"x" * MOST_BYTES + b'"}'
    assert refused(kind, body, headers(kind, "push", body)) is WebhookCode.TOO_LARGE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/jsonp"],
)
def test_another_type_or_charset_is_refused(kind, content_type):
    body = body_of(kind)
    shown = headers(kind, "push", body) | {"Content-Type": content_type}
    assert refused(kind, body, shown) is WebhookCode.BAD_TYPE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"ref": "refs/heads/main", "after": ',
        BODY.decode().encode("utf-16"),
        b'{"ref": "\xff", "object_kind": "push"}',
        b"[" * 100_000,
        b'{"object_kind": "push", "ref": 7, "after": []}',
        b'{"object_kind": "merge_request", "object_attributes": {"iid": "x"}}',
    ],
    ids=["empty", "null", "list", "object", "cut", "utf-16", "bytes", "deep", "types", "merge request"],
)
def test_a_body_of_another_shape_is_refused_though_it_is_signed(kind, body):
    assert refused(kind, body, headers(kind, "push", body)) is WebhookCode.BAD_BODY


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ident", ["", " ", "x" * 201, "ü", "a\nb"])
def test_a_delivery_without_an_id_cannot_be_used_once(kind, ident):
    body = body_of(kind)
    code = refused(kind, body, headers(kind, "push", body, ident=ident))
    assert code in {WebhookCode.NO_DELIVERY, WebhookCode.NO_SIGNATURE}


def test_a_replay_under_another_id_has_the_same_fingerprint():
    first, second = (take("github", BODY, headers("github", "push", BODY, ident=one)) for one in ("a", "b"))
    assert (first.id, second.id) == ("a", "b")
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize(("seconds", "is_taken"), [(0, True), (299, True), (-299, True), (301, False), (-301, False)])
def test_a_signed_moment_must_be_near(seconds, is_taken):
    shown = {"Content-Type": "application/json"} | standard(GITLAB_BODY, at=NOW - seconds)
    if is_taken:
        assert take("gitlab-signed", GITLAB_BODY, shown).kind is DeliveryKind.PUSH
    else:
        assert refused("gitlab-signed", GITLAB_BODY, shown) is WebhookCode.STALE


def test_one_good_signature_among_several_is_enough():
    shown = {"Content-Type": "application/json"} | standard(GITLAB_BODY)
    shown["webhook-signature"] = f"v1,{base64.b64encode(b'old').decode()} {shown['webhook-signature']}"
    assert take("gitlab-signed", GITLAB_BODY, shown).kind is DeliveryKind.PUSH


def test_with_a_signing_token_the_plain_one_counts_for_nothing():
    shown = headers("gitlab", "Push Hook", GITLAB_BODY) | {"X-Gitlab-Token": SIGNING}
    assert refused("gitlab-signed", GITLAB_BODY, shown) is WebhookCode.NO_SIGNATURE


def test_a_deleted_branch_has_no_commit_and_a_tag_is_not_followed():
    deleted = json.dumps({"ref": "refs/heads/x", "after": "0" * 40}).encode()
    assert take("github", deleted, headers("github", "push", deleted)).head_commit is None
    tag = json.dumps({"ref": "refs/tags/v1", "after": "a" * 40}).encode()
    assert take("github", tag, headers("github", "push", tag)).kind is DeliveryKind.OTHER


def test_other_forges_send_nothing():
    with pytest.raises(WebhookError) as caught:
        accepted("local", secret="x", headers={}, body=b"", now=NOW)
    assert caught.value.code is WebhookCode.UNKNOWN_FORGE


def examples(name: str, prefix: str = "") -> list[str]:
    return [key for key in document(name) if key.startswith(prefix)] if (CONTRACT / name).exists() else []


@needs_contract
@pytest.mark.parametrize("name", examples("github-webhooks/examples.json"))
def test_githubs_own_examples_are_read(name):
    payload = document("github-webhooks/examples.json")[name]
    event, body = name.partition("/")[0], json.dumps(payload).encode()
    delivery = take("github", body, headers("github", event, body))
    expected = {
        "push": DeliveryKind.PUSH,
        "pull_request": DeliveryKind.PULL_REQUEST,
        "pull_request_review": DeliveryKind.REVIEW,
        "ping": DeliveryKind.PING,
    }.get(event, DeliveryKind.OTHER)
    if payload.get("ref", "").startswith("refs/tags/"):
        expected = DeliveryKind.OTHER
    assert delivery.kind is expected
    if expected in {DeliveryKind.PULL_REQUEST, DeliveryKind.REVIEW}:
        pull = payload["pull_request"]
        assert (delivery.pull_request, delivery.branch, delivery.head_commit) == (
            pull["number"],
            pull["head"]["ref"],
            pull["head"]["sha"],
        )
    assert delivery.repository == payload.get("repository", {}).get("full_name", "")


@needs_contract
@pytest.mark.parametrize("kind", ["gitea", "forgejo"])
@pytest.mark.parametrize("name", examples("gitea/fixtures.json", "webhooks/"))
def test_what_gitea_sent_is_read(kind, name):
    payload = document("gitea/fixtures.json")[name]
    body = json.dumps(payload).encode()
    events = {"pull_request": "pull_request", "review": "pull_request_approved", "push": "push", "branch": "create"}
    what = name.removeprefix("webhooks/")
    event = next((event for start, event in events.items() if what.startswith(start)), "issue_comment")
    if "comment" in what:
        event = "issue_comment"
    delivery = take(kind, body, headers(kind, event, body))
    expected = {
        "pull_request": DeliveryKind.PULL_REQUEST,
        "pull_request_approved": DeliveryKind.REVIEW,
        "push": DeliveryKind.PUSH,
    }.get(event, DeliveryKind.OTHER)
    assert delivery.kind is expected
    if "pull_request" in payload and expected is not DeliveryKind.OTHER:
        assert delivery.pull_request == payload["pull_request"]["number"]


@needs_contract
@pytest.mark.parametrize(
    ("name", "key"),
    [
        (name, key)
        for name in ("gitlab/fixtures.json", "gitlab/fixtures_go-gitlab.json")
        for key in examples(name, "webhooks/")
    ],
)
def test_what_gitlab_sent_is_read(name, key):
    payload = document(name)[key]
    body = json.dumps(payload).encode()
    delivery = take("gitlab", body, headers("gitlab", "Some Hook", body))
    kinds = {"push": DeliveryKind.PUSH, "merge_request": DeliveryKind.PULL_REQUEST}
    assert delivery.kind is kinds.get(payload["object_kind"], DeliveryKind.OTHER)
    assert delivery.repository == payload["project"]["path_with_namespace"]
    if delivery.kind is DeliveryKind.PULL_REQUEST:
        assert delivery.pull_request == payload["object_attributes"]["iid"]
