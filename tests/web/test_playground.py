"""The playground: what it begins with, for whom, and what it evaluates."""

from __future__ import annotations

import json
import re
from html import unescape
from types import SimpleNamespace

import pytest
from django.test import Client, override_settings

from console.limits import one_at_a_time
from console.presentation.playground import mapping_choices
from integrations.core.documents import Layer, Part
from integrations.sandbox.slots import Slots

RUN = "/playground/run/"
CONNECTION = "account=acme-corp&integration=salesforce&environment=production"
BENCH = f"/playground/?{CONNECTION}&mapping=crm/contacts/list"
LAYERS = {
    "platform": '{\n  "id": response.Id,\n  "first_name": response.FirstName,\n  "title": response.Title\n}\n',
    "account": '{\n  "tier": response.Tier__c\n}\n',
}


def run(client, body, **options):
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(RUN, text, content_type="application/json", **options)


def one(client, expression, **given):
    return run(client, {"layers": [{"layer": None, "expression": expression}], **given})


def data_of(response):
    """What the page hands to its script."""
    found = re.search(r'<script id="playground-data" type="application/json">(.*?)</script>', response.content.decode())
    assert found
    return json.loads(found[1])


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def sample(account=None, name="one", **given):
    body = {"mapping": "crm/contacts/list", "input": {"response": {"Id": name}}, "expected": {"id": name}, **given}
    return {**body, **({"account": account} if account else {})}


class TestStart:
    def test_it_begins_empty_for_anyone_who_is_signed_in(self, as_):
        response = as_("nobody").get("/playground/")
        assert response.status_code == 200
        assert data_of(response)["layers"] == []
        assert "needs JavaScript" in text_of(response)

    def test_a_stranger_signs_in_first(self, config):
        assert Client().get("/playground/")["Location"] == "/sign-in/login/?next=/playground/"
        assert one(Client(), "1").status_code == 401

    def test_a_stranger_may_use_it_empty_where_the_setting_says_so(self, config):
        with override_settings(PLAYGROUND_ANONYMOUS=True):
            assert Client().get("/playground/").status_code == 200
            assert one(Client(), "1 + 1").json()["output"] == {"result": 2}
            for address in (BENCH, "/playground/?repository=small", "/playground/?integration=salesforce"):
                assert Client().get(address).status_code == 302
            assert Client().get(f"/playground/sample/?{CONNECTION}&mapping=crm/contacts/list").status_code == 302

    def test_without_a_mapping_one_chooses(self, viewer):
        page = viewer.get(f"/playground/?{CONNECTION}").content.decode()
        assert "mapping=crm%2Fcontacts%2Flist&amp;part=response" in page

    def test_each_mapping_says_what_it_is_for_and_its_name_leads_on(self, viewer):
        page = viewer.get(f"/playground/?{CONNECTION}")
        assert "What the product reads, record by record." in text_of(page)
        assert "Changed by" in text_of(page)
        link = re.search(r'<a class="mono row-link" href="([^"]+)">crm/contacts/list</a>', page.content.decode())
        assert link
        assert data_of(viewer.get(unescape(link[1])))["context"]["mapping"] == "crm/contacts/list"

    def test_what_the_account_overrides_comes_first(self):
        def said(*layers):
            expressions = tuple(SimpleNamespace(layer=layer) for layer in layers)
            return {Part.REQUEST_BODY: SimpleNamespace(layers=expressions)}

        found = mapping_choices(
            {"crm/a/get": said(Layer.PLATFORM), "crm/b/create": said(Layer.ACCOUNT, Layer.PLATFORM)}
        )
        assert [choice.key for choice in found] == ["crm/b/create", "crm/a/get"]
        assert found[0].layers == (Layer.PLATFORM, Layer.ACCOUNT)
        assert found[0].first is Part.REQUEST_BODY


