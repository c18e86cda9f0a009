"""Evaluated roots as documents: values, lines, sources of expressions, and what a resource may say."""

from __future__ import annotations

import pytest

from integrations.core.documents import Layer, MappingKey, Mode, Part, Source
from integrations.core.problems import Code
from tests.sandbox.repositories import ROOT, Repository, integration, mappings, override, places

MAIN = f"{ROOT}/main.tf"
UNIFIED_MAPPING = """
    variable "integration" { type = string }
    variable "resource" { type = string }
    variable "response" { type = string }
    variable "query" {
      type    = string
      default = null
    }
    resource "unified_api_mapping" "this" {
      integration      = var.integration
      unified_model    = "crm"
      resource         = var.resource
      method           = "list"
      response_mapping = var.response
      query_mapping    = var.query
    }
"""
MAPPING = """
    resource "unified_api_mapping" "x" {{
      integration   = "salesforce"
      unified_model = "crm"
      resource      = "contacts"
      method        = "list"
      {}
    }}
"""


def test_an_integration_has_every_attribute_but_its_name_with_the_line_of_each_key():
    document = integration(
        Repository(
            """
            resource "unified_api_integration" "sf" {
              name     = "salesforce"
              base_url = "https://example.com"
              auth = {
                type = "oauth2"
                "a/b" = { deep = [1, 2.5, true, { x = "y" }] }
              }

              oauth_app {
                client_id_ref = "vault://kv/sf#id"
                scopes = [
                  "a",
                  "b",
                ]
              }
              webhook {
                url = "https://example.com/hook"
                signature {
                  algorithm = "hmac"
                }
              }
            }
            """
        ).parse()
    )
    assert (document.slug, document.source, document.environments) == (
        "salesforce",
        Source(file=MAIN, line=1),
        ("production",),
    )
    assert document.config == {
        "base_url": "https://example.com",
        "auth": {"type": "oauth2", "a/b": {"deep": [1, 2.5, True, {"x": "y"}]}},
        "oauth_app": {"client_id_ref": "vault://kv/sf#id", "scopes": ["a", "b"]},
        "webhook": {"url": "https://example.com/hook", "signature": {"algorithm": "hmac"}},
    }
    assert document.lines == {
        "/base_url": 3,
        "/auth": 4,
        "/auth/type": 5,
        "/auth/a~1b": 6,
        "/auth/a~1b/deep": 6,
        "/auth/a~1b/deep/0": 6,
        "/auth/a~1b/deep/1": 6,
        "/auth/a~1b/deep/2": 6,
        "/auth/a~1b/deep/3": 6,
        "/auth/a~1b/deep/3/x": 6,
        "/oauth_app": 9,
        "/oauth_app/client_id_ref": 10,
        "/oauth_app/scopes": 11,
        "/oauth_app/scopes/0": 12,
        "/oauth_app/scopes/1": 13,
        "/webhook": 16,
        "/webhook/url": 17,
        "/webhook/signature": 18,
        "/webhook/signature/algorithm": 19,
    }


def test_values_written_in_locals_of_the_same_file_have_their_own_lines():
    document = integration(
        Repository(
            {
                MAIN: """
                locals {
                  paging = {
                    size = 50
                  }
                }
                resource "unified_api_integration" "x" {
                  name       = "x"
                  pagination = merge(local.paging, { style = "cursor" })
                  endpoints  = local.elsewhere
                }
                """,
                f"{ROOT}/a.tf": 'locals {\n  elsewhere = {\n    list = "/x"\n  }\n}\n',
            }
        ).parse()
    )
    assert document.config == {"pagination": {"size": 50, "style": "cursor"}, "endpoints": {"list": "/x"}}
    assert document.lines["/pagination/size"] == 3
    assert document.lines["/pagination/style"] == 8
    assert document.lines["/endpoints/list"] == 9


