"""sync: fetch, evaluate, activate, and say what came of it."""

from __future__ import annotations

from tests.commands.running import run
from tests.web.factories import BROKEN


def test_nothing_new(config):
    ran = run("sync", "--format=json")
    assert ran.code == 0
    assert ran.json["version"] == 1
    (told,) = ran.json["repositories"]
    assert set(told) == {"repository", "result", "message", "commit", "seconds", "problems"}
    assert (told["repository"], told["result"], told["commit"]) == ("small", "unchanged", config.commits[-1])


def test_a_good_commit_becomes_active(config):
    config.push({"customers/initech/account.yaml": "name: Initech Inc\nconnections: []\n"})
    (told,) = run("sync", "--format=json").json["repositories"]
    assert (told["result"], told["commit"], told["problems"]) == ("activated", config.commits[-1], [])
    assert config.row.active.commit == config.commits[-1]


def test_a_bad_commit_ends_with_1_and_all_errors(config):
    config.push(BROKEN)
    ran = run("sync", "--repository=small", "--format=json")
    assert ran.code == 1
    (told,) = ran.json["repositories"]
    assert told["result"] == "rejected"
    assert {found["file"] for found in told["problems"]} == set(BROKEN)
    for found in told["problems"]:
        assert set(found) == {"code", "message", "file", "line", "column"}
        assert found["line"] >= 1
    again = run("sync")
    assert again.code == 1
    assert "last good snapshot stays active" in again.out
    assert all(file in again.err for file in BROKEN)


def test_a_remote_that_is_gone_ends_with_1(config):
    config.path.rename(config.path.with_name("away"))
    ran = run("sync", "--format=json")
    assert (ran.code, ran.json["repositories"][0]["result"]) == (1, "unreachable")


def test_without_a_repository_it_says_what_to_set(db):
    ran = run("sync")
    assert ran.code == 1
    assert "CONFIG_REPOSITORY_URL" in ran.err
