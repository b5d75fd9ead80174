"""The console by keyboard alone, on a phone, and for axe-core."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.console_window import DESKTOP, PHONE, SOON_MS, ConsoleWindow, a_customer, open_console
from tests.serving import Served

ROOF = "What is the roof load of the Plover?"
SERIOUS = {"serious", "critical"}


async def findings(desk: ConsoleWindow, axe: str) -> list[tuple[str, list[str]]]:
    """What axe-core finds that is serious."""
    # The page's own policy lets no script of a test in: it is evaluated, as the developer tools do.
    await desk.page.evaluate(axe)
    found = await desk.page.evaluate("axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)")
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(server: Served, axe: str, scheme: str) -> None:
    context: dict[str, Any] = DESKTOP | {"color_scheme": scheme, "reduced_motion": "reduce"}
    async with open_console(server, role="admin", context=context) as desk, a_customer(server) as anna:
        answer = (await anna.ask(ROOF))[-1]
        await anna.obeyed(type="feedback", message_id=answer["message_id"], rating="up")
        await anna.obeyed(type="handover")
        await expect(desk.row(anna.name)).to_be_visible()
        assert await findings(desk, axe) == []
        await desk.open(anna.name)
        await desk.page.keyboard.press("n")
        await desk.reply("A note")
        await expect(desk.log.locator(".note")).to_be_visible()
        await desk.page.get_by_role("button", name="Filters").click()
        assert await findings(desk, axe) == []
        await desk.log.get_by_role("button", name="Why this answer").first.click()
        await expect(desk.details).to_contain_text("Whole answer")
        assert await findings(desk, axe) == []
        await desk.page.locator("h2").first.click()
        await desk.page.keyboard.press("?")
        await expect(desk.dialog).to_contain_text("Take over")
        assert await findings(desk, axe) == []
        await desk.page.keyboard.press("Escape")
        await desk.page.keyboard.press("d")
        await expect(desk.page.locator(".tiles")).to_be_visible(timeout=SOON_MS)
        assert await findings(desk, axe) == []
        await desk.page.get_by_role("button", name="Sign out").click()
        await expect(desk.page.get_by_label("Token")).to_be_visible()
        assert await findings(desk, axe) == []


async def test_by_keyboard_alone(server: Served) -> None:
    async with open_console(server) as desk, a_customer(server) as anna:
        await anna.ask(ROOF)
        await expect(desk.row(anna.name)).to_be_visible()
        press = desk.page.keyboard.press
        await press("f")
        await desk.page.keyboard.type("Plover")
        await press("ArrowDown")
        await expect(desk.list).to_be_focused()
        await press("Home")
        await expect(desk.row(anna.name)).to_have_attribute("aria-selected", "true")
        active = await desk.list.get_attribute("aria-activedescendant")
        assert await desk.page.locator(f"#{active}").get_attribute("aria-selected") == "true"
        await press("t")
        await expect(desk.page.locator(".who")).to_contain_text("You are answering")
        await press("Enter")
        await expect(desk.composer).to_be_focused()
        await desk.page.keyboard.type("Hello by keyboard: j k t r c")
        await press("Enter")
        assert (await anna.until("staff_message"))["message"] == "Hello by keyboard: j k t r c"
        await press("Escape")
        await expect(desk.list).to_be_focused()
        await press("n")
        await desk.page.keyboard.type("A note by keyboard")
        await press("Enter")
        await expect(desk.log.locator(".note")).to_contain_text("A note by keyboard")
        await press("Escape")
        await press("r")
        await anna.until("owner", state="bot")
        await press("c")
        await anna.until("owner", state="closed")
        await press("w")
        await expect(desk.details).to_contain_text("Whole answer", timeout=SOON_MS)
        await press("?")
        await expect(desk.dialog).to_be_visible()
        await press("Escape")
        await expect(desk.dialog).to_be_hidden()


async def test_who_runs_down_the_list_opens_where_they_stop(server: Served) -> None:
    """The socket is asked for the first and the last one, not for each on the way."""
    opened: list[str] = []
    async with open_console(server) as desk:
        names = []
        for _ in range(8):
            async with a_customer(server) as somebody:
                await somebody.ask(ROOF)
                names.append(somebody.name)
        await expect(desk.row(names[-1])).to_be_visible()
        desk.page.on("websocket", lambda socket: socket.on("framesent", lambda text: opened.append(str(text))))
        await desk.page.reload()
        await expect(desk.row(names[0])).to_be_visible(timeout=SOON_MS)
        for _ in names:
            await desk.page.keyboard.press("j")
        await expect(desk.page.locator(".who h2")).to_have_text(names[0])
        await expect(desk.log).to_contain_text(ROOF)
        await expect(desk.log).to_have_attribute("aria-busy", "false", timeout=SOON_MS)
        assert 1 <= len([frame for frame in opened if '"open"' in frame]) <= 4


async def test_tab_goes_through_the_page_and_out_of_it(server: Served) -> None:
    """No trap, and the focus can be seen wherever it stands."""
    async with open_console(server) as desk, a_customer(server) as anna:
        await anna.ask(ROOF)
        await desk.open(anna.name)
        await desk.composer.fill("x")
        await desk.page.reload()
        await expect(desk.composer).to_have_value("x", timeout=SOON_MS)
        await expect(desk.details).to_contain_text("anna@example.com")
        seen: list[str] = []
        for _ in range(80):
            await desk.page.keyboard.press("Tab")
            told = await desk.page.evaluate(
                """() => {
                    const { activeElement: one } = document;
                    if (one === document.body) return null;
                    const selected = one.id === 'list' ? one.querySelector('[aria-selected=true]') : one;
                    const { outlineStyle, outlineWidth } = getComputedStyle(selected ?? one);
                    const seen = outlineStyle !== 'none' && outlineWidth !== '0px' && one.checkVisibility();
                    return [one.outerHTML.slice(0, 120), seen];
                }"""
            )
            if told is None:
                break
            assert told[1], told[0]
            seen.append(told[0])
        else:
            pytest.fail("Tab never leaves the page")
        assert any("composer" in one for one in seen)
        assert any('data-act="take"' in one for one in seen)
        assert any('id="list"' in one for one in seen)


async def test_on_a_phone_one_pane_at_a_time(server: Served) -> None:
    async with open_console(server, context=PHONE) as desk, a_customer(server) as anna:
        await anna.ask(ROOF)
        row = desk.row(anna.name)
        await expect(row).to_be_visible()
        await expect(desk.composer).to_be_hidden()
        await row.tap()
        await expect(desk.composer).to_be_visible()
        await expect(desk.list).to_be_hidden()
        await desk.act("take").tap()
        await desk.composer.fill("From the phone")
        await desk.act("send").tap()
        assert (await anna.until("staff_message"))["message"] == "From the phone"
        await desk.page.get_by_role("button", name="About the customer").tap()
        await expect(desk.details).to_contain_text("anna@example.com")
        await expect(desk.composer).to_be_hidden()
        await desk.page.get_by_role("button", name="Back to the conversation").tap()
        await expect(desk.composer).to_be_visible()
        assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await desk.page.go_back()
        await expect(desk.list).to_be_visible()
        await expect(desk.composer).to_be_hidden()
        await desk.page.get_by_role("button", name="Figures").tap()
        await expect(desk.page.locator(".tiles")).to_be_visible(timeout=SOON_MS)
        assert await desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_colours_are_the_systems_or_chosen(server: Served) -> None:
    async with open_console(server, context=DESKTOP | {"color_scheme": "dark"}) as desk:
        shade = "getComputedStyle(document.querySelector('.list-pane')).backgroundColor"
        dark = await desk.page.evaluate(shade)
        switch = desk.page.locator("[data-part=theme]")
        await switch.click()
        await expect(switch).to_have_accessible_name("Colours: Light")
        light = await desk.page.evaluate(shade)
        assert light != dark
        await desk.page.reload()
        await expect(desk.list).to_be_visible()
        assert await desk.page.evaluate(shade) == light
        await switch.click()
        assert await desk.page.evaluate(shade) == dark
