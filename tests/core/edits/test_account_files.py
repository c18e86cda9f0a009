"""Edits of an account's override: the diffs that a careful engineer would have written."""

from dataclasses import replace

import pytest

from integrations.core.documents import Mode, Part
from integrations.core.edits import (
    CannotEdit,
    EditList,
    Refusal,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    SetConfig,
    SetField,
    SetMapping,
)
from tests.core.edits.grounds import ACCOUNT, EVERYWHERE, FILE, FOLDER, PRODUCTION, after, diff

CONTACTS = "crm/contacts/list"
OVERRIDE = """\
# Their org is slow.
environments: [production]   # the sandbox is theirs

config:
  pagination:
    page_size: 50   # it was 200
  oauth_app:
    scopes:
      $append: ["custom_objects"]

mappings:
  crm/contacts/list:
    response:
      file: contacts_list.jsonata
"""
EXPRESSION = """\
/* Acme's own fields. */
{
  "custom": {
    "tier": response.Tier__c   /* gold, silver */
  },
  "title": response.Title
}
"""
BARE = {f"{FOLDER}/account.yaml": ACCOUNT}
FULL = {**BARE, FILE: OVERRIDE, f"{FOLDER}/contacts_list.jsonata": EXPRESSION}


def diff_of(files, *edits):
    return diff(files, after(files, *edits))


def refusal(files, *edits):
    with pytest.raises(CannotEdit) as refused:
        after(files, *edits)
    return refused.value


# config


def test_an_inherited_value_is_overridden_in_a_file_of_its_own():
    edit = SetConfig(scope=PRODUCTION, path=("pagination", "page_size"), value=50)
    assert (
        diff_of(BARE, edit)
        == """\
--- /dev/null
+++ customers/acme-corp/salesforce.yaml
@@ -0,0 +1,4 @@
+environments: ["production"]
+config:
+  pagination:
+    page_size: 50
"""
    )


def test_an_override_for_every_environment_names_none():
    edit = SetConfig(scope=EVERYWHERE, path=("base_url",), value="https://acme.example.com")
    assert after(BARE, edit)[FILE] == 'config:\n  base_url: "https://acme.example.com"\n'


def test_an_overridden_value_changes_in_its_place():
    edit = SetConfig(scope=PRODUCTION, path=("pagination", "page_size"), value=25)
    assert (
        diff_of(FULL, edit)
        == """\
--- customers/acme-corp/salesforce.yaml
+++ customers/acme-corp/salesforce.yaml
@@ -5,3 +5,3 @@
   pagination:
-    page_size: 50   # it was 200
+    page_size: 25   # it was 200
   oauth_app:
"""
    )


def test_a_new_value_stands_beside_its_like():
    edit = SetConfig(scope=PRODUCTION, path=("pagination", "style"), value="cursor")
    assert (
        diff_of(FULL, edit)
        == """\
--- customers/acme-corp/salesforce.yaml
+++ customers/acme-corp/salesforce.yaml
@@ -6,2 +6,3 @@
     page_size: 50   # it was 200
+    style: "cursor"
   oauth_app:
"""
    )


def test_null_takes_the_inherited_value_away():
    edit = SetConfig(scope=PRODUCTION, path=("webhook",), value=None)
    assert "+  webhook: null\n" in diff_of(FULL, edit)


def test_the_inherited_value_is_restored_with_the_objects_left_empty():
    assert (
        diff_of(FULL, RemoveConfig(scope=PRODUCTION, path=("pagination", "page_size")))
        == """\
--- customers/acme-corp/salesforce.yaml
+++ customers/acme-corp/salesforce.yaml
@@ -4,4 +4,2 @@
 config:
-  pagination:
-    page_size: 50   # it was 200
   oauth_app:
"""
    )


def test_a_file_that_says_nothing_any_more_goes():
    made = after(BARE, SetConfig(scope=PRODUCTION, path=("pagination", "page_size"), value=50))
    assert after(made, RemoveConfig(scope=PRODUCTION, path=("pagination", "page_size"))) == BARE


