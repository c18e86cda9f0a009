"""Writers and sealers are killed, the server is stopped at once, again and again: nothing may be lost or doubled.

`python -m tests.bench.audit_soak [--seconds 90]`; starts its own PostgreSQL, with production's durability, and stops it
by `pg_ctl stop -m immediate`; exit 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.servers import Cluster, cluster

_WRITER = """
import os, sys, uuid
import django; django.setup()
from django.db import connection, transaction, DatabaseError
from audit.events import Event
from audit.record import Actor, Subject, record
acknowledged = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
while True:
    name = str(uuid.uuid4())
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO soak_business (name) VALUES (%s)", [name])
            record(Event.SYNC_REQUESTED, actor=Actor(kind="token", id="7"), subject=Subject(kind="soak", id=name))
        os.write(acknowledged, name.encode() + b"\\n")
    except DatabaseError:
        connection.close()
"""
_PREPARE = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
connection.cursor().execute("CREATE TABLE soak_business (name text PRIMARY KEY)")
"""
_JUDGE = """
import json, sys
from pathlib import Path
import django; django.setup()
from django.conf import settings
from django.db import connection
from audit.keys import signer
from audit.models import Entry, Leaf
from audit.repository import export_checkpoints
from audit.sealing import seal_all
from audit.verify import read_checkpoints, verify
seal_all(); export_checkpoints()
with connection.cursor() as cursor:
    cursor.execute("SELECT name FROM soak_business")
    business = {name for name, in cursor.fetchall()}
entries = list(Entry.objects.values_list("subject_id", flat=True))
acknowledged = {line for path in sys.argv[1:] if Path(path).exists() for line in Path(path).read_text().split()}
exported = read_checkpoints(settings.AUDIT_CHECKPOINT_REPOSITORY)
report = verify(signer().verifier, exported)
print(json.dumps({
    "acknowledged": len(acknowledged), "lost": len(acknowledged - set(entries)),
    "doubled": len(entries) - len(set(entries)), "unlike_business": len(business ^ set(entries)),
    "unsealed": len(entries) - Leaf.objects.count(), "checkpoints": len(exported),
    "findings": [found.message for found in report.findings],
}))
"""


_STOPS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90)
    options = parser.parse_args()
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and not shutil.which("initdb"):
        sys.exit(
            "The soak needs a PostgreSQL server of its own, and initdb is not here; on Debian: apt install postgresql"
        )
    with tempfile.TemporaryDirectory(prefix="glasshouse-soak-") as name:
        folder = Path(name)
        with cluster(folder) as server:
            environment = _environment(folder, server.url)
            subprocess.run([sys.executable, "-c", _PREPARE], env=environment, check=True)
            files, torment = _torment(folder, server, environment, options.seconds)
            judged = subprocess.run(
                [sys.executable, "-c", _JUDGE, *map(str, files)],
                env=environment, check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
    verdict = torment | json.loads(judged.stdout.strip().splitlines()[-1])
    sys.stdout.write(json.dumps(verdict) + "\n")
    broken = [name for name in ("lost", "doubled", "unlike_business", "unsealed", "findings") if verdict[name]]
    idle = [name for name in ("acknowledged", "checkpoints", "killed_sealers", "server_stops") if not verdict[name]]
    sys.exit(f"Broken: {broken}; without a trace: {idle}" if broken or idle else 0)


def _environment(folder: Path, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": url,
        "GLASSHOUSE_DATA": str(folder / "data"),
        "GLASSHOUSE_HTTPS": "false",
        "AUDIT_CHECKPOINT_SECONDS": "1",
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }


def _torment(
    folder: Path, server: Cluster, environment: dict[str, str], seconds: float
) -> tuple[list[Path], dict[str, int]]:
    """The files of what was acknowledged, and how often what was killed."""
    files = [folder / f"acknowledged-{number}" for number in range(4)]
    seal = [sys.executable, "manage.py", "audit_seal", "--follow"]
    commands = [*([sys.executable, "-c", _WRITER, str(file)] for file in files), seal, seal]
    done = {"killed_writers": 0, "killed_sealers": 0, "server_stops": 0}
    with (folder / "soak.log").open("wb") as log:
        running = [subprocess.Popen(command, env=environment, stdout=log, stderr=log) for command in commands]
        began, turn = time.monotonic(), list[int]()
        while (elapsed := time.monotonic() - began) < seconds:
            time.sleep(random.uniform(0.5, 3))
            turn = turn or random.sample(range(len(running)), len(running))  # each once, in any order
            victim = turn.pop()
            running[victim].kill()
            running[victim].wait()
            done["killed_writers" if victim < len(files) else "killed_sealers"] += 1
            running[victim] = subprocess.Popen(commands[victim], env=environment, stdout=log, stderr=log)
            if elapsed > (done["server_stops"] + 1) * seconds / (_STOPS + 1):
                server.stop("immediate")
                server.start()
                done["server_stops"] += 1
        for process in running:
            process.kill()
            process.wait()
    return files, done


if __name__ == "__main__":
    main()
