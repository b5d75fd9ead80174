"""What the assistant does, on the test page: a booking down to the calendar file, its look-ups, several questions."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.async_api import Page, Route, expect

from tests.browser.chromium import open_page
from tests.browser.tabs import connect_as
from tests.serving import Served

BOOKING = "I'd like to book a service for my Heron Hybrid 2025 at Brennhaven next Tuesday morning"
SEVERAL = "What is the tyre pressure of the Wren 58 2026, and how do I book a service?"
ENDED = ".answer:is([data-status=complete], [data-status=asks])"


async def sign_in(page: Page, server: Served, user: str) -> str:
    """As a user of the test's own, who has no other appointments; the token."""
    token = server.token(user)
    await page.goto(f"{server.http}/ws/test")
    await connect_as(page, token, user)
    return token


async def say(page: Page, text: str, turn: int) -> None:
    await page.locator("#message").fill(text)
    await page.locator("#message").press("Enter")
    await expect(page.locator(".turn").nth(turn).locator(ENDED)).to_have_count(1, timeout=20_000)


async def book(page: Page) -> None:
    await say(page, BOOKING, 0)
    await say(page, "the second one please", 1)
    yes = page.locator(".request").get_by_role("button", name="Yes")
    await yes.focus()
    await page.keyboard.press("Tab")
    await expect(page.locator(".request").get_by_role("button", name="No")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Add to calendar").wait_for(timeout=20_000)


async def fits(page: Page) -> bool:
    return await page.evaluate("document.documentElement.scrollWidth == document.documentElement.clientWidth") is True


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "has_touch": True},
    ],
    ids=["desktop", "dark phone"],
)
async def test_a_booking_down_to_the_calendar_file(
    server: Served,
    context: dict,  # type: ignore[type-arg]
    request: pytest.FixtureRequest,
) -> None:
    async with open_page(**context) as page:
        await sign_in(page, server, request.node.name)
        await book(page)
        proposed = await page.locator(".request .prompt").text_content() or ""
        add = page.get_by_role("button", name="Add to calendar")
        await add.focus()
        async with page.expect_download() as downloading:
            await page.keyboard.press("Enter")
        download = await downloading.value
        assert download.suggested_filename == "appointment.ics"
        [event] = Calendar.from_ical(Path(await download.path()).read_bytes()).walk("VEVENT")
        assert datetime.now(UTC) < event.decoded("DTSTART") < datetime.now(UTC) + timedelta(days=60)
        assert f"{event.decoded('DTSTART'):%-d %B %Y}" in proposed
        assert "Brennhaven" in str(event["LOCATION"])
        await expect(page.locator(".calendar .hint")).to_have_text("Saved as appointment.ics.")
        await expect(add).to_be_focused()
        assert "/api/v1/appointments" not in (await page.locator(".answer .text").last.text_content() or "")
        assert await fits(page)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_a_calendar_file_that_cannot_be_had_is_told_in_words(server: Served) -> None:
    async with open_page() as page:
        token = await sign_in(page, server, "no-file")
        await book(page)
        asked: list[str | None] = []
        answers = [
            {"status": 401, "body": ""},
            {"status": 503, "body": ""},
            {"status": 200, "body": "<b>no calendar</b>", "content_type": "text/html"},
        ]

        async def refuse(route: Route) -> None:
            asked.append(await route.request.header_value("authorization"))
            if answers:
                await route.fulfill(**answers.pop(0))  # type: ignore[arg-type]
            else:
                await route.abort()

        await page.route("**/api/v1/appointments/*.ics", refuse)
        told = page.locator(".calendar .hint")
        for words in ["sign in again", "answered 503", "no calendar file", "cannot be reached"]:
            await page.get_by_role("button", name="Add to calendar").click()
            await expect(told).to_contain_text(words)
        assert asked == [f"Bearer {token}"] * 4
        await page.get_by_role("button", name="Disconnect").click()
        await page.get_by_role("button", name="Add to calendar").click()
        await expect(told).to_have_text("Sign in first.")
        assert len(asked) == 4


