"""Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

PROGRAMS = ("chromium-headless-shell", "chromium")
"""The first is Chromium without the window around the page, which in headless mode takes most of the processor."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",
]


class Chromium:
    """One browser for all tests of a process: starting it takes longer than most of them. It belongs to the event loop
    in which it was first asked for, which is the one of the session."""

    def __init__(self) -> None:
        self._open = AsyncExitStack()
        self._browser: Browser | None = None

    async def browser(self) -> Browser:
        """The running browser; fails where Chromium is missing."""
        if self._browser is None or not self._browser.is_connected():
            path = next(filter(None, map(shutil.which, PROGRAMS)), None)
            assert path is not None, "the browser tests need Chromium: apt install chromium-headless-shell"
            playwright = await self._open.enter_async_context(async_playwright())
            self._browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            self._open.push_async_callback(self._browser.close)
        return self._browser

    async def close(self) -> None:
        self._browser = None
        await self._open.aclose()


CHROMIUM = Chromium()


@asynccontextmanager
async def open_page(**context: Any) -> AsyncIterator[Page]:
    """A page in a context of its own: no cookie, storage or cache of another. Console errors are collected in
    `page.problems`."""
    browser = await CHROMIUM.browser()
    async with await browser.new_context(**context) as own:
        page = await own.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.problems = problems  # type: ignore[attr-defined]
        yield page
