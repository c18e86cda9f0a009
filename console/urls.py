"""Every address of the console. A page shows another commit with `?at=`, and where sensible takes `?environment=`."""

from __future__ import annotations

from allauth.account import views as allauth_pages
from allauth.account.decorators import secure_admin_login
from allauth.mfa.base.views import authenticate
from allauth.mfa.webauthn.views import login_webauthn
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from console.api.problems import for_api
from console.sign_in import oidc
from console.views import (
    accounts,
    audit,
    audit_evidence,
    audit_verification,
    compare,
    effective,
    errors,
    health,
    history,
    home,
    integrations,
    layers,
    mapping_tests,
    mappings,
    me,
    people,
    playground,
    playground_run,
    proposal,
    proposal_acts,
    proposal_conflict,
    proposals,
    propose,
    search,
    second_factors,
    sign_in,
    source,
    sync,
    webhooks,
    where_used,
)

# Nobody signs in past the rate limits of the one sign-in page.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign,no-untyped-call]

# Only what a person needs. Changing one's own e-mail address is not among it: `owner:` in Git names people by it.
_SIGN_IN: list[URLPattern | URLResolver] = [
    path("login/", sign_in.login, name="account_login"),
    path("logout/", allauth_pages.logout, name="account_logout"),
    path("inactive/", allauth_pages.account_inactive, name="account_inactive"),
    path("password/change/", allauth_pages.password_change, name="account_change_password"),
    path("second-factor/", authenticate, name="mfa_authenticate"),
    path("passkey/", login_webauthn, name="mfa_login_webauthn"),
    path("sso/", oidc.login, name="sso"),
    path("sso/callback/", oidc.callback, name="sso_callback"),
]
if settings.SAML_METADATA_URL:
    _SIGN_IN.append(path("", include("allauth.socialaccount.providers.saml.urls")))
_ME: list[URLPattern | URLResolver] = [
    path("", me.me, name="me"),
    path("confirm/", second_factors.confirm, name="me_confirm"),
    path("app/", second_factors.app, name="me_app"),
    path("passkey/", second_factors.passkey, name="me_passkey"),
    path("factors/<int:factor>/remove/", second_factors.remove, name="me_remove_factor"),
    path("recovery-codes/", second_factors.recovery_codes, name="me_recovery_codes"),
    path("sessions/end-others/", me.end_other_sessions, name="me_end_other_sessions"),
    path("sessions/<str:session>/end/", me.end_session, name="me_end_session"),
    path("tokens/", me.make_token, name="me_make_token"),
    path("tokens/<int:token>/revoke/", me.revoke, name="me_revoke_token"),
]
_to_change_password = require_safe(RedirectView.as_view(pattern_name="account_change_password"))
_CONNECTION = "accounts/<slug:account>/<slug:integration>/<slug:environment>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<slug:account>/", accounts.account, name="account"),
    path("accounts/<slug:account>/history/", history.history, name="history"),
    path("accounts/<slug:account>/tests/", mapping_tests.of_account, name="account_tests"),
    path("accounts/<slug:account>/propose/", propose.propose, name="propose"),
    path("drafts/discard/", propose.discard, name="draft_discard"),
    path(_CONNECTION, effective.effective, name="effective"),
    path(f"{_CONNECTION}chain/", effective.chain, name="effective_chain"),
    path(f"{_CONNECTION}propose/", propose.from_connection, name="effective_propose"),
    path(f"{_CONNECTION}try/", playground.from_connection, name="effective_try"),
    path(f"{_CONNECTION}effective.<str:form>", effective.download, name="effective_download"),
    path("compare/<slug:account>/<slug:integration>/", compare.compare, name="compare"),
    path("integrations/", integrations.integrations, name="integrations"),
    path("integrations/<slug:integration>/", integrations.integration, name="integration"),
    path("integrations/<slug:integration>/tests/", mapping_tests.of_integration, name="integration_tests"),
    path(
        "integrations/<slug:integration>/mappings/<str:model>/<str:resource>/<str:method>/",
        mappings.mapping,
        name="mapping",
    ),
    path("mapping-tests/run/", mapping_tests.run, name="mapping_tests_run"),
    path("layers/<str:layer>/<slug:integration>/", layers.layer, name="layer"),
    path("layers/<str:layer>/<slug:integration>/propose/", propose.propose_layer, name="propose_layer"),
    path("source/<path:path>", source.source, name="source"),
    path("playground/", playground.playground, name="playground"),
    path("playground/run/", playground_run.run, name="playground_run"),
    path("playground/sample/", playground.sample, name="playground_sample"),
    path("where-used/", where_used.where_used, name="where_used"),
    path("search/", search.search, name="search"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/<slug:proposal>/", proposal.proposal, name="proposal"),
    path("proposals/<slug:proposal>/outputs/", proposal.outputs, name="proposal_outputs"),
    path("proposals/<slug:proposal>/review/", proposal_acts.review, name="proposal_review"),
    path("proposals/<slug:proposal>/merge/", proposal_acts.merge, name="proposal_merge"),
    path("proposals/<slug:proposal>/withdraw/", proposal_acts.withdraw, name="proposal_withdraw"),
    path("proposals/<slug:proposal>/retry/", proposal_acts.retry, name="proposal_retry"),
    path("proposals/<slug:proposal>/conflict/", proposal_conflict.conflict, name="proposal_conflict"),
    path("pull-requests/<int:number>/", proposals.pull_request, name="pull_request"),
    path("sync/", sync.sync, name="sync"),
    path("sync/now/", sync.now, name="sync_now"),
    path("sync/<str:commit>/", sync.snapshot, name="sync_snapshot"),
    path("sync/<str:commit>/decide/", sync.decide, name="sync_decide"),
    path("audit/", audit.log, name="audit"),
    path("audit/export/", audit_evidence.evidence, name="audit_export"),
    path("audit/verification/", audit_verification.verification, name="audit_verification"),
    path("audit/verification/now/", audit_verification.now, name="audit_verify"),
    path("audit/<int:pk>/", audit.entry, name="audit_entry"),
    path("audit/<int:pk>/bundle/", audit.bundle, name="audit_bundle"),
    path("people/", people.people, name="people"),
    path("people/add/", people.add, name="person_add"),
    path("people/<int:person>/", people.person, name="person"),
    path("people/<int:person>/roles/", people.roles, name="person_roles"),
    path("people/<int:person>/active/", people.active, name="person_active"),
    path("webhooks/<slug:repository>/", webhooks.webhook, name="webhook"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", health.robots, name="robots"),
    path("sign-in/", include(_SIGN_IN)),
    path("me/", include(_ME)),
    # Not by the admin's own page, which knows neither our rate limits nor our log.
    path("admin/password_change/", _to_change_password, name="admin_password_change"),
    path("admin/", admin.site.urls),
    path("api/", include("console.api.urls")),
]

handler400 = for_api(errors.bad_request, 400, "The request cannot be understood.")
handler403 = for_api(errors.permission_denied, 403, "You may not do this.")
handler404 = for_api(errors.not_found, 404, "There is nothing at this address.")
handler429 = "console.views.errors.too_many_requests"
handler500 = for_api(errors.server_error, 500, "Something failed here; the log of this request says more.")
