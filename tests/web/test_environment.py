"""Settings from the environment: what cannot be understood stops the start, with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from console.environment import Environment, database


def test_each_form_is_read() -> None:
    env = Environment({"A": "x", "B": "true", "C": "7", "D": "a, b,,c", "E": "~", "F": "red"})
    assert env.text("A") == "x"
    assert env.flag("B", default=False) is True
    assert env.number("C", 1) == 7
    assert env.words("D") == ("a", "b", "c")
    assert env.path("E", Path()) == Path.home()
    assert env.choice("F", "blue", ("red", "blue")) == "red"


def test_defaults_hold_for_what_is_not_set() -> None:
    env = Environment({})
    assert (env.text("A", "x"), env.flag("B", default=True), env.number("C", 3)) == ("x", True, 3)
    assert env.optional_path("D") is None


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("N", "seven", lambda env: env.number("N", 1)),
        ("N", "0", lambda env: env.number("N", 1, least=1)),
        ("F", "perhaps", lambda env: env.flag("F", default=True)),
        ("C", "green", lambda env: env.choice("C", "red", ("red", "blue"))),
    ],
)
def test_a_malformed_value_names_its_variable_and_not_itself(name: str, value: str, read: object) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} cannot be understood") as caught:
        read(Environment({name: value}))
    assert "perhaps" not in str(caught.value)


def test_a_misspelt_variable_is_refused() -> None:
    env = Environment({"GLASSHOUSE_DATA": "/x", "GLASSHOUSE_DATTA": "/y", "GLASSHOUSE_KEY_FILE": "/z"})
    env.path("GLASSHOUSE_DATA", Path())
    env.text("GLASSHOUSE_OTHER")
    with pytest.raises(ImproperlyConfigured, match="GLASSHOUSE_DATTA, GLASSHOUSE_KEY_FILE"):
        env.refuse_unknown()


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush\n")
    assert Environment({"KEY_FILE": str(file)}).text("KEY") == "hush"
    with pytest.raises(ImproperlyConfigured, match="both set"):
        Environment({"KEY": "a", "KEY_FILE": str(file)}).text("KEY")
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        Environment({"KEY_FILE": str(tmp_path / "absent")}).text("KEY")


def test_databases_are_told_by_their_address() -> None:
    found = database("postgres://me:p%40ss@db:5433/console?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("me", "p@ss", "db", "5433")
    assert found["OPTIONS"] == {"sslmode": "require", "prepare_threshold": 1}
    assert database("postgres://db/console?prepare=no")["OPTIONS"] == {"prepare_threshold": None}
    assert database("sqlite:////data/x.sqlite3")["NAME"] == "/data/x.sqlite3"
    with pytest.raises(ValueError, match="must begin with"):
        database("mysql://x")


def test_pairs_are_read_whole_or_not_at_all():
    assert Environment({"MAP": " grp-a=engineer, grp-b = csm,"}).pairs("MAP") == {"grp-a": "engineer", "grp-b": "csm"}
    assert Environment({}).pairs("MAP") == {}
    for wrong in ("grp-a", "=csm", "grp-a="):
        with pytest.raises(ImproperlyConfigured, match="MAP cannot be understood"):
            Environment({"MAP": wrong}).pairs("MAP")
