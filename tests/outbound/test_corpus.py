"""Every URL that has led such consoles astray is refused before a single byte goes out."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from integrations.outbound.client import Outbound
from integrations.outbound.errors import OutboundError
from integrations.outbound.policy import Policy

CORPUS = YAML(typ="safe").load((Path(__file__).parent / "corpus.yaml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection at all is a failure, whatever becomes of it."""

    def refuse(self: socket.socket, address: object) -> None:
        pytest.fail(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: ascii(f"{case['url']} {case.get('resolves', '')}"))
def test_refused(case: dict) -> None:
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return case.get("resolves", [])

    with pytest.raises(OutboundError) as raised:
        Outbound(Policy(), resolve=resolve).request("GET", case["url"])
    assert raised.value.code == case["code"]
    assert bool(looked_up) == ("resolves" in case)
    assert not any(secret in raised.value.sentence for secret in ("secret", "admin", "meta-data", "passwd"))


def test_corpus_is_large() -> None:
    assert len(CORPUS) >= 120
