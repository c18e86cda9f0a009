"""Every page of the console, as addresses of the repository that `site` serves."""

from __future__ import annotations

from collections.abc import Sequence

CONNECTION = "/accounts/acme-corp/salesforce/production/"
# For auditors; `{}` is an entry with a proof (`test_auditor.busy_log`).
AUDIT = (
    "/audit/",
    "/audit/?account=acme-corp&from=2020-01-01",
    "/audit/?account=nobody",
    "/audit/{}/",
    "/audit/export/?account=acme-corp&event=signed-in",
    "/audit/verification/",
)
SIGNED_OUT = ("/sign-in/login/",)


def pages(commits: Sequence[str]) -> tuple[str, ...]:
    """`commits`: those of the repository, oldest first; the last one has errors."""
    first, second, bad = commits[0], commits[1], commits[-1]
    return (
        "/",
        "/accounts/",
        "/accounts/?text=nothing-like-it",
        "/accounts/acme-corp/",
        f"/accounts/acme-corp/?at={first}",
        "/accounts/initech/",
        "/accounts/acme-corp/history/",
        CONNECTION,
        "/accounts/acme-corp/salesforce/staging/",
        f"{CONNECTION}?view=source",
        f"{CONNECTION}?view=raw",
        f"{CONNECTION}?view=sample",
        f"{CONNECTION}?path=/pagination/page_size",
        f"{CONNECTION}chain/?path=/pagination/page_size",
        f"{CONNECTION}?at={first}",
        "/accounts/acme-corp/propose/",
        "/accounts/acme-corp/propose/?integration=salesforce",
        "/accounts/acme-corp/propose/?integration=salesforce&pick=config:/pagination/page_size",
        "/compare/acme-corp/salesforce/",
        "/compare/acme-corp/salesforce/?left=acme-corp/production&right=acme-corp/staging",
        "/integrations/",
        "/integrations/salesforce/",
        "/integrations/zendesk/?environment=staging",
        "/integrations/salesforce/tests/",
        f"/integrations/salesforce/tests/?at={first}",
        "/integrations/zendesk/tests/",
        "/accounts/acme-corp/tests/",
        "/accounts/initech/tests/",
        "/integrations/salesforce/mappings/crm/contacts/list/",
        "/playground/",
        "/playground/?account=acme-corp&integration=salesforce&environment=production",
        "/playground/?account=acme-corp&integration=salesforce&environment=production&mapping=crm/contacts/list",
        "/layers/platform/salesforce/",
        "/layers/environment/salesforce/?environment=production",
        "/layers/account/salesforce/?account=acme-corp",
        "/source/integrations/salesforce.tf",
        f"/source/customers/globex/account.yaml?at={bad}",
        "/proposals/",
        "/proposals/?show=mine&account=acme-corp",
        "/where-used/",
        "/where-used/?field=Tier__c",
        "/search/",
        "/search/?q=contacts",
        "/search/?q=nothing-like-it",
        "/sync/",
        f"/sync/{second}/",
        f"/sync/{bad}/",
        "/me/",
        "/me/app/",
        "/me/passkey/",
        "/sign-in/logout/",
        "/sign-in/password/change/",
        "/no/such/page",
        "/accounts/umbrella/",
    )
