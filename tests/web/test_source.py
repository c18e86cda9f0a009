import re
from html import unescape

import pytest

from tests.git.build import Symlink

FILE = "/source/customers/acme-corp/salesforce.yaml"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_every_line_has_an_anchor_and_the_wanted_ones_are_marked(viewer):
    page = viewer.get(FILE, {"line": "3-4"}).content.decode()
    assert re.search(r'<span class="code-line" id="L1" data-line="1">environments: \[production\]', page)
    assert re.findall(r'is-marked" id="L(\d+)"', page) == ["3", "4"]


@pytest.mark.parametrize("line", ["0", "-1", "9999999999", "x", "3-1", "²", "1" * 40])
def test_a_line_that_is_not_there_marks_nothing(viewer, line):
    assert "is-marked" not in viewer.get(FILE, {"line": line}).content.decode()


def test_a_file_names_the_documents_that_are_written_in_it(viewer, config):
    for query in ({}, {"at": config.commits[0]}):
        assert "account override salesforce for acme-corp" in text_of(viewer.get(FILE, query))
        mapping = text_of(viewer.get("/source/integrations/mappings/salesforce_contacts.jsonata", query))
        assert "mapping salesforce crm/contacts/list reads its expression here" in mapping


def test_an_older_commit_shows_the_text_of_then(viewer, config):
    assert "page_size: 100" in text_of(viewer.get(FILE, {"at": config.commits[0]}))
    assert "page_size: 50" in text_of(viewer.get(FILE))


@pytest.mark.parametrize(
    "path",
    ["no/such.tf", "customers", "../../etc/passwd", "customers/../../x", ".git/config", "a%00b", "glasshouse.yaml/x"],
)
def test_what_is_no_file_of_the_commit_is_not_found(viewer, path):
    assert viewer.get(f"/source/{path}").status_code == 404


def test_only_text_of_ordinary_size_is_shown(viewer, config):
    config.push_and_sync(
        {
            "docs/large.md": "x" * (1 << 20) + "!",
            "docs/binary.md": b"a\0b",
            "docs/latin.md": b"caf\xe9",
            "docs/empty.md": "",
            "docs/page.md": "<script>alert(1)</script>\n<img src=x onerror=alert(1)>\n",
        }
    )
    reasons = {"large": "at most", "binary": "binary", "latin": "not UTF-8", "empty": "The file is empty"}
    for name, reason in reasons.items():
        assert reason in text_of(viewer.get(f"/source/docs/{name}.md"))
    page = viewer.get("/source/docs/page.md").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<img src=x" not in page


def test_a_symlink_is_not_followed(viewer, config):
    config.push_and_sync({"docs/link.md": Symlink("/etc/passwd"), "docs/plain.md": "Plain\n"})
    page = viewer.get("/source/docs/link.md")
    assert "root:" not in page.content.decode()
    assert page.status_code == 404 or "It is a symlink" in text_of(page)


@pytest.mark.parametrize("file", ["salesforce.yaml", "account.yaml", "contacts_list.jsonata"])
def test_files_of_hidden_accounts_are_hidden(as_, config, file):
    address = f"/source/customers/acme-corp/{file}"
    for query in ({}, {"at": config.commits[0]}):
        assert as_("dana").get(address, query).status_code == 200
        assert as_("emea").get(address, query).status_code == 404


def test_a_shared_file_that_tells_of_a_hidden_account_is_hidden(as_, config):
    override = (
        'resource "unified_api_account_override" "acme" {\n  account = "acme-corp"\n  integration = "zendesk"\n'
        '  config = jsonencode({ category = "secret-plan" })\n}\n'
    )
    outcome = config.push_and_sync({"environments/production/acme.tf": override})
    assert not outcome.problems
    assert as_("dana").get("/source/environments/production/acme.tf").status_code == 200
    assert as_("emea").get("/source/environments/production/acme.tf").status_code == 404
    assert as_("emea").get("/source/environments/production/salesforce.tf").status_code == 200
