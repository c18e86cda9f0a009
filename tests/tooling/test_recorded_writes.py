"""No write without an entry in the audit log, or a reason beside it why it is no act of anybody."""

from __future__ import annotations

from pathlib import Path

from tests.tooling.recorded_writes import unrecorded

ROOT = Path(__file__).parents[2]
# What follows by itself from what is recorded, or is known again at any time from what the console read.
NOT_ACTS = {
    "integrations.actions.acceleration:compare_engines": "keeps what the engines say of expressions in force",
    "integrations.actions.analyses:tend_analyses": "removes kept analyses that anybody can make again",
    "integrations.actions.mapping_tests:_Progress.__call__": "says how far a run is",
    "integrations.actions.mapping_tests:run_report": "keeps the results of tests whose request is recorded",
    "console.tokens:note_use": "when a token was last used, to the minute",
}


def sources() -> dict[str, str]:
    files = [*ROOT.glob("integrations/actions/**/*.py"), *ROOT.glob("console/**/*.py"), ROOT / "integrations/tasks.py"]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file.read_text("utf-8")
        for file in files
        if "migrations" not in file.parts
    }


def test_every_write_is_recorded():
    missing = unrecorded(sources(), excused=NOT_ACTS)
    assert not missing, f"These write and record nothing; call audit.record.record in their transaction: {missing}"


def test_no_excuse_outlives_its_reason():
    now = sources()
    needless = {name for name in NOT_ACTS if not unrecorded(now, excused=NOT_ACTS.keys() - {name})}
    assert not needless, f"These record by now, or are gone; take them from the list: {needless}"


MADE = {
    "rooms.act": """
from audit.record import record, Actor
from rooms.below import write
def good(): write(); record()
def bad(): write()
def only_an_actor(): Actor(); Row.objects.create()
class Door:
    def open(self): self._open()
    def _open(self): row.save()
    def ask(self): found.update({"a": 1}); names.add("x"); cache.delete("key")
""",
    "rooms.below": "def write(): Row.objects.filter(pk=1).update(name='x')",
}


def test_it_finds_what_records_nothing():
    assert unrecorded(MADE) == {"rooms.act:bad", "rooms.act:only_an_actor", "rooms.act:Door.open"}
    assert unrecorded(MADE, excused=["rooms.below:write"]) == {"rooms.act:only_an_actor", "rooms.act:Door.open"}
