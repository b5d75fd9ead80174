"""One conversation from both sides: a customer at the widget, a member of staff at the console."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.chat_window import SOON_MS, ChatWindow, open_site
from tests.browser.console_window import ConsoleWindow, open_console
from tests.model_server.running import Control
from tests.serving import Served, duplicate, environment, pitcrew, serving

ROOF = "What is the roof load of the Plover?"
SLOW = "openai:script-150tok-30ms"
"""A model that takes about five seconds over an answer."""


@pytest.fixture(scope="module")
def slow(ingested: Path, tmp_path_factory: pytest.TempPathFactory, provider: Control) -> Iterator[Served]:
    """A server whose answers take their time."""
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": SLOW}
    with serving(duplicate(ingested, tmp_path_factory.mktemp("slow") / "data"), **settings) as served:
        yield served


@asynccontextmanager
async def both_sides(server: Served, role: str = "staff") -> AsyncIterator[tuple[ChatWindow, ConsoleWindow, str]]:
    """The customer's window, the staff's, and what the customer is called."""
    name = f"Anna {uuid.uuid4().hex[:8]}"
    token = server.token(uuid.uuid4().hex, name=name, email="anna@example.com")
    async with open_site(server.http, token=token) as window, open_console(server, role=role) as desk:
        await window.open()
        yield window, desk, name


async def test_from_the_queue_to_a_person_and_back(server: Served) -> None:
    async with both_sides(server) as (window, desk, name):
        header = window.panel.locator("header")
        await window.ask(ROOF)
        await window.button("Talk to a person").click()
        await expect(header).to_contain_text("Waiting for a person · Number")
        await expect(window.panel.locator(".notice")).to_have_count(1)
        await expect(window.button("Talk to a person")).to_be_hidden()
        await expect(desk.row(name)).to_have_attribute("data-state", "waiting")
        await desk.open(name)
        await desk.act("take").click()
        await expect(header.get_by_role("heading")).to_have_text("Ada")
        await expect(header).to_contain_text("You are talking to Ada")

        await window.box.press_sequentially("I dri")
        await expect(desk.page.locator("[data-part=typing]")).to_contain_text("I dri")
        await desk.composer.press_sequentially("Good")
        await expect(window.panel).to_contain_text("Ada is typing …")
        await desk.reply("Good morning, **Ada** here.")
        await expect(window.panel.locator(".staff strong")).to_have_text("Ada")
        await expect(window.panel).not_to_contain_text("Ada is typing …")
        await expect(desk.log.locator(".staff").last).to_contain_text("Read")
        await window.say("I drive a Heron of 2024.")
        await expect(desk.log.locator(".customer").last).to_contain_text("I drive a Heron of 2024.")
        await expect(window.answers).to_have_count(1)

        shown = await window.panel.locator(".bubble, .notice, .staff .text").all_inner_texts()
        await window.page.reload()
        await expect(header).to_contain_text("You are talking to Ada", timeout=SOON_MS)
        await expect(window.panel.locator(".bubble, .notice, .staff .text")).to_have_text(shown)

        await desk.act("return").click()
        await expect(header.get_by_role("heading")).to_have_text("Support")
        await expect(window.button("Talk to a person")).to_be_visible()
        await expect(await window.ask("What is the boot volume of the Wren?")).to_contain_text("l")
        await expect(desk.log.locator(".bot[data-status=complete]")).to_have_count(2)
        await desk.act("close").click()
        await expect(window.panel).to_contain_text("This conversation is closed.")
        await expect(await window.ask(ROOF)).to_contain_text("100 kg")
        await expect(desk.row(name)).to_have_attribute("data-state", "bot")
        assert window.page.problems == desk.page.problems == []  # type: ignore[attr-defined]


async def test_what_a_person_writes_while_the_window_is_closed_is_counted(server: Served) -> None:
    async with both_sides(server) as (window, desk, name):
        await window.ask(ROOF)
        await window.page.keyboard.press("Escape")
        await desk.open(name)
        await desk.reply("Anything else?")
        await expect(window.launcher).to_have_accessible_name("Open the chat, 1 new message")
        await expect(desk.log.locator(".staff").last).not_to_contain_text("Read")
        await window.launcher.click()
        await expect(window.panel.locator(".staff")).to_contain_text("Anything else?")
        await expect(desk.log.locator(".staff").last).to_contain_text("Read")


async def test_taken_over_while_the_assistant_is_writing(slow: Served) -> None:
    async with both_sides(slow) as (window, desk, name):
        await window.say(ROOF)
        answer = window.answers.first
        await expect(answer.locator(".text")).to_contain_text("the engine", timeout=SOON_MS)
        await desk.open(name)
        await expect(desk.log.locator(".bot")).to_have_attribute("data-status", "writing")
        await desk.act("take").click()
        await expect(window.panel.locator("header")).to_contain_text("You are talking to Ada")
        await expect(answer).to_have_attribute("data-status", "cancelled")
        stopped = await answer.locator(".text").inner_text()
        await expect(window.button("Stop")).to_be_hidden()
        await desk.reply("I look after this.")
        await expect(window.panel.locator(".staff")).to_contain_text("I look after this.")
        await window.page.wait_for_timeout(1_000)
        assert await answer.locator(".text").inner_text() == stopped
        assert "the engine" in stopped
        await expect(window.answers).to_have_count(1)


async def test_feedback_is_seen_by_the_staff(server: Served) -> None:
    async with both_sides(server, role="admin") as (window, desk, name):
        answer = await window.ask(ROOF)
        await desk.open(name)
        await answer.get_by_role("button", name="Not helpful").click()
        reason = f"Wrong year, said {name}"
        await answer.get_by_label("What was wrong? (optional)").fill(reason)
        await answer.get_by_role("button", name="Send feedback").click()
        await expect(desk.log.locator(".thumb")).to_contain_text(reason)
        await expect(desk.row(name).locator(".down")).to_contain_text("1")
        await desk.page.keyboard.press("d")
        await expect(desk.page.get_by_role("button", name=reason)).to_be_visible(timeout=SOON_MS)


async def test_a_flagged_answer_is_run_as_a_case(server: Served, ingested: Path, tmp_path: Path) -> None:
    async with both_sides(server) as (window, desk, name):
        await window.ask(ROOF)
        await desk.open(name)
        await desk.log.get_by_role("button", name="Why this answer").click()
        await desk.details.get_by_text("This answer is wrong").click()
        expected = f"75 kg since 2024, said {name}"
        await desk.details.get_by_label("What should it have said?").fill(expected)
        await desk.details.get_by_role("button", name="Keep as a case").click()
        await expect(desk.details.get_by_role("status")).to_contain_text("Kept as a case")
        await desk.page.locator("h2").first.click()
        await desk.page.keyboard.press("d")
        async with desk.page.expect_download() as downloading:
            await desk.page.get_by_role("button", name="JSONL").click()
        lines = Path(await (await downloading.value).path()).read_text(encoding="utf-8").splitlines()
    [kept] = [line for line in lines if json.loads(line)["expected"] == expected]
    file, told = tmp_path / "cases.jsonl", tmp_path / "told.jsonl"
    file.write_text(kept + "\n", encoding="utf-8")
    command = ("eval", "cases", str(file), "--predictions", str(told), "--json")
    done = await asyncio.to_thread(pitcrew, *command, env=environment(ingested))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["cases"], figures["right"], figures["changed"]) == (1, 0, 0)
    assert "100 kg" in told.read_text(encoding="utf-8")
