"""The reference names what the code can say."""

import re
from pathlib import Path

from integrations.core.problems import Code

REFERENCE = Path(__file__).parents[2] / "docs/repository-format.md"


def test_every_problem_code_is_in_the_reference_and_no_other():
    table = REFERENCE.read_text().partition("## Problem codes")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE)) == {code.value for code in Code}