async def test_look_ups_open_by_keyboard_and_are_not_kept(server: Served) -> None:
    async with open_page(viewport={"width": 390, "height": 844}) as page:
        await sign_in(page, server, "looking-up")
        await say(page, BOOKING, 0)
        lookups = page.locator(".lookups")
        await expect(lookups).not_to_have_attribute("open", "")
        await expect(lookups.locator("summary")).to_have_text(re.compile(r"^\d look-ups?$"))
        await lookups.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(lookups.locator("li code").first).to_contain_text("find_slots(")
        await expect(lookups.locator(".lookup-outcome").first).to_have_text(
            re.compile(r"^worked · (\d+ ms|\d+\.\d s)$")
        )
        names = page.locator(".steps li:visible .step-name")
        await expect(names).to_have_text(["Starting", "Routing", "Retrieval", "Look-ups", "Generating"])
        assert await fits(page)
        await page.reload()
        await sign_in(page, server, "looking-up")
        await expect(page.locator(ENDED)).to_have_count(1, timeout=20_000)
        await expect(page.locator(".lookups:visible")).to_have_count(0)


async def test_what_became_of_each_question(server: Served) -> None:
    async with open_page(viewport={"width": 390, "height": 844}) as page:
        await sign_in(page, server, "several")
        await say(page, SEVERAL, 0)
        await expect(page.locator(".badge.part")).to_have_text(["specs: answered", "maintenance: answered"])
        await say(page, BOOKING, 1)
        await expect(page.locator(".turn").nth(1).locator(".badge.part")).to_have_text(["maintenance: asks back"])
        await page.locator("#new-conversation").evaluate("button => button.click()")
        await say(page, "What is the roof load of the Plover?", 0)
        await expect(page.locator(".badge", has_text="total")).to_have_count(1)
        await expect(page.locator(".badge.part")).to_have_count(0)
        assert await fits(page)
        assert page.problems == []  # type: ignore[attr-defined]


async def test_only_the_very_path_becomes_a_button(server: Served) -> None:
    path = "/api/v1/appointments/12345678-90ab-4cde-8f01-234567890abc.ics"
    texts = {
        f"See {path}.": 1,
        f'("{path}")': 1,
        f"{path}\n{path}": 2,
        f"https://evil.example{path}": 0,
        f"//evil.example{path}": 0,
        f"/x{path}": 0,
        f"{path}/../../../secrets": 0,
        f"{path}?token=1": 0,
        f"{path}x": 0,
        path.replace("8f01", "8f0"): 0,
        path.replace("90ab", "..%2"): 0,
        f"<button>{path}</button><img src=x>": 0,
    }
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        for text, buttons in texts.items():
            counted = await page.evaluate(
                """async (text) => {
                    const { withAppointments } = await import('/ws/test/appointment.js');
                    const shown = document.createElement('p');
                    shown.append(...withAppointments(text, () => ''));
                    return [shown.querySelectorAll('button').length, shown.querySelectorAll('img').length];
                }""",
                text,
            )
            assert counted == [buttons, 0], text


async def test_look_ups_under_way_failed_and_told_twice(server: Served) -> None:
    called = {
        "kind": "tool_use",
        "part": 0,
        "agent": "specs",
        "iteration": 1,
        "timestamp": "1",
        "content": "<b>f()</b>",
    }
    failed = called | {
        "kind": "tool_result",
        "timestamp": "2",
        "content": "no such <i>car</i>",
        "ok": False,
        "ms": 12.3,
    }
    other = called | {"iteration": 2, "timestamp": "3", "content": "g()"}
    unknown = failed | {"iteration": 3}
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        shown = await page.evaluate(
            """async (frames) => {
                const { Turn } = await import('/ws/test/conversation.js');
                const { LookupsView } = await import('/ws/test/lookups.js');
                const turn = new Turn('q', 'm', true), view = new LookupsView();
                for (const frame of frames) turn.look(frame);
                view.render(turn.lookups);
                const texts = (selector) => [...view.element.querySelectorAll(selector)].map((one) => one.textContent);
                return [...texts('summary'), ...texts('li > *'), ...texts('b, i')];
            }""",
            [called, called, failed, failed, other, unknown],
        )
        assert shown == [
            *["2 look-ups, 1 failed", "<b>f()</b>", "failed · 12 ms", "no such <i>car</i>"],
            *["g()", "under way"],
        ]
