"""Every address of the console. A page shows another commit with `?at=`, and where sensible takes `?environment=`."""

from __future__ import annotations

from importlib import import_module

from allauth.account import views as sign_in
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from console.api.problems import for_api
from console.views import errors, health


def _view(module: str, name: str):  # for the time being: until every module stands
    def call(request: HttpRequest, **kwargs: str) -> HttpResponse:
        return getattr(import_module(f"console.views.{module}"), name)(request, **kwargs)

    return call


# Nobody signs in past the rate limits of the one sign-in page.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Only what a person needs. Changing one's own e-mail address is not among it: `owner:` in Git names people by it.
_SIGN_IN: list[URLPattern | URLResolver] = [
    path("login/", sign_in.login, name="account_login"),
    path("logout/", sign_in.logout, name="account_logout"),
    path("inactive/", sign_in.account_inactive, name="account_inactive"),
    path("reauthenticate/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("password/change/", sign_in.password_change, name="account_change_password"),
]
_CONNECTION = "accounts/<slug:account>/<slug:integration>/<slug:environment>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", _view("home", "home"), name="home"),
    path("accounts/", _view("accounts", "accounts"), name="accounts"),
    path("accounts/<slug:account>/", _view("accounts", "account"), name="account"),
    path("accounts/<slug:account>/history/", _view("history", "history"), name="history"),
    path(_CONNECTION, _view("effective", "effective"), name="effective"),
    path(f"{_CONNECTION}chain/", _view("effective", "chain"), name="effective_chain"),
    path(f"{_CONNECTION}effective.<str:form>", _view("effective", "download"), name="effective_download"),
    path("compare/<slug:account>/<slug:integration>/", _view("compare", "compare"), name="compare"),
    path("integrations/", _view("integrations", "integrations"), name="integrations"),
    path("integrations/<slug:integration>/", _view("integrations", "integration"), name="integration"),
    path(
        "integrations/<slug:integration>/mappings/<str:model>/<str:resource>/<str:method>/",
        _view("mappings", "mapping"),
        name="mapping",
    ),
    path("layers/<str:layer>/<slug:integration>/", _view("layers", "layer"), name="layer"),
    path("source/<path:path>", _view("source", "source"), name="source"),
    path("where-used/", _view("where_used", "where_used"), name="where_used"),
    path("search/", _view("search", "search"), name="search"),
    path("sync/", _view("sync", "sync"), name="sync"),
    path("sync/now/", _view("sync", "now"), name="sync_now"),
    path("sync/<str:commit>/", _view("sync", "snapshot"), name="sync_snapshot"),
    path("sync/<str:commit>/decide/", _view("sync", "decide"), name="sync_decide"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", health.robots, name="robots"),
    path("sign-in/", include(_SIGN_IN)),
    path("admin/", admin.site.urls),
    path("api/", include("console.api.urls")),
]

handler400 = for_api(errors.bad_request, 400, "The request cannot be understood.")
handler403 = for_api(errors.permission_denied, 403, "You may not do this.")
handler404 = for_api(errors.not_found, 404, "There is nothing at this address.")
handler429 = "console.views.errors.too_many_requests"
handler500 = for_api(errors.server_error, 500, "Something failed here; the log of this request says more.")