def test_a_config_given_as_json_has_the_lines_of_its_keys():
    document = override(
        Repository(
            """
            variable "size" { default = 7 }
            resource "unified_api_environment_override" "x" {
              integration = "salesforce"
              config = jsonencode({
                pagination = {
                  page_size = var.size
                }
                webhook = null
                oauth_app = {
                  scopes = { "$append" = ["x"] }
                }
              })
            }
            """
        ).parse()
    )
    assert document.config == {
        "pagination": {"page_size": 7},
        "webhook": None,
        "oauth_app": {"scopes": {"$append": ["x"]}},
    }
    assert document.lines["/pagination/page_size"] == 6
    assert document.lines["/webhook"] == 8
    assert document.lines["/oauth_app/scopes/$append/0"] == 10


def test_a_config_may_be_an_object():
    document = override(
        Repository(
            """
            resource "unified_api_account_override" "x" {
              account     = "acme-corp"
              integration = "salesforce"
              config = {
                a = null
                b = [1]
              }
            }
            """
        ).parse()
    )
    assert (document.layer, document.account) == (Layer.ACCOUNT, "acme-corp")
    assert document.config == {"a": None, "b": [1]}
    assert document.lines["/b"] == 6


def test_an_override_has_its_mapping_blocks_with_replaced_parts():
    document = override(
        Repository(
            {
                MAIN: """
                resource "unified_api_environment_override" "x" {
                  integration = "salesforce"
                  mapping {
                    unified_model    = "crm"
                    resource         = "contacts"
                    method           = "list"
                    response_mapping = file("${path.module}/r.jsonata")
                    query_mapping    = "{ \\"a\\": b }"
                    replace          = ["response", "error"]
                  }
                  mapping {
                    unified_model          = "crm"
                    resource               = "contacts"
                    method                 = "get"
                    request_header_mapping = <<-EOT
                      { "X": y }
                    EOT
                  }
                }
                """,
                f"{ROOT}/r.jsonata": '{ "id": Id }\n',
            }
        ).parse()
    )
    listed, got = document.mappings["crm/contacts/list"], document.mappings["crm/contacts/get"]
    response = listed[Part.RESPONSE]
    assert (response.mode, response.source.line) == (Mode.REPLACE, 7)
    assert response.expression is not None
    assert response.expression.source == Source(file=f"{ROOT}/r.jsonata", line=1)
    assert [field.path for field in response.expression.analysis.fields] == ["/id"]
    query = listed[Part.QUERY]
    assert (query.mode, query.expression.source if query.expression else None) == (
        Mode.MERGE,
        Source(file=MAIN, line=8),
    )
    dropped = listed[Part.ERROR]
    assert (dropped.mode, dropped.expression, dropped.source.line) == (Mode.REPLACE, None, 9)
    headers = got[Part.REQUEST_HEADERS].expression
    assert headers is not None
    assert (headers.text, headers.source) == ('{ "X": y }\n', Source(file=MAIN, line=16))


def test_one_mapping_block_is_read_as_several_are():
    text = """
        resource "unified_api_environment_override" "x" {
          integration = "salesforce"
          mapping {
            unified_model    = "crm"
            resource         = "contacts"
            method           = "list"
            response_mapping = "{}"
          }
        }
    """
    assert list(override(Repository(text).parse()).mappings) == ["crm/contacts/list"]


def test_blocks_generated_by_dynamic_are_all_there():
    text = """
        resource "unified_api_environment_override" "x" {
          integration = "salesforce"
          mapping {
            unified_model    = "crm"
            resource         = "accounts"
            method           = "list"
            response_mapping = "{}"
          }
          dynamic "mapping" {
            for_each = ["contacts", "leads"]
            content {
              unified_model    = "crm"
              resource         = mapping.value
              method           = "list"
              response_mapping = "{}"
            }
          }
        }
    """
    found = override(Repository(text).parse()).mappings
    assert sorted(found) == ["crm/accounts/list", "crm/contacts/list", "crm/leads/list"]


