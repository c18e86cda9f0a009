"""The whole way of a change, on the demo as `make run` starts it: no Git word, three minutes, one careful commit."""

from __future__ import annotations

import re
import subprocess
import time

import pytest

from tests.browser.screenshots import demo
from tests.browser.walk import look, person, propose, review

pytestmark = pytest.mark.browser
# What the page may not ask a CSM to know; the folded part for engineers is left out.
GIT_WORDS = re.compile(
    r"\b(git|branch|commit|pull request|merge|rebase|repository|yaml|json|jsonata|file|diff|push)\b", re.IGNORECASE
)
# As it is shown: what is folded away or hidden is not.
_WORDS_OF_PAGE = """() => {
  const folded = [...document.querySelectorAll("main summary")].map((each) => each.innerText);
  return folded.reduce((text, each) => text.replace(each, ""), document.querySelector("main").innerText);
}"""


def test_a_csm_maps_a_field_another_person_approves_and_it_is_in_force(browser):
    with demo() as (address, data):
        texts: dict[str, str] = {}

        def note(page, name):
            texts[name] = page.evaluate(_WORDS_OF_PAGE)

        dana, erin = (person(browser, address, name) for name in ("dana", "erin"))
        started = time.monotonic()
        proposal = propose(dana.pages[0], note)
        assert time.monotonic() - started < 180
        assert GIT_WORDS.findall(texts["walk-1-propose"]) == []
        review(erin.pages[0], proposal, note)
        look(dana.pages[0], note)
        changed = subprocess.run(
            ["git", f"--git-dir={data}/demo.git", "show", "--format=%an%n%s%n%b", "main^2", "--"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    lines = changed.splitlines()
    assert lines[0] == "Dana Whitfield"
    assert [line for line in lines if line.startswith("Glasshouse-Proposal: ")]
    # Nothing but the new field, the comma before it, and what the account's own test expects from now on.
    touched = [line for line in changed.partition("diff --git")[2].splitlines() if re.match(r"[+-](?![+-])", line)]
    assert any("response.MailingState" in line for line in touched)
    assert len([line for line in touched if line.startswith("-")]) <= 1, changed
    assert len(touched) <= 6, changed
