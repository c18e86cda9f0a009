"""A few clients that ask one after another over kept connections, in a process of their own.

`python -m tests.bench.load PORT CLIENTS SECONDS COOKIE-OR-TOKEN < paths` prints {"seconds": […], "elapsed": …}.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time


def main() -> None:
    port, clients, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    headers = {"Accept-Encoding": "identity"}
    if sys.argv[4]:
        name, _, value = sys.argv[4].partition(": ")
        headers[name] = value
    paths = sys.stdin.read().split()
    taken: list[list[float]] = [[] for _ in range(clients)]
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_client, args=(port, headers, paths[number::clients] or paths, until, taken[number]))
        for number in range(clients)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - started
    sys.stdout.write(json.dumps({"seconds": [one for each in taken for one in each], "elapsed": elapsed}) + "\n")


def _client(port: int, headers: dict[str, str], paths: list[str], until: float, taken: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    turn = 0
    while time.monotonic() < until:
        path = paths[turn % len(paths)]
        turn += 1
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        taken.append(time.perf_counter() - started)
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}: {body[:300]!r}")


if __name__ == "__main__":
    main()
