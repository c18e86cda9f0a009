"""Addresses of the read API. Names are those of `reverse("api:…")`."""

from __future__ import annotations

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from console.api.read import Nowhere
from console.api.views import accounts, effective, finding, integrations, jsonata, proposals, snapshots

app_name = "api"
_ACCOUNT = "v1/accounts/<slug:account>/"
_EFFECTIVE = f"{_ACCOUNT}effective/<slug:integration>/"
_INTEGRATION = "v1/integrations/<slug:integration>/"

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("v1/accounts/", accounts.Accounts.as_view(), name="accounts"),
    path(_ACCOUNT, accounts.Account.as_view(), name="account"),
    path(f"{_ACCOUNT}changes/", accounts.AccountChanges.as_view(), name="account_changes"),
    path(_EFFECTIVE, effective.Effective.as_view(), name="effective"),
    path(f"{_EFFECTIVE}explain/", effective.Explain.as_view(), name="explain"),
    path("v1/integrations/", integrations.Integrations.as_view(), name="integrations"),
    path(_INTEGRATION, integrations.Integration.as_view(), name="integration"),
    path(f"{_INTEGRATION}mappings/", integrations.Mappings.as_view(), name="mappings"),
    path("v1/jsonata/evaluate/", jsonata.Evaluate.as_view(), name="evaluate"),
    path("v1/proposals/", proposals.Proposals.as_view(), name="proposals"),
    path("v1/proposals/<slug:proposal>/", proposals.ProposalView.as_view(), name="proposal"),
    path("v1/proposals/<slug:proposal>/withdraw/", proposals.ProposalWithdraw.as_view(), name="proposal_withdraw"),
    path("v1/references/", finding.References.as_view(), name="references"),
    path("v1/search/", finding.Search.as_view(), name="search"),
    path("v1/snapshots/", snapshots.Snapshots.as_view(), name="snapshots"),
    path("v1/snapshots/<str:commit>/", snapshots.SnapshotView.as_view(), name="snapshot"),
    path("v1/repositories/", snapshots.Repositories.as_view(), name="repositories"),
    # An address without its last slash is not caught, so that Django sends the client to the one with it.
    re_path(r"^(?:.*/)?$", Nowhere.as_view(), name="nowhere"),
]
