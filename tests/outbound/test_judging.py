"""Laws of reading a URL and judging an address."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, strategies as st

from integrations.outbound.errors import OutboundCode, OutboundError
from integrations.outbound.policy import Policy, kind_of
from integrations.outbound.target import MAX_URL, as_address, parse

V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)
EMBEDDING = st.sampled_from(
    ("::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::", "2002::", "2001::", "::ffff:0:0:0", "2001:4860::5efe:0:0")
)
PUBLIC = "93.184.215.14"


def judged(url: str, *addresses: str, allowed: tuple[str, ...] = ()) -> str:
    try:
        Policy.of(allowed).judge(parse(url), addresses)
    except OutboundError as error:
        return error.code
    return "good"


class TestAddresses:
    @given(V4 | V6)
    def test_what_python_calls_local_is_never_public(self, address):
        # The oracle knows a few exceptions inside 192.0.0.0/24 and 2001::/23 that nobody serves HTTP from.
        if not address.is_global or address.is_multicast:
            assert kind_of(address) is not None

    @given(V4)
    def test_what_python_calls_global_is_public_but_for_a_few(self, address):
        few = ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4")
        if address.is_global and not any(address in ipaddress.ip_network(network) for network in few):
            assert kind_of(address) is None

    @given(V4, EMBEDDING)
    def test_an_address_inside_another_is_never_public(self, inner, outer):
        shift = 80 if outer == "2002::" else 0
        assert kind_of(ipaddress.IPv6Address(int(ipaddress.IPv6Address(outer)) | int(inner) << shift)) is not None

    @pytest.mark.parametrize(
        "address", ["8.8.8.8", "2606:4700::1111", "2a00:1450:4001::1", "172.15.255.255", "172.32.0.0"]
    )
    def test_public_ones_pass(self, address):
        assert judged("https://public.example/", address) == "good"

    @given(st.lists(V4 | V6, min_size=1, max_size=4))
    def test_all_addresses_must_be_good(self, addresses):
        bad = any(kind_of(address) for address in addresses)
        expected = OutboundCode.REFUSED_ADDRESS if bad else "good"
        assert judged("https://public.example/", *map(str, addresses)) == expected


class TestReading:
    @given(st.text(max_size=60))
    def test_any_text_is_read_or_refused_without_being_repeated(self, text):
        try:
            target = parse(f"https://{text}")
        except OutboundError as error:
            refused = error
        else:
            assert re.fullmatch(r"[a-z0-9._:-]+", target.host)
            assert re.fullmatch(r"/[!-~]*", target.path)
            return
        assert refused.code == OutboundCode.BAD_REQUEST
        assert len(text) < 12 or text not in refused.sentence

    @given(st.from_regex(r"https?://[!-~]{1,30}", fullmatch=True))
    def test_where_it_passes_the_standard_library_reads_the_same_host_and_port(self, url):
        try:
            target = parse(url)
        except OutboundError:
            return
        split = urlsplit(url)
        theirs = (split.hostname or "").removesuffix(".")
        ours = target.host
        assert (as_address(ours) or ours) == (as_address(theirs) or theirs)
        assert split.port in {None, target.port}

    @given(st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){0,3}", fullmatch=True), st.integers(1, 65535))
    def test_case_trailing_dot_and_default_port_make_no_difference(self, host, port):
        plain = parse(f"https://{host}:{port}/a?b")
        assert parse(f"HTTPS://{host.upper()}.:{port}/a?b") == plain
        assert (plain.host_header == host) == (port == 443)
        assert parse(f"https://{host}?b").path == "/?b"

    @given(V4)
    def test_an_ipv4_address_has_one_spelling(self, address):
        number = int(address)
        for other in (str(number), hex(number), f"0{number:o}"):
            assert judged(f"https://{other}/") == OutboundCode.BAD_REQUEST
        assert parse(f"https://{address}/").address == address

    @given(V6)
    def test_an_ipv6_address_is_brought_into_one_form(self, address):
        target = parse(f"https://[{address.exploded}]:8443/")
        assert target.address == address
        assert target.host_header == f"[{target.host}]:8443"

    def test_length_is_bounded(self):
        fits = "https://public.example/"
        assert parse(fits + "a" * (MAX_URL - len(fits)))
        assert judged(fits + "a" * MAX_URL) == OutboundCode.BAD_REQUEST
        assert judged(f"https://{'a' * 64}.example/") == OutboundCode.BAD_REQUEST
        assert judged(f"https://{'.'.join(['a' * 60] * 5)}/") == OutboundCode.BAD_REQUEST


class TestAllowing:
    @pytest.mark.parametrize(
        ("word", "url", "address", "expected"),
        [
            ("git.corp", "https://git.corp/", "10.2.0.7", "good"),
            ("git.corp", "http://git.corp/", "10.2.0.7", "good"),
            ("GIT.corp.", "http://git.corp/", "10.2.0.7", "good"),
            ("git.corp", "https://git.corp:8443/", "fd12::7", "good"),
            ("git.corp:8443", "https://git.corp:8443/", "10.2.0.7", "good"),
            ("git.corp:8443", "https://git.corp/", "10.2.0.7", OutboundCode.REFUSED_ADDRESS),
            ("git.corp", "https://git.corp.evil.example/", "10.2.0.7", OutboundCode.REFUSED_ADDRESS),
            ("git.corp", "https://evilgit.corp/", "10.2.0.7", OutboundCode.REFUSED_ADDRESS),
            # An allowed name still leads to no metadata, and says nothing about the address by itself.
            ("git.corp", "https://git.corp/", "169.254.169.254", OutboundCode.REFUSED_ADDRESS),
            ("git.corp", "https://git.corp/", "fd00:ec2::254", OutboundCode.REFUSED_ADDRESS),
            ("git.corp", "https://git.corp/", "::ffff:10.2.0.7", OutboundCode.REFUSED_ADDRESS),
            ("git.corp", "https://git.corp/", "0.0.0.0", OutboundCode.REFUSED_ADDRESS),
            ("git.corp", "https://10.2.0.7/", "10.2.0.7", OutboundCode.REFUSED_ADDRESS),
            ("10.2.0.0/16", "https://10.2.0.7/", "10.2.0.7", "good"),
            ("10.2.0.0/16", "http://any.name/", "10.2.0.7", "good"),
            ("10.2.0.0/16", "https://any.name/", "10.3.0.7", OutboundCode.REFUSED_ADDRESS),
            ("10.2.0.0/16", "http://any.name/", PUBLIC, OutboundCode.REFUSED_SCHEME),
            ("10.2.0.0/16", "https://[::ffff:10.2.0.7]/", "::ffff:10.2.0.7", OutboundCode.REFUSED_ADDRESS),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/", "127.0.0.1", "good"),
            ("127.0.0.1:8080", "http://127.0.0.1:8081/", "127.0.0.1", OutboundCode.REFUSED_ADDRESS),
            ("[fd12::7]:8443", "https://[fd12::7]:8443/", "fd12::7", "good"),
            ("fd12::/16", "https://git.corp/", "fd12::7", "good"),
            ("::1", "http://[::1]/", "::1", "good"),
        ],
    )
    def test_a_word_allows_what_it_says(self, word, url, address, expected):
        assert judged(url, address, allowed=(word,)) == expected

    @pytest.mark.parametrize(
        "word", ["https://git.corp", "git corp", "10.2.0.1/16", "127.1", "*.corp", "a@b", "git:0", ""]
    )
    def test_a_word_that_cannot_be_understood_is_named(self, word):
        with pytest.raises(ValueError, match="is no host"):
            Policy.of([word])

    @given(st.lists(st.sampled_from(("a.corp", "b.corp:81", "10.0.0.0/8", "fd12::/16")), max_size=3), V4 | V6)
    def test_another_word_never_takes_away(self, words, address):
        before = judged("https://a.corp/", str(address), allowed=tuple(words))
        after = judged("https://a.corp/", str(address), allowed=(*words, "192.168.0.0/16"))
        assert before != "good" or after == "good"
