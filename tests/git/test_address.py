import pytest
from hypothesis import assume, given, settings, strategies as st

from integrations.git.address import check_branch, check_url, local_path
from integrations.git.errors import GitError, GitErrorCode
from integrations.git.links import commit_link, file_link, guess_forge, pull_request_link

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("/srv/config.git", "file:///srv/config.git"),
        ("/srv/our config/", "file:///srv/our%20config"),
        ("file:///srv/our%20config", "file:///srv/our%20config"),
        ("file://localhost/srv/config.git", "file:///srv/config.git"),
        ("/srv/100%/konfig-ü", "file:///srv/100%25/konfig-%C3%BC"),
        ("git@github.com:acme/config.git", "ssh://git@github.com/acme/config.git"),
        ("github.com:acme/config.git", "ssh://github.com/acme/config.git"),
        ("git@host.example:/srv/config.git", "ssh://git@host.example/srv/config.git"),
        ("git@host.example:~/config.git", "ssh://git@host.example/~/config.git"),
        ("ssh://git@host.example:2222/acme/config", "ssh://git@host.example:2222/acme/config"),
        ("ssh://[2001:db8::1]:22/x", "ssh://[2001:db8::1]:22/x"),
        ("https://github.com/acme/config.git/", "https://github.com/acme/config.git"),
        ("https://git.example:8443/a/b", "https://git.example:8443/a/b"),
        ("http://127.0.0.1:3000/acme/config.git", "http://127.0.0.1:3000/acme/config.git"),
        ("http://[::1]:3000/a", "http://[::1]:3000/a"),
    ],
)
def test_an_address_is_brought_into_one_form(given_url, url):
    assert check_url(given_url) == url
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "-",
        "--upload-pack=touch canary",
        "-oProxyCommand=touch canary",
        "ext::sh -c touch% canary",
        "ext::ssh -i x %S /srv/r",
        "fd::17/foo",
        "file::/srv/x",
        "ssh://-oProxyCommand=touch/x",
        "ssh://git@-oProxyCommand=touch/x",
        "ssh://-l@host/x",
        "ssh://-oProxyCommand=touch%20canary/x",
        "-oProxyCommand=touch:x",
        "git@-oProxyCommand=x:path",
        "ssh://host/x;touch canary",
        "ssh://host/`id`",
        "ssh://host/$(id)",
        "ssh://host/it's",
        "ssh://git:password@host/x",
        "ssh://host:port/x",
        "ssh://host:99999/x",
        "ssh://ho\nst/x",
        "ssh://[fe80::1%25eth0]/x",
        "https://",
        "https:///x",
        "https://host",
        "https://host/",
        "https://user:password@host/x",
        "https://token@host/x",
        "https://host/x?y=1",
        "https://host/x?",
        "https://host/x#y",
        "https://host/a/../b",
        "https://host/a/%2e%2e/b",
        "https://host/a b",
        "https://host/\u2028x",
        "https://ho%73t/x",
        "https://host\\@evil.example/x",
        "http://github.com/acme/config",
        "http://localhost.evil.example/x",
        "http://127.0.0.1.nip.example/x",
        "HTTPS://host/x",
        "git://host/x",
        "ftp://host/x",
        "file://server/share",
        "file://relative",
        "file:////server/share",
        "file:///srv/../etc",
        "file:///srv/%2e%2e/etc",
        "file:///srv/a%00b",
        "file:///srv/a%0ab",
        "relative/path",
        "../up",
        "C:\\config",
        "host::module/x",
        "/srv/\udcff",
        "https://host/" + "x" * 3000,
    ],
)
def test_what_is_no_plain_address_is_refused(url):
    with pytest.raises(GitError) as refused:
        check_url(url)
    assert refused.value.code is GitErrorCode.BAD_URL
    assert not refused.value.is_retryable


def test_a_refusal_never_repeats_a_password():
    for url in (
        "https://dana:hunter2-canary@host/x",
        "https://hunter2-canary@host/x",
        "ssh://git:hunter2-canary@host/x",
    ):
        with pytest.raises(GitError) as refused:
            check_url(url)
        assert "hunter2-canary" not in f"{refused.value}{refused.value.data}{refused.value!r}"
    with pytest.raises(GitError, match="token by reference"):
        check_url("https://dana:hunter2-canary@host/x")


