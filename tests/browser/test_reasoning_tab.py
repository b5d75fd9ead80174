"""The reasoning tab against the real server: steps in their colours, who answers, and what a lost connection loses."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tabs import CONTEXTS, IDS, fits, open_tab, within_reach
from tests.serving import Served

QUESTION = "What is the roof load of the Plover?"
COLOURS = {
    "thought": "rgb(227, 242, 253)",
    "tool_use": "rgb(255, 243, 224)",
    "tool_result": "rgb(243, 229, 245)",
    "final_answer": "rgb(232, 245, 233)",
    "error": "rgb(255, 235, 238)",
}
CONTRAST = """node => {
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map((part) => part / 255)
            .map((part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const style = getComputedStyle(node);
    const [one, other] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
    return (one + .05) / (other + .05);
}"""
"""The ratio of WCAG 2.2 between the text and the ground of an element."""


async def ask(panel: Locator, question: str) -> None:
    await panel.get_by_label("Your message").fill(question)
    await panel.get_by_label("Your message").press("Enter")


def steps(panel: Locator, kind: str) -> Locator:
    return panel.locator(f".step[data-type={kind}]")


@pytest.mark.parametrize("context", CONTEXTS, ids=IDS)
async def test_steps_as_they_happen(server: Served, context: dict) -> None:  # type: ignore[type-arg]
    async with open_tab(server.http, "reasoning", **context) as (page, panel):
        await panel.get_by_role("button", name="Connect", exact=True).click()
        await expect(panel.get_by_text("🟢 Connected")).to_be_visible()
        await ask(panel, QUESTION)
        await expect(steps(panel, "final_answer")).to_contain_text("100 kg", timeout=20_000)
        await expect(steps(panel, "tool_use").first).to_contain_text("look_up_specification(")
        await expect(steps(panel, "tool_result").first).to_contain_text("100")
        await expect(steps(panel, "thought").first).to_contain_text("specs")
        await expect(steps(panel, "tool_use").first.locator(".step-head")).to_have_text(
            re.compile(r"Tool useiteration 1\d+:\d\d:\d\d")
        )
        await expect(page.locator("#panel-reasoning [data-part=announcement]")).to_contain_text("100 kg")
        if "color_scheme" not in context:
            for kind in COLOURS.keys() - {"error"}:
                await expect(steps(panel, kind).first).to_have_css("background-color", COLOURS[kind])
        for kind in COLOURS.keys() - {"error"}:
            assert await steps(panel, kind).first.evaluate(CONTRAST) >= 7
        assert await fits(page)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_who_answers_and_whether_steps_are_shown(server: Served) -> None:
    async with open_tab(server.http, "reasoning") as (page, panel):
        agent = panel.get_by_label("Agent")
        await expect(agent.locator("option").first).to_have_text("auto")
        await expect(agent.locator("option[value=specs]")).to_have_count(1)
        await panel.get_by_role("button", name="Connect", exact=True).click()
        await agent.select_option("maintenance")
        await panel.get_by_role("switch", name="Reasoning").press("Space")
        await ask(panel, "When is the first service of the Plover due?")
        await expect(steps(panel, "final_answer")).to_have_count(1, timeout=20_000)
        await expect(panel.locator(".step")).to_have_count(1)
        await agent.locator("option[value=specs]").evaluate("option => { option.value = 'nobody'; }")
        await agent.select_option("nobody")
        await ask(panel, QUESTION)
        await expect(steps(panel, "error")).to_contain_text("specs, ")
        await expect(steps(panel, "error")).to_have_css("background-color", COLOURS["error"])
        await panel.get_by_role("button", name="Disconnect").click()
        await expect(panel.get_by_text("🔴 Disconnected")).to_be_visible()
        assert page.problems == []  # type: ignore[attr-defined]


async def test_what_is_written_without_a_connection_is_sent_later(server: Served) -> None:
    async with within_reach(server) as away, open_tab(away.http, "reasoning") as (page, panel):
        status = panel.locator("[data-part=status]")
        await panel.get_by_role("button", name="Connect", exact=True).click()
        await expect(status).to_have_text("🟢 Connected")
        await page.clock.install()
        away.leave()
        for number, seconds in enumerate([2, 4, 6, 8, 10], 1):
            await expect(status).to_have_text(
                re.compile(rf"🔴 Disconnected\. Reconnecting in {seconds} s \(try {number} of 5\) …")
            )
            if number == 2:
                await ask(panel, QUESTION)
                await expect(panel.get_by_text("Waiting for the connection.")).to_be_visible()
            await page.clock.fast_forward(seconds * 1_000)
        await expect(status).to_contain_text("No connection after 5 tries. What you wrote is kept")
        away.come_back()
        await ask(panel, "And of the Heron?")
        await expect(panel.get_by_text("Waiting for the connection.")).to_have_count(2)
        await panel.get_by_role("button", name="Connect", exact=True).click()
        await expect(steps(panel, "final_answer")).to_have_count(2, timeout=20_000)
        await expect(panel.locator(".turn-steps").first.locator(".step[data-type=final_answer]")).to_contain_text(
            "100 kg"
        )
        await expect(panel.get_by_text("Waiting for the connection.")).to_have_count(0)
