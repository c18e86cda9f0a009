"""Who may do what at which address: the expectations of `test_matrix`, one `Page` for each named address.

A new address needs a line here. A rule says which status each person gets for each object; the words in braces stand
for what `tenants.Objects` names, and an address with one of `OBJECTS`' words is asked for the account of one tenant,
of the other, and for one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

ROLES = ("viewer", "csm", "engineer", "approver", "responder", "auditor", "admin")
OWNERS = {"dana": "acme-corp", "emea": "globex"}  # people with no role, who own one account
STRANGERS = ("anonymous", "deactivated")
PEOPLE = (*STRANGERS, *ROLES, *OWNERS, "nobody")
OBJECTS = ("acme-corp", "globex", "absent")
OF_OBJECT = ("{account}", "{commit}", "{file}", "{proposal}")

# (person, object) → status. For a stranger None: the way in that the address offers, which is told by its kind.
Rule = Callable[[str, str], int | None]


def anybody(status: int = 200) -> Rule:
    return lambda _person, _object: status


def signed_in(status: int = 200) -> Rule:
    return lambda person, _object: None if person in STRANGERS else status


def who_sees_anything(status: int = 200) -> Rule:
    """Every role, and who owns an account."""
    return lambda person, _object: None if person in STRANGERS else 403 if person == "nobody" else status


def who_sees_it(status: int = 200) -> Rule:
    """Every role, and the account's owner; for others it does not exist."""

    def rule(person: str, thing: str) -> int | None:
        if person in STRANGERS:
            return None
        if person == "nobody":
            return 403
        is_seen = person in ROLES or OWNERS[person] == thing
        return status if is_seen and thing != "absent" else 404

    return rule


def who_may_propose(status: int) -> Rule:
    """Engineers, and the account's owner; who sees it otherwise is told that they may not."""

    def rule(person: str, thing: str) -> int | None:
        seen = who_sees_it(status)(person, thing)
        is_theirs = person == "engineer" or OWNERS.get(person) == thing
        return 403 if seen == status and not is_theirs else seen

    return rule


def roles(*names: str, status: int = 200, others: int = 403, owners: int | None = None) -> Rule:
    """These roles. `others`: what the rest is told; `owners`: what people with single accounts are, if not that."""

    def rule(person: str, _object: str) -> int | None:
        if person in STRANGERS:
            return None
        if person in OWNERS and owners is not None:
            return owners
        return status if person in names else others

    return rule


def on_it(*names: str, status: int, owners: int = 403) -> Rule:
    """Who sees the object and has one of these roles. `owners`: what is said to who owns its account."""

    def rule(person: str, thing: str) -> int | None:
        seen = who_sees_it()(person, thing)
        if seen != 200:
            return seen
        return owners if person in OWNERS else status if person in names else 403

    return rule


def proposing(person: str, _object: str) -> int | None:
    """Without any edit, for acme-corp."""
    if person in STRANGERS:
        return None
    return {"engineer": 422, "dana": 422, "emea": 404}.get(person, 403)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One address. `rules`: by method; any other method must be refused. HEAD is as GET.

    `body`: what is posted; as JSON where it is no form. `refusal`: the status of other methods; None: as the package
    pleases. `is_read_ahead` False: a HEAD is refused, since the address begins something that a GET must finish.
    """

    address: str
    rules: Mapping[str, Rule]
    body: Any = None
    is_json: bool = False
    refusal: int | None = 405
    strangers: int = 302
    is_read_ahead: bool = True
    more: Collection[str] = ()  # other queries of the address, asked for by the owners to look for leaks


def page(address: str, rule: Rule | None = None, *, more: Collection[str] = ()) -> Page:
    return Page(address=address, rules={"GET": rule or who_sees_anything()}, more=more)


def api(address: str, rule: Rule | None = None, *, more: Collection[str] = ()) -> Page:
    return Page(address=address, rules={"GET": rule or who_sees_anything()}, strangers=401, more=more)


def post(address: str, rule: Rule, *, body: Any = None, is_json: bool = False, strangers: int = 302) -> Page:
    return Page(address=address, rules={"POST": rule}, body=body, is_json=is_json, strangers=strangers)


def form(address: str, rule: Rule, *, posted: Rule | None = None, body: Any = None) -> Page:
    """A page of allauth's with a form that posts to itself; what it does not know it takes for a GET."""
    return Page(address=address, rules={"GET": rule, "POST": posted or rule}, body=body, refusal=None)


