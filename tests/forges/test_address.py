"""From the address of a repository's pages to the API, and which addresses are refused."""

import pytest

from integrations.forges.access import TokenAccess
from integrations.forges.address import ForgeAddress, address_of
from integrations.forges.connect import KINDS, forge_at
from integrations.forges.errors import ForgeError, ForgeErrorCode
from tests.forges.transport import Loopback


@pytest.mark.parametrize(
    ("kind", "web_url", "api_url", "path"),
    [
        ("github", "https://github.com/acme/config", "https://api.github.com", "acme/config"),
        ("github", "https://github.com/acme/config.git/", "https://api.github.com", "acme/config"),
        ("github", "https://git.acme.example/acme/config", "https://git.acme.example/api/v3", "acme/config"),
        ("gitlab", "https://gitlab.com/acme/team/config", "https://gitlab.com/api/v4", "acme/team/config"),
        ("gitlab", "https://git.acme.example:8443/a/b", "https://git.acme.example:8443/api/v4", "a/b"),
        ("gitea", "https://gitea.example/acme/config", "https://gitea.example/api/v1", "acme/config"),
        ("gitea", "https://acme.example/git/acme/config", "https://acme.example/git/api/v1", "acme/config"),
        ("forgejo", "https://codeberg.org/acme/config", "https://codeberg.org/api/v1", "acme/config"),
        ("gitea", "http://127.0.0.1:3000/acme/config", "http://127.0.0.1:3000/api/v1", "acme/config"),
    ],
)
def test_the_api_of_a_repository(kind, web_url, api_url, path):
    assert address_of(kind, web_url) == ForgeAddress(kind=kind, api_url=api_url, path=path)


def test_a_gitlab_below_a_path_is_told_by_its_front_page():
    address = address_of("gitlab", "https://acme.example/gitlab/a/b/c", site_url="https://acme.example/gitlab/")
    assert (address.api_url, address.path) == ("https://acme.example/gitlab/api/v4", "a/b/c")
    assert (address.owner, address.name) == ("a/b", "c")


def test_plain_http_needs_the_operators_word():
    address = address_of("gitea", "http://gitea:3000/acme/config", allows_http=True)
    assert address.api_url == "http://gitea:3000/api/v1"


@pytest.mark.parametrize(
    ("kind", "web_url", "site_url"),
    [
        ("sourcehut", "https://git.sr.ht/a/b", ""),
        ("github", "http://github.com/acme/config", ""),
        ("github", "https://user:secret@github.com/acme/config", ""),
        ("github", "https://github.com/acme/config?x=1", ""),
        ("github", "https://github.com/acme", ""),
        ("github", "https://github.com/acme/..", ""),
        ("github", "https://github.com/acme/con fig", ""),
        ("github", "https://github.com/acme/config%2Fx", ""),
        ("github", "file:///acme/config", ""),
        ("github", "ssh://git@github.com/acme/config", ""),
        ("gitlab", "https://gitlab.com/a/b/c", "https://elsewhere.example"),
        ("gitlab", "https://gitlab.com/a/b/c", "https://gitlab.com/x"),
        ("gitlab", "https://gitlab.com/ab/c/d", "https://gitlab.com/a"),
        ("gitea", "https://gitea.example/a/b/c", "https://gitea.example"),
    ],
)
def test_a_bad_address_is_refused_without_repeating_it(kind, web_url, site_url):
    with pytest.raises(ForgeError) as caught:
        address_of(kind, web_url, site_url=site_url)
    assert caught.value.code is ForgeErrorCode.BAD_ADDRESS
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_forge(kind):
    address = ForgeAddress(kind=kind, api_url="https://forge.test/api", path="acme/config")
    forge = forge_at(address, access=TokenAccess(token="canary-7"), transport=Loopback())
    assert forge.kind == kind
    assert forge.capabilities.reviews
    assert "canary-7" not in repr(forge)


def test_the_local_forge_is_not_made_here():
    address = ForgeAddress(kind="local", api_url="", path="")
    with pytest.raises(ForgeError) as caught:
        forge_at(address, access=TokenAccess(token="x"), transport=Loopback())
    assert caught.value.code is ForgeErrorCode.BAD_ADDRESS