@settings(max_examples=50)
@given(
    st.text() | st.builds("{}{}".format, st.sampled_from(["/", "file:///", "ssh://", "https://h/", "h:"]), st.text())
)
def test_whatever_passes_is_stable_and_plain(text):
    try:
        url = check_url(text)
    except GitError:
        return
    assert check_url(url) == url
    assert url.isascii()
    assert url.startswith(("file:///", "ssh://", "https://", "http://"))
    assert not any(character.isspace() for character in url)


@settings(max_examples=50)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/", min_codepoint=32), min_size=1), min_size=1)
)
def test_the_path_of_a_folder_survives(parts):
    path = "/" + "/".join(parts)
    assume(not {".", ".."} & set(parts) and not any(0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" for c in path))
    assert local_path(check_url(path)) == path


@pytest.mark.parametrize("name", ["main", "release/2025.1", "feature/#41-fix", "a@b", "ümlaut", "x-", "@x", "+main"])
def test_a_branch_name_passes(name):
    assert check_branch(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-",
        "--upload-pack=touch canary",
        "-x",
        "@",
        "HEAD",
        "a b",
        "a..b",
        "a~1",
        "a^",
        "a:b",
        "main:refs/heads/evil",
        "a?",
        "a*",
        "a[b",
        "a\\b",
        "a@{1}",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "a.",
        "a\nb",
        "a\x7f",
        "\udcff",
        "x" * 300,
    ],
)
def test_a_name_that_no_branch_can_have_is_refused(name):
    with pytest.raises(GitError) as refused:
        check_branch(name)
    assert refused.value.code is GitErrorCode.BAD_NAME


@pytest.mark.parametrize(
    ("forge", "file", "commit", "request_"),
    [
        ("github", f"/blob/{COMMIT}/a%20b/c%23.tf#L7", f"/commit/{COMMIT}", "/pull/41"),
        ("gitlab", f"/-/blob/{COMMIT}/a%20b/c%23.tf#L7", f"/-/commit/{COMMIT}", "/-/merge_requests/41"),
        ("gitea", f"/src/commit/{COMMIT}/a%20b/c%23.tf#L7", f"/commit/{COMMIT}", "/pulls/41"),
        ("forgejo", f"/src/commit/{COMMIT}/a%20b/c%23.tf#L7", f"/commit/{COMMIT}", "/pulls/41"),
    ],
)
def test_a_forge_is_linked_in_its_own_way(forge, file, commit, request_):
    web = "https://forge.example/acme/config"
    assert file_link(forge, web + "/", COMMIT, "a b/c#.tf", 7) == web + file
    assert commit_link(forge, web, COMMIT) == web + commit
    assert pull_request_link(forge, web, 41) == web + request_


def test_a_link_needs_a_known_forge_and_a_web_address():
    assert file_link("cvs", "https://forge.example/x", COMMIT, "a", 1) is None
    assert file_link("github", "javascript:alert(1)//", COMMIT, "a", 1) is None
    assert commit_link("github", "", COMMIT) is None
    assert pull_request_link("github", "data:text/html,x", 1) is None


def test_a_link_can_point_to_a_line_of_markdown_and_to_a_name_that_is_not_utf8():
    web = "https://github.com/acme/config"
    assert file_link("github", web, COMMIT, "docs/a.md", 3) == f"{web}/blob/{COMMIT}/docs/a.md?plain=1#L3"
    assert file_link("github", web, COMMIT, "docs/a.md", None) == f"{web}/blob/{COMMIT}/docs/a.md"
    assert file_link("github", web, COMMIT, "\udcff", None) == f"{web}/blob/{COMMIT}/%FF"


@pytest.mark.parametrize(
    ("url", "guess"),
    [
        ("ssh://git@github.com/acme/config.git", ("github", "https://github.com/acme/config")),
        ("https://gitlab.com/acme/deep/config", ("gitlab", "https://gitlab.com/acme/deep/config")),
        ("https://codeberg.org/acme/config.git", ("forgejo", "https://codeberg.org/acme/config")),
        ("https://git.example/acme/config", None),
        ("file:///github.com/acme/config", None),
        ("https://github.com/acme", None),
    ],
)
def test_a_well_known_host_is_recognised(url, guess):
    assert guess_forge(url) == guess