class TestLayers:
    def test_each_layer_has_its_expression_and_address(self, viewer):
        layers = data_of(viewer.get(BENCH))["layers"]
        assert [(each["layer"], each["expression"], each["source"]) for each in layers] == [
            ("platform", LAYERS["platform"], "integrations/mappings/salesforce_contacts.jsonata:1"),
            ("environment", "", ""),
            ("account", LAYERS["account"], "customers/acme-corp/contacts_list.jsonata:1"),
        ]
        assert layers[0]["address"] == "/source/integrations/mappings/salesforce_contacts.jsonata#L1"

    def test_an_account_that_says_nothing_has_an_empty_layer_to_write_in(self, viewer):
        page = viewer.get(BENCH.replace("production", "staging"))
        assert data_of(page)["layers"][-1] == {
            "layer": "account", "expression": "", "dropped": False, "source": "", "address": "",
        }  # fmt: skip
        assert "What would you add?" in text_of(page)

    def test_a_dropped_layer_is_shown_as_such(self, viewer, config):
        settings = {
            "mappings": {"crm/contacts/list": {"response": {"file": "contacts_list.jsonata", "mode": "replace"}}}
        }
        config.push_and_sync({"customers/acme-corp/salesforce.yaml": json.dumps(settings)})
        page = viewer.get(BENCH)
        assert [each["dropped"] for each in data_of(page)["layers"]] == [True, False, False]
        assert "it is never evaluated" in text_of(page)

    def test_without_an_account_it_has_what_all_accounts_share(self, viewer):
        page = viewer.get("/playground/?integration=salesforce&environment=production&mapping=crm/contacts/list")
        assert [each["layer"] for each in data_of(page)["layers"]] == ["platform", "environment"]

    def test_an_older_commit_is_tried_as_it_was(self, viewer, config):
        first = config.commits[-1]
        config.push_and_sync({"customers/acme-corp/contacts_list.jsonata": '{ "tier": "new" }'})
        assert data_of(viewer.get(BENCH))["layers"][-1]["expression"] == '{ "tier": "new" }'
        assert data_of(viewer.get(f"{BENCH}&at={first}"))["layers"][-1]["expression"] == LAYERS["account"]

    def test_a_part_that_nobody_maps_yet_can_be_begun(self, viewer):
        found = data_of(viewer.get(f"{BENCH}&part=query"))
        assert [each["expression"] for each in found["layers"]] == ["", "", ""]
        assert json.loads(found["given"]["input"]) == {"query": {}}

    @pytest.mark.parametrize(
        "address",
        [
            BENCH.replace("crm/contacts", "crm/nothing"),
            f"{BENCH}&part=nothing",
            BENCH.replace("acme-corp", "initech"),
            BENCH.replace("acme-corp", "no-such"),
            BENCH.replace("environment=production", "environment=nowhere"),
            "/playground/?integration=no-such&environment=production",
        ],
    )
    def test_what_is_not_there_is_not_found(self, viewer, address):
        assert viewer.get(address).status_code == 404

    def test_what_a_person_may_not_see_is_not_found(self, as_):
        assert as_("dana").get(BENCH).status_code == 200
        assert as_("emea").get(BENCH).status_code == 404
        assert as_("emea").get(BENCH.replace("/?", "/sample/?")).status_code == 404
        assert as_("nobody").get(BENCH).status_code == 403

    def test_text_of_the_repository_stays_text(self, viewer, config):
        config.push_and_sync({"customers/acme-corp/contacts_list.jsonata": '"</script><script>alert(1)</script>"'})
        page = viewer.get(BENCH)
        assert "<script>alert" not in page.content.decode()
        assert data_of(page)["layers"][-1]["expression"] == '"</script><script>alert(1)</script>"'

    def test_every_page_of_a_mapping_leads_here(self, viewer):
        wanted = "/playground/?account=acme-corp&amp;integration=salesforce&amp;environment=production"
        effective = viewer.get("/accounts/acme-corp/salesforce/production/").content.decode()
        assert f'href="{wanted}"' in effective
        assert 'href="try/?mapping=crm%2Fcontacts%2Flist&amp;part=response"' in effective
        there = viewer.get("/accounts/acme-corp/salesforce/production/try/?mapping=crm/contacts/list&part=response")
        assert there["Location"].endswith("&account=acme-corp&integration=salesforce&environment=production")
        assert wanted in viewer.get("/accounts/acme-corp/").content.decode()
        mapping = viewer.get("/integrations/salesforce/mappings/crm/contacts/list/").content.decode()
        assert "/playground/?integration=salesforce&amp;environment=production&amp;mapping=crm%2Fcontacts" in mapping
        assert 'href="/playground/"' in mapping


