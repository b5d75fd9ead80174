"""The staff's console against the real server, with customers on their own sockets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.chromium import open_page
from tests.browser.console_window import DESKTOP, SOON_MS, a_customer, open_console
from tests.model_server.running import Control, running_model_server
from tests.serving import Served, duplicate, serving

ROOF = "What is the roof load of the Plover?"
SLOW = "openai:script-150tok-30ms"
"""A model that takes about five seconds over an answer."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Control]:
    with running_model_server() as running:
        yield running


@pytest.fixture(scope="module")
def slow(ingested: Path, tmp_path_factory: pytest.TempPathFactory, provider: Control) -> Iterator[Served]:
    """A server whose answers take their time."""
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": SLOW}
    with serving(duplicate(ingested, tmp_path_factory.mktemp("slow") / "data"), **settings) as served:
        yield served


async def test_a_link_signs_in_and_its_token_leaves_the_address(server: Served) -> None:
    async with open_console(server, place="?state=bot") as desk:
        page = desk.page
        assert page.url == f"{server.http}/staff?state=bot"
        assert await page.evaluate("document.cookie + JSON.stringify(localStorage)") == '{"pitcrew.staff.theme":"auto"}'
        await page.reload()
        await expect(page.get_by_role("button", name="Ada: here")).to_be_visible(timeout=SOON_MS)
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Token")).to_be_focused()
        assert await page.evaluate("sessionStorage.getItem('pitcrew.staff.token')") is None


async def test_a_token_is_pasted(server: Served) -> None:
    async with open_page(**DESKTOP) as page:
        await page.goto(f"{server.http}/staff")
        for token, why in ((server.token("anna"), "not one of the staff"), ("nonsense", "sign-in has ended")):
            await page.get_by_label("Token").fill(token)
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("alert")).to_contain_text(why, timeout=SOON_MS)
        await page.get_by_label("Token").fill(server.token("ada", name="Ada", role="staff"))
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("button", name="Ada: here")).to_be_visible(timeout=SOON_MS)


