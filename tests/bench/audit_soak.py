"""Writers and sealers are killed, the server is stopped at once, again and again: nothing may be lost or doubled.

`python -m tests.bench.audit_soak [--seconds 90]`; starts its own PostgreSQL; exit 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.servers import postgres

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="glasshouse-soak-") as name:
        folder = Path(name)
        with postgres(folder) as url:
            environment = _environment(folder, url)
            subprocess.run([sys.executable, "-c", _PREPARE], env=environment, check=True)
            files = _torment(folder, environment, options.seconds)
            judged = subprocess.run(
                [sys.executable, "-c", _JUDGE, *map(str, files)],
                env=environment, check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
    verdict = judged.stdout.strip().splitlines()[-1]
    sys.stdout.write(verdict + "\n")
    wrong = ('"lost": 0', '"doubled": 0', '"unlike_business": 0', '"unsealed": 0', '"findings": []')
    sys.exit(0 if all(part in verdict for part in wrong) and '"acknowledged": 0' not in verdict else 1)


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


def _torment(folder: Path, environment: dict[str, str], seconds: float) -> list[Path]:
    files = [folder / f"acknowledged-{number}" for number in range(4)]
    seal = [sys.executable, "manage.py", "audit_seal", "--follow"]
    commands = [*([sys.executable, "-c", _WRITER, str(file)] for file in files), seal, seal]
    log = (folder / "soak.log").open("wb")
    running = [subprocess.Popen(command, env=environment, stderr=log) for command in commands]
    until, stop_at = time.monotonic() + seconds, time.monotonic() + seconds / 4
    while time.monotonic() < until:
        time.sleep(random.uniform(0.5, 3))
        victim = random.randrange(len(running))
        running[victim].kill()
        running[victim].wait()
        running[victim] = subprocess.Popen(commands[victim], env=environment, stderr=log)
        if time.monotonic() > stop_at:
            _crash(folder / "postgres")
            stop_at = time.monotonic() + seconds / 4
    for process in running:
        process.kill()
        process.wait()
    return files


def _crash(data: Path) -> None:
    """Ends every server process at once, as an immediate stop does; the postmaster then recovers from its log."""
    postmaster = int((data / "postmaster.pid").read_text().splitlines()[0])
    children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=True)
    os.kill(int(random.choice(children.stdout.split())), signal.SIGKILL)
    time.sleep(2)


if __name__ == "__main__":
    main()
