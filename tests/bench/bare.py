"""The yardstick for the effective page: a bare Django view with one query and a Django template, and no sign-in.

It renders as many rows as the effective page does, with the same cells. `python -m tests.bench.bare` is not run by
itself; the figures serve it with `gunicorn tests.bench.bare:application`.
"""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse

ROWS = int(os.environ.get("BENCH_ROWS", "300"))
_TEMPLATE = """<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1><table>
{% for row in rows %}<tr><td><a href="?path={{ row.path }}">{{ row.path }}</a></td><td>{{ row.value }}</td>
<td><span class="layer {{ row.layer }}">{{ row.layer }}</span></td>
<td><a href="/source/{{ row.file }}?line={{ row.line }}">{{ row.file }}:{{ row.line }}</a></td>
<td>{% if row.shadows %}shadows {{ row.shadows }}{% endif %}</td></tr>
{% endfor %}</table></body></html>"""


def configure() -> None:
    from console.environment import database  # the same database, the same options

    settings.configure(
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",
        DATABASES={"default": database(os.environ["DATABASE_URL"])},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"rows.html": _TEMPLATE})]},
            }
        ],
    )
    django.setup()


def rows_page(request: HttpRequest) -> HttpResponse:
    from django.db import connection
    from django.shortcuts import render

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT path, key, layer, line FROM integrations_document ORDER BY id LIMIT %s OFFSET %s", [ROWS, 0]
        )
        found = [
            {"path": key, "value": line, "layer": layer, "file": path, "line": line, "shadows": line % 3}
            for path, key, layer, line in cursor.fetchall()
        ]
    return render(request, "rows.html", {"title": "Rows", "rows": found})


if not settings.configured:
    configure()
from django.urls import path  # noqa: E402 (after the settings)

urlpatterns = [path("", rows_page)]
application = get_wsgi_application()
