"""The tabs of the test page, driven by Playwright."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from playwright.async_api import Locator, Page, expect

from tests.browser.chromium import open_page
from tests.faults.proxy import Link, Proxy
from tests.serving import ROOT, Served, free_port

CONTEXTS: list[dict[str, Any]] = [
    {"viewport": {"width": 1280, "height": 900}},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
]
IDS = ["desktop", "dark phone"]


@asynccontextmanager
async def open_tab(address: str, name: str, **context: Any) -> AsyncIterator[tuple[Page, Locator]]:
    """The page of the server at `address` with this tab shown, and the tab's panel."""
    async with open_page(**context) as page:
        await page.goto(f"{address}/ws/test#{name}")
        panel = page.locator(f"#panel-{name}")
        await expect(panel).to_be_visible()
        await expect(panel).not_to_have_attribute("aria-busy", "true")
        yield page, panel


async def sign_in(page: Page, token: str) -> None:
    await page.locator("#token").evaluate("(box, token) => { box.value = token; }", token)


async def as_guest(page: Page) -> None:
    await expect(page.locator("#token")).not_to_have_value("")
    await sign_in(page, "")


async def signed_in(page: Page) -> None:
    """The page signs in by itself, as the developer."""
    await expect(page.locator("#status-text")).to_have_text("Ready", timeout=20_000)


async def connect_as(page: Page, token: str, user: str) -> None:
    """In the place of the developer."""
    await signed_in(page)
    await page.locator("#connection").evaluate("(part) => { part.open = true; }")
    await page.get_by_label("Token", exact=True).fill(token)
    await page.locator("#connect").click()
    await expect(page.locator("#user")).to_contain_text(user, timeout=20_000)
    await expect(page.locator("#message")).to_be_enabled(timeout=20_000)


async def fits(page: Page) -> bool:
    """Whether nothing stands out beyond the width of the screen or of a log."""
    wide = "[document.documentElement, ...document.querySelectorAll('[role=log]')]"
    return await page.evaluate(f"{wide}.every((node) => node.scrollWidth <= node.clientWidth)") is True


class Away:
    """A server that can be out of reach: pages are opened at `http`, through a proxy."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._there = proxy.target
        self.http = f"http://127.0.0.1:{proxy.port}"

    def freeze(self) -> None:
        """Swallow what is said from now on, over every connection and every new one, and say nothing."""
        self._proxy.opened = Link.freeze
        for link in self._proxy.links.values():
            link.freeze()

    def leave(self) -> None:
        """Break every connection and refuse new ones."""
        self._proxy.target = free_port()
        for link in list(self._proxy.links.values()):
            link.cut(reset=True)

    def come_back(self) -> None:
        self._proxy.opened = lambda link: None
        self._proxy.target = self._there


@asynccontextmanager
async def within_reach(served: Served) -> AsyncIterator[Away]:
    async with Proxy(served.port) as proxy:
        yield Away(proxy)


def made_with_node(target: str, lock: Path) -> None:
    """Make a file of the Makefile's, where that has not been done. Skips the test on a machine without Node, which the
    product is for too."""
    if shutil.which("npm") is None:
        pytest.skip("this needs Node: apt install npm")
    with FileLock(lock):
        done = subprocess.run(["make", target], cwd=ROOT, capture_output=True, text=True, timeout=170, env=os.environ)
        assert done.returncode == 0, done.stderr
