"""What is found wrong with a root before anything is evaluated."""

from __future__ import annotations

import pytest

from integrations.core.problems import Code
from tests.sandbox.repositories import ROOT, Repository, places

MAIN = f"{ROOT}/main.tf"
CHILD = """
    variable "mapping" {}
    variable "optional" { default = null }
    output "out" { value = 1 }
"""


def with_child(main: str, child: str = CHILD) -> Repository:
    return Repository({MAIN: main, "modules/m/main.tf": child})


def integration(attributes: str) -> Repository:
    return Repository(f'resource "unified_api_integration" "x" {{\nname = "x"\n{attributes}\n}}\n')


@pytest.mark.parametrize(
    ("attribute", "code", "says"),
    [
        ("auth = { a = var.nope }", Code.UNRESOLVED_VALUE, "no variable `nope`"),
        ("auth = { a = local.nope }", Code.UNRESOLVED_VALUE, "no local value `nope`"),
        ("auth = { a = module.nope.x }", Code.UNRESOLVED_VALUE, "no module `nope`"),
        ("auth = { a = unified_api_integration.nope.name }", Code.UNRESOLVED_VALUE, "no resource"),
        ("auth = { a = unified_api_integration.x.id }", Code.UNRESOLVED_VALUE, "no attribute `id`"),
        ("auth = { a = data.external.x.result }", Code.UNRESOLVED_VALUE, "data source"),
        ("auth = { a = each.key }", Code.UNRESOLVED_VALUE, "for_each"),
        ("auth = { a = count.index }", Code.UNRESOLVED_VALUE, "`count`"),
        ("auth = { a = terraform.workspace }", Code.UNRESOLVED_VALUE, "not known here"),
        ("auth = { a = path.cwd }", Code.UNRESOLVED_VALUE, "not known here"),
        ("auth = { a = { b = 1 }.c }", Code.UNRESOLVED_VALUE, ""),
        ("auth = { a = nosuch(1) }", Code.UNRESOLVED_VALUE, "no function `nosuch`"),
        ("auth = { a = jsonencod(1) }", Code.UNRESOLVED_VALUE, "Did you mean `jsonencode`?"),
        ('auth = { a = templatefile("x", {}) }', Code.HCL_REFUSED, "templatefile"),
        ('auth = { a = templatestring("x", {}) }', Code.HCL_REFUSED, "templatestring"),
        ('auth = { a = fileset(path.module, "*") }', Code.HCL_REFUSED, "fileset"),
        ("auth = { a = timestamp() }", Code.HCL_REFUSED, "another value each time"),
        ("auth = { a = uuid() }", Code.HCL_REFUSED, "another value each time"),
        ('auth = { a = abspath(".") }', Code.HCL_REFUSED, "machine"),
        ('auth = { a = sensitive("x") }', Code.HCL_REFUSED, "secret"),
        ("auth = { a = 12345678901234567890 }", Code.HCL_REFUSED, "too large"),
        ('auth = { a = file("/etc/passwd") }', Code.HCL_REFUSED, "this repository only"),
        ('auth = { a = file("../../../etc/shadow") }', Code.HCL_REFUSED, "this repository only"),
        ('auth = { a = file("${path.module}/../../../x") }', Code.HCL_REFUSED, "this repository only"),
        ('auth = { a = file("${path.module}/x.json") }', Code.MISSING_FILE, f"`{ROOT}/x.json`"),
        ('auth = { a = fileexists("/etc/passwd") }', Code.HCL_REFUSED, "this repository only"),
    ],
)
def test_an_expression_that_cannot_be_trusted_is_refused_at_its_line(attribute: str, code: Code, says: str):
    if "}.c" in attribute:
        attribute = "auth = { a = local.object.c }\n}\nlocals {\nobject = { b = 1 }"
    problems = integration(attribute).check()
    assert places(problems) == [(code, f"{MAIN}:3")]
    assert says in problems[0].message


def test_a_list_has_no_element_beyond_its_end():
    problems = integration('auth = { a = local.list[2] }\n}\nlocals {\nlist = ["a"]').check()
    assert places(problems) == [(Code.UNRESOLVED_VALUE, f"{MAIN}:3")]


def test_what_try_and_can_shield_may_be_missing():
    repository = integration(
        'auth = { a = try(local.object.c, "d"), b = can(local.object.c) }\n}\nlocals {\nobject = {}'
    )
    assert repository.check() == ()


def test_names_bound_by_for_and_dynamic_are_known():
    repository = Repository(
        """
        resource "unified_api_environment_override" "x" {
          integration = "x"
          config = {
            scopes = [for scope in ["a"] : scope if scope != "b"]
            labels = { for k, v in { a = 1 } : k => v }
          }
          dynamic "mapping" {
            for_each = ["list"]
            content {
              unified_model    = "crm"
              resource         = "contacts"
              method           = mapping.value
              response_mapping = "{}"
            }
          }
          dynamic "mapping" {
            for_each = ["get"]
            iterator = it
            content {
              unified_model    = "crm"
              resource         = "contacts"
              method           = it.value
              response_mapping = "{}"
            }
          }
        }
        """
    )
    assert repository.check() == ()


