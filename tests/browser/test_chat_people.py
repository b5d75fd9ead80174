"""The chat tab while people take over: a customer at the page, a member of staff at the desk's own interface."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.chromium import open_page
from tests.browser.hostile import FOREIGN, SAID, left_alone, watch
from tests.browser.payloads import PAYLOADS
from tests.browser.tabs import CONTEXTS, IDS, connect_as, fits
from tests.conversing import talking
from tests.serving import Served

ROOF = "What is the roof load of the Plover?"


class Desk:
    """What a member of staff does in the conversation of a customer."""

    def __init__(self, server: Served, customer: str) -> None:
        self._server = server
        self._token = server.token("ada", name="Ada", role="staff")
        listed = self._call("GET", "")["conversations"]
        self._id = next(str(one["conversation_id"]) for one in listed if one["customer"]["id"] == customer)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        status, answer, _ = self._server.request(method, f"/api/v1/staff/conversations{path}", self._token, data)
        assert status < 300, answer
        return json.loads(answer or b"null")

    def act(self, act: str, **body: Any) -> None:
        self._call("POST", f"/{self._id}/{act}", body)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """While the member of staff is writing."""
        async with talking(f"ws://127.0.0.1:{self._server.port}/ws/staff", self._token) as socket:
            typing = {"type": "typing", "conversation_id": self._id}
            await socket.send({**typing, "typing": True})
            yield
            await socket.send({**typing, "typing": False, "request": "end"})
            while (await socket.receive()).get("request") != "end":
                pass


async def begin(page: Page, server: Served, user: str) -> None:
    """Sign in and have a question answered."""
    await page.goto(f"{server.http}/ws/test")
    await connect(page, server, user)
    await say(page, ROOF)
    await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)


async def connect(page: Page, server: Served, user: str) -> None:
    await connect_as(page, server.token(user), user)


async def say(page: Page, text: str) -> None:
    await page.locator("#message").fill(text)
    await page.locator("#message").press("Enter")


@pytest.mark.parametrize("context", CONTEXTS, ids=IDS)
async def test_from_the_button_to_a_person_and_back(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    user = f"page-{'phone' if 'color_scheme' in context else 'desk'}"
    async with open_page(**context) as page:
        owner, button = page.locator("#owner"), page.get_by_role("button", name="Talk to a person")
        await page.goto(f"{server.http}/ws/test")
        await connect(page, server, user)
        await expect(button).to_be_disabled()
        await begin(page, server, user)
        await expect(owner).to_have_text("The assistant answers.")
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(owner).to_have_text(
            "Waiting for a person, number 1 in the queue. Until then the assistant answers."
        )
        await expect(button).to_be_hidden()
        await expect(page.locator("#message")).to_be_focused()
        await expect(page.locator(".note[data-tone=owner]")).to_have_count(1)
        notice = await page.locator(".note[data-tone=owner]").text_content() or ""
        await expect(page.locator("#announcement")).to_have_text(notice)
        desk = Desk(server, user)
        desk.act("take")
        await expect(owner).to_have_text("You are talking to Ada.")
        async with desk.writing():
            await expect(owner).to_have_text("Ada is writing …")
        await expect(owner).to_have_text("You are talking to Ada.")
        await say(page, "Are you there?")
        await expect(page.locator(".turn").last.locator(".bubble")).to_have_text("Are you there?")
        await expect(page.locator(".turn").last.locator(".answer")).to_be_hidden()
        await expect(page.locator(".turn").last.get_by_role("button", name="Regenerate")).to_be_hidden()
        await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
        desk.act("reply", text="Good morning, **Ada** here.\n\n- One\n- Two", client_message_id="r-1")
        said = page.locator("article.staff")
        await expect(said.get_by_role("heading")).to_contain_text("Ada")
        await expect(said.locator("strong")).to_have_text("Ada")
        await expect(said.locator("li")).to_have_text(["One", "Two"])
        await expect(page.locator("#announcement")).to_contain_text("Ada: Good morning, Ada here.")
        assert await fits(page)
        # all of it is there again after a reload, and nothing of it is sent or read out again
        shown = await page.locator(".bubble, .note, article.staff .prose").all_text_contents()
        await page.reload()
        await connect(page, server, user)
        await expect(owner).to_have_text("You are talking to Ada.")
        await expect(page.locator(".bubble, .note, article.staff .prose")).to_have_text(shown)
        await expect(page.locator("#announcement")).to_be_empty()
        desk.act("return")
        await expect(owner).to_have_text("The assistant answers.")
        await expect(button).to_be_enabled()
        await say(page, "What is the roof load of the Wren?")
        await expect(page.locator(".turn").last.locator(".text")).to_contain_text("50 kg", timeout=20_000)
        desk.act("close")
        await expect(owner).to_have_text("This conversation is closed. Your next message opens it again.")
        await say(page, "And of the Heron?")
        await expect(page.locator(".turn").last.locator(".text")).to_contain_text("75 kg", timeout=20_000)
        await expect(owner).to_have_text("The assistant answers.")
        assert page.problems == []  # type: ignore[attr-defined]


async def test_what_happens_elsewhere_stays_there(server: Served) -> None:
    """The socket follows both conversations; the page shows one."""
    async with open_page() as page:
        await begin(page, server, "page-two")
        first = await page.locator("#session").input_value()
        await page.get_by_role("button", name="New conversation").click()
        await say(page, ROOF)
        await page.locator(".answer .text", has_text="100 kg").wait_for(timeout=20_000)
        async with talking(server.chat, server.token("page-two")) as talk:
            await talk.send({"type": "handover", "session_id": first, "request": "h"})
            while (await talk.receive())["type"] != "done":
                pass
        await page.get_by_role("button", name="Talk to a person").click()
        await expect(page.locator(".note[data-tone=owner]")).to_have_count(1)
        await expect(page.locator("#owner")).to_contain_text("Waiting for a person")


async def test_a_wish_in_words_tells_its_notice_once(server: Served) -> None:
    async with open_page() as page:
        await begin(page, server, "page-words")
        await say(page, "I want to talk to a human being, please.")
        await expect(page.locator("#owner")).to_contain_text("Waiting for a person", timeout=20_000)
        answer = await page.locator(".turn").last.locator(".text").text_content() or ""
        note = await page.locator(".note[data-tone=owner]").text_content() or ""
        assert note
        assert note not in answer


async def test_what_a_person_may_say(server: Served) -> None:
    async with open_page() as page:
        strange = await watch(page, server)
        await begin(page, server, "page-hostile")
        desk = Desk(server, "page-hostile")
        desk.act("take")
        for number, text in enumerate((SAID.replace("\0", ""), "\n\n".join(PAYLOADS))):
            desk.act("reply", text=text, client_message_id=f"r-{number}")
        said = page.locator("article.staff")
        await expect(said).to_have_count(2)
        await expect(said.first).to_contain_text("onerror='window.ran = 1'")
        await expect(said.last).to_contain_text("<svg/onload=window.ran=1>")
        assert await said.locator(FOREIGN).count() == 0
        await left_alone(page)
        assert strange == []
