"""The search box: what it finds in a config, and where that leads."""

import re
from html import unescape

import pytest


@pytest.mark.parametrize("text", ["page_size", "pagination.page_size", "/pagination/page_size", "PAGE_SIZE"])
def test_a_setting_is_found_by_its_path_and_leads_to_its_integration(viewer, text):
    page = viewer.get("/search/", {"q": text}).content.decode()
    assert "Config" in page
    (address,) = re.findall(r'href="([^"]+)"><span class="hit-title mono">pagination.page_size<', page)
    assert unescape(address) == "/integrations/salesforce/#config"
    assert 'id="config"' in viewer.get(address.partition("#")[0]).content.decode()


def test_the_dialog_finds_it_too(viewer):
    headers = {"HX-Request": "true", "HX-Target": "palette-hits"}
    assert "pagination.page_size" in viewer.get("/search/", {"q": "page_size"}, headers=headers).content.decode()


@pytest.mark.parametrize("text", ["no such thing", "/"])
def test_what_is_nowhere_is_not_found(viewer, text):
    assert 'hit-title mono">pagination' not in viewer.get("/search/", {"q": text}).content.decode()