def test_a_file_that_alone_connects_the_account_stays():
    files = {f"{FOLDER}/account.yaml": "name: Acme Corp\n", FILE: "config:\n  base_url: https://x.example\n"}
    assert after(files, RemoveConfig(scope=EVERYWHERE, path=("base_url",)))[FILE] == "config: {}\n"


def test_an_account_is_not_connected_by_the_way():
    refused = refusal(
        {f"{FOLDER}/account.yaml": "name: Acme Corp\n"}, SetConfig(scope=EVERYWHERE, path=("base_url",), value="x")
    )
    assert refused.code is Refusal.NO_PLACE
    assert refused.source.file == f"{FOLDER}/account.yaml"


def test_removing_what_is_not_overridden_changes_nothing():
    assert diff_of(FULL, RemoveConfig(scope=PRODUCTION, path=("auth", "type"))) == ""
    assert diff_of(BARE, RemoveConfig(scope=PRODUCTION, path=("auth", "type"))) == ""


def test_config_stands_before_mappings():
    files = {**FULL, FILE: "environments: [production]\nmappings:\n" + OVERRIDE.partition("mappings:\n")[2]}
    assert (
        diff_of(files, SetConfig(scope=PRODUCTION, path=("base_url",), value="x"))
        == """\
--- customers/acme-corp/salesforce.yaml
+++ customers/acme-corp/salesforce.yaml
@@ -1,2 +1,4 @@
 environments: [production]
+config:
+  base_url: "x"
 mappings:
"""
    )


def test_list_directives_grow_and_shrink():
    edits = [
        EditList(scope=PRODUCTION, path=("oauth_app", "scopes"), append=("refresh_token",), remove=("full",)),
        EditList(scope=PRODUCTION, path=("tags",), prepend=("vip",)),
    ]
    assert (
        diff_of(FULL, *edits)
        == """\
--- customers/acme-corp/salesforce.yaml
+++ customers/acme-corp/salesforce.yaml
@@ -8,3 +8,6 @@
     scopes:
-      $append: ["custom_objects"]
+      $append: ["custom_objects", "refresh_token"]
+      $remove: ["full"]
+  tags:
+    $prepend: ["vip"]
 
"""  # noqa: W293 - the blank before an empty line of a diff
    )
    made = after(FULL, *edits)
    undo = EditList(scope=PRODUCTION, path=("oauth_app", "scopes"), remove=("refresh_token", "custom_objects"))
    assert "$append" not in after(made, undo)[FILE]
    assert after(made, edits[0])[FILE] == made[FILE]


def test_a_directive_that_is_none_is_refused():
    refused = refusal(FULL, SetConfig(scope=PRODUCTION, path=("oauth_app", "scopes", "$add"), value=["x"]))
    assert refused.code is Refusal.BAD_VALUE
    assert refused.source.file == FILE


def test_a_value_in_the_way_is_not_overwritten():
    refused = refusal(FULL, SetConfig(scope=PRODUCTION, path=("pagination", "page_size", "x"), value=1))
    assert refused.code is Refusal.IN_THE_WAY
    assert "page_size is set to “50”" in refused.sentence


@pytest.mark.parametrize("scope", [EVERYWHERE, replace(PRODUCTION, environment="staging")])
def test_one_file_cannot_say_two_things(scope):
    refused = refusal(FULL, SetConfig(scope=scope, path=("pagination", "page_size"), value=1))
    assert refused.code is Refusal.OTHER_SCOPE
    assert "applies in production" in refused.sentence


def test_an_override_that_no_other_connection_feels_is_the_one_to_change():
    only = ACCOUNT.replace("  - {integration: salesforce, environment: staging}\n", "")
    files = {f"{FOLDER}/account.yaml": only, FILE: "config:\n  pagination:\n    page_size: 50\n"}
    edit = SetConfig(scope=PRODUCTION, path=("pagination", "page_size"), value=60)
    assert after(files, edit)[FILE] == "config:\n  pagination:\n    page_size: 60\n"


# mappings