async def test_from_the_queue_to_a_reply_and_back_to_the_assistant(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna:
        await anna.ask(ROOF)
        await anna.obeyed(type="handover")
        row = desk.row(anna.name)
        await expect(row).to_have_attribute("data-state", "waiting")
        await expect(row).to_contain_text("Waiting just now")
        await expect(row).to_have_attribute("data-unread", "true")
        await desk.open(anna.name)
        await expect(row).to_have_attribute("data-unread", "false", timeout=SOON_MS)
        await expect(desk.log).to_contain_text(ROOF)
        await expect(desk.log.locator(".bot .text").first).to_contain_text("100 kg")
        await expect(desk.log).to_contain_text("In the queue")

        await desk.act("take").click()
        owner = await anna.until("owner", state="staff")
        assert owner["staff"] == {"name": "Ada"}
        await expect(row).to_contain_text("You")
        await anna.talk.send({"type": "typing", "session_id": anna.session, "text": "I dri"})
        await expect(desk.page.locator("[data-part=typing]")).to_contain_text("I dri")
        await desk.composer.press_sequentially("Good")
        assert (await anna.until("staff_typing"))["typing"] is True
        await desk.reply("Good morning, **Ada** here.")
        said = await anna.until("staff_message")
        assert (said["message"], said["name"]) == ("Good morning, **Ada** here.", "Ada")
        await expect(desk.composer).to_have_value("")
        await expect(desk.log.locator(".staff .text strong")).to_have_text("Ada")
        await anna.talk.send({"type": "read", "session_id": anna.session, "seq": said["seq"]})
        await expect(desk.log.locator(".staff").last).to_contain_text("Read")

        await anna.say("I drive a Heron of 2024.")
        await expect(desk.log.locator(".customer").last).to_contain_text("I drive a Heron of 2024.")
        await expect(desk.page.locator("[data-part=typing]")).to_have_count(0)
        await desk.act("return").click()
        await anna.until("owner", state="bot")
        await expect(desk.log).to_contain_text("The assistant answers again")
        assert (await anna.ask("What is the boot volume of the Wren?"))[-1]["type"] == "complete"
        await expect(desk.log.locator(".bot[data-status=complete]")).to_have_count(2)

        await desk.act("close").click()
        await anna.until("owner", state="closed")
        await expect(row).to_have_attribute("data-state", "closed")
        await desk.act("reopen").click()
        await expect(row).to_have_attribute("data-state", "bot")
        assert desk.page.problems == []  # type: ignore[attr-defined]


async def test_taken_over_while_the_assistant_is_writing(slow: Served) -> None:
    async with open_console(slow) as desk, a_customer(slow) as anna:
        await anna.say(ROOF)
        await anna.until("token")
        await desk.open(anna.name)
        answer = desk.log.locator(".bot")
        await expect(answer).to_have_attribute("data-status", "writing")
        before = await answer.locator(".text").inner_text()
        await desk.page.wait_for_timeout(500)
        assert len(await answer.locator(".text").inner_text()) > len(before)
        await desk.page.keyboard.press("t")
        await anna.until("cancelled")
        assert (await anna.talk.receive())["state"] == "staff"
        late = [frame["type"] for frame in await anna.rest(1.5)]
        assert not {"token", "progress", "sources", "complete"} & set(late)
        await expect(answer).to_have_attribute("data-status", "cancelled")
        await expect(desk.log).to_contain_text("Ada took over")
        stopped = await answer.locator(".text").inner_text()
        await desk.page.wait_for_timeout(500)
        assert await answer.locator(".text").inner_text() == stopped


async def test_a_note_is_for_colleagues_alone(server: Served) -> None:
    async with open_console(server) as ada, open_console(server, "Ben") as ben, a_customer(server) as anna:
        await anna.ask(ROOF)
        await ada.open(anna.name)
        await ben.open(anna.name)
        await expect(ada.page.get_by_text("Also looking: Ben")).to_be_attached(timeout=SOON_MS)
        await ada.page.keyboard.press("n")
        await expect(ada.composer).to_be_focused()
        await ada.reply("The sheet is <b>wrong</b>.")
        for desk in (ada, ben):
            await expect(desk.log.locator(".note .bubble")).to_have_text("The sheet is <b>wrong</b>.")
        assert await anna.rest() == []


async def test_a_colleague_is_asked_about_and_given_a_conversation(server: Served) -> None:
    async with open_console(server) as ada, open_console(server, "Ben") as ben, a_customer(server) as anna:
        await anna.ask(ROOF)
        await ben.open(anna.name)
        await ben.act("take").click()
        await ada.open(anna.name)
        await expect(ada.page.locator(".who")).to_contain_text("Ben is answering")
        await ada.act("take").click()
        await expect(ada.dialog).to_contain_text("Ben has this conversation")
        await ada.dialog.get_by_role("button", name="Cancel").click()
        await expect(ada.page.locator(".who")).to_contain_text("Ben is answering")
        await ada.page.keyboard.press("t")
        await ada.dialog.get_by_role("button", name="Take over").click()
        await expect(ada.page.locator(".who")).to_contain_text("You are answering")
        await expect(ben.page.locator(".who")).to_contain_text("Ada is answering")
        await ada.page.get_by_label("Owner").select_option("ben")
        await expect(ben.page.locator(".who")).to_contain_text("You are answering")
        await ada.page.get_by_label("Priority").select_option("urgent")
        await expect(ben.row(anna.name)).to_contain_text("Urgent")
        await ada.page.get_by_role("button", name="Tag", exact=True).click()
        await ada.page.get_by_label("New tag").fill("VIP")
        await ada.page.keyboard.press("Enter")
        await expect(ben.row(anna.name)).to_contain_text("vip")


async def test_thumbs_are_seen_with_their_reason(server: Served) -> None:
    async with open_console(server, role="admin") as desk, a_customer(server) as anna:
        answer = (await anna.ask(ROOF))[-1]
        await desk.open(anna.name)
        reason = f"Wrong year, said {anna.name}"
        await anna.obeyed(type="feedback", message_id=answer["message_id"], rating="down", reason=reason)
        await expect(desk.log.locator(".thumb")).to_contain_text(reason)
        await expect(desk.details.locator("[data-part=feedback]")).to_contain_text(reason)
        await expect(desk.row(anna.name).locator(".down")).to_contain_text("1")
        await desk.page.keyboard.press("d")
        await expect(desk.page.get_by_role("heading", name="Feedback")).to_be_visible()
        entry = desk.page.get_by_role("button", name=reason)
        await expect(entry).to_be_visible(timeout=SOON_MS)
        await entry.click()
        await expect(desk.log).to_contain_text(ROOF)


async def test_why_an_answer_was_given_and_that_it_was_wrong(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna:
        await anna.ask(ROOF)
        await desk.open(anna.name)
        await desk.log.get_by_role("button", name="Why this answer").click()
        for words in ("Route", "Specs", "Passages", "cited", "Whole answer", "no model was asked"):
            await expect(desk.details).to_contain_text(words)
        await desk.details.get_by_text("This answer is wrong").click()
        await desk.details.get_by_label("What should it have said?").fill("75 kg, since 2024")
        await desk.details.get_by_role("button", name="Keep as a case").click()
        await expect(desk.details.get_by_role("status")).to_contain_text("Kept as a case")
        [kept] = [one for one in (await desk.ask("GET", "/cases"))["cases"] if one["expected"] == "75 kg, since 2024"]
        assert kept["question"] == ROOF


async def test_the_customer_with_vehicle_and_appointments(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna:
        await anna.ask("I'd like to book a service for my Heron Hybrid 2025 at Brennhaven next Tuesday morning")
        await desk.open(anna.name)
        await expect(desk.details).to_contain_text("Heron Hybrid")
        await expect(desk.details).to_contain_text("None to come.")
        await anna.say("the second one")
        asked = await anna.until("input_required")
        await expect(desk.log.locator(".asks")).to_contain_text("Shall I book")
        value = asked["options"][0]["value"]
        await anna.talk.send({"type": "answer", "request_id": asked["request_id"], "value": value})
        assert "Booked" in (await anna.until("complete"))["response"]
        await expect(desk.details).to_contain_text("Brennhaven Motor House", timeout=SOON_MS)
        await expect(desk.details).to_contain_text("2025")


async def test_a_suggestion_and_a_canned_reply_become_a_reply(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna:
        shortcut = f"hi-{anna.session[:8]}"
        await desk.ask(
            "POST", "/canned", {"shortcut": shortcut, "title": "A greeting", "text": "Hello {customer}, {name} here."}
        )
        await anna.ask(ROOF)
        await desk.open(anna.name)
        await desk.act("suggest").click()
        card = desk.page.get_by_role("region", name="Suggested reply")
        await expect(card).to_contain_text("100 kg", timeout=SOON_MS)
        await desk.act("use").click()
        assert "100 kg" in await desk.composer.input_value()
        assert "[1]" not in await desk.composer.input_value()
        await expect(card).to_be_hidden()
        await desk.composer.fill(f"/{shortcut}")
        await expect(desk.page.get_by_role("option", name="A greeting")).to_be_visible()
        await desk.composer.press("Enter")
        await expect(desk.composer).to_have_value(f"Hello {anna.name}, Ada here.")
        await desk.composer.press("Enter")
        assert (await anna.until("staff_message"))["message"] == f"Hello {anna.name}, Ada here."
        await expect(desk.page.locator(".who")).to_contain_text("You are answering")


async def test_a_suggestion_goes_when_the_conversation_goes_on(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna:
        await anna.ask(ROOF)
        await desk.open(anna.name)
        await desk.act("suggest").click()
        card = desk.page.get_by_role("region", name="Suggested reply")
        await expect(card).to_be_visible(timeout=SOON_MS)
        await anna.ask("And of the Wren?")
        await expect(card).to_be_hidden()


async def test_what_was_begun_survives_another_conversation_and_a_reload(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna, a_customer(server) as berta:
        await anna.ask(ROOF)
        await berta.ask(ROOF)
        await desk.open(anna.name)
        await desk.composer.fill("Dear Anna, I")
        await desk.open(berta.name)
        await expect(desk.composer).to_have_value("")
        await expect(desk.row(anna.name)).to_contain_text("Draft")
        await desk.open(anna.name)
        await expect(desk.composer).to_have_value("Dear Anna, I")
        await desk.page.reload()
        await expect(desk.composer).to_have_value("Dear Anna, I", timeout=SOON_MS)


class Held:
    """Requests that wait until the test lets them go on."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.free = asyncio.Event()


@asynccontextmanager
async def held(page: Page, address: str, *, lost: bool = False) -> AsyncIterator[Held]:
    """Holds the requests to `address` back; `lost` ones never arrive."""
    hold = Held()

    async def wait(route: Route) -> None:
        hold.arrived.set()
        await hold.free.wait()
        await (route.abort() if lost else route.continue_())

    await page.route(address, wait)
    try:
        yield hold
    finally:
        hold.free.set()


async def test_what_is_typed_while_a_message_is_on_its_way_stays(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna, held(desk.page, "**/reply") as reply:
        await anna.ask(ROOF)
        await desk.open(anna.name)
        await desk.composer.fill("Hello Anna")
        await desk.composer.press("Enter")
        await reply.arrived.wait()
        await expect(desk.composer).to_have_value("")
        await desk.composer.fill("One thing more")
        reply.free.set()
        await anna.until("staff_message")
        await expect(desk.log.locator(".staff[data-message]")).to_contain_text("Hello Anna", timeout=SOON_MS)
        await expect(desk.composer).to_have_value("One thing more")


async def test_a_note_that_could_not_be_kept_comes_back(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna, held(desk.page, "**/notes", lost=True) as note:
        await anna.ask(ROOF)
        await desk.open(anna.name)
        await desk.page.keyboard.press("n")
        await desk.composer.fill("Call back on Monday")
        await desk.composer.press("Enter")
        await note.arrived.wait()
        await desk.composer.fill("and order the part")
        note.free.set()
        await expect(desk.composer).to_have_value("Call back on Monday\nand order the part")


async def test_filters_and_search_stand_in_the_address(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna, a_customer(server) as berta:
        word = f"zebra{anna.session[:6]}"
        await anna.ask(f"Does the {word} fit into the boot?")
        await berta.ask(ROOF)
        await desk.page.keyboard.press("f")
        await desk.page.keyboard.type(word[:-2])
        await expect(desk.rows).to_have_count(1, timeout=SOON_MS)
        assert f"text={word[:-2]}" in desk.page.url
        await desk.page.reload()
        await expect(desk.rows).to_have_count(1, timeout=SOON_MS)
        await expect(desk.row(anna.name)).to_be_visible()
        await desk.page.keyboard.press("f")
        await desk.page.keyboard.press("Escape")
        await expect(desk.row(berta.name)).to_be_visible(timeout=SOON_MS)
        await desk.page.locator("[data-view=mine]").click()
        await expect(desk.row(berta.name)).to_have_count(0)
        assert "assignee=me" in desk.page.url


async def test_a_lost_connection_is_told_and_mended(slow: Served) -> None:
    async with open_console(slow) as desk, a_customer(slow) as anna:
        await anna.say(ROOF)
        await anna.until("token")
        await desk.open(anna.name)
        await desk.page.context.set_offline(True)
        await expect(desk.page.locator(".banner")).to_contain_text("The connection is lost")
        await anna.until("complete")
        await desk.page.context.set_offline(False)
        await expect(desk.log.locator(".bot")).to_have_attribute("data-status", "complete", timeout=SOON_MS)
        await expect(desk.page.locator(".banner")).to_have_attribute("data-shown", "false")
        await expect(desk.log.locator(".customer")).to_have_count(1)


async def test_the_figures_are_those_of_the_server(server: Served) -> None:
    async with open_console(server, role="admin") as desk, a_customer(server) as anna:
        await anna.ask("Do you sell roof boxes in pink?")
        await desk.page.keyboard.press("d")
        tiles = desk.page.locator(".tiles")
        told = await desk.ask("GET", "/outcomes")
        await expect(tiles).to_contain_text(f"Conversations{told['conversations']}", timeout=SOON_MS)
        chart = desk.page.get_by_role("img", name="Conversations by day")
        await expect(chart.locator("rect").first).to_be_visible()
        for name in ("Knowledge gaps", "Feedback", "Cases", "What the staff did"):
            await expect(desk.page.get_by_role("heading", name=name)).to_be_visible()
        async with desk.page.expect_download() as downloading:
            await desk.page.get_by_role("button", name="CSV").click()
        path = await (await downloading.value).path()
        assert b"conversation" in Path(path).read_bytes()
        await desk.page.keyboard.press("d")
        await expect(desk.list).to_be_visible()
