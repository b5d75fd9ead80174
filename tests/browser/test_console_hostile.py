"""What customers call themselves and say, shown to the staff: nothing of it runs, nothing is fetched."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.console_window import ConsoleWindow, a_customer, open_console
from tests.browser.hostile import watch
from tests.browser.payloads import PAYLOADS
from tests.model_server.running import Control, running_model_server
from tests.serving import Served, duplicate, serving

FOREIGN = (
    "script, iframe, object, embed, img, video, audio, source, math, svg:not(.icon), style, link, meta, base, "
    "template, marquee, x-pitcrew, pitcrew-widget, [srcset], [action], [formaction], [onload], [onerror]"
)
"""Selects what no text may become."""
PLACES = ".list-pane, .head, .log, .details"
NAMES = (
    "<img src=x onerror=window.ran=1>",
    "<svg/onload=window.ran=1>",
    "\u202egnp.exe",
    "<script>window.ran=1</script>",
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Control]:
    with running_model_server() as running:
        yield running


@pytest.fixture(scope="module")
def modelled(ingested: Path, tmp_path_factory: pytest.TempPathFactory, provider: Control) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("modelled") / "data")
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": "openai:scripted"}
    with serving(own, **settings) as served:
        yield served


async def harmless(desk: ConsoleWindow, strange: list[str]) -> None:
    """Nothing of it ran, nothing left for elsewhere, and nothing but text became of it."""
    await desk.page.mouse.move(500, 300)
    await desk.page.wait_for_timeout(200)
    assert await desk.page.evaluate("window.ran") is None
    assert strange == []
    for place in await desk.page.locator(PLACES).all():
        assert await place.locator(FOREIGN).evaluate_all("all => all.map((one) => one.outerHTML)") == []
        for link in await place.locator("a").all():
            address = await link.get_attribute("href")
            assert address is None or address.startswith(("https://", "http://", "mailto:")), address
            assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert desk.page.problems == []  # type: ignore[attr-defined]


async def test_names_and_messages_of_customers(server: Served) -> None:
    async with open_console(server) as desk:
        strange = await watch(desk.page, server)
        for name in NAMES:
            async with a_customer(server, name) as mallory:
                for start in range(0, len(PAYLOADS), 20):
                    await mallory.ask("\n".join(PAYLOADS[start : start + 20])[:7_900])
                await expect(desk.rows.first).to_contain_text(name)
                await desk.rows.first.click()
                await expect(desk.log.locator(".customer")).to_have_count(3)
                await harmless(desk, strange)


async def test_answers_replies_notes_reasons_and_previews(modelled: Served, provider: Control) -> None:
    async with open_console(modelled) as desk, a_customer(modelled) as mallory:
        strange = await watch(desk.page, modelled)
        answer = {}
        for start in range(0, len(PAYLOADS), 10):
            said = "Said:\n\n" + "\n\n".join(PAYLOADS[start : start + 10])
            provider.script(always={"kind": "says", "payload": said})
            answer = (await mallory.ask("What is the roof load of the Plover?"))[-1]
        await desk.open(mallory.name)
        await expect(desk.log.locator(".bot[data-status=complete]")).to_have_count(5)
        await harmless(desk, strange)
        everything = "\n".join(PAYLOADS)[:1_900]
        await mallory.obeyed(type="feedback", message_id=answer["message_id"], rating="down", reason=everything)
        await expect(desk.log.locator(".thumb")).to_be_visible()
        await desk.act("take").click()
        await mallory.until("owner", state="staff")
        await desk.reply(everything)
        await mallory.until("staff_message")
        await mallory.talk.send({"type": "typing", "session_id": mallory.session, "text": everything})
        await expect(desk.page.locator("[data-part=typing]")).to_contain_text("window.ran")
        await desk.page.keyboard.press("Escape")
        await desk.page.keyboard.press("n")
        await desk.reply(everything)
        await expect(desk.log.locator(".note")).to_be_visible()
        await desk.page.keyboard.press("Escape")
        await desk.page.keyboard.press("w")
        await expect(desk.details).to_contain_text("Route")
        await harmless(desk, strange)
        await desk.page.keyboard.press("d")
        await expect(desk.page.get_by_role("heading", name="Feedback")).to_be_visible()
        await harmless(desk, strange)


async def test_the_page_lets_no_code_be_made_of_text(server: Served) -> None:
    async with open_console(server) as desk:
        tries = await desk.page.evaluate(
            """() => [
                () => { document.body.innerHTML = '<b>x</b>'; },
                () => { document.createElement('script').text = '1'; },
                () => { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); },
            ].map((run) => { try { run(); return 'ran'; } catch (error) { return error.name; } })"""
        )
        assert tries == ["TypeError"] * 3
