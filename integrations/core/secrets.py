"""Finding secrets in text that is about to be written down: the repository holds references to them alone.

The patterns are those of the detect-secrets project; what is a reference, and which kinds are refused, is ours. What is
found is told by line and kind, never by its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, calculate_shannon_entropy
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

_KINDS: tuple[type[BasePlugin], ...] = (
    *(ArtifactoryDetector, AWSKeyDetector, AzureStorageKeyDetector, BasicAuthDetector, DiscordBotTokenDetector),
    *(GitHubTokenDetector, JwtTokenDetector, MailchimpDetector, NpmDetector),
    *(SendGridDetector, SlackDetector, SquareOAuthDetector, StripeDetector, TwilioKeyDetector),
)
# `vault://kv/x#y`, `env:NAME`, `file:/run/x`, `arn:aws:secretsmanager:…`, `${var.x}`: where a secret stands.
_REFERENCE = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:(?://)?[\w./-]|\$\{|\{\{|<[a-z_ -]+>\Z")
_QUOTED = re.compile(r"([\"'])((?:(?!\1).)*)\1")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
# A telling name with a value behind it: in quotes, or, in YAML, all that follows the colon and is no expression.
_NAMED = re.compile(
    r"""(?ix) (?:secret|password|passwd|pwd|api_?key|private_?key|access_?key|auth_?token|\btoken) ["']?
        \s* [:=]{1,2} \s*
        (?: (["'])(?P<quoted>(?:(?!\1).)+)\1 | (?P<plain>[^\s"'.$()&?\[\]{}]+) \s*\Z )"""
)
_SHORTEST = 6  # characters of a value behind a telling name
_RANDOM = (20, 4.5)  # characters and bits per character of a value that nobody made up by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSecret:
    """`line` counts from 1; `kind` is a short phrase such as “AWS Access Key”."""

    line: int
    kind: str

    def __str__(self) -> str:
        return f"line {self.line} holds what looks like a secret ({self.kind})"


def secrets_in(text: str, *, is_prose: bool = False) -> tuple[FoundSecret, ...]:
    """What in the text looks like a secret, one finding a line at most.

    `is_prose`: what a person writes to others, in which a word behind “password:” tells nothing.
    """
    lines = enumerate(text.splitlines(), start=1)
    return tuple(FoundSecret(line=number, kind=kind) for number, line in lines if (kind := _kind(line, is_prose)))


def _kind(line: str, is_prose: bool) -> str:  # noqa: FBT001 - passed on
    found = _of_known_form(line) if is_prose else _candidates(line)
    return next((kind for kind, value in found if not _is_reference(value)), "")


def _of_known_form(line: str) -> Iterator[tuple[str, str]]:
    if _PRIVATE_KEY.search(line):
        yield "Private Key", ""
    for detector in _detectors():
        for value in detector.analyze_string(line):
            yield str(detector.secret_type), value


def _candidates(line: str) -> Iterator[tuple[str, str]]:
    yield from _of_known_form(line)
    for named in _NAMED.finditer(line):
        value = named["quoted"] or named["plain"]
        if len(value) >= _SHORTEST:
            yield "the name before it", value
    for _, value in _QUOTED.findall(line):
        if len(value) >= _RANDOM[0] and _entropy(value) > _RANDOM[1]:
            yield "random text", value


def _is_reference(value: str) -> bool:
    return _REFERENCE.match(value) is not None


def _entropy(value: str) -> float:
    charset = Base64HighEntropyString().charset
    return calculate_shannon_entropy(value, charset) if set(value) <= set(charset) else 0.0


@cache
def _detectors() -> tuple[BasePlugin, ...]:
    return tuple(kind() for kind in _KINDS)
