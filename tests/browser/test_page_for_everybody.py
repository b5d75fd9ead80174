"""Every tab of the test page for axe-core, and the chat by keyboard alone."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.chromium import open_page
from tests.browser.tabs import connect_as, open_tab, sign_in
from tests.serving import Served

SERIOUS = {"serious", "critical"}
LOOKS: list[dict[str, Any]] = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "reduced_motion": "reduce"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "reduced_motion": "reduce"},
]
NAMES = ["light", "dark phone"]
ROOF = "What is the roof load of the Plover?"
SOON_MS = 20_000


async def findings(page: Page, axe: str) -> list[tuple[str, list[str]]]:
    """What axe-core finds that is serious."""
    await page.evaluate(axe)
    found = await page.evaluate("axe.run()")
    assert len(found["passes"]) > 15
    bad = [one for one in found["violations"] if one["impact"] in SERIOUS]
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in bad]


async def chat(page: Page, server: Served, user: str) -> None:
    await connect_as(page, server.token(user), user)


async def asked_in_chat(page: Page, panel: Locator, server: Served) -> None:
    await chat(page, server, "axe-page")
    await page.locator("#message").fill(ROOF)
    await page.locator("#message").press("Enter")
    await expect(page.locator(".answer .text").last).to_contain_text("100 kg", timeout=SOON_MS)
    await panel.get_by_text("sources").first.click()
    await panel.get_by_role("button", name="Talk to a person").click()
    await expect(page.locator("#owner")).to_contain_text("Waiting for a person")


async def asked_with_steps(page: Page, panel: Locator, server: Served) -> None:
    await panel.get_by_label("Your message").fill(ROOF)
    await panel.get_by_role("button", name="Send").click()
    await expect(panel.get_by_text("100 kg").first).to_be_visible(timeout=SOON_MS)


async def asked_for_figures(page: Page, panel: Locator, server: Served) -> None:
    await panel.get_by_label("Question about the data").fill("How many incidents are there by severity?")
    await panel.get_by_role("button", name="Analyse").click()
    await expect(panel.locator("[data-part=chart] img")).to_be_visible(timeout=30_000)
    await expect(panel.locator("[data-part=status]")).to_have_text("Finished", timeout=SOON_MS)


async def asked_for_tables(page: Page, panel: Locator, server: Served) -> None:
    await panel.get_by_label("Your message").fill("Show me the relationships")
    await panel.get_by_role("button", name="Send").click()
    await expect(panel.locator(".place img")).to_be_visible(timeout=30_000)


async def asked_for_passages(page: Page, panel: Locator, server: Served) -> None:
    await sign_in(page, server.token("axe-query"))
    await panel.locator("textarea, input[type=search], input:not([type])").first.fill(ROOF)
    await panel.locator("button.primary").first.click()
    await expect(panel.get_by_text("100 kg").first).to_be_visible(timeout=SOON_MS)


TABS = {
    "chat": asked_in_chat,
    "reasoning": asked_with_steps,
    "analysis": asked_for_figures,
    "diagram": asked_for_tables,
    "query": asked_for_passages,
}


@pytest.mark.parametrize("look", LOOKS, ids=NAMES)
@pytest.mark.parametrize("tab", TABS)
async def test_axe_finds_nothing_serious(server: Served, axe: str, tab: str, look: dict[str, Any]) -> None:
    async with open_tab(server.http, tab, **look) as (page, panel):
        assert await findings(page, axe) == []
        await TABS[tab](page, panel, server)
        assert await findings(page, axe) == []


async def tab_to(page: Page, name: str) -> None:
    """By Tab alone."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.locator("*:focus").get_attribute("id") == name:
            return
    pytest.fail(f"Tab does not lead to {name}")


async def test_a_token_pasted_while_the_development_token_comes_takes_its_place(server: Served) -> None:
    async with open_page() as page:
        free = asyncio.Event()

        async def late(route: Route) -> None:
            await free.wait()
            await route.continue_()

        await page.route("**/ws/test/token", late)
        await page.goto(f"{server.http}/ws/test")
        field = page.get_by_role("textbox", name="Token", exact=True)
        await field.focus()
        free.set()
        await expect(field).not_to_have_value("")
        await page.keyboard.insert_text("a.token.of-ones-own")
        await expect(field).to_have_value("a.token.of-ones-own")


WRITTEN = """async () => {
  const { Turn } = await import('./test/conversation.js');
  const { TurnView } = await import('./test/view.js');
  const turn = new Turn('How much?', 'm-1', true);
  const view = new TurnView(turn, { token: () => '' });
  const log = document.getElementById('log');
  log.append(view.element);
  turn.runId = 'r-1';
  const passage = { id: 'p-1', title: 'Loads', source: 'loads.md', text: 'Roof: 50 kg', start: 0, end: 11 };
  turn.passages = [passage];
  const rows = '| Model | Load |\\n| --- | --- |\\n| Wren | 50 kg |\\n';
  turn.write(0, rows);
  view.render();
  const held = [];
  const name = one => one.getAttribute('aria-label') ?? one.textContent;
  const holds = () => held.push(name(document.activeElement));
  view.element.querySelector('.scrolled').focus();
  turn.write(rows.length, '| Plover | 100 kg |\\n');
  view.render();
  holds();
  view.sources.open = true;
  view.sourceList.querySelector('details').open = true;
  view.sourceList.querySelector('summary').focus();
  const citation = { ...passage, number: 1, passage_id: 'p-1' };
  turn.metadata = { context: { citations: [citation] } };
  turn.end('complete', `${turn.text}Both [1].`);
  view.render();
  holds();
  held.push(String(view.sourceList.querySelector('details').open));
  view.element.querySelector('.scrolled').focus();
  turn.clear('accepted');
  view.render();
  holds();
  return held;
}"""
"""An answer is written while the keyboard is in its table, ends while it is in its sources, and begins again."""


async def test_the_keyboard_keeps_its_place_in_an_answer_that_is_being_written(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        assert await page.evaluate(WRITTEN) == ["Table", "1Loads", "true", "Conversation"]


async def test_the_chat_by_keyboard_alone(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        press, focused = page.keyboard.press, page.locator("*:focus")
        await press("Tab")
        await expect(focused).to_have_text("Skip to the message box")
        await tab_to(page, "token")
        await page.keyboard.insert_text(server.token("page-keys"))
        await press("Enter")
        message = page.locator("#message")
        await expect(page.get_by_text("page-keys", exact=True)).to_be_visible(timeout=SOON_MS)
        await expect(message).to_be_enabled(timeout=SOON_MS)
        await tab_to(page, "message")
        await page.keyboard.type(ROOF)
        await press("Enter")
        await expect(page.locator(".answer[data-status=complete] .text")).to_contain_text("100 kg", timeout=SOON_MS)
        await expect(message).to_be_focused()
        seen: list[str] = []
        for _ in range(40):
            await press("Shift+Tab")
            if await focused.count() == 0:
                break
            seen.append(await focused.evaluate("one => one.getAttribute('aria-label') ?? one.textContent.trim()"))
            assert await focused.evaluate("one => getComputedStyle(one).outlineStyle !== 'none' || one.id === 'log'")
        assert {"Talk to a person", "Good answer", "Bad answer", "Edit", "Regenerate", "Delete"} <= set(seen), seen
        assert "Chat" in seen
