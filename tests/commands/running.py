"""Running a command as its callers see it: what it prints where, and how it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """`code` is the exit status; a CommandError's sentence is in `err`, as `manage.py` prints it."""

    out: str
    err: str
    code: int

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(name: str, *arguments: str) -> Ran:
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command(name, *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except CommandError as error:
        err.write(str(error))
        code = error.returncode
    return Ran(out=out.getvalue(), err=err.getvalue(), code=code)
