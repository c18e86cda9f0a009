"""Checkpoints as signed notes: the published forms, and strictness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from audit.note import BadNote, Checkpoint, Signer, Verifier, parse_text

SIGNER = Signer.parse("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
checkpoints = st.builds(
    Checkpoint,
    origin=st.just("PeterNeumann"),
    size=st.integers(0, 2**60),
    root=st.binary(min_size=32, max_size=32),
    time=st.datetimes(timezones=st.just(UTC)).filter(lambda found: found.year > 1000),
)


def test_the_published_key_has_its_published_public_form():
    # The example keys of Go's package golang.org/x/mod/sumdb/note.
    assert str(SIGNER.verifier) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_published_note_is_signed_alike():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = SIGNER.verifier.key_id + Ed25519PrivateKey.from_private_bytes(SIGNER._seed).sign(text.encode())
    import base64

    published = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert base64.b64encode(signature).decode() == published


@given(checkpoints)
def test_what_is_signed_is_read_back(checkpoint):
    note = SIGNER.sign(checkpoint)
    assert SIGNER.verifier.open(note) == checkpoint
    assert Verifier.parse(str(SIGNER.verifier)).open(note) == checkpoint


@given(checkpoints, st.data())
def test_no_changed_note_is_taken(checkpoint, data):
    note = SIGNER.sign(checkpoint)
    place = data.draw(st.integers(0, len(note) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda found: found != note[place]))
    with pytest.raises(BadNote):
        SIGNER.verifier.open(note[:place] + letter + note[place + 1 :])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda text: text.replace("\n7\n", "\n07\n"),
        lambda text: text.replace("\n7\n", "\n-7\n"),
        lambda text: text.replace("\n7\n", "\n\u0667\n"),
        lambda text: text + "one more line\n",
        lambda text: text.replace("=\n", "\n"),
        lambda text: text.replace(".000000Z", "Z"),
        lambda text: text[:-1],
        lambda text: text.replace("PeterNeumann", "Peter Neumann"),
    ],
)
def test_a_checkpoint_has_one_form(wrong):
    text = Checkpoint(origin="PeterNeumann", size=7, root=b"\1" * 32, time=datetime(2026, 1, 1, tzinfo=UTC)).text()
    assert parse_text(text).size == 7
    with pytest.raises(BadNote):
        parse_text(wrong(text))


def test_another_key_of_the_same_name_is_not_taken():
    checkpoint = Checkpoint(origin="PeterNeumann", size=1, root=b"\0" * 32, time=datetime.now(UTC))
    note = Signer.generate("PeterNeumann").sign(checkpoint)
    with pytest.raises(BadNote):
        SIGNER.verifier.open(note)


def test_witnesses_may_sign_beside_the_log():
    checkpoint = Checkpoint(origin="PeterNeumann", size=1, root=b"\0" * 32, time=datetime.now(UTC) - timedelta(days=1))
    other = Signer.generate("witness").sign(checkpoint).partition("\n\n")[2]
    assert SIGNER.verifier.open(SIGNER.sign(checkpoint) + other) == checkpoint


def test_a_private_key_does_not_show_in_its_representation():
    assert SIGNER.secret_text() not in repr(SIGNER)
    assert "AYEKFA" not in repr(SIGNER)
