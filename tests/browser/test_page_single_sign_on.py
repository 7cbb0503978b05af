# SPDX-License-Identifier: Apache-2.0
"""The manual's first recipe in Chromium: sign in at an OpenID provider, generate, use, delete; the session's end."""

import pytest

import document_blocks
from conftest import visit
from openid_provider import OpenIdProvider
from test_page_trouble import SIGNED_OUT, try_again_to_generate, try_to_generate
from typical_site import Site

DOCUMENT, HEADING = "docs/manual.md", "API keys beside single sign-on"
MOVED = {"<Location /tokens>": "<Location /oidc-tokens>", "<Location /api>": "<Location /oidc-api>"}


@pytest.fixture(scope="module")
def sso():
    with Site(extra_modules=["auth_openidc"]) as place:
        place.provider = OpenIdProvider(place.server)
        block = document_blocks.block(DOCUMENT, HEADING, "apache", fitted=MOVED)
        metadata = "https://sso.example.com/realms/example/.well-known/openid-configuration"
        block = document_blocks.fit(block, {metadata: place.provider.metadata})
        place.server.write("htdocs/oidc-api/data.json", "{}")
        yield place.start(f"OIDCCABundlePath {place.provider.key.certificate}\n{block}")


@pytest.fixture
def page(browser, sso):
    yield from visit(browser, sso)


def sign_in(page, name):
    """Opens the manager, which leads to the provider's form."""
    page.origins.add(page.site.provider.address)
    page.go(page.secure() + "/oidc-tokens")
    page.find("[name=username]").send_keys(name)
    page.click("button")
    page.ready()


def test_who_signs_in_generates_a_token_uses_and_deletes_it(page):
    sign_in(page, "alice")
    token = page.generate("30", "nightly")
    page.close_my_token()
    assert page.site.let_in(token, "/oidc-api/data.json") == 200
    page.menu_of("nightly")
    page.click("#delete")
    page.press("delete", "submit")
    page.until("!document.querySelector('#empty').hidden")
    assert page.site.let_in(token, "/oidc-api/data.json") == 401


def test_a_session_that_is_over_loses_nothing_that_was_typed(page):
    sign_in(page, "bob")
    page.expect(401)
    page.browser.driver.delete_all_cookies()
    assert try_to_generate(page) == SIGNED_OUT
    page.js("window.open('/oidc-tokens')")
    first, second = page.browser.driver.window_handles
    page.browser.driver.switch_to.window(second)
    sign_in(page, "bob")
    page.browser.driver.close()
    page.browser.driver.switch_to.window(first)
    try_again_to_generate(page)