def test_a_variable_of_the_root_needs_a_value():
    problems = Repository('variable "size" {\n  type = number\n}\n').check()
    assert places(problems) == [(Code.MISSING_VARIABLE, f"{MAIN}:1")]


@pytest.mark.parametrize("file", ["terraform.tfvars", "any.auto.tfvars"])
def test_a_tfvars_file_that_terraform_loads_gives_the_value(file: str):
    assert Repository({MAIN: 'variable "size" {}\n', f"{ROOT}/{file}": "size = 1\n"}).check() == ()


def test_another_tfvars_file_gives_none():
    repository = Repository({MAIN: 'variable "size" {}\n', f"{ROOT}/other.tfvars": "size = 1\n"})
    assert places(repository.check()) == [(Code.MISSING_VARIABLE, f"{MAIN}:1")]


def test_a_tfvars_file_cannot_set_what_is_not_declared():
    repository = Repository({MAIN: 'variable "size" {}\n', f"{ROOT}/terraform.tfvars": "size = 1\nsise = 2\n"})
    (problem,) = repository.check()
    assert (problem.code, problem.address) == (Code.UNKNOWN_ATTRIBUTE, f"{ROOT}/terraform.tfvars:2")
    assert "Did you mean `size`?" in problem.message


def test_a_tfvars_file_holds_values_only():
    repository = Repository({MAIN: 'variable "size" {}\n', f"{ROOT}/terraform.tfvars": "size = local.x\n"})
    assert (Code.HCL_REFUSED, f"{ROOT}/terraform.tfvars:1") in places(repository.check())


@pytest.mark.parametrize(
    ("call", "code", "line"),
    [
        ('source = "../../modules/m"', Code.MISSING_VARIABLE, 1),
        ('source = "../../modules/m"\nmapping = 1\nmaping = 2', Code.UNKNOWN_ATTRIBUTE, 4),
        ('source = "../../modules/gone"', Code.MISSING_MODULE, 2),
        ('source = "../../../elsewhere"', Code.HCL_REFUSED, 2),
        ('source = "/modules/m"', Code.HCL_REFUSED, 2),
        ('source = "hashicorp/consul/aws"', Code.HCL_REFUSED, 2),
        ('source = "git::https://127.0.0.1/x.git"', Code.HCL_REFUSED, 2),
        ('source = "http://127.0.0.1/x.zip"', Code.HCL_REFUSED, 2),
        ("mapping = 1", Code.MISSING_ATTRIBUTE, 1),
    ],
)
def test_a_module_call_that_would_vanish_is_a_problem(call: str, code: Code, line: int):
    problems = with_child(f'module "a" {{\n{call}\n}}\n').check()
    assert places(problems) == [(code, f"{MAIN}:{line}")]


def test_a_module_output_must_exist():
    repository = with_child(
        'module "a" {\nsource = "../../modules/m"\nmapping = 1\n}\nlocals {\na = module.a.out\nb = module.a.no\n}\n'
    )
    assert places(repository.check()) == [(Code.UNRESOLVED_VALUE, f"{MAIN}:7")]


def calls(count: int) -> str:
    return "".join(f'module "m{n}" {{\n  source = "../../modules/m"\n  mapping = 1\n}}\n' for n in range(count))


@pytest.mark.parametrize(
    "main",
    [
        calls(33),
        'module "a" {\n  source = "../../modules/m"\n  mapping = 1\n  count = 33\n}\n',
        (
            'module "a" {\n  source = "../../modules/m"\n  mapping = 1\n'
            '  for_each = toset([for n in local.n : "k${n}"])\n'
            f"}}\nlocals {{\n  n = {list(range(33))}\n}}\n"
        ),
        calls(3) + 'module "a" {\n  source = "../../modules/m"\n  mapping = 1\n  count = 30\n}\n',
    ],
    ids=["written out", "count", "for_each", "together"],
)
def test_more_than_32_module_instances_under_one_parent_are_refused(main: str):
    (problem,) = with_child(main).check()
    assert problem.code is Code.HCL_REFUSED
    assert "32" in problem.message


def test_32_module_instances_are_accepted():
    assert with_child(calls(32)).check() == ()


def test_modules_that_call_in_a_circle_are_refused():
    repository = Repository(
        {
            MAIN: 'module "a" {\n  source = "../../modules/a"\n}\n',
            "modules/a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
            "modules/b/main.tf": 'module "a" {\n  source = "../a"\n}\n',
        }
    )
    assert {problem.code for problem in repository.check()} == {Code.HCL_REFUSED}