def test_a_first_field_makes_a_file_and_names_it():
    edit = SetField(scope=PRODUCTION, mapping=CONTACTS, path=("custom", "tier"), expression="response.Tier__c")
    assert (
        diff_of(BARE, edit)
        == """\
--- /dev/null
+++ customers/acme-corp/contacts_list.jsonata
@@ -0,0 +1,5 @@
+{
+  "custom": {
+    "tier": response.Tier__c
+  }
+}
--- /dev/null
+++ customers/acme-corp/salesforce.yaml
@@ -0,0 +1,5 @@
+environments: ["production"]
+mappings:
+  crm/contacts/list:
+    response:
+      file: "contacts_list.jsonata"
"""
    )
    assert after(after(BARE, edit), RemoveField(scope=PRODUCTION, mapping=CONTACTS, path=("custom", "tier"))) == BARE


def test_a_field_joins_its_like_and_comments_stay():
    edit = SetField(scope=PRODUCTION, mapping=CONTACTS, path=("custom", "lane"), expression="response.Lane__c")
    assert (
        diff_of(FULL, edit)
        == """\
--- customers/acme-corp/contacts_list.jsonata
+++ customers/acme-corp/contacts_list.jsonata
@@ -3,3 +3,4 @@
   "custom": {
-    "tier": response.Tier__c   /* gold, silver */
+    "tier": response.Tier__c,   /* gold, silver */
+    "lane": response.Lane__c
   },
"""
    )
    assert after(after(FULL, edit), RemoveField(scope=PRODUCTION, mapping=CONTACTS, path=("custom", "lane"))) == FULL


def test_a_field_that_is_there_gets_another_expression():
    edit = SetField(scope=PRODUCTION, mapping=CONTACTS, path=("title",), expression="$uppercase(response.Title)")
    assert (
        diff_of(FULL, edit)
        == """\
--- customers/acme-corp/contacts_list.jsonata
+++ customers/acme-corp/contacts_list.jsonata
@@ -5,3 +5,3 @@
   },
-  "title": response.Title
+  "title": $uppercase(response.Title)
 }
"""
    )


@pytest.mark.parametrize(
    "expression", ["$merge([{}])", "response.{'a': 1}", "{'a': 1, response.b: 2}", "{'a': {}.b}.c"]
)
def test_a_dynamic_expression_is_refused(expression):
    files = {**FULL, f"{FOLDER}/contacts_list.jsonata": expression}
    refused = refusal(files, SetField(scope=PRODUCTION, mapping=CONTACTS, path=("x",), expression="1"))
    assert refused.code is Refusal.DYNAMIC
    assert "as a whole" in refused.sentence


@pytest.mark.parametrize("expression", ["1, 'b': 2", "1}", "/* open", "", "{", "1 } /* x"])
def test_a_field_cannot_break_out_of_its_place(expression):
    refused = refusal(FULL, SetField(scope=PRODUCTION, mapping=CONTACTS, path=("x",), expression=expression))
    assert refused.code is Refusal.BAD_EXPRESSION


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("expression: '{ \"a\": 1 }'  # one", "expression: '{ \"a\": 1, \"x\": \"it''s\" }'  # one"),
        ('expression: "{ \\"a\\": 1 }"', 'expression: "{ \\"a\\": 1, \\"x\\": \\"it\'s\\" }"'),
        (
            'expression: |\n        {\n          "a": 1\n        }',
            """expression: |\n        {\n          "a": 1,\n          "x": "it's"\n        }""",
        ),
        ('expression: |-  # b\n          { "a": 1 }', """expression: |-  # b\n          { "a": 1, "x": "it's" }"""),
    ],
)  # fmt: skip
def test_an_expression_in_the_file_keeps_its_style(written, expected):
    start = "config:\n  a: 1\nmappings:\n  crm/contacts/list:\n    response:\n      "
    end = "\n\n# At the end.\n"
    files = {**BARE, FILE: start + written + end}
    edit = SetField(scope=EVERYWHERE, mapping=CONTACTS, path=("x",), expression='"it\'s"')
    made = after(files, edit)
    assert made == {**BARE, FILE: start + expected + end}
    assert after(made, RemoveField(scope=EVERYWHERE, mapping=CONTACTS, path=("x",))) == files


