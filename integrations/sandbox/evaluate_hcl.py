"""Evaluates one root module and writes the result to standard output as JSON: run by `hcl.py` in its own process.

Standard library and tfparse only. The request is one JSON object on standard input:
    export, root, variable_files    what to evaluate; the export is the working directory
    confine                         whether to put Landlock on (false inside bubblewrap and where nothing works)
    readable                        what remains readable under Landlock
    packages                        the folder that tfparse is in
    seconds                         of processor time
    probe                           instead of evaluating: {"file": path, "port": number} to be tried
The answer is {"result": …} or {"error": "…"}; the evaluator's log goes to standard error.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any


def main() -> None:
    request = json.load(sys.stdin)
    answer_to = os.dup(1)
    os.dup2(2, 1)  # whatever the evaluator prints is log, never answer
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - pathlib is slow to load
    import confine  # type: ignore[import-not-found] # beside this file, which is no package when it runs

    confine.limit_resources(request["seconds"])
    os.umask(0o077)
    os.chdir(request["export"])
    if request["confine"]:
        confine.restrict_files(request["readable"], [request["packages"]])
    answer = _probe(request["probe"]) if request.get("probe") else _evaluate(request)
    with os.fdopen(answer_to, "w", encoding="utf-8") as stream:
        json.dump(answer, stream, separators=(",", ":"))


def _evaluate(request: dict[str, Any]) -> dict[str, Any]:
    sys.path.insert(0, request["packages"])
    import tfparse

    try:
        result = tfparse.load_from_path(
            request["root"] or ".",
            debug=True,  # without it the log does not tell of files and modules that could not be read
            allow_downloads=False,
            vars_paths=request["variable_files"],
        )
    except tfparse.ParseError as error:
        return {"error": str(error)}
    return {"result": result}


def _probe(wanted: dict[str, Any]) -> dict[str, Any]:
    """What can be reached from here that should not be."""
    reached = []
    try:
        with open(wanted["file"], "rb") as file:  # noqa: PTH123 - pathlib is slow to load
            file.read(1)
        reached.append("file")
    except OSError:
        pass  # as it should be
    try:
        # nosemgrep: outbound -- an attempt that must fail
        socket.create_connection(("127.0.0.1", wanted["port"]), timeout=2).close()
        reached.append("network")
    except OSError:
        pass  # as it should be
    return {"result": reached}


if __name__ == "__main__":
    main()
