"""References, repetitions, and samples against schemas."""

import pytest

from integrations.core.checks import PlatformIndex, check, check_accounts, check_removed
from integrations.core.documents import (
    AccountDocument,
    Connection,
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    MappingKey,
    ModelDocument,
    OverrideDocument,
    Part,
    PartOverride,
    SampleDocument,
    Source,
)
from integrations.core.problems import Code

ENVIRONMENTS = ("staging", "production")


def at(file, line=1):
    return Source(file=file, line=line)


def integration(slug="salesforce", environments=None, file="integrations/a.tf", line=1):
    return IntegrationDocument(slug=slug, config={}, lines={}, source=at(file, line), environments=environments)


def mapping(key="crm/contacts/list", slug="salesforce", environments=None, line=10):
    return MappingDocument(
        integration=slug,
        key=MappingKey.parse(key),
        parts={},
        source=at("integrations/a.tf", line),
        environments=environments,
    )


def override(account="acme", slug="salesforce", *, environments=None, keys=(), file=None, layer=Layer.ACCOUNT):
    file = file or f"customers/{account}/{slug}.yaml"
    part = PartOverride(expression=Expression(text="a", source=at(file, 9)), source=at(file, 8))
    return OverrideDocument(
        layer=layer,
        integration=slug,
        account=account,
        config={},
        lines={},
        mappings={key: {Part.RESPONSE: part} for key in keys},
        source=at(file),
        environments=environments,
    )


def account(slug="acme", connections=None, file=None):
    return AccountDocument(
        slug=slug,
        name=slug,
        owner=None,
        tags=(),
        connections=connections,
        source=at(file or f"customers/{slug}/account.yaml"),
        lines={"/connections/0": 5, "/connections/1": 6},
    )


def model(name="crm", resource="contacts", schema=None):
    return ModelDocument(
        model=name, resource=resource, schema=schema or {}, source=at(f"models/{name}/{resource}.schema.json")
    )


def sample(
    key="crm/contacts/list", slug="salesforce", *, who=None, environment=None, expected=None, part=Part.RESPONSE
):
    return SampleDocument(
        name="s",
        integration=slug,
        key=MappingKey.parse(key),
        part=part,
        account=who,
        environment=environment,
        input={},
        bindings={},
        expected=expected,
        source=at(f"samples/{slug}/s.yaml"),
    )


GOOD = [integration(), mapping(), account(), model()]


def found(*documents, complete=True):
    return [
        (problem.code, problem.source.file, problem.source.line)
        for problem in check(documents, ENVIRONMENTS, is_complete=complete)
    ]


def test_documents_that_fit_together_have_no_problem():
    everything = [
        *GOOD,
        integration("hubspot", ("production",)),
        override(keys=["crm/contacts/list", "crm/contacts/update"]),
        override(slug="hubspot", environments=("production",)),
        override(None, layer=Layer.ENVIRONMENT, environments=("staging",), file="environments/staging/a.tf"),
        override(None, layer=Layer.ENVIRONMENT, environments=("production",), file="environments/production/a.tf"),
        sample(),
        sample(who="acme", key="crm/contacts/update", environment="staging"),
    ]
    assert found(*everything) == []


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([override(slug="salesfroce")], (Code.UNKNOWN_INTEGRATION, "customers/acme/salesfroce.yaml", 1)),
        (
            [integration("jira", ("staging",)), override(slug="jira", environments=("production",))],
            (Code.UNKNOWN_INTEGRATION, "customers/acme/jira.yaml", 1),
        ),
        ([mapping(slug="nowhere")], (Code.UNKNOWN_INTEGRATION, "integrations/a.tf", 10)),
        (
            [override(None, "nowhere", layer=Layer.ENVIRONMENT, file="environments/staging/a.tf")],
            (Code.UNKNOWN_INTEGRATION, "environments/staging/a.tf", 1),
        ),
        ([mapping("crm/contact/list")], (Code.UNKNOWN_MODEL, "integrations/a.tf", 10)),
        ([override(keys=["crm/contact/list"])], (Code.UNKNOWN_MODEL, "customers/acme/salesforce.yaml", 8)),
        ([mapping("crm/contacts/lst")], (Code.UNKNOWN_METHOD, "integrations/a.tf", 10)),
        ([override(keys=["crm/contacts/lst"])], (Code.UNKNOWN_METHOD, "customers/acme/salesforce.yaml", 8)),
        ([override("ghost", file="overrides/ghost.tf")], (Code.UNKNOWN_ACCOUNT, "overrides/ghost.tf", 1)),
        ([sample(who="ghost")], (Code.UNKNOWN_ACCOUNT, "samples/salesforce/s.yaml", 1)),
        ([sample(slug="nowhere")], (Code.UNKNOWN_INTEGRATION, "samples/nowhere/s.yaml", 1)),
        ([sample("crm/contacts/get")], (Code.UNKNOWN_MAPPING, "samples/salesforce/s.yaml", 1)),
        ([integration(line=30)], (Code.DUPLICATE, "integrations/a.tf", 30)),
        ([integration(line=30, environments=("staging",))], (Code.DUPLICATE, "integrations/a.tf", 30)),
        ([mapping(line=30)], (Code.DUPLICATE, "integrations/a.tf", 30)),
        ([account(file="overrides/acme/account.yaml")], (Code.DUPLICATE, "overrides/acme/account.yaml", 1)),
        (
            [override(file="overrides/acme.tf"), override(environments=("staging",))],
            (Code.DUPLICATE, "customers/acme/salesforce.yaml", 1),
        ),
        (
            [override(file="overrides/a.tf"), override(file="overrides/b.tf")],
            (Code.DUPLICATE, "overrides/b.tf", 1),
        ),
    ],
)
def test_every_mistake_is_told_where_it_stands(documents, expected):
    assert found(*GOOD, *documents) == [expected]


