"""The reasoning tab against the real server: steps in their colours, who answers, and what a lost connection loses."""

import json
import re

import pytest
from playwright.async_api import Locator, WebSocketRoute, expect

from tests.browser.tabs import CONTEXTS, IDS, fits, open_tab, sign_in, within_reach
from tests.integration.listening import listening
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
        await expect(panel.get_by_text("Connected", exact=True)).to_be_visible()
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


ENDS = ".step:is([data-type=final_answer], [data-type=error])"
ANSWERS = {
    "What is the tank volume of the Heron 1.5T?": "52 litres",
    "What is the roof load of the Plover?": "100 kg",
    "What is the wading depth of the Osprey?": "600 mm",
    "What is the roof load of the Osprey?": "80 kg",
    "What is the torque of the Wren 58?": "Nm|too many messages waiting",
    "When is the first service of the Plover due?": "km|too many messages waiting",
}
"""More than the server lets wait: the last ones may be refused."""


async def test_each_answer_stands_under_its_question(server: Served) -> None:
    async with open_tab(server.http, "reasoning") as (_, panel):
        await expect(panel.get_by_text("Connected", exact=True)).to_be_visible()
        await panel.get_by_label("Your message").evaluate(
            """(box, questions) => questions.forEach((question) => {
                box.value = question;
                box.form.requestSubmit();
            })""",
            list(ANSWERS),
        )
        await expect(panel.locator(ENDS)).to_have_count(len(ANSWERS), timeout=30_000)
        turns = panel.locator(".turn-steps")
        await expect(turns.locator(".bubble")).to_have_text(list(ANSWERS))
        for number, answer in enumerate(ANSWERS.values()):
            await expect(turns.nth(number).locator(ENDS)).to_have_count(1)
            await expect(turns.nth(number).locator(ENDS)).to_have_text(re.compile(answer))


async def test_who_answers_and_whether_steps_are_shown(server: Served) -> None:
    async with open_tab(server.http, "reasoning") as (page, panel):
        agent = panel.get_by_label("Agent")
        await expect(agent.locator("option").first).to_have_text("auto")
        await expect(agent.locator("option[value=specs]")).to_have_count(1)
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
        await expect(panel.get_by_text("Disconnected")).to_be_visible()
        # who is signed in by the time the tab is shown again may ask others too
        await expect(agent.locator("option[value=explorer]")).to_have_count(0)
        await page.get_by_role("tab", name="Chat").click()
        await sign_in(page, server.token("reasoning-staff", role="staff"))
        await page.get_by_role("tab", name="Reasoning").click()
        await expect(agent.locator("option[value=explorer]")).to_have_count(1)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_a_sign_of_life_is_answered(server: Served) -> None:
    said: list[str] = []

    def between(page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()
        page_side.on_message(lambda text: (said.append(str(text)), server_side.send(text)))
        page_side.send('{"type": "ping", "timestamp": 12.5}')

    async with open_tab(server.http, "reasoning") as (page, panel):
        await page.route_web_socket(re.compile("/ws/chat/reasoning-"), between)
        await page.reload()
        await expect(panel.get_by_text("Connected", exact=True)).to_be_visible()
        await ask(panel, QUESTION)
        await expect(steps(panel, "final_answer")).to_be_visible(timeout=20_000)
        assert json.loads(said[0]) == {"type": "pong", "timestamp": 12.5}


async def test_what_is_written_without_a_connection_is_sent_later(server: Served) -> None:
    async with within_reach(server) as away, open_tab(away.http, "reasoning") as (page, panel):
        status = panel.locator("[data-part=status]")
        await expect(status).to_have_text("Connected")
        await page.clock.install()
        away.leave()
        for number, seconds in enumerate([2, 4, 6, 8, 10], 1):
            await expect(status).to_have_text(
                re.compile(rf"Disconnected\. Reconnecting in {seconds} s \(try {number} of 5\) …")
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
        # what was sent into a connection that is gone is sent again; what is told again stands there once
        answers = steps(panel, "final_answer")
        away.freeze()
        await ask(panel, "What is the roof load of the Osprey?")
        away.leave()
        await expect(panel.get_by_text("Waiting for the connection.")).to_be_visible()
        away.come_back()
        await page.clock.fast_forward(2_000)
        await expect(answers).to_have_count(3, timeout=20_000)
        await expect(panel.locator(".turn-steps")).to_have_count(3)
        await expect(panel.locator(".turn-steps").last.locator(ENDS)).to_contain_text("Osprey")


async def test_a_reload_shows_the_history(server: Served) -> None:
    async with open_tab(server.http, "reasoning") as (page, panel):
        await ask(panel, QUESTION)
        await expect(steps(panel, "final_answer")).to_contain_text("100 kg", timeout=20_000)
        await ask(panel, "And of the Heron?")
        await expect(steps(panel, "final_answer")).to_have_count(2, timeout=20_000)
        before = await panel.locator(".step .step-content, .step .prose").all_text_contents()
        for _ in range(2):
            await page.reload()
            await expect(panel.get_by_text("Connected", exact=True)).to_be_visible()
            await expect(steps(panel, "final_answer")).to_have_count(2, timeout=20_000)
            await expect(panel.locator(".turn-steps > .bubble:first-child")).to_have_text(
                [QUESTION, "And of the Heron?"]
            )
            assert await panel.locator(".step .step-content, .step .prose").all_text_contents() == before
            # history is not read out
            await expect(panel.locator("[data-part=announcement]")).to_be_empty()
        await ask(panel, "And of the Wren?")
        await expect(steps(panel, "final_answer")).to_have_count(3, timeout=20_000)
        await expect(panel.locator(".turn-steps").last.locator(".step").last).to_contain_text("50 kg")
        assert page.problems == []  # type: ignore[attr-defined]


async def test_what_another_page_asks_is_shown_with_its_question(server: Served) -> None:
    async with open_tab(server.http, "reasoning") as (page, panel):
        await ask(panel, QUESTION)
        await expect(steps(panel, "final_answer")).to_have_count(1, timeout=20_000)
        session = await page.evaluate("sessionStorage.getItem('pitcrew.test.reasoning')")
        token = await page.locator("#token").input_value()
        async with listening(server, f"/ws/chat/{session}?token={token}") as line:
            await line.send({"type": "chat", "payload": {"message": "And of the Osprey?"}})
            await expect(panel.locator(".bubble")).to_have_text([QUESTION, "And of the Osprey?"])
            await expect(panel.locator(".turn-steps").last.locator(ENDS)).to_contain_text("80 kg", timeout=20_000)
