"""What the evaluator does without a word, each made loud: the traps of design §6 and those found since.

"As if nothing had been found before": the static checks are left out, to show that the second line holds as well.
"""

from __future__ import annotations

import pytest

from integrations.core.problems import Code
from tests.sandbox.repositories import ROOT, Repository, integration, mappings, override, places

MAIN = f"{ROOT}/main.tf"
OVERRIDE = """
    variable "size" {{}}
    resource "unified_api_environment_override" "x" {{
      integration = "x"
      config      = {{ size = {} }}
    }}
"""
CHILD = """
    variable "n" {}
    resource "unified_api_mapping" "x" {
      integration      = "x"
      unified_model    = "crm"
      resource         = "r${var.n}"
      method           = "list"
      response_mapping = "{}"
    }
"""


def integration_with(attribute: str, more: str = "") -> Repository:
    return Repository(f'resource "unified_api_integration" "x" {{\nname = "x"\n{attribute}\n}}\n{more}')


def test_tfvars_are_loaded_in_terraforms_order():
    repository = Repository(
        {
            MAIN: OVERRIDE.format("var.size"),
            f"{ROOT}/terraform.tfvars": "size = 1\n",
            f"{ROOT}/a.auto.tfvars": "size = 2\n",
            f"{ROOT}/b.auto.tfvars": "size = 3\n",
            f"{ROOT}/other.tfvars": "size = 4\n",
        }
    )
    assert override(repository.parse()).config == {"size": 3}


def test_a_missing_variable_is_also_found_after_evaluation():
    parsed = Repository(OVERRIDE.format("var.size")).parse(checked=False)
    assert Code.MISSING_VARIABLE in {problem.code for problem in parsed.problems}


def test_a_missing_variable_of_a_child_module_is_also_found_after_evaluation():
    repository = Repository(
        {MAIN: 'module "a" {\n  source = "../../modules/m"\n}\n', "modules/m/main.tf": CHILD.replace("r${var.n}", "r")}
    )
    assert repository.check()
    with_value = CHILD.replace('"r${var.n}"', "var.n")
    repository = Repository({MAIN: 'module "a" {\n  source = "../../modules/m"\n}\n', "modules/m/main.tf": with_value})
    assert repository.parse(checked=False).problems


def test_an_unreadable_child_module_is_also_found_in_the_log():
    repository = Repository(
        {
            MAIN: 'module "a" {\n  source = "../../modules/m"\n}\n',
            "modules/m/main.tf": 'locals {\n  a = "b" c\n}\n',
        }
    )
    (problem,) = repository.evaluate().problems
    assert (problem.code, problem.address) == (Code.HCL_SYNTAX, "modules/m/main.tf:2:11")


def test_what_this_reader_takes_and_hcl_does_not_is_found_in_the_log():
    repository = Repository("locals { a = 1, b = 2 }\n")
    assert places(repository.parse().problems) == [(Code.HCL_SYNTAX, f"{MAIN}:1")]


@pytest.mark.parametrize("source", ["../gone", "hashicorp/consul/aws", "git::https://127.0.0.1:9/x.git"])
def test_a_module_that_cannot_be_loaded_is_also_found_in_the_log(source: str):
    repository = Repository(f'locals {{\n  a = 1\n}}\nmodule "a" {{\n  source = "{source}"\n}}\n')
    assert places(repository.evaluate().problems) == [(Code.MISSING_MODULE, f"{MAIN}:4")]


def test_module_instances_that_vanish_are_also_found_after_evaluation():
    repository = Repository(
        {
            MAIN: 'module "a" {\n  source = "../../modules/m"\n  count  = 40\n  n      = count.index\n}\n',
            "modules/m/main.tf": CHILD,
        }
    )
    problems = repository.parse(checked=False).problems
    assert (Code.UNRESOLVED_VALUE, f"{MAIN}:1") in places(problems)
    assert "asks for 40 instances" in problems[0].message


def test_32_module_instances_all_give_their_resources():
    repository = Repository(
        {
            MAIN: 'module "a" {\n  source = "../../modules/m"\n  count  = 32\n  n      = count.index\n}\n',
            "modules/m/main.tf": CHILD,
        }
    )
    assert len(mappings(repository.parse())) == 32


def test_instances_that_the_text_does_not_count_are_refused_when_some_may_be_lost():
    keys = "setsubtract([" + ", ".join(f'"k{n}"' for n in range(40)) + '], ["k0"])'
    repository = Repository(
        {
            MAIN: f'module "a" {{\n  source = "../../modules/m"\n  for_each = {keys}\n  n = each.key\n}}\n',
            "modules/m/main.tf": CHILD,
        }
    )
    assert repository.check() == ()
    assert (Code.HCL_REFUSED, f"{MAIN}:1") in places(repository.parse().problems)


def test_a_loop_over_what_cannot_be_evaluated_is_a_problem_and_not_zero_resources():
    repository = Repository(
        """
        resource "unified_api_mapping" "x" {
          for_each         = setsubtract(["a"], 5)
          integration      = each.key
          unified_model    = "crm"
          resource         = "contacts"
          method           = "list"
          response_mapping = "{}"
        }
        """
    )
    assert repository.check() == ()
    assert places(repository.parse().problems) == [(Code.UNRESOLVED_VALUE, f"{MAIN}:2")]