class TestSamples:
    def push(self, config, **samples):
        files = {f"samples/salesforce/{name}.json": json.dumps(body) for name, body in samples.items()}
        outcome = config.push_and_sync(files)
        assert not outcome.problems, outcome.problems

    def test_the_accounts_own_comes_first_and_others_can_be_chosen(self, viewer, config):
        self.push(config, aa=sample(name="shared"), zz=sample("acme-corp", "own", bindings={"context": {"a": 1}}))
        found = data_of(viewer.get(BENCH))["given"]
        assert json.loads(found["input"]) == {"response": {"Id": "own"}}
        assert json.loads(found["bindings"]) == {"context": {"a": 1}}
        chosen = viewer.get(f"{BENCH}&sample=samples/salesforce/aa.json".replace("/?", "/sample/?")).json()
        assert json.loads(chosen["input"]) == {"response": {"Id": "shared"}}

    def test_it_begins_with_the_sample_that_the_effective_page_shows(self, viewer, config):
        elsewhere = sample("acme-corp", "own", environment="staging")
        self.push(config, aa=sample(name="shared"), zz=elsewhere)
        assert data_of(viewer.get(BENCH))["given"]["id"] == "samples/salesforce/zz.json"
        page = viewer.get(
            "/accounts/acme-corp/salesforce/production/?view=sample&mapping=crm/contacts/list&part=response"
        )
        assert "sample=samples%2Fsalesforce%2Fzz.json" in page.content.decode()  # its link to the playground

    def test_a_list_is_tried_record_by_record(self, viewer, config):
        several = {"input": {"response": [{"Id": "a"}, {"Id": "b"}]}, "expected": [{"id": "a"}, {"id": "b"}]}
        self.push(config, aa=sample(**several))
        found = data_of(viewer.get(BENCH))["given"]
        assert json.loads(found["input"]) == {"response": {"Id": "a"}}
        assert "the first of the sample's 2" in found["about"]

    def test_large_numbers_arrive_as_they_are_written(self, viewer, config):
        self.push(config, aa=sample(input={"response": {"Id": 9007199254740993}}))
        assert "9007199254740993" in data_of(viewer.get(BENCH))["given"]["input"]

    def test_none_is_made_up_from_what_the_expressions_read(self, viewer):
        found = data_of(viewer.get(BENCH))["given"]
        assert found["id"] == "made-up"
        assert set(json.loads(found["input"])["response"]) == {"Id", "FirstName", "Title", "Tier__c"}

    def test_those_of_hidden_accounts_are_not_offered(self, as_, config):
        config.push_and_sync(
            {
                "customers/globex/account.yaml": "name: Globex\nowner: team:emea-csm\nconnections:\n"
                "  - {integration: salesforce, environment: production}\n"
            }
        )
        self.push(config, zz=sample("acme-corp", "secret-of-acme"))
        address = BENCH.replace("acme-corp", "globex")
        assert "zz (acme-corp)" in text_of(as_("viewer").get(address))
        page = as_("emea").get(address)
        assert page.status_code == 200
        assert "secret-of-acme" not in page.content.decode()
        assert "zz" not in text_of(page)
        chosen = as_("emea").get(f"{address}&sample=samples/salesforce/zz.json".replace("/?", "/sample/?"))
        assert chosen.json()["id"] == "made-up"


class TestRun:
    def test_layers_are_merged_and_every_leaf_names_its_own(self, viewer):
        layers = [
            {"layer": "platform", "expression": '{"a": response.A, "b": 1, "deep": {"x": 1, "y": 2}}'},
            {"layer": "account", "expression": '{"b": 2, "deep": {"y": 3}}'},
        ]
        answer = run(viewer, {"layers": layers, "input": {"response": {"A": "x"}}}).json()
        assert answer["output"] == {"result": {"a": "x", "b": 2, "deep": {"x": 1, "y": 3}}}
        assert answer["layers"][1] == {"result": {"b": 2, "deep": {"y": 3}}}
        told = {leaf["path"]: (leaf["layer"], leaf["shadowed"]) for leaf in answer["leaves"]}
        assert told["/a"] == ("platform", [])
        assert told["/b"] == ("account", [{"layer": "platform", "value": 1}])
        assert told["/deep/x"] == ("platform", [])
        assert isinstance(answer["milliseconds"], float)

    def test_the_order_of_layers_is_theirs_not_the_requests(self, viewer):
        layers = [{"layer": "account", "expression": '{"a": 2}'}, {"layer": "platform", "expression": '{"a": 1}'}]
        assert run(viewer, {"layers": layers}).json()["output"] == {"result": {"a": 2}}

    def test_an_expression_by_itself(self, viewer):
        answer = one(viewer, "$x + input", input={"input": 1}, bindings={"x": 2}).json()
        assert answer["output"] == {"result": 3}
        assert answer["leaves"] == []

    def test_no_input_is_undefined_and_null_is_null(self, viewer):
        assert one(viewer, "$").json()["output"] == {"undefined": True}
        assert one(viewer, "$", input=None).json()["output"] == {"result": None}

    def test_an_error_names_its_place_and_its_layer(self, viewer):
        layers = [{"layer": "platform", "expression": '{"a": 1}'}, {"layer": "account", "expression": '{"a": \n }'}]
        answer = run(viewer, {"layers": layers}).json()
        assert answer["failed"] == "account"
        assert answer["output"]["error"]["line"] == 2
        assert answer["output"]["error"]["code"].startswith("S")
        assert answer["layers"][0] == {"result": {"a": 1}}

    def test_numbers_of_any_size_come_back_whole(self, viewer):
        response = run(viewer, '{"layers": [{"layer": null, "expression": "a"}], "input": {"a": 9007199254740993}}')
        assert b'{"result": 9007199254740993}' in response.content

    def test_nothing_of_it_is_kept_by_a_cache(self, viewer):
        assert one(viewer, "1")["Cache-Control"] == "no-store"


