"""Headers of static files."""

from __future__ import annotations

from wsgiref.headers import Headers

from whitenoise.base import WhiteNoise

from console.static_files import add_headers


def test_the_worker_that_evaluates_in_the_browser_reaches_nothing(settings, tmp_path):
    for name in ("jsonata-worker.3f2a1b.js", "playground.js"):
        (tmp_path / name).write_text("1", encoding="utf-8")
    assert settings.WHITENOISE_ADD_HEADERS_FUNCTION is add_headers
    served = WhiteNoise(lambda _environ, _start: [], root=tmp_path, prefix="static/", add_headers_function=add_headers)
    policies = {}
    for url, file in served.files.items():
        response = file.get_response("GET", {})
        response.file.close()
        policies[url] = Headers(list(response.headers)).get("Content-Security-Policy")
    assert policies == {"/static/jsonata-worker.3f2a1b.js": "default-src 'none'", "/static/playground.js": None}