def test_expressions_passed_through_modules_have_the_source_where_they_are_written():
    repository = Repository(
        {
            MAIN: """
            module "platform" {
              source = "../../integrations"
            }
            """,
            "integrations/main.tf": """
            locals {
              resources = { contacts = "c", leads = "l" }
            }
            module "read" {
              source      = "../modules/unified-mapping"
              for_each    = local.resources
              integration = "salesforce"
              resource    = each.key
              response    = file("${path.module}/mappings/${each.value}.jsonata")
            }
            module "written" {
              source      = "../modules/unified-mapping"
              integration = "salesforce"
              resource    = "tasks"
              response    = <<-EOT
                { "id": Id }
              EOT
              query       = "{ \\"q\\": 1 }"
            }
            """,
            "integrations/mappings/c.jsonata": '{ "c": C }\n',
            "integrations/mappings/l.jsonata": '{ "l": L }\n',
            "modules/unified-mapping/main.tf": UNIFIED_MAPPING,
        }
    )
    found = {str(document.key): document for document in mappings(repository.parse())}
    sources = {key: {part: e.source for part, e in document.parts.items()} for key, document in found.items()}
    assert sources == {
        "crm/contacts/list": {Part.RESPONSE: Source(file="integrations/mappings/c.jsonata", line=1)},
        "crm/leads/list": {Part.RESPONSE: Source(file="integrations/mappings/l.jsonata", line=1)},
        "crm/tasks/list": {
            Part.RESPONSE: Source(file="integrations/main.tf", line=16),
            Part.QUERY: Source(file="integrations/main.tf", line=18),
        },
    }
    assert found["crm/tasks/list"].source == Source(file="modules/unified-mapping/main.tf", line=8)


def test_a_file_is_named_as_source_only_if_the_text_is_its_own():
    repository = Repository(
        {
            MAIN: MAPPING.format('response_mapping = trimspace(file("${path.module}/x.jsonata"))'),
            f"{ROOT}/x.jsonata": '{ "a": b }\n',
        }
    )
    (document,) = mappings(repository.parse())
    assert document.parts[Part.RESPONSE].source == Source(file=MAIN, line=6)


def test_without_an_environment_the_documents_are_in_force_everywhere():
    (document,) = mappings(Repository(MAPPING.format('response_mapping = "{}"')).parse(environment=None))
    assert document.environments is None
    assert document.key == MappingKey(model="crm", resource="contacts", method="list")


def test_an_environment_override_needs_an_environment():
    text = 'resource "unified_api_environment_override" "x" {\n  integration = "x"\n}\n'
    assert places(Repository(text).parse(environment=None).problems) == [(Code.HCL_REFUSED, f"{MAIN}:1")]


def test_a_syntax_error_in_a_jsonata_file_has_line_and_column_in_that_file():
    repository = Repository(
        {
            MAIN: MAPPING.format('response_mapping = file("${path.module}/x.jsonata")'),
            f"{ROOT}/x.jsonata": '{\n  "a": b +\n}\n',
        }
    )
    (problem,) = repository.parse().problems
    assert problem.code is Code.JSONATA_SYNTAX
    assert problem.address == f"{ROOT}/x.jsonata:3:1"


