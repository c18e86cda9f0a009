"""Makes the provider's database, people and client, and serves it on loopback until it is ended."""

from __future__ import annotations

import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

CLIENT, SECRET = "glasshouse", "the-clients-secret-of-the-tests"


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None: ...


def main(folder: str, redirect: str) -> None:
    # The port is the system's to choose, and the issuer is known only then.
    server = make_server("127.0.0.1", 0, lambda *_: [], server_class=Server, handler_class=Quiet)
    issuer = f"http://127.0.0.1:{server.server_port}/o"
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.oidc_provider.settings",
        "OIDC_PROVIDER_FOLDER": folder,
        "OIDC_PROVIDER_ISSUER": issuer,
    }
    import django  # after its settings are named

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    for name in ("one", "two"):
        get_user_model().objects.create_user(name)
    Application.objects.create(
        client_id=CLIENT,
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=redirect,
        algorithm=Application.RS256_ALGORITHM,
        skip_authorization=True,
    )
    server.set_app(get_wsgi_application())
    sys.stdout.write(f"{issuer}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
