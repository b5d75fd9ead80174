"""What README and docs/widget.md print, done as it stands there: a page of another origin, and nothing else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.chat_window import SOON_MS, ChatWindow
from tests.browser.chromium import open_page
from tests.browser.sites import site
from tests.serving import ROOT, Served

ROOF = "What is the roof load of the Plover?"


def printed(language: str, having: str, page: str = "docs/widget.md") -> str:
    """The one block of a language on a page that has these words in it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    [block] = [block for kind, block in blocks if kind == language and having in block]
    return str(block)


@asynccontextmanager
async def shop(server: Served, body: str, policy: str = "") -> AsyncIterator[Page]:
    """A page of another origin with this body, opened."""
    real = body.replace("https://chat.example.com", server.http).replace("http://localhost:8000", server.http)
    allowed = policy.replace("wss://chat.example.com", server.http.replace("http", "ws"))
    headers = {"Content-Security-Policy": allowed.replace("https://chat.example.com", server.http)} if policy else {}
    with site(server.http) as address:
        async with open_page() as page:
            await page.route(
                address + "/", lambda route: route.fulfill(body=real, content_type="text/html", headers=headers)
            )
            await page.goto(address)
            yield page


async def test_a_button_of_the_page_opens_it(server: Served) -> None:
    async with shop(server, printed("html", "data-launcher")) as page:
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        window = ChatWindow(page)
        await expect(window.launcher).to_have_count(0)
        await page.get_by_role("button", name="Help").click()
        await window.ask(ROOF)
        await expect(window.whole()).to_contain_text("100 kg")
        assert told[0] == f"customer {ROOF}"
        assert told[1].startswith("assistant ")
        assert page.problems == []  # type: ignore[attr-defined]


async def test_under_the_printed_policy_with_the_printed_colours(server: Served) -> None:
    policy = f"{printed('', 'script-src').strip()}; require-trusted-types-for 'script'; trusted-types dompurify"
    async with shop(server, printed("html", 'widget.js" async></script>'), policy) as page:
        window = ChatWindow(page)
        await window.open()
        await expect(await window.ask(ROOF)).to_contain_text("100 kg")
        assert page.problems == []  # type: ignore[attr-defined]
    style = printed("css", "pitcrew-widget")
    async with shop(server, f"<style>{style}</style>{printed('html', 'localhost:8000', 'README.md')}") as page:
        launcher = ChatWindow(page).launcher
        await expect(launcher).to_have_css("background-color", "rgb(10, 107, 79)")


async def test_a_page_that_is_opened_as_a_file_is_not_let_in(server: Served, tmp_path: Path) -> None:
    """It has no origin, which no list of origins can name."""
    line = printed("html", "localhost:8000", "README.md").replace("http://localhost:8000", server.http)
    (tmp_path / "shop.html").write_text(f"<h1>A shop</h1>{line}", encoding="utf-8")
    async with open_page() as page:
        await page.goto((tmp_path / "shop.html").as_uri())
        window = ChatWindow(page)
        await window.open()
        await expect(window.banner).to_contain_text("connection was lost", timeout=SOON_MS)