ADMIN = roles("admin", others=302)
CONFIRMED_ADMIN = roles("admin", status=302, others=302)  # first to confirm with a second factor
NOT_EVEN_ADMIN = roles("admin", status=403, others=302)
_CONNECTION = "/accounts/{account}/salesforce/production/"
_MAPPING = "mapping=crm/contacts/list"
_PLAYGROUND = f"account={{account}}&integration=salesforce&environment=production&{_MAPPING}"

_OURS: Mapping[str, Page] = {
    # --- what is in force ---------------------------------------------------------------------------------
    "home": page("/"),
    "accounts": page("/accounts/", more=["text=o", "owner=team:emea-csm", "tag=canary", "integration=salesforce"]),
    "account": page("/accounts/{account}/", who_sees_it()),
    "history": page("/accounts/{account}/history/", who_sees_it()),
    "account_tests": page("/accounts/{account}/tests/", who_sees_it()),
    "effective": page(_CONNECTION, who_sees_it(), more=["view=source", "view=raw&of=all", "view=sample"]),
    "effective_chain": page(f"{_CONNECTION}chain/?path=/pagination/page_size", who_sees_it()),
    "propose": Page(
        address="/accounts/{account}/propose/?integration=salesforce",
        rules={"GET": who_may_propose(200), "POST": who_may_propose(302)},
        more=["integration=zendesk", "pick=config:/note"],
    ),
    # It only sends on to the form, which asks who may.
    "effective_propose": page(f"{_CONNECTION}propose/?path=/pagination/page_size", signed_in(302)),
    "draft_discard": post("/drafts/discard/", who_sees_anything(302), body={"place": "/accounts/acme-corp/propose/"}),
    "propose_layer": Page(
        address="/layers/platform/salesforce/propose/",
        rules={"GET": roles("engineer"), "POST": roles("engineer", status=302)},
    ),
    # It only sends on to the playground, which asks who may see what.
    "effective_try": page(f"{_CONNECTION}try/", signed_in(302)),
    "effective_download": page(f"{_CONNECTION}effective.json?of=all", who_sees_it()),
    "compare": page("/compare/{account}/salesforce/", who_sees_it(), more=["right=acme-corp", "right=globex"]),
    "integrations": page("/integrations/"),
    "integration": page("/integrations/salesforce/", more=["environment=staging"]),
    "integration_tests": page("/integrations/salesforce/tests/", more=["show=failing"]),
    "mapping": page("/integrations/salesforce/mappings/crm/contacts/list/"),
    "mapping_tests_run": post("/mapping-tests/run/", roles(*ROLES, status=302)),
    "layer": page("/layers/environment/zendesk/?environment=production"),
    "source": page("/source/{file}", who_sees_it()),
    "playground": page("/playground/", signed_in()),
    "playground_run": post(
        "/playground/run/",
        signed_in(),
        body={"layers": [{"layer": None, "expression": "1+1"}]},
        is_json=True,
        strangers=401,
    ),
    "playground_sample": page(f"/playground/sample/?{_PLAYGROUND}&part=response", who_sees_it()),
    "where_used": page("/where-used/", more=["field=kanarien", "field=zaun", "field=Tier__c"]),
    "search": page("/search/?q=e", more=["q=kanarien", "q=zaun", "q=salesforce+production"]),
    # --- proposals ----------------------------------------------------------------------------------------
    "proposals": page(
        "/proposals/", more=["show=mine", "show=waiting", "account=globex", "account=acme-corp", "state=under-way"]
    ),
    "proposal": page("/proposals/{proposal}/", who_sees_it(), more=["as=split", "seen=open"]),
    "proposal_outputs": page("/proposals/{proposal}/outputs/", who_sees_it()),
    "proposal_review": post("/proposals/{proposal}/review/", on_it("engineer", "approver", status=422)),
    "proposal_merge": post("/proposals/{proposal}/merge/", on_it("engineer", "approver", status=409)),
    "proposal_withdraw": post("/proposals/{proposal}/withdraw/", on_it("engineer", status=422)),
    "proposal_retry": post("/proposals/{proposal}/retry/", on_it("engineer", status=302)),
    "proposal_conflict": Page(
        address="/proposals/{proposal}/conflict/",
        rules={"GET": who_sees_it(302), "POST": who_sees_it(302)},  # nothing clashes
    ),
    "pull_request": page("/pull-requests/999/", who_sees_anything(404)),
    # --- sync ---------------------------------------------------------------------------------------------
    "sync": page("/sync/"),
    "audit": page("/audit/", roles("auditor"), more=["account=acme-corp", "text=canary"]),
    "audit_entry": page("/audit/999999/", roles("auditor", status=404)),
    # First to confirm with a second factor.
    "audit_bundle": post("/audit/999999/bundle/", roles("auditor", status=302)),
    "audit_export": Page(
        address="/audit/export/", rules={"GET": roles("auditor", status=302), "POST": roles("auditor", status=302)}
    ),
    "audit_verification": page("/audit/verification/", roles("auditor")),
    "audit_verify": post("/audit/verification/now/", roles("auditor", status=302)),
    "sync_now": post("/sync/now/", roles("csm", "engineer", "responder", "admin", status=302)),
    "sync_snapshot": page("/sync/{commit}/", who_sees_it()),
    "sync_decide": post(
        "/sync/{held}/decide/",
        lambda person, _object: (
            404 if person in OWNERS else roles("engineer", "approver", status=302)(person, "")  # theirs it is not
        ),
        body={"decision": "discard", "reason": "A slip."},
    ),
    # --- people -------------------------------------------------------------------------------------------
    "people": page("/people/", roles("auditor", "admin"), more=["q=emea", "role=csm"]),
    # Whoever may change something confirms with a second factor first.
    "person_add": Page(
        address="/people/add/",
        rules={"GET": roles("admin", status=302), "POST": roles("admin", status=302)},
        body={"email": "new@example.com", "role": "csm", "reason": "She starts on Monday."},
    ),
    # The viewer's own page.
    "person": page(
        "/people/{person}/",
        lambda person, _object: 302 if person == "admin" else roles("viewer", "auditor")(person, ""),
    ),
    "person_roles": post(
        "/people/{person}/roles/",
        roles("admin", status=302),
        body={"role": "csm", "change": "join", "reason": "She moved."},
    ),
    "person_active": post(
        "/people/{person}/active/", roles("admin", status=302), body={"change": "deactivate", "reason": "She left."}
    ),
    # --- for machines and for everybody -------------------------------------------------------------------
    "webhook": post("/webhooks/demo/", anybody(404), strangers=404),  # nobody signs what is no forge's
    "healthz": page("/healthz", anybody()),
    "readyz": page("/readyz", anybody()),
    "robots": page("/robots.txt", anybody()),
    # --- signing in ---------------------------------------------------------------------------------------
    "account_login": form("/sign-in/login/", lambda person, _object: 200 if person in STRANGERS else 302),
    "account_logout": form(
        "/sign-in/logout/", lambda person, _object: 302 if person in STRANGERS else 200, posted=anybody(302)
    ),
    "account_inactive": page("/sign-in/inactive/", anybody()),
    "account_change_password": form("/sign-in/password/change/", signed_in()),
    "admin_password_change": page("/admin/password_change/", signed_in(302)),
    "mfa_authenticate": form("/sign-in/second-factor/", anybody(302)),
    "mfa_login_webauthn": form("/sign-in/passkey/", anybody(302)),  # a script asks for it
    "sso": Page(address="/sign-in/sso/", rules={"GET": anybody(404)}, is_read_ahead=False),
    "sso_callback": Page(address="/sign-in/sso/callback/", rules={"GET": anybody(404)}, is_read_ahead=False),
    # --- one's own security -------------------------------------------------------------------------------
    "me": page("/me/", signed_in()),
    "me_confirm": form("/me/confirm/", signed_in(302)),
    "me_app": form("/me/app/", signed_in()),
    "me_passkey": form("/me/passkey/", signed_in()),
    "me_remove_factor": form("/me/factors/1/remove/", signed_in(302)),
    "me_recovery_codes": post("/me/recovery-codes/", signed_in(302)),
    "me_end_other_sessions": post("/me/sessions/end-others/", signed_in(302)),
    "me_end_session": post("/me/sessions/none/end/", signed_in(302)),
    "me_make_token": form("/me/tokens/", signed_in(302)),  # first to confirm with a second factor
    "me_revoke_token": post("/me/tokens/{token}/revoke/", roles("viewer", status=302, others=404)),  # whose it is
    # --- API ----------------------------------------------------------------------------------------------
    "api:schema": api("/api/schema/", signed_in()),
    "api:accounts": api("/api/v1/accounts/", more=["q=o", "owner=team:emea-csm", "integration=salesforce"]),
    "api:account": api("/api/v1/accounts/{account}/", who_sees_it()),
    "api:account_changes": api("/api/v1/accounts/{account}/changes/", who_sees_it()),
    "api:effective": api("/api/v1/accounts/{account}/effective/salesforce/?environment=production", who_sees_it()),
    "api:explain": api(
        "/api/v1/accounts/{account}/effective/salesforce/explain/?environment=production&path=pagination.page_size",
        who_sees_it(),
    ),
    "api:integrations": api("/api/v1/integrations/"),
    "api:integration": api("/api/v1/integrations/salesforce/"),
    "api:mappings": api("/api/v1/integrations/salesforce/mappings/"),
    "api:evaluate": post(
        "/api/v1/jsonata/evaluate/", signed_in(), body={"expression": "1+1"}, is_json=True, strangers=401
    ),
    "api:proposals": Page(
        address="/api/v1/proposals/",
        rules={"GET": who_sees_anything(), "POST": proposing},
        body={"account": "acme-corp", "integration": "salesforce", "reason": "To see who may."},
        is_json=True,
        strangers=401,
        more=["account=globex", "mine=1", "waiting=1", "state=queued"],
    ),
    "api:proposal": api("/api/v1/proposals/{proposal}/", who_sees_it()),
    "api:proposal_withdraw": post(
        "/api/v1/proposals/{proposal}/withdraw/", on_it("engineer", status=400), body={}, is_json=True, strangers=401
    ),
    "api:references": api("/api/v1/references/?field=Tier__c", more=["field=kanarienField__c"]),
    "api:search": api("/api/v1/search/?q=e", more=["q=kanarien", "q=zaun", "q=salesforce+production"]),
    "api:snapshots": api("/api/v1/snapshots/", more=["state=rejected", "state=held"]),
    "api:snapshot": api("/api/v1/snapshots/{commit}/", who_sees_it()),
    "api:repositories": api("/api/v1/repositories/"),
    "api:nowhere": api("/api/v1/no/such/thing/", signed_in(404)),
}
# --- Django's admin: the admin role comes in, everybody else is sent to sign in as somebody who may -----------------
_IN_ADMIN: Mapping[str, tuple[str, Rule]] = {
    "index": ("/admin/", ADMIN),
    "app_list": ("/admin/console/", ADMIN),
    "login": ("/admin/login/", lambda person, _object: 302 if person in {*STRANGERS, "admin"} else 403),
    "logout": ("/admin/logout/", roles("admin", status=405, others=302)),
    "password_change_done": ("/admin/password_change/done/", ADMIN),
    "jsi18n": ("/admin/jsi18n/", ADMIN),
    "autocomplete": ("/admin/autocomplete/", NOT_EVEN_ADMIN),
    "view_on_site": ("/admin/r/1/1/", roles("admin", status=404, others=302)),
    "console_user_changelist": ("/admin/console/user/", ADMIN),
    "console_user_add": ("/admin/console/user/add/", CONFIRMED_ADMIN),
    "console_user_change": ("/admin/console/user/{person}/change/", CONFIRMED_ADMIN),
    "console_user_history": ("/admin/console/user/{person}/history/", ADMIN),
    "console_user_delete": ("/admin/console/user/{person}/delete/", NOT_EVEN_ADMIN),
    "auth_user_password_change": ("/admin/console/user/{person}/password/", CONFIRMED_ADMIN),
    "console_apitoken_changelist": ("/admin/console/apitoken/", ADMIN),
    "console_apitoken_add": ("/admin/console/apitoken/add/", NOT_EVEN_ADMIN),
    "console_apitoken_change": ("/admin/console/apitoken/{token}/change/", ADMIN),
    "console_apitoken_history": ("/admin/console/apitoken/{token}/history/", ADMIN),
    "console_apitoken_delete": ("/admin/console/apitoken/{token}/delete/", NOT_EVEN_ADMIN),
    "integrations_repository_changelist": ("/admin/integrations/repository/", ADMIN),
    "integrations_repository_add": ("/admin/integrations/repository/add/", ADMIN),
    "integrations_repository_change": ("/admin/integrations/repository/{repository}/change/", ADMIN),
    "integrations_repository_history": ("/admin/integrations/repository/{repository}/history/", ADMIN),
    "integrations_repository_delete": ("/admin/integrations/repository/{repository}/delete/", NOT_EVEN_ADMIN),
}
# Django's admin takes what it does not know for a GET, but on a few pages.
_STRICT = {"password_change_done", "jsi18n", "autocomplete"}
PAGES: Mapping[str, Page] = {
    **_OURS,
    **{
        f"admin:{name}": Page(address=address, rules={"GET": rule}, refusal=405 if name in _STRICT else None)
        for name, (address, rule) in _IN_ADMIN.items()
    },
}
