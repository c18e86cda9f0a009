"""Ways in: tokens over HTTP, keys over ssh, and folders that belong to someone else."""

import base64
import logging
import os
import shlex
import stat
import sys
from pathlib import Path

import pytest

from integrations.git.errors import GitError, GitErrorCode
from integrations.git.mirror import Mirror, Remote
from tests.git.build import build
from tests.git.serve import serving

TOKEN = "canary-token-5e1f"
SPELLED = (TOKEN, base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode())


linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "served"
    made.mkdir()
    return made


def put_on_path(monkeypatch, folder: Path, name: str, script: str) -> None:
    """Let `name` run the script for every process started from here on."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def everything_below(folder: Path) -> str:
    return "".join(file.read_bytes().decode(errors="replace") for file in folder.rglob("*") if file.is_file())


@linux_only
def test_a_token_opens_the_repository_and_is_seen_nowhere_else(root, tmp_path, monkeypatch, caplog, capfd):
    git = next(Path(p) / "git" for p in os.environ["PATH"].split(os.pathsep) if (Path(p) / "git").exists())
    record = tmp_path / "argv"
    put_on_path(monkeypatch, tmp_path / "bin", "git", f'printf "%s\\n" "$@" >> {record}\nexec {git} "$@"\n')
    ids = build(root / "config.git", [{"a": "1"}])
    mirror = Mirror(tmp_path / "mirrors" / "config.git")
    with caplog.at_level(logging.DEBUG), serving(root, TOKEN) as server:
        remote = Remote(url=f"{server.url}/config.git", branch="main", secret=TOKEN)
        fetched = mirror.fetch(remote)
        assert fetched.head == ids[0]
        ids += build(root / "config.git", [{"a": "2"}])
        assert mirror.fetch(remote).head == ids[1]
        assert server.seen_on_a_command_line == []
        assert any("Basic" in request for request in server.requests)
    where = [
        record.read_text(),
        everything_below(mirror.path),
        caplog.text,
        repr(remote),
        repr(fetched),
        *capfd.readouterr(),
    ]
    assert "fetch" in where[0]
    assert "[core]" in where[1]
    for word in SPELLED:
        assert not any(word in text for text in where)


@linux_only
def test_the_lookout_would_have_seen_a_token_on_a_command_line(root):
    """The test above proves nothing unless looking around finds what is there."""
    with serving(root, sys.executable) as server:
        server.look_around()
        assert server.seen_on_a_command_line


def test_a_wrong_token_is_denied_and_not_repeated(root, tmp_path):
    build(root / "config.git", [{"a": "1"}])
    with serving(root, "another") as server, pytest.raises(GitError) as denied:
        Mirror(tmp_path / "m.git").fetch(Remote(url=f"{server.url}/config.git", branch="main", secret=TOKEN))
    assert denied.value.code is GitErrorCode.DENIED
    assert not denied.value.is_retryable
    for word in SPELLED:
        assert word not in f"{denied.value} {denied.value!r} {denied.value.data}"


def test_no_token_where_one_is_asked_for_is_denied_without_a_prompt(root, tmp_path):
    build(root / "config.git", [{"a": "1"}])
    with serving(root, TOKEN) as server, pytest.raises(GitError) as denied:
        Mirror(tmp_path / "m.git").fetch(Remote(url=f"{server.url}/config.git", branch="main"))
    assert denied.value.code is GitErrorCode.DENIED


@pytest.mark.parametrize(
    ("status", "code", "is_retryable"),
    [
        (403, GitErrorCode.DENIED, False),
        (404, GitErrorCode.NOT_FOUND, False),
        (429, GitErrorCode.UNREACHABLE, True),
        (500, GitErrorCode.UNREACHABLE, True),
        (503, GitErrorCode.UNREACHABLE, True),
    ],
)
def test_a_servers_refusal_is_named(root, tmp_path, status, code, is_retryable):
    with serving(root, answer=status) as server, pytest.raises(GitError) as refused:
        Mirror(tmp_path / "m.git").fetch(Remote(url=f"{server.url}/config.git", branch="main"))
    assert (refused.value.code, refused.value.is_retryable) == (code, is_retryable)


def test_a_redirect_is_not_followed_and_the_token_does_not_travel(root, tmp_path):
    build(root / "config.git", [{"a": "1"}])
    with serving(root, TOKEN) as other, serving(root) as server:
        server.answer = 302
        server.location = f"{other.url}/config.git/info/refs?service=git-upload-pack"
        with pytest.raises(GitError) as refused:
            Mirror(tmp_path / "m.git").fetch(Remote(url=f"{server.url}/config.git", branch="main", secret=TOKEN))
        assert refused.value.code is GitErrorCode.UNREACHABLE
        assert other.requests == []


def test_a_token_of_two_lines_is_refused_before_git_starts(root, tmp_path):
    with serving(root) as server:
        remote = Remote(url=f"{server.url}/config.git", branch="main", secret=f"{TOKEN}\r\nX-Evil: 1")
        with pytest.raises(GitError) as refused:
            Mirror(tmp_path / "m.git").fetch(remote)
        assert server.requests == []
    assert refused.value.code is GitErrorCode.DENIED
    assert TOKEN not in str(refused.value)


def test_a_closed_port_is_unreachable(tmp_path):
    with pytest.raises(GitError) as refused:
        Mirror(tmp_path / "m.git").fetch(Remote(url="https://127.0.0.1:1/config.git", branch="main"))
    assert refused.value.code is GitErrorCode.UNREACHABLE
    assert refused.value.is_retryable


def test_ssh_is_asked_with_strict_options_and_nothing_of_ours(root, tmp_path, monkeypatch):
    record = tmp_path / "argv"
    script = f'printf "%s\\n" "$@" > {record}\nenv >> {record}\nfor last; do :; done\nexec sh -c "$last"\n'
    put_on_path(monkeypatch, tmp_path / "bin", "ssh", script)
    monkeypatch.setenv("DATABASE_URL", "canary-database")
    ids = build(root / "config.git", [{"a": "1"}])
    remote = Remote(
        url=f"git@host.example:{root}/config.git",
        branch="main",
        secret=TOKEN,
        ssh_key_file=tmp_path / "a key",
        known_hosts_file=tmp_path / "hosts",
    )
    assert Mirror(tmp_path / "m.git").fetch(remote).head == ids[0]
    lines = record.read_text().splitlines()
    for option in (
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        f'IdentityFile="{tmp_path}/a key"',
        f"UserKnownHostsFile={tmp_path}/hosts",
    ):
        assert lines[lines.index(option) - 1] == "-o"
    assert lines[lines.index("git@host.example") + 1] == f"git-upload-pack '{root}/config.git'"
    assert not any(word in line for word in (*SPELLED, "canary-database") for line in lines)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Host key verification failed.", GitErrorCode.HOST_KEY),
        ("git@host.example: Permission denied (publickey).", GitErrorCode.DENIED),
        ("ERROR: Repository not found.", GitErrorCode.NOT_FOUND),
        ("ssh: Could not resolve hostname host.example: Name or service not known", GitErrorCode.UNREACHABLE),
    ],
)
def test_what_ssh_says_is_named(tmp_path, monkeypatch, words, code):
    put_on_path(monkeypatch, tmp_path / "bin", "ssh", f"echo {shlex.quote(words)} >&2\nexit 255\n")
    with pytest.raises(GitError) as refused:
        Mirror(tmp_path / "m.git").fetch(Remote(url="ssh://git@host.example/TLS/corrupt.git", branch="main"))
    assert refused.value.code is code


def test_the_path_of_a_key_that_ssh_would_expand_is_refused(tmp_path):
    remote = Remote(url="ssh://host.example/x", branch="main", ssh_key_file=Path('/k"\n-oProxyCommand=touch canary'))
    with pytest.raises(GitError) as refused:
        Mirror(tmp_path / "m.git").fetch(remote)
    assert refused.value.code is GitErrorCode.BAD_NAME


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_can_be_fetched_when_it_was_configured(root, tmp_path):
    ids = build(root / "con fig.git", [{"a": "1"}])
    for file in [root / "con fig.git", *(root / "con fig.git").rglob("*")]:
        os.chown(file, 65534, 65534)
    mirror = Mirror(tmp_path / "m.git")
    assert mirror.fetch(Remote(url=str(root / "con fig.git"), branch="main")).head == ids[0]