class TestRefused:
    @pytest.mark.parametrize(
        "body",
        [
            " ",
            "nothing",
            "[]",
            '{"layers": []}',
            '{"layers": [{"layer": "tenant", "expression": "1"}]}',
            '{"layers": [{"layer": "account", "expression": "1"}, {"layer": "account", "expression": "2"}]}',
            '{"layers": [{"layer": "account", "expression": "1"}, {"layer": null, "expression": "2"}]}',
            '{"layers": [{"layer": null, "expression": 1}]}',
            '{"layers": [{"layer": null, "expression": "1"}], "bindings": []}',
            '{"layers": [{"layer": null, "expression": "1"}], "more": 1}',
            '{"layers": [{"layer": null, "expression": "1"}], "input": NaN}',
            '{"layers": [{"layer": null, "expression": "1"}], "input": ' + "[" * 200_000 + "}",
        ],
    )
    def test_what_cannot_be_understood(self, viewer, body):
        response = run(viewer, body)
        assert response.status_code == 400
        assert response.json()["sentence"]

    def test_a_body_that_is_too_large(self, viewer):
        response = one(viewer, "1", input="x" * 1024 * 1024)
        assert response.status_code == 413
        assert "1,024 KiB" in response.json()["sentence"]

    def test_another_type_and_another_method(self, viewer):
        assert viewer.post(RUN, {"layers": "1"}).status_code == 415
        assert viewer.get(RUN).status_code == 405

    def test_a_request_of_another_site(self, people):
        client = Client(enforce_csrf_checks=True)
        client.force_login(people["viewer"])
        assert one(client, "1").status_code == 403
        page = client.get("/playground/").content.decode()
        token = re.search(r'data-token="([^"]+)"', page)[1]
        body = {"layers": [{"layer": None, "expression": "1"}]}
        assert run(client, body, headers={"X-CSRFToken": token}).status_code == 200

    def test_more_than_a_persons_share(self, as_, settings):
        settings.EVALUATIONS_PER_MINUTE = 3
        viewer = as_("viewer")
        assert [one(viewer, "1").status_code for _ in range(4)] == [200, 200, 200, 429]
        response = one(viewer, "1")
        assert 1 <= int(response["Retry-After"]) <= 60
        assert "3 times a minute" in response.json()["sentence"]
        assert one(as_("csm"), "1").status_code == 200  # the share is each person's own

    def test_two_at_a_time(self, as_, people):
        with one_at_a_time("evaluate", f"user-{people['viewer'].pk}", longest=30):
            response = one(as_("viewer"), "1")
            assert response.status_code == 429
            assert response["Retry-After"] == "1"
            assert one(as_("csm"), "1").status_code == 200
        assert one(as_("viewer"), "1").status_code == 200

    def test_more_than_the_machine_takes_at_once(self, viewer, settings):
        with Slots(folder=settings.DATA_DIR / "evaluation-slots", count=1).hold():
            response = one(viewer, "1")
        assert response.status_code == 503
        assert response["Retry-After"] == "1"
        assert one(viewer, "1").status_code == 200

    def test_what_was_typed_is_in_no_log(self, viewer, caplog, capfd):
        caplog.set_level("DEBUG")
        one(viewer, '"canary-expression" & ', input={"a": "canary-input"})
        run(viewer, '{"layers": "canary-body"}')
        one(viewer, "1", input="canary-large" * 100_000)
        written = caplog.text + "".join(capfd.readouterr())
        assert "canary" not in written
