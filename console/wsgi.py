from __future__ import annotations

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = get_wsgi_application()

from integrations.sandbox.evaluator import evaluator  # noqa: E402 - the settings are to be known first

# Beside the first requests: trying and starting the sandbox takes about a second, once in a web process.
Thread(target=evaluator().start, name="start-evaluator", daemon=True).start()
