"""The staff's console, driven by Playwright as a member of staff would, and customers who talk meanwhile."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Locator, Page, expect

from api.access.operations import PREFIX
from tests.browser.chromium import open_page
from tests.conversing import Frame, Talk, talking
from tests.serving import Served

SOON_MS = 20_000
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


class ConsoleWindow:
    """The console in a page."""

    def __init__(self, page: Page, server: Served, token: str) -> None:
        self.page = page
        self._server = server
        self._token = token
        self.list = page.get_by_role("listbox", name="Conversations")
        self.rows = page.locator(".row")
        self.log = page.get_by_role("log")
        self.composer = page.locator("[data-part=composer]")
        self.details = page.locator(".details")
        self.notice = page.locator(".notice")
        self.dialog = page.get_by_role("dialog")

    def row(self, name: str) -> Locator:
        return self.page.locator(".row", has_text=name)

    def act(self, name: str) -> Locator:
        """A button: take, return, close, reopen, suggest, use, send."""
        return self.page.locator(f"[data-act={name}]")

    async def open(self, name: str) -> None:
        await self.row(name).click()
        await expect(self.log).to_have_attribute("aria-busy", "false", timeout=SOON_MS)

    async def reply(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """REST, as this member of staff."""
        sent = json.dumps(body).encode() if body is not None else None
        status, answered, _ = await asyncio.to_thread(self._server.request, method, PREFIX + path, self._token, sent)
        assert status < 300, answered
        return json.loads(answered) if answered else None


@asynccontextmanager
async def open_console(
    server: Served, name: str = "Ada", role: str = "staff", place: str = "", context: dict[str, Any] | None = None
) -> AsyncIterator[ConsoleWindow]:
    """Signed in by a link."""
    token = server.token(name.lower(), name=name, role=role)
    async with open_page(**(context or DESKTOP)) as page:
        await page.goto(f"{server.http}/staff{place}#token={token}")
        window = ConsoleWindow(page, server, token)
        await expect(page.get_by_role("button", name=f"{name}: here")).to_be_visible(timeout=SOON_MS)
        yield window


class Customer:
    """A customer with a name of their own, in one conversation."""

    def __init__(self, talk: Talk, name: str) -> None:
        self.talk = talk
        self.name = name
        self.session = uuid.uuid4().hex

    async def say(self, text: str) -> None:
        await self.talk.send({"type": "message", "message": text, "session_id": self.session})

    async def ask(self, text: str) -> list[Frame]:
        return await self.talk.ask(text, session_id=self.session)

    async def obeyed(self, **frame: Any) -> None:
        """Send a frame and wait until it was obeyed."""
        name = uuid.uuid4().hex
        await self.talk.send({**frame, "session_id": self.session, "request": name})
        while (answer := await self.talk.receive()).get("request") != name:
            pass
        assert answer["type"] == "done", answer

    async def until(self, kind: str, **fields: Any) -> Frame:
        while True:
            frame = await self.talk.receive()
            if frame["type"] == kind and all(frame.get(field) == value for field, value in fields.items()):
                return frame

    async def rest(self, seconds: float = 0.7) -> list[Frame]:
        """What else comes within a while."""
        frames = []
        try:
            while True:
                frames.append(await self.talk.receive(seconds))
        except TimeoutError:
            return frames


@asynccontextmanager
async def a_customer(server: Served, name: str = "") -> AsyncIterator[Customer]:
    own = name or f"Anna {uuid.uuid4().hex[:8]}"
    async with talking(server.chat, server.token(uuid.uuid4().hex, name=own, email="anna@example.com")) as talk:
        yield Customer(talk, own)