def test_a_syntax_error_in_a_heredoc_has_the_line_in_the_hcl_file():
    repository = Repository(
        MAPPING.format('response_mapping = <<-EOT\n        {\n          "a": b +\n        }\n      EOT')
    )
    (problem,) = repository.parse().problems
    assert (problem.code, problem.address) == (Code.JSONATA_SYNTAX, f"{MAIN}:9")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('resource "unified_api_integration" "x" {\n}\n', Code.MISSING_ATTRIBUTE, 1),
        ('resource "unified_api_integration" "x" {\n  name = null\n}\n', Code.MISSING_ATTRIBUTE, 2),
        ('resource "unified_api_integration" "x" {\n  name = "Sales Force"\n}\n', Code.BAD_SLUG, 2),
        ('resource "unified_api_integration" "x" {\n  name = "x"\n  base_ulr = "y"\n}\n', Code.UNKNOWN_ATTRIBUTE, 3),
        ('resource "unified_api_integration" "x" {\n  name = "x"\n  id = "y"\n}\n', Code.UNKNOWN_ATTRIBUTE, 3),
        ('resource "unified_api_integration" "x" {\n  name = "x"\n  auth = "y"\n}\n', Code.WRONG_TYPE, 3),
        ('resource "unified_api_integration" "x" {\n  name = "x"\n  base_url = ["y"]\n}\n', Code.WRONG_TYPE, 3),
        ('resource "unified_api_integration" "x" {\n  name = "x"\n  nothing {\n  }\n}\n', Code.UNKNOWN_ATTRIBUTE, 3),
        (
            (
                'resource "unified_api_integration" "x" {\n  name = "x"\n  webhook {\n    url = "a"\n  }\n'
                '  webhook {\n    url = "b"\n  }\n}\n'
            ),
            Code.DUPLICATE,
            6,
        ),
        (
            'resource "unified_api_integration" "x" {\n  name = "x"\n  webhook {\n    id = "a"\n  }\n}\n',
            Code.HCL_REFUSED,
            4,
        ),
        (
            'resource "unified_api_integration" "x" {\n  name = "x"\n  auth = {\n    "$append" = []\n  }\n}\n',
            Code.BAD_DIRECTIVE,
            4,
        ),
        (
            (
                'resource "unified_api_account_override" "x" {\n  account = "a"\n  integration = "b"\n'
                '  config = jsonencode({\n    a = { "$nope" = [] }\n  })\n}\n'
            ),
            Code.UNKNOWN_DIRECTIVE,
            5,
        ),
        (
            'resource "unified_api_account_override" "x" {\n  account = "a"\n  integration = "b"\n  config = "[]"\n}\n',
            Code.WRONG_TYPE,
            4,
        ),
        ('resource "unified_api_account_override" "x" {\n  integration = "b"\n}\n', Code.MISSING_ATTRIBUTE, 1),
        (MAPPING.format(""), Code.MISSING_ATTRIBUTE, 1),
        (MAPPING.format("response_mapping = 1"), None, 0),
        (MAPPING.format('reponse_mapping = "{}"\n      query_mapping = "{}"'), Code.UNKNOWN_ATTRIBUTE, 6),
        (
            (
                'resource "unified_api_environment_override" "x" {\n  integration = "x"\n  mapping {\n'
                '    unified_model = "a"\n    resource = "b"\n    method = "c"\n    replace = ["reponse"]\n  }\n}\n'
            ),
            Code.UNKNOWN_PART,
            7,
        ),
    ],
)
def test_what_a_resource_may_not_say_is_a_problem_at_its_line(text: str, code: Code | None, line: int):
    assert places(Repository(text).parse().problems) == ([(code, f"{MAIN}:{line}")] if code else [])


def test_a_mapping_that_stands_twice_in_an_override_is_a_duplicate():
    block = 'mapping {\nunified_model = "a"\nresource = "b"\nmethod = "c"\nresponse_mapping = "{}"\n}\n'
    text = 'resource "unified_api_environment_override" "x" {\nintegration = "x"\n' + block * 2 + "}\n"
    assert places(Repository(text).parse().problems) == [(Code.DUPLICATE, f"{MAIN}:9")]


def test_a_misspelt_attribute_is_met_with_a_suggestion():
    text = 'resource "unified_api_integration" "x" {\n  name = "x"\n  base_ulr = "y"\n}\n'
    (problem,) = Repository(text).parse().problems
    assert "Did you mean `base_url`?" in problem.message


def test_meta_arguments_are_no_config():
    text = """
        resource "unified_api_integration" "x" {
          for_each   = toset(["one", "two"])
          name       = each.key
          depends_on = [unified_api_integration.other]
          lifecycle {
            prevent_destroy = true
          }
        }
        resource "unified_api_integration" "other" {
          count = 1
          name  = "other-${count.index}"
        }
    """
    parsed = Repository(text).parse()
    assert parsed.problems == ()
    assert [(document.slug, document.config) for document in parsed.documents] == [  # type: ignore[union-attr]
        ("one", {}),
        ("other-0", {}),
        ("two", {}),
    ]
