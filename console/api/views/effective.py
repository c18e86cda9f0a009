"""What is in force for one connection, and why.

The first is the busiest address of the API: it asks the database for nothing that it can do without, and a client
that holds the answer costs no merge.
"""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from console.access import VIEW, account_at, account_for
from console.api import examples, serializers
from console.api.conditional import by_content, by_moment
from console.api.parameters import AT, ENVIRONMENT, query, required_text
from console.api.read import ReadView
from console.api.schema import reads
from console.visit import Visit, visit
from integrations.queries.effective import answer
from integrations.queries.explain import explain

TAG = "effective"


class Effective(ReadView):
    parameters = (ENVIRONMENT, AT)

    @reads(
        "accounts_effective_retrieve",
        serializers.Effective,
        summary="The effective config and mappings of a connection, with the source of every value",
        tag=TAG,
        parameters=parameters,
        example=examples.EFFECTIVE,
    )
    def get(self, request: Request, account: str, integration: str) -> Response:
        here = _here(request, account)
        environment = _environment(request, here)
        return by_moment(request, here, lambda: answer(here.reader, account, integration, environment))


class Explain(ReadView):
    parameters = (
        query(
            "path",
            "`/pagination/page_size`, `pagination.page_size`, or a mapping's field: `crm/contacts/list:response/name`.",
            required=True,
        ),
        ENVIRONMENT,
        AT,
    )

    @reads(
        "accounts_effective_explain",
        serializers.Explanation,
        summary="One value: every layer's say in order, the winner marked, with who wrote it",
        tag=TAG,
        parameters=parameters,
        example=examples.EXPLAIN,
    )
    def get(self, request: Request, account: str, integration: str) -> Response:
        here = _here(request, account)
        environment = _environment(request, here)
        path = required_text(request, "path")
        # By content: authors are left out while a mirror is under repair, and come back without a new snapshot.
        return by_content(request, explain(here.reader, account, integration, environment, path))


def _here(request: Request, account: str) -> Visit:
    """The visit, once it is clear that the person may see the account."""
    here = visit(request)
    if here.reader.is_current:
        account_for(request.user, account, VIEW, repository=here.repository)
    else:
        account_at(request.user, account, VIEW, here.reader)
    return here


def _environment(request: Request, here: Visit) -> str:
    """Raises BadParameter; the environments are read only for its sentence."""
    if request.query_params.get("environment"):
        return required_text(request, "environment")
    names = ", ".join(here.reader.settings().environments)
    return required_text(request, "environment", f"; there are {names}")