def test_a_static_block_after_a_dynamic_one_of_its_kind_is_refused():
    dynamic = 'dynamic "mapping" {\nfor_each = ["a"]\ncontent {\nmethod = mapping.value\n}\n}\n'
    static = 'mapping {\nmethod = "b"\n}\n'
    head = 'resource "unified_api_environment_override" "x" {\n'
    assert places(Repository(head + dynamic + static + "}\n").check()) == [(Code.HCL_REFUSED, f"{MAIN}:8")]
    assert Repository(head + static + dynamic + "}\n").check() == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('data "external" "x" {\n  program = ["touch", "/tmp/x"]\n}\n', 1),
        ('resource "unified_api_mapping" "x" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n', 2),
        ('resource "unified_api_intergration" "x" {}\n', 1),
    ],
)
def test_what_is_never_run_here_is_refused(text: str, line: int):
    assert (Code.HCL_REFUSED, f"{MAIN}:{line}") in places(Repository(text).check())


@pytest.mark.parametrize("file", ["override.tf", "salesforce_override.tf"])
def test_override_files_are_refused(file: str):
    repository = Repository({MAIN: "", f"{ROOT}/{file}": ""})
    assert places(repository.check()) == [(Code.HCL_REFUSED, f"{ROOT}/{file}:1")]


@pytest.mark.parametrize("file", [f"{ROOT}/x.tf.json", f"{ROOT}/terraform.tfvars.json", "modules/m/x.tf.json"])
def test_terraforms_json_is_refused(file: str):
    repository = Repository({**with_child(calls(1)).files, file: b'{"resource": {}}'})
    assert places(repository.check()) == [(Code.HCL_REFUSED, f"{file}:1")]


@pytest.mark.parametrize("kind", ['resource "unified_api_integration"', "variable", "output"])
def test_a_name_that_stands_twice_is_a_duplicate(kind: str):
    repository = Repository({MAIN: f'{kind} "x" {{\n  default = 1\n}}\n', f"{ROOT}/z.tf": f'{kind} "x" {{}}\n'})
    assert (Code.DUPLICATE, f"{ROOT}/z.tf:1") in places(repository.check())


def test_all_problems_of_a_root_and_its_modules_come_at_once():
    repository = Repository(
        {
            MAIN: 'variable "a" {}\nmodule "m" {\n  source = "../../modules/m"\n}\nlocals {\n  x = local.y\n}\n',
            "modules/m/main.tf": "locals {\n  x = uuid()\n}\n",
            "modules/unused/main.tf": "syntax error\n",
        }
    )
    assert places(repository.check()) == [
        (Code.MISSING_VARIABLE, f"{MAIN}:1"),
        (Code.UNRESOLVED_VALUE, f"{MAIN}:6"),
        (Code.HCL_REFUSED, "modules/m/main.tf:2"),
    ]


def test_a_syntax_error_of_a_child_module_is_a_problem_of_the_root():
    repository = with_child(calls(1), "resource {\n")
    assert {problem.code for problem in repository.check()} == {Code.HCL_SYNTAX}


def test_a_missing_file_in_for_each_is_found_before_evaluation():
    repository = Repository(
        """
        resource "unified_api_mapping" "x" {
          for_each    = jsondecode(file("${path.module}/gone.json"))
          integration = each.key
        }
        """
    )
    assert places(repository.check()) == [(Code.MISSING_FILE, f"{MAIN}:2")]


def test_a_missing_file_named_by_each_key_is_found_for_its_key():
    repository = Repository(
        {
            MAIN: """
            resource "unified_api_mapping" "x" {
              for_each         = toset(["here", "gone"])
              response_mapping = file("${path.module}/${each.key}.jsonata")
            }
            """,
            f"{ROOT}/here.jsonata": "{}",
        }
    )
    (problem,) = repository.check()
    assert (problem.code, problem.address) == (Code.MISSING_FILE, f"{MAIN}:3")
    assert "gone.jsonata" in problem.message


def test_a_folder_without_hcl_is_no_root():
    assert [problem.code for problem in Repository({"a/b.txt": ""}).check("a")] == [Code.MISSING_MODULE]


@pytest.mark.parametrize(
    "text",
    [
        "locals {\n" + "".join(f"a{n} = [local.a{n + 1}, local.a{n + 1}]\n" for n in range(60)) + 'a60 = "x"\n}\n',
        "locals {\n"
        + "".join(f'a{n} = "${{local.a{n + 1}}}${{local.a{n + 1}}}"\n' for n in range(60))
        + 'a60 = "x"\n}\n',
        "locals {\na = local.b\nb = local.a\n}\n",
        (
            "locals {\na = [for x in local.n : [for y in local.n : [for z in local.n : z]]]\n"
            f"n = {list(range(200))}\n}}\n"
        ),
    ],
    ids=["lists", "strings", "circle", "loops"],
)
def test_names_that_double_what_they_name_cost_bounded_work(text: str):
    Repository(text).check()  # without the bound it would not come back