def test_a_connection_needs_its_integration_in_its_environment():
    connections = (
        Connection(integration="jira", environment="production"),
        Connection(integration="nope", environment="staging"),
    )
    documents = [integration(), integration("jira", ("staging",)), account(connections=connections)]
    assert found(*documents) == [
        (Code.UNKNOWN_INTEGRATION, "customers/acme/account.yaml", 5),
        (Code.UNKNOWN_INTEGRATION, "customers/acme/account.yaml", 6),
    ]


def test_without_schemas_an_override_names_only_what_some_platform_mapping_has():
    documents = [integration(), mapping(), account(), override(keys=["crm/contacts/get", "crm/contcts/get"])]
    assert found(*documents) == [(Code.UNKNOWN_MAPPING, "customers/acme/salesforce.yaml", 8)]


def test_two_environments_may_each_have_their_own():
    documents = [integration(environments=("staging",)), integration(environments=("production",)), account()]
    documents += [override(environments=("staging",)), override(environments=("production",), file="overrides/a.tf")]
    assert found(*documents) == []


def test_the_answer_tells_what_was_probably_meant():
    problem = check([*GOOD, override(slug="salesfroce")], ENVIRONMENTS)[0]
    assert problem.message.endswith("no integration “salesfroce”; did you mean “salesforce”?")


def test_where_hcl_could_not_be_read_what_it_lacks_is_no_finding():
    documents = [account(), override(slug="jira", keys=["crm/contacts/get"]), sample(slug="jira")]
    assert found(*documents, complete=False) == []


def test_a_samples_expected_output_is_held_against_the_schema():
    schema = {"required": ["id"]}
    documents = [integration(), mapping(), model(schema=schema)]
    assert found(*documents, sample(expected={"id": 1})) == []
    assert found(*documents, sample(expected={})) == [(Code.SCHEMA, "samples/salesforce/s.yaml", 1)]
    assert found(*documents, sample(expected={}, part=Part.QUERY)) == []


def test_one_account_is_checked_against_an_index():
    index = PlatformIndex(
        environments=ENVIRONMENTS,
        integrations={"salesforce": frozenset({"production"})},
        models=frozenset({("crm", "contacts")}),
        accounts={"initech": "customers/initech/account.yaml", "acme": "overrides/acme/account.yaml"},
        overrides=(override(file="overrides/acme.tf"), override("initech", file="overrides/initech.tf")),
    )
    problems = check_accounts([account(), override(environments=("production",))], index)
    assert [(problem.code, problem.source.file) for problem in problems] == [
        (Code.DUPLICATE, "customers/acme/account.yaml"),
        (Code.DUPLICATE, "customers/acme/salesforce.yaml"),
    ]
    assert check_accounts([account("globex"), override("globex")], index) == []


def test_the_index_knows_where_each_thing_is_defined():
    documents = [integration(environments=("staging",)), mapping(), model(), override(file="overrides/a.tf")]
    index = PlatformIndex.of(documents, ENVIRONMENTS)
    assert index.integrations == {"salesforce": frozenset({"staging"})}
    assert index.mappings == {"salesforce": {"crm/contacts/list": frozenset(ENVIRONMENTS)}}
    assert index.models == {("crm", "contacts")}
    assert [each.account for each in index.overrides] == ["acme"]


def test_what_still_names_a_removed_account_is_told():
    index = PlatformIndex(environments=ENVIRONMENTS, overrides=(override(file="overrides/acme.tf"), override("other")))
    problems = check_removed(["acme"], index, [sample(who="acme"), sample()])
    assert [(problem.code, problem.source.file) for problem in problems] == [
        (Code.UNKNOWN_ACCOUNT, "overrides/acme.tf"),
        (Code.UNKNOWN_ACCOUNT, "samples/salesforce/s.yaml"),
    ]
