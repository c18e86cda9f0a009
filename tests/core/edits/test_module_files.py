"""Edits of HCL: the diffs that a careful engineer would have written, and what is refused with its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from integrations.core.documents import (
    Document,
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    MappingKey,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.edits import (
    CannotEdit,
    Edit,
    EditList,
    Ground,
    Refusal,
    RemoveConfig,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
    files_needed,
    plan_edits,
)
from integrations.core.edits.hcl_render import quoted
from integrations.core.hcl import Literal, read_hcl
from tests.core.edits.grounds import ENVIRONMENTS, diff
from tests.core.edits.layouts import HOSTILE, texts

FILE = "integrations/salesforce.tf"
OVERRIDE = "environments/production/salesforce.tf"
EXPRESSIONS = "integrations/mappings/contacts.jsonata"
INTEGRATION = """\
# The CRM that most have.
resource "unified_api_integration" "salesforce" {
  name     = "salesforce" # the slug
  base_url = "https://example.com"

  pagination = {
    style     = "cursor"
    page_size = 200 # per request
  }

  oauth_app {
    client_id_ref = "${var.vault}/salesforce#id"
    scopes        = ["api", "full"]
  }

  auth = local.auth

  rate_limit = { requests = 100, window = -1 }

  tags = [
    "crm",
    "big",
  ]
}

resource "unified_api_mapping" "contacts_list" {
  integration      = "salesforce"
  unified_model    = "crm"
  resource         = "contacts"
  method           = "list"
  response_mapping = file("${path.module}/mappings/contacts.jsonata")
  error_mapping    = "{ \\"code\\": error.code }"

  query_mapping = <<-EOT
    {
      "q": "a" & query.b
    }
  EOT

  request_body_mapping = templatefile("x", {})
}
"""
ENVIRONMENT = """\
resource "unified_api_environment_override" "salesforce" {
  integration = "salesforce"

  config = jsonencode({
    pagination = {
      page_size = 50
    }
  })

  mapping {
    unified_model = "crm"
    resource      = "contacts"
    method        = "list"
    query_mapping = <<-EOT
      { "limit": 50 }
    EOT
  }
}
"""
FILES = {FILE: INTEGRATION, OVERRIDE: ENVIRONMENT, EXPRESSIONS: '{\n  "id": response.Id\n}\n'}
PLATFORM = Scope(layer=Layer.PLATFORM, integration="salesforce")
PRODUCTION = Scope(layer=Layer.ENVIRONMENT, integration="salesforce", environment="production")
CONTACTS = "crm/contacts/list"


def at(file: str, needle: str) -> Source:
    return Source(file=file, line=FILES[file][: FILES[file].index(needle)].count("\n") + 1)


def said(text: str, file: str, needle: str = "") -> Expression:
    return Expression(text=text, source=at(file, needle))


def documents() -> tuple[Document, ...]:
    key = MappingKey.parse(CONTACTS)
    query = PartOverride(
        expression=said('{ "limit": 50 }\n', OVERRIDE, '{ "limit'), source=at(OVERRIDE, "query_mapping")
    )
    return (
        IntegrationDocument(slug="salesforce", config={}, lines={}, source=at(FILE, 'resource "unified_api_int')),
        MappingDocument(
            integration="salesforce",
            key=key,
            parts={
                Part.RESPONSE: said(FILES[EXPRESSIONS], EXPRESSIONS),
                Part.ERROR: said('{ "code": error.code }', FILE, "error_mapping"),
                Part.QUERY: said('{\n  "q": "a" & query.b\n}\n', FILE, '      "q"'),
                Part.REQUEST_BODY: said("{}", FILE, "request_body_mapping"),
            },
            source=at(FILE, 'resource "unified_api_map'),
        ),
        OverrideDocument(
            layer=Layer.ENVIRONMENT,
            integration="salesforce",
            account=None,
            config={"pagination": {"page_size": 50}},
            lines={},
            mappings={CONTACTS: {Part.QUERY: query}},
            source=at(OVERRIDE, "resource"),
            environments=("production",),
        ),
    )


def after(*edits: Edit, more: tuple[Document, ...] = ()) -> dict[str, str]:
    ground = Ground(environments=ENVIRONMENTS, documents=(*documents(), *more), paths=frozenset(FILES))
    given = {path: FILES[path] for path in files_needed(edits, ground)}
    merged = {**FILES, **plan_edits(edits, given, ground).texts}
    return {path: text for path, text in merged.items() if text is not None}


def lines_of(*edits: Edit) -> str:
    """The lines that go and come, without those around them."""
    found = diff(FILES, after(*edits)).splitlines(keepends=True)
    return "".join(line for line in found if line[0] in "+-" and not line.startswith(("+++", "---")))


def refusal(*edits: Edit, more: tuple[Document, ...] = ()) -> CannotEdit:
    with pytest.raises(CannotEdit) as refused:
        after(*edits, more=more)
    return refused.value


@pytest.mark.parametrize(
    ("path", "value", "lines"),
    [
        (("pagination", "page_size"), 50, "-    page_size = 200 # per request\n+    page_size = 50 # per request\n"),
        (("base_url",), "x", '-  base_url = "https://example.com"\n+  base_url = "x"\n'),
        (("pagination", "on"), True, "+    on        = true\n"),
        (
            ("pagination", "cursor_path"),
            None,
            ('-    style     = "cursor"\n-    page_size = 200 # per request\n+    style       = "cursor"\n'
            "+    page_size   = 200 # per request\n+    cursor_path = null\n"),
        ),
        (
            ("rate_limit", "window"),
            2.5,
            "-  rate_limit = { requests = 100, window = -1 }\n+  rate_limit = { requests = 100, window = 2.5 }\n",
        ),
        (
            ("rate_limit", "x y"),
            1,
            ("-  rate_limit = { requests = 100, window = -1 }\n"
            '+  rate_limit = { requests = 100, window = -1, "x y" = 1 }\n'),
        ),
        (
            ("oauth_app", "scopes"),
            ["api"],
            '-    scopes        = ["api", "full"]\n+    scopes        = ["api"]\n',
        ),
        (("tags",), ["crm", "old"], '-    "big",\n+    "old",\n'),
        (("retry",), {"first": 1, "then": [2, 3]}, "+\n+  retry = {\n+    first = 1\n+    then  = [2, 3]\n+  }\n"),
        (("category",), "crm", '+  category = "crm"\n'),
    ],
)  # fmt: skip
def test_the_platform_layer(path, value, lines):
    edit = SetConfig(scope=PLATFORM, path=path, value=value)
    assert lines_of(edit) == lines
    assert after(edit, edit) == after(edit)


def test_an_environment_override_grows_and_shrinks():
    edit = SetConfig(scope=PRODUCTION, path=("rate_limit", "requests"), value=700)
    assert (
        diff(FILES, after(edit))
        == """\