def test_a_whole_expression_and_its_mode():
    edit = SetMapping(
        scope=PRODUCTION, mapping=CONTACTS, part=Part.QUERY, expression='{ "limit": 10 }', mode=Mode.REPLACE
    )
    assert (
        diff_of(FULL, edit)
        == """\
--- /dev/null
+++ customers/acme-corp/contacts_list_query.jsonata
@@ -0,0 +1 @@
+{ "limit": 10 }
--- customers/acme-corp/salesforce.yaml
+++ customers/acme-corp/salesforce.yaml
@@ -14 +14,4 @@
       file: contacts_list.jsonata
+    query:
+      file: "contacts_list_query.jsonata"
+      mode: "replace"
"""
    )
    made = after(FULL, edit)
    assert after(made, RemoveMapping(scope=PRODUCTION, mapping=CONTACTS, part=Part.QUERY)) == FULL
    merged = SetMapping(scope=PRODUCTION, mapping=CONTACTS, part=Part.QUERY, expression='{ "limit": 10 }')
    assert 'mode: "replace"' not in after(made, merged)[FILE]


def test_a_part_can_be_dropped():
    edit = SetMapping(scope=PRODUCTION, mapping=CONTACTS, expression=None, mode=Mode.REPLACE)
    assert (
        diff_of(FULL, edit)
        == """\
--- customers/acme-corp/contacts_list.jsonata
+++ /dev/null
@@ -1,7 +0,0 @@
-/* Acme's own fields. */
-{
-  "custom": {
-    "tier": response.Tier__c   /* gold, silver */
-  },
-  "title": response.Title
-}
--- customers/acme-corp/salesforce.yaml
+++ customers/acme-corp/salesforce.yaml
@@ -13,2 +13,2 @@
     response:
-      file: contacts_list.jsonata
+      mode: "replace"
"""
    )


def test_a_name_that_is_taken_is_not_taken_over():
    files = {**BARE, f"{FOLDER}/contacts_list.jsonata": "{}", f"{FOLDER}/contacts_list_2.jsonata": "{}"}
    made = after(files, SetField(scope=EVERYWHERE, mapping=CONTACTS, path=("x",), expression="1"))
    assert set(made) - set(files) == {FILE, f"{FOLDER}/contacts_list_3.jsonata"}


def test_a_file_that_others_read_changes_for_all_of_them_or_not_at_all():
    shared = OVERRIDE + "  crm/contacts/get:\n    response:\n      file: contacts_list.jsonata\n"
    files = {**FULL, FILE: shared}
    edit = SetField(scope=PRODUCTION, mapping=CONTACTS, path=("title",), expression="1")
    refused = refusal(files, edit)
    assert refused.code is Refusal.SHARED_FILE
    assert "crm/contacts/get (response) of acme-corp for salesforce" in refused.sentence
    meant = SetField(scope=PRODUCTION, mapping=CONTACTS, path=("title",), expression="1", everywhere=True)
    assert '"title": 1\n' in after(files, meant)[f"{FOLDER}/contacts_list.jsonata"]
    removed = after(files, RemoveMapping(scope=PRODUCTION, mapping="crm/contacts/get"))
    assert removed == FULL


def test_line_ends_are_kept():
    files = {path: text.replace("\n", "\r\n") for path, text in FULL.items()}
    edits = [
        SetConfig(scope=PRODUCTION, path=("a", "b"), value="x"),
        SetField(scope=PRODUCTION, mapping=CONTACTS, path=("custom", "a", "b"), expression="response.A"),
    ]
    made = after(files, *edits)
    assert all(text.count("\n") == text.count("\r\n") for text in made.values())
    undo = [
        RemoveConfig(scope=PRODUCTION, path=("a", "b")),
        RemoveField(scope=PRODUCTION, mapping=CONTACTS, path=("custom", "a", "b")),
    ]
    assert after(made, *undo) == files


def test_unknown_names_are_refused():
    for names in ({"integration": "x"}, {"account": "nobody"}, {"environment": "qa"}):
        scope = replace(PRODUCTION, **names)
        assert refusal(FULL, SetConfig(scope=scope, path=("a",), value=1)).code is Refusal.NO_PLACE
    bad = SetMapping(scope=PRODUCTION, mapping="contacts", expression="1")
    assert refusal(FULL, bad).code is Refusal.NO_PLACE
