"""The playground in a real browser: typing gives a result, the server's answer counts, and nothing typed is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.signals import request_started
from playwright.sync_api import Page, expect

from integrations.core.schemas import parse_sample
from tests.browser.test_axe import AXE, PHONE

pytestmark = pytest.mark.browser
CONNECTION = "account=acme-corp&integration=salesforce&environment=production"
BENCH = f"/playground/?{CONNECTION}&mapping=crm/contacts/list&sample=made-up"
EMPTY = BENCH.replace("production", "staging")  # where the account says nothing yet
CHECKED = re.compile(r"checked by the server in [\d.]+ ms")


def editor(page: Page, name: str = ""):
    kind = "editor-json" if name in {"input", "bindings"} else "editor"
    return page.locator(f'[data-{kind}="{name}"] .cm-content')


def write(page: Page, text: str, name: str = "") -> None:
    editor(page, name).click()
    page.keyboard.press("Control+a")
    # Text put over a selection gets the looks of what it replaces, by an inline style that the policy then refuses.
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def output(page: Page):
    return page.locator("[data-output]")


def leaf(page: Page, name: str):
    return page.locator(".pg-leaf", has=page.locator(f'.pg-name:text-is("{name}")'))


def settle(page: Page) -> None:
    expect(page.locator("[data-status]")).to_have_text(CHECKED)


def shared(page: Page) -> str:
    page.get_by_role("button", name="Share").click()
    expect(page.locator("[data-share-link]")).to_have_value(re.compile(r"#v1\."))
    return page.locator("[data-share-link]").input_value()


@pytest.fixture
def page(open_as, site) -> Page:
    """Fails at the end of the test if anything broke the content policy or threw."""
    trouble: list[str] = []
    page = open_as(reduced_motion="reduce").new_page()
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if "Content Security" in said.text else None)
    yield page
    assert trouble == []


class TestEmpty:
    def test_the_worked_example_has_its_result_at_once(self, page):
        page.goto("/playground/")
        settle(page)
        expect(leaf(page, "name")).to_contain_text("Ingrid Solheim")
        expect(leaf(page, "tier")).to_contain_text("gold")

    def test_typing_gives_a_result(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, '{"sum": $sum(numbers)}')
        write(page, '{"numbers": [1, 2, 39]}', "input")
        expect(leaf(page, "sum")).to_contain_text("42")
        settle(page)

    def test_every_example_gives_a_result_on_which_both_engines_agree(self, page):
        page.goto("/playground/")
        for option in range(page.locator("[data-examples] option").count()):
            page.locator("[data-examples]").select_option(index=option)
            settle(page)
            expect(page.locator(".pg-leaf").first).to_be_visible()
            page.wait_for_timeout(300)
            expect(page.locator("[data-difference]")).to_be_hidden()

    def test_an_error_is_underlined_and_its_sentence_leads_there(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, '{\n  "a": 1,\n  "b": ]\n}')
        problem = page.locator('[data-problem=""]')
        expect(problem).to_contain_text("Line 3, column")
        expect(
            page.locator('[data-editor=""] .cm-lintRange-error, [data-editor=""] .cm-lintPoint-error').first
        ).to_be_attached()
        expect(output(page)).to_have_class(re.compile("is-stale"))
        page.locator("[data-status]").click()
        problem.get_by_role("button").click()
        expect(editor(page)).to_be_focused()
        write(page, '{"a": 1}')
        expect(problem).to_be_hidden()
        settle(page)

    def test_input_that_is_no_json_says_so(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, '{"a": }', "input")
        expect(page.locator('[data-problem="input"]')).to_be_visible()
        expect(page.locator("[data-changes]")).to_contain_text("not JSON")

    def test_a_difference_between_the_engines_is_shown(self, page):
        def differ(route):
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.text().replace('"Ingrid Solheim"', '"Someone Else"'))

        page.route("**/playground/run/", differ)
        page.goto("/playground/")
        expect(page.locator("[data-difference]")).to_contain_text("gives something else")
        expect(page.locator("[data-difference]")).to_contain_text("name")
        expect(leaf(page, "name")).to_contain_text("Someone Else")  # the server's answer counts

    def test_without_the_server_the_browsers_answer_is_shown_as_such(self, page):
        page.route("**/playground/run/", lambda route: route.abort())
        page.goto("/playground/")
        expect(leaf(page, "name")).to_contain_text("Ingrid Solheim")
        expect(page.locator("[data-status]")).to_contain_text("Not checked")

    def test_format_and_its_refusal(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, '{"a":1,"b":[1,2]}')
        page.get_by_role("button", name="Format").click()
        expect(editor(page)).to_contain_text('"a": 1')
        write(page, '{"a":')
        page.get_by_role("button", name="Format").click()
        expect(page.locator("[data-said]")).not_to_be_empty()

    def test_a_function_is_found_and_inserted(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, "")
        page.get_by_role("tab", name="Functions").click()
        page.locator(".pg-functions-search").fill("uppercase")
        page.locator(".pg-function").first.click()
        expect(editor(page)).to_have_text("$uppercase()")
        page.keyboard.insert_text("'de'")
        expect(output(page)).to_contain_text("DE")

    def test_a_misspelt_field_is_told_and_stops_nothing(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, '{"name": response.Nmae, "id": response.Id}')
        write(page, '{"response": {"Name": "Dana", "Id": 7}}', "input")
        expect(page.locator("[data-hints]")).to_have_text(
            "name has no value: the sample has no Nmae in response. Did you mean Name?"
        )
        expect(leaf(page, "id")).to_contain_text("7")
        write(page, '{"name": response.Name}')
        expect(page.locator("[data-hints]")).to_be_empty()

    def test_a_proposed_function_comes_with_its_brackets(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, "")
        page.keyboard.type("$upperc")
        expect(page.locator(".cm-tooltip-autocomplete")).to_be_visible()
        page.wait_for_timeout(150)  # a proposal is not taken in the moment in which it appears
        page.keyboard.press("Enter")
        expect(editor(page)).to_have_text("$uppercase()")
        page.keyboard.type("name)")
        expect(editor(page)).to_have_text("$uppercase(name)")


class TestKept:
    def test_a_share_link_brings_everything_and_tells_the_server_nothing(self, page, open_as):
        asked: list[str] = []

        def note(environ, **_):
            asked.append(f"{environ.get('PATH_INFO')}?{environ.get('QUERY_STRING')} {environ.get('HTTP_REFERER')}")

        request_started.connect(note)
        try:
            page.goto("/playground/")
            settle(page)
            write(page, '{"shared": canary}')
            write(page, '{"canary": "canary-of-input"}', "input")
            expect(leaf(page, "shared")).to_contain_text("canary-of-input")
            without = shared(page)
            expect(page.locator("[data-share-input]")).not_to_be_checked()  # typed data never goes along unasked
            page.locator("[data-share-input]").check()
            expect(page.locator("[data-share-link]")).not_to_have_value(without)
            link = page.locator("[data-share-link]").input_value()
            other = open_as("erin@example.com").new_page()
            other.goto(link)
            expect(leaf(other, "shared")).to_contain_text("canary-of-input")
            settle(other)
        finally:
            request_started.disconnect(note)
        fragment = link.split("#")[1]
        assert fragment.startswith("v1.")
        assert asked
        assert not [each for each in asked if "canary" in each or fragment[:12] in each]

    def test_a_share_link_outlives_the_sign_in(self, page, open_as, site):
        page.goto("/playground/")
        settle(page)
        write(page, '{"shared": "through the door"}')
        expect(leaf(page, "shared")).to_be_visible()
        link = shared(page)
        stranger = open_as(None).new_page()
        stranger.goto(link)
        stranger.fill("[name=login]", "erin@example.com")
        stranger.fill("[name=password]", "correct-horse-battery")
        stranger.get_by_role("button", name="Sign in", exact=True).click()
        expect(leaf(stranger, "shared")).to_contain_text("through the door")

    def test_what_was_typed_survives_a_reload_and_can_be_let_go(self, page):
        page.goto(BENCH)
        settle(page)
        write(page, '{ "tier": "typed here" }', "account")
        expect(leaf(page, "tier")).to_contain_text("typed here")
        page.reload()
        expect(leaf(page, "tier")).to_contain_text("typed here")
        page.get_by_role("button", name="Start over").click()
        expect(leaf(page, "tier")).not_to_contain_text("typed here")
        expect(editor(page, "account")).to_contain_text("response.Tier__c")

    def test_what_was_typed_survives_the_end_of_the_session(self, page, site, settings):
        page.goto(BENCH)
        settle(page)
        page.context.clear_cookies()
        write(page, '{ "tier": "typed signed out" }', "account")
        expect(page.locator("[data-status]")).to_contain_text("Your session has ended")
        page.locator("[data-status] a").click()
        page.fill("[name=login]", "dana@example.com")
        page.fill("[name=password]", "correct-horse-battery")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(leaf(page, "tier")).to_contain_text("typed signed out")
        settle(page)

    def test_the_next_person_is_not_shown_it(self, page, open_as, site, settings):
        page.goto("/playground/")
        settle(page)
        write(page, '"typed by dana"')
        settle(page)
        page.reload()
        expect(editor(page)).to_contain_text("typed by dana")
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": site.session("erin@example.com"), "url": site.url}])
        page.goto("/playground/")
        settle(page)
        expect(editor(page)).not_to_contain_text("typed by dana")

    def test_signing_out_lets_go_of_it(self, page):
        page.goto("/playground/")
        settle(page)
        write(page, '"typed and left"')
        settle(page)
        page.reload()
        expect(editor(page)).to_contain_text("typed and left")
        page.locator(".user-menu").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(lambda address: "playground" not in address)
        assert "typed and left" not in page.evaluate("JSON.stringify({...sessionStorage})")

    def test_history_brings_back_what_was_run(self, page):
        page.goto("/playground/")
        settle(page)
        for text in ('"the first"', '"the second"'):
            write(page, text)
            expect(output(page)).to_contain_text(text)
            settle(page)
            page.keyboard.press("Control+Enter")
        page.locator("[data-history] summary").click()
        page.get_by_role("button", name=re.compile("the first")).click()
        expect(output(page)).to_contain_text("the first")


class TestLayers:
    def test_every_leaf_shows_its_layer_and_what_it_shadows(self, page):
        page.goto(BENCH)
        settle(page)
        expect(leaf(page, "id").locator(".layer-badge")).to_have_text("platform")
        expect(leaf(page, "tier").locator(".layer-badge")).to_have_text("account")
        write(page, '{ "tier": response.Tier__c, "title": "ours" }', "account")
        expect(leaf(page, "title")).to_contain_text("shadows 1")
        leaf(page, "title").get_by_role("button").focus()
        expect(leaf(page, "title").get_by_role("tooltip")).to_contain_text("platform")
        expect(page.locator("[data-changes]")).to_have_text("Compared with the repository: 1 field changed (title).")
        expect(leaf(page, "title").locator("ins")).to_have_text('"ours"')

    def test_leaving_out_a_layer_shows_what_it_did(self, page):
        page.goto(BENCH)
        settle(page)
        page.get_by_role("checkbox", name="account").uncheck()
        expect(page.locator("[data-changes]")).to_have_text("Without the account layer: 1 field gone (tier).")
        expect(leaf(page, "tier").locator("del")).to_be_visible()
        settle(page)
        page.get_by_role("checkbox", name="account").check()
        expect(leaf(page, "tier").locator("del")).to_have_count(0)
        expect(page.locator("[data-changes]")).to_be_hidden()

    def test_a_layer_goes_back_to_the_repository_and_forth_again(self, page):
        page.goto(BENCH)
        settle(page)
        expect(page.get_by_role("button", name="Reset")).to_be_disabled()
        write(page, '{ "tier": "mine" }', "account")
        expect(page.get_by_role("tab", name="account")).to_contain_text("edited")
        page.get_by_role("button", name="Reset").click()
        expect(editor(page, "account")).to_contain_text("response.Tier__c")
        page.get_by_role("button", name="Undo").click()
        expect(leaf(page, "tier")).to_contain_text("mine")

    def test_one_layer_can_be_seen_alone(self, page):
        page.goto(BENCH)
        settle(page)
        page.get_by_role("button", name="This layer alone").click()
        expect(page.locator(".pg-leaf")).to_have_count(1)
        page.get_by_role("tab", name="platform").click()
        expect(page.locator(".pg-leaf")).to_have_count(3)

    def test_an_account_that_says_nothing_gains_a_field_in_a_few_keys(self, page):
        """What a person does who has never seen JSONata, by keyboard alone, from the account's page."""
        page.goto("/accounts/acme-corp/")
        page.get_by_role("link", name="Try a change to salesforce in staging").press("Enter")
        page.get_by_role("link", name="response of crm/contacts/list").press("Enter")
        settle(page)
        page.get_by_role("searchbox", name="Find a field").focus()
        page.keyboard.type("first")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("combobox", name="Unified field to fill")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("tier")
        page.keyboard.press("Enter")
        expect(editor(page, "account")).to_be_focused()
        expect(leaf(page, "tier").locator("ins")).to_be_visible()
        expect(leaf(page, "tier").locator(".layer-badge")).to_have_text("account")
        expect(page.locator("[data-changes]")).to_have_text(
            re.compile("^Compared with the repository: 1 field added: tier = .+")
        )
        settle(page)

    def test_a_function_goes_around_the_field_just_added(self, page):
        page.goto(EMPTY)
        settle(page)
        page.get_by_role("searchbox", name="Find a field").fill("first")
        page.get_by_role("button", name="Use response.FirstName").click()
        page.get_by_role("combobox", name="Unified field to fill").fill("tier")
        page.get_by_role("button", name="Add to the account layer").click()
        value = leaf(page, "tier").locator("ins")
        given = value.inner_text()
        page.get_by_role("tab", name="Functions").click()
        page.locator(".pg-functions-search").fill("uppercase")
        page.locator(".pg-function").first.click()
        expect(editor(page, "account")).to_contain_text('"tier": $uppercase(response.FirstName)')
        expect(value).to_contain_text(given.upper())
        assert given.upper() != given
        settle(page)

    def test_a_field_that_the_sample_lacks_can_be_used_all_the_same(self, page):
        page.goto(EMPTY)
        settle(page)
        page.get_by_role("searchbox", name="Find a field").fill("Tier__zz")
        expect(page.locator(".pg-fields-count")).to_have_text("Not in this sample.")
        page.get_by_role("button", name="Use response.Tier__zz all the same").click()
        page.get_by_role("combobox", name="Unified field to fill").fill("tier")
        page.get_by_role("button", name="Add to the account layer").click()
        expect(editor(page, "account")).to_contain_text('"tier": response.Tier__zz')

    def test_a_sample_is_chosen_and_the_address_follows(self, page, site):
        body = {
            "mapping": "crm/contacts/list",
            "input": {"response": {"Id": "from-sample"}},
            "expected": {"id": "from-sample"},
        }
        override = {"mappings": {"crm/contacts/list": {"response": {"file": "contacts_list.jsonata"}}}}
        whole = {  # the site's newest commit has errors, and these were the ones
            "customers/acme-corp/salesforce.yaml": json.dumps(override),
            "customers/globex/account.yaml": "name: Globex\nconnections: []\n",
        }
        site.config.push_and_sync({"samples/salesforce/one.json": json.dumps(body), **whole})
        page.goto(BENCH)
        settle(page)
        page.locator("[data-samples]").select_option("samples/salesforce/one.json")
        expect(leaf(page, "id")).to_contain_text("from-sample")
        expect(page).to_have_url(re.compile(r"sample=samples(/|%2F)salesforce(/|%2F)one.json"))
        page.reload()
        expect(leaf(page, "id")).to_contain_text("from-sample")
        page.locator("[data-samples]").select_option("made-up")
        expect(leaf(page, "id")).not_to_contain_text("from-sample")
        expect(page.locator("[data-sample-about]")).to_contain_text("No real record")

    def test_save_as_test_gives_a_file_that_the_repository_takes(self, page, tmp_path: Path):
        page.goto(BENCH)
        settle(page)
        write(
            page,
            '{"response": {"Id": "1", "FirstName": "Ingrid", "Title": "ingrid@larkspur.io", "Tier__c": "no"}}',
            "input",
        )
        expect(leaf(page, "title")).to_contain_text("ingrid@larkspur.io")
        settle(page)
        page.get_by_role("button", name="Save as test").click()
        dialog = page.get_by_role("dialog", name="Save as test")
        expect(dialog).to_contain_text("samples/salesforce/")
        button = dialog.get_by_role("button", name="Download")
        expect(button).to_be_disabled()
        dialog.get_by_text("What was replaced").click()
        expect(dialog.locator("[data-save-replaced]")).to_contain_text("input.response.Title")
        dialog.get_by_role("checkbox", name="I have checked").check()
        with page.expect_download() as caught:
            button.click()
        assert caught.value.suggested_filename == "contacts-acme-corp.yaml"
        file = tmp_path / "sample.yaml"
        caught.value.save_as(file)
        parsed = parse_sample("samples/salesforce/sample.yaml", file.read_bytes(), ("staging", "production"))
        assert parsed.problems == ()
        (sample,) = parsed.documents
        assert str(sample.key) == "crm/contacts/list"
        assert (sample.account, sample.environment) == ("acme-corp", "production")
        assert sample.input["response"]["Tier__c"] == "no"
        assert sample.input["response"]["Title"] == sample.expected["title"] != "ingrid@larkspur.io"
        assert sample.expected["tier"] == "no"

    def test_keyboard_alone(self, page):
        page.goto(BENCH)
        settle(page)
        page.get_by_role("tab", name="account").focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("tab", name="platform")).to_be_focused()
        expect(editor(page, "platform")).to_be_visible()
        page.keyboard.press("End")
        expect(page.get_by_role("tab", name="account")).to_have_attribute("aria-selected", "true")
        editor(page, "account").focus()
        page.keyboard.press("Tab")  # never caught by the editor
        assert page.evaluate("!document.activeElement.closest('.cm-editor')")
        box = page.get_by_role("checkbox", name="platform")
        box.focus()
        page.keyboard.press("Space")
        expect(page.locator("[data-changes]")).to_contain_text("Without the platform layer")
        page.get_by_role("button", name="Share").press("Enter")
        expect(page.locator("[data-share-link]")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Share")).to_be_focused()


@pytest.mark.parametrize("address", ["/playground/", BENCH, EMPTY], ids=["empty", "layers", "fields"])
@pytest.mark.parametrize(("theme", "viewport"), [("light", None), ("dark", PHONE)], ids=["light", "phone"])
def test_axe_finds_nothing_once_there_is_a_result(open_as, site, address, theme, viewport):
    options = {"viewport": viewport} if viewport else {}
    page = open_as(color_scheme=theme, bypass_csp=True, **options).new_page()
    page.goto(address)
    settle(page)
    page.add_script_tag(path=AXE)
    for tab in ("Input", "Fields", "Bindings", "Functions"):
        page.get_by_role("tab", name=tab).click()
        found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
        assert [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found] == []
    if viewport:
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


class TestHandedOver:
    def test_an_edited_input_is_marked_and_goes_back(self, page):
        page.goto(BENCH)
        settle(page)
        reset = page.get_by_role("button", name="Reset the sample")
        expect(reset).to_be_hidden()
        before = editor(page, "input").inner_text()
        write(page, '{"response": {"Id": "mine"}}', "input")
        expect(page.locator("[data-input-edited]")).to_contain_text("edited")
        reset.click()
        expect(reset).to_be_hidden()
        assert editor(page, "input").inner_text() == before

    def test_a_refused_input_says_why_and_leaves_the_way_back(self, page):
        refusal = {"sentence": "The input is larger than 512 KiB."}
        page.goto(BENCH)
        settle(page)
        page.route("**/playground/run/", lambda route: route.fulfill(status=413, json=refusal))
        write(page, '{"response": {"Id": "huge"}}', "input")
        expect(page.locator("[data-status]")).to_contain_text("Not checked")
        page.get_by_role("button", name="Save as test").click()
        expect(page.locator("[data-note]")).to_contain_text("The server refused this input: The input is larger")
        page.unroute("**/playground/run/")
        page.get_by_role("button", name="Start over").click()
        settle(page)
        expect(page.locator("[data-note]")).to_be_hidden()

    def test_the_changed_expression_is_handed_over_with_its_place(self, page):
        page.goto(BENCH)
        settle(page)
        write(page, '{ "tier": "handed over" }', "account")
        expect(leaf(page, "tier")).to_contain_text("handed over")
        settle(page)
        page.get_by_role("button", name="Save as test").click()
        dialog = page.get_by_role("dialog", name="Save as test")
        expect(dialog).to_contain_text("Send both files to an engineer")
        with page.expect_download() as caught:
            dialog.get_by_role("button", name="Save the account expression").click()
        assert caught.value.suggested_filename.endswith(".jsonata")
        assert "handed over" in Path(caught.value.path()).read_text()
        expect(dialog.locator(".pg-done")).to_contain_text("Downloaded")

    def test_a_failure_is_not_green_and_the_old_result_says_it_is_old(self, page):
        page.goto(BENCH)
        settle(page)
        write(page, '{ "tier": $number("x") }', "account")
        expect(page.locator("[data-status]")).to_have_attribute("data-state", "failed")
        expect(output(page)).to_have_class(re.compile("is-stale"))