@pytest.mark.parametrize("loop", ["count = 0", "count = local.on ? 1 : 0", "for_each = {}", "for_each = toset([])"])
def test_a_block_that_is_meant_to_give_nothing_gives_nothing(loop: str):
    text = f'locals {{\n  on = false\n}}\nresource "unified_api_integration" "x" {{\n  {loop}\n  name = "x"\n}}\n'
    parsed = Repository(text).parse()
    assert (parsed.documents, parsed.problems) == ((), ())


def test_a_static_block_after_a_dynamic_one_is_also_found_after_evaluation():
    blocks = """
      dynamic "mapping" {
        for_each = ["contacts", "leads"]
        content {
          unified_model    = "crm"
          resource         = mapping.value
          method           = "list"
          response_mapping = "{}"
        }
      }
      mapping {
        unified_model    = "crm"
        resource         = "accounts"
        method           = "list"
        response_mapping = "{}"
      }
    """
    repository = Repository('resource "unified_api_environment_override" "x" {\n  integration = "x"\n' + blocks + "}\n")
    assert repository.check()
    assert Code.UNRESOLVED_VALUE in {problem.code for problem in repository.parse(checked=False).problems}


@pytest.mark.parametrize(
    "value",
    [
        'templatefile("x.tftpl", {})',
        "nosuch(1)",
        'file("gone.txt")',
        'trimspace(file("gone.txt"))',
        '"${file("gone.txt")}"',
        "[1][3]",
        '"x ${[1][3]}"',
        '"x ${local.m.zzz}"',
        'upper("x ${local.m.zzz}")',
        "local.m.zzz",
        "{ b = local.m.zzz }",
        "[local.m.zzz]",
        'jsonencode({ b = "x ${local.m.zzz}" })',
        "merge({ a = 1 }, local.m.zzz)",
        "length(local.m.zzz)",
        'tonumber("abc")',
        'jsondecode("{")',
        '"a" + 1',
        "data.external.x.result",
        "var.undeclared",
        "module.gone.x",
        "[for x in var.undeclared : x]",
        "true ? var.undeclared : 1",
        "12345678901234567890",
        "12345678901234567 * 1000",
        'yamldecode("a: [")',
        'yamldecode("a: [").a',
    ],
)
def test_a_value_that_could_not_be_evaluated_never_becomes_config(value: str):
    repository = integration_with(f"auth = {{ a = {value} }}", "locals {\nm = { a = 1 }\n}\n")
    parsed = repository.parse(checked=False)
    assert (MAIN, 3) in {(p.source.file, p.source.line) for p in parsed.problems if p.source}


def test_a_number_beyond_all_bounds_fails():
    parsed = integration_with("auth = { a = 1 / 0 }").parse()
    assert [problem.code for problem in parsed.problems] == [Code.HCL_FAILED]


@pytest.mark.parametrize(
    "value", ["null", "local.none", "local.on ? null : 1", "lookup({}, 'b', null)".replace("'", '"'), "var.none"]
)
def test_a_null_that_the_text_says_is_kept(value: str):
    more = 'locals {\nnone = null\non = true\n}\nvariable "none" {\ndefault = null\n}\n'
    assert integration(integration_with(f"auth = {{ a = {value} }}", more).parse()).config == {"auth": {"a": None}}


def test_an_attribute_that_is_null_is_not_set():
    more = 'variable "none" {\n  default = null\n}\n'
    assert integration(integration_with("base_url = var.none", more).parse()).config == {}


def test_escaped_interpolations_are_text():
    repository = integration_with('base_url = "https://$${instance}/%%{x}/${local.a}"', 'locals {\na = "b"\n}\n')
    assert integration(repository.parse()).config == {"base_url": "https://${instance}/%{x}/b"}


def test_the_id_of_a_run_never_reaches_a_document():
    repository = integration_with('auth = {\nid = "mine"\n}\nwebhook {\nurl = "x"\n}')
    first, second = repository.parse(), repository.parse()
    assert first == second
    assert integration(first).config == {"auth": {"id": "mine"}, "webhook": {"url": "x"}}


def test_variables_do_not_leak_in_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TF_VAR_size", "666")
    monkeypatch.setenv("TF_VAR_default", "666")
    assert Repository(OVERRIDE.format("var.size")).parse(checked=False).problems
    text = OVERRIDE.format("var.default").replace("{}", '{ default = 1 }\nvariable "default" { default = 5 }', 1)
    assert override(Repository(text).parse()).config == {"size": 5}


def test_provisioners_and_data_sources_are_never_run(tmp_path):
    canary = tmp_path / "canary"
    text = f"""
        data "external" "x" {{
          program = ["touch", "{canary}"]
        }}
        resource "unified_api_integration" "x" {{
          name = "x"
          provisioner "local-exec" {{
            command = "touch {canary}"
          }}
        }}
    """
    Repository(text).parse(checked=False)
    assert not canary.exists()


def test_numbers_and_strings_keep_their_values():
    attributes = 'auth = { a = 1.5, b = -3, c = 9007199254740992, d = 0.1, e = 1.0, f = "1", g = "é\\n", h = 10 / 4 }'
    assert integration(integration_with(attributes).parse()).config["auth"] == {
        "a": 1.5,
        "b": -3,
        "c": 9007199254740992,
        "d": 0.1,
        "e": 1,
        "f": "1",
        "g": "é\n",
        "h": 2.5,
    }