--- environments/production/salesforce.tf
+++ environments/production/salesforce.tf
@@ -6,2 +6,5 @@
       page_size = 50
+    }
+    rate_limit = {
+      requests = 700
     }
"""
    )
    assert after(edit, RemoveConfig(scope=PRODUCTION, path=("rate_limit", "requests"))) == FILES
    gone = RemoveConfig(scope=PRODUCTION, path=("pagination", "page_size"))
    assert "config" not in after(gone)[OVERRIDE]
    assert "mapping {" in after(gone)[OVERRIDE]
    assert after(gone, SetConfig(scope=PRODUCTION, path=("pagination", "page_size"), value=50)) == FILES


def test_a_first_override_of_an_environment_is_written_and_taken_back():
    staging = replace(PRODUCTION, environment="staging")
    edits = [
        SetConfig(scope=staging, path=("pagination", "page_size"), value=10),
        EditList(scope=staging, path=("oauth_app", "scopes"), append=("a",)),
    ]
    assert (
        diff(FILES, after(*edits))
        == """\
--- /dev/null
+++ environments/staging/salesforce.tf
@@ -0,0 +1,14 @@
+resource "unified_api_environment_override" "salesforce" {
+  integration = "salesforce"
+
+  config = jsonencode({
+    pagination = {
+      page_size = 10
+    }
+    oauth_app = {
+      scopes = {
+        "$append" = ["a"]
+      }
+    }
+  })
+}
"""
    )
    undo = [
        EditList(scope=staging, path=("oauth_app", "scopes"), remove=("a",)),
        RemoveConfig(scope=staging, path=("pagination", "page_size")),
    ]
    assert after(*edits, *undo) == FILES


def test_a_list_of_the_platform_is_edited_itself():
    edit = EditList(scope=PLATFORM, path=("oauth_app", "scopes"), append=("refresh",), remove=("full",))
    assert lines_of(edit) == '-    scopes        = ["api", "full"]\n+    scopes        = ["api", "refresh"]\n'


@pytest.mark.parametrize(
    ("path", "code", "line"),
    [
        (("oauth_app", "client_id_ref"), Refusal.NOT_LITERAL, 12),
        (("auth",), Refusal.NOT_LITERAL, 16),
        (("auth", "type"), Refusal.NOT_LITERAL, 16),
        (("base_url", "x"), Refusal.IN_THE_WAY, 4),
        (("oauth_app",), Refusal.IN_THE_WAY, 11),
    ],
)
def test_what_is_computed_or_in_the_way_is_refused_with_its_place(path, code, line):
    refused = refusal(SetConfig(scope=PLATFORM, path=path, value="x"))
    assert refused.code is code
    assert str(refused.source) == f"{FILE}:{line}"


@pytest.mark.parametrize("path", [("name",), ("colour",), ("oauth_app", "a b")])
def test_names_that_nothing_reads_are_refused(path):
    assert refusal(SetConfig(scope=PLATFORM, path=path, value="x")).code in {Refusal.NO_PLACE, Refusal.BAD_VALUE}


def test_an_unknown_directive_is_refused():
    edit = SetConfig(scope=PRODUCTION, path=("oauth_app", "scopes"), value={"$add": ["x"]})
    assert refusal(edit).code is Refusal.BAD_VALUE


def test_an_override_that_holds_in_two_environments_is_not_changed_for_one():
    shared = replace(documents()[2], environments=None)
    ground = Ground(environments=ENVIRONMENTS, documents=(documents()[0], shared), paths=frozenset(FILES))
    with pytest.raises(CannotEdit) as refused:
        plan_edits([SetConfig(scope=PRODUCTION, path=("a",), value=1)], FILES, ground)
    assert refused.value.code is Refusal.OTHER_SCOPE


# mappings


def test_an_expression_in_a_file_of_its_own():
    edit = SetField(scope=PLATFORM, mapping=CONTACTS, path=("name",), expression="response.Name")
    assert lines_of(edit) == '-  "id": response.Id\n+  "id": response.Id,\n+  "name": response.Name\n'


def test_an_expression_between_quotes_and_one_as_a_heredoc():
    error = SetField(scope=PLATFORM, mapping=CONTACTS, part=Part.ERROR, path=("text",), expression='"${x}"')
    assert lines_of(error).endswith('+  error_mapping    = "{ \\"code\\": error.code, \\"text\\": \\"$${x}\\" }"\n')
    query = SetField(scope=PLATFORM, mapping=CONTACTS, part=Part.QUERY, path=("n",), expression='"${x} %{y}"')
    assert lines_of(query) == '-      "q": "a" & query.b\n+      "q": "a" & query.b,\n+      "n": "$${x} %%{y}"\n'
    inner = SetMapping(scope=PRODUCTION, mapping=CONTACTS, part=Part.QUERY, expression='{\n  "limit": 10\n}')
    assert lines_of(inner) == '-      { "limit": 50 }\n+      {\n+        "limit": 10\n+      }\n'


def test_a_computed_expression_is_refused():
    edit = SetMapping(scope=PLATFORM, mapping=CONTACTS, part=Part.REQUEST_BODY, expression="1")
    refused = refusal(edit)
    assert refused.code is Refusal.NOT_LITERAL
    assert refused.source == at(FILE, "request_body_mapping")


def test_a_heredoc_is_not_ended_by_what_is_written_into_it():
    edit = SetMapping(scope=PLATFORM, mapping=CONTACTS, part=Part.QUERY, expression="(\nEOT\n)")
    assert refusal(edit).code is Refusal.BAD_VALUE


def test_a_part_that_has_no_expression_yet_is_left_to_an_engineer():
    edit = SetMapping(scope=PLATFORM, mapping=CONTACTS, part=Part.REQUEST_HEADERS, expression="1")
    assert refusal(edit).code is Refusal.NO_PLACE


# strings


@given(st.one_of(texts, st.text(st.sampled_from('${%}"\\a\n'), max_size=8)))
def test_strings_mean_themselves(text):
    written = quoted(text)
    assert "\n" not in written
    found = read_hcl(f"a = {written}\nb = 1\n".encode(), "a.tf")
    assert found.problems == ()
    assert isinstance(found.attributes["a"].value, Literal)
    assert found.attributes["a"].value.value == text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_strings_come_back_from_a_file(text):
    name = text if text and text[0] != "$" else f"x{text}"  # names that begin with $ are directives
    edit = SetConfig(scope=PRODUCTION, path=("headers", name), value=text)
    undo = RemoveConfig(scope=PRODUCTION, path=("headers", name))
    assert after(edit, undo) == FILES
    assert after(edit) != FILES
