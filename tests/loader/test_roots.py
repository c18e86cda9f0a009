"""Root modules: which are evaluated for which environment, and what becomes of equal documents."""

from integrations.core.documents import IntegrationDocument, MappingDocument, OverrideDocument
from integrations.core.state import DesiredState
from tests.loader.repositories import GOOD, SALESFORCE, found, loaded

PLATFORM = {path: text for path, text in GOOD.items() if path.startswith("integrations/")}
OVERRIDE = """\
resource "unified_api_environment_override" "salesforce" {
  integration = "salesforce"
  config      = jsonencode({ pagination = { page_size = 10 } })
}
"""


def summary(result):
    assert found(result) == []
    return {
        (type(document).__name__, document.environments, document.source.file): document.config
        for document in result.hcl_documents
        if isinstance(document, IntegrationDocument | OverrideDocument)
    }


def page_sizes(result):
    return {
        document.environments: document.config["pagination"]["page_size"]
        for document in result.hcl_documents
        if isinstance(document, IntegrationDocument)
    }


def test_the_platform_layer_alone_is_evaluated_once_for_every_environment(tmp_path):
    result = loaded(tmp_path, {**PLATFORM, "glasshouse.yaml": "environments: [staging, production]\n"})
    assert found(result) == []
    assert [document.environments for document in result.hcl_documents] == [None, None]


def test_an_environment_that_does_not_call_the_platform_layer_lends_it_its_values(tmp_path):
    files = {
        **PLATFORM,
        "integrations/terraform.tfvars": "page_size = 70\n",
        "environments/production/main.tf": OVERRIDE,
        "environments/production/variables.tf": 'variable "other" {\n}\nvariable "more" {\n}\n',
        "environments/production/terraform.tfvars": 'other = [\n  1,\n]\npage_size = 30 # ours\nmore = "x"\n',
        "environments/staging/main.tf": OVERRIDE,
    }
    result = loaded(tmp_path, files)
    assert found(result) == []
    assert page_sizes(result) == {("production",): 30, ("staging",): 70}
    assert {
        (document.environments, document.source.file)
        for document in result.hcl_documents
        if isinstance(document, OverrideDocument)
    } == {
        (("production",), "environments/production/main.tf"),
        (("staging",), "environments/staging/main.tf"),
    }
    assert [document.environments for document in result.hcl_documents if isinstance(document, MappingDocument)] == [
        None
    ]


def test_a_value_that_no_module_declares_is_told(tmp_path):
    files = {
        **PLATFORM,
        "environments/production/main.tf": OVERRIDE,
        "environments/production/terraform.tfvars": "page_size = 30\npage_sise = 30\n",
        "environments/staging/terraform.tfvars": "\npage_sise = 30\n",
    }
    assert found(loaded(tmp_path, files)) == [
        ("unknown-attribute", "environments/production/terraform.tfvars", 2),
        ("unknown-attribute", "environments/staging/terraform.tfvars", 2),
    ]


def test_documents_are_told_apart_only_where_environments_differ(tmp_path):
    call = 'module "platform" {{\n  source    = "../../integrations"\n  page_size = {}\n}}\n'
    sizes = {"dev": 10, "staging": 10, "production": 99}
    files = {**PLATFORM, **{f"environments/{name}/main.tf": call.format(size) for name, size in sizes.items()}}
    result = loaded(tmp_path, files)
    assert found(result) == []
    assert page_sizes(result) == {("dev", "staging"): 10, ("production",): 99}
    state = DesiredState.of("", result.settings, result.documents)
    assert state.stack(None, "salesforce", "dev").integration.config["pagination"]["page_size"] == 10
    assert state.stack(None, "salesforce", "production").integration.config["pagination"]["page_size"] == 99


def test_account_overrides_in_hcl_are_roots_of_their_own_and_meet_those_in_yaml(tmp_path):
    text = """\
resource "unified_api_account_override" "acme" {
  account     = "acme-corp"
  integration = "salesforce"
  config      = jsonencode({ pagination = { page_size = 5 } })

  mapping {
    unified_model    = "crm"
    resource         = "contacts"
    method           = "list"
    response_mapping = file("${path.module}/acme.jsonata")
  }
}
"""
    files = {**PLATFORM, "customers/acme-corp/account.yaml": "", "overrides/big/acme.tf": text}
    result = loaded(tmp_path, {**files, "overrides/big/acme.jsonata": '{"tier": response.Tier__c}'})
    assert found(result) == []
    assert result.hcl_folders == ("overrides/big",)
    override = next(document for document in result.documents if isinstance(document, OverrideDocument))
    assert (override.account, override.environments) == ("acme-corp", None)

    twice = {**files, "overrides/big/acme.jsonata": "{}", "customers/acme-corp/salesforce.yaml": "config: {}\n"}
    assert found(loaded(tmp_path / "twice", twice)) == [("duplicate", "customers/acme-corp/salesforce.yaml", 1)]


def test_a_path_in_hcl_reaches_into_an_accounts_folder(tmp_path):
    reaching = SALESFORCE.replace(
        "${path.module}/mappings/contacts.jsonata", "${path.module}/../customers/acme/c.jsonata"
    )
    files = {
        "integrations/salesforce.tf": reaching + '\nlocals {\n  url = "https://example.com/customers/{id}"\n}\n',
        "customers/acme/account.yaml": "",
        "customers/acme/c.jsonata": '{"id": response.Id}',
        "customers/other/account.yaml": "",
    }
    result = loaded(tmp_path, files)
    assert found(result) == []
    assert result.hcl_folders == ("customers/acme",)


def test_resources_that_no_root_reaches_are_not_lost_in_silence(tmp_path):
    files = {
        **PLATFORM,
        "integrations/crm/hubspot.tf": '\nresource "unified_api_integration" "h" {\n  name = "hubspot"\n}\n',
        "modules/unused/main.tf": 'resource "unified_api_integration" "u" {\n  name = "unused"\n}\n',
    }
    assert found(loaded(tmp_path, files)) == [("unexpected-file", "integrations/crm/hubspot.tf", 2)]


def test_an_environments_folder_needs_a_plain_name(tmp_path):
    result = loaded(tmp_path, {**PLATFORM, "environments/Prod EU/main.tf": ""})
    assert found(result) == [("bad-slug", "environments/Prod EU/main.tf", 1)]


def test_where_one_root_is_bad_no_reference_to_it_is_told_as_unknown(tmp_path):
    files = {
        **GOOD,
        "environments/production/main.tf": 'module "platform" {\n  source = "../../integration"\n}\n',
        "environments/staging/main.tf": 'module "platform" {\n  source = "../../integration"\n}\n',
    }
    result = loaded(tmp_path, files)
    assert {code for code, _, _ in found(result)} == {"missing-module"}
