"""The widget on a page of another origin, against the real server."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.chat_window import SOON_MS, ChatWindow, open_site
from tests.browser.chromium import open_page
from tests.browser.sites import site, strict_policy
from tests.faults.proxy import Proxy
from tests.model_server.running import Control, running_model_server
from tests.serving import ROOT, Served, duplicate, serving

ROOF = "What is the roof load of the Plover?"
BOOKING = "I'd like to book a service for my Heron Hybrid 2025 at Brennhaven next Tuesday morning"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SERIOUS = {"serious", "critical"}
SLOW = "openai:script-150tok-30ms"
"""A model that takes about five seconds over an answer."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Control]:
    with running_model_server() as running:
        yield running


def modelled(provider: Control) -> dict[str, str]:
    return {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": SLOW}


@pytest.fixture(scope="module")
def slow_data(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return duplicate(ingested, tmp_path_factory.mktemp("slow") / "data")


@pytest.fixture(scope="module")
def slow(slow_data: Path, provider: Control) -> Iterator[Served]:
    """A server whose answers take their time."""
    with serving(slow_data, **modelled(provider)) as served:
        yield served


async def test_by_the_line_of_the_readme_alone(server: Served) -> None:
    [line] = re.findall(r"^<script src=.*widget\.js.*</script>$", (ROOT / "README.md").read_text("utf-8"), re.M)
    with site(server.http) as address:
        async with open_page() as page:
            own = line.replace("http://localhost:8000", server.http)
            await page.route(
                address + "/", lambda route: route.fulfill(body=f"<h1>A shop</h1>{own}", content_type="text/html")
            )
            await page.goto(address)
            window = ChatWindow(page)
            await window.open()
            answer = await window.ask(ROOF)
            await expect(answer).to_contain_text("100 kg")
            assert page.problems == []  # type: ignore[attr-defined]


async def test_under_a_strict_policy_an_answer_cites_its_passages(server: Served) -> None:
    async with open_site(server.http, policy=strict_policy(server.http), token=server.token("strict")) as window:
        await window.open()
        answer = await window.ask(ROOF)
        await expect(answer.locator(".text")).to_contain_text("100 kg")
        await answer.locator(".marker").first.click()
        passage = answer.locator(".sources li").first
        await expect(passage).to_be_focused()
        await expect(passage).to_contain_text("Dimensions and weights")
        await expect(passage.locator("[data-told=true]").first).to_be_visible()
        assert window.page.problems == []  # type: ignore[attr-defined]
        styled = await window.panel.evaluate("panel => getComputedStyle(panel).position")
        assert styled == "fixed"


async def test_the_dots_wait_for_no_word_of_the_server(slow: Served) -> None:
    """So they are there with the next picture of the screen, however far away the server is."""
    asked = asyncio.Event()

    async def mute(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def say(message: str | bytes) -> None:
            if ROOF in str(message):
                asked.set()
            server.send(message)

        route.on_message(say)
        server.on_message(lambda message: None if asked.is_set() else route.send(message))

    with site(slow.http, token=slow.token("dots")) as address:
        async with open_page() as page:
            await page.route_web_socket(lambda address: "/ws/chat" in address, mute)
            await page.goto(address)
            window = ChatWindow(page)
            await window.open()
            await window.say(ROOF)
            await expect(window.panel.locator(".progress .dots")).to_be_visible(timeout=SOON_MS)
            await asyncio.wait_for(asked.wait(), 10)


async def test_an_answer_streams_and_is_stopped_and_made_again(slow: Served) -> None:
    async with open_site(slow.http, token=slow.token("stop")) as window:
        await window.open()
        await window.say(ROOF)
        text = window.answers.first.locator(".text")
        await expect(text).to_contain_text("the engine delivers", timeout=SOON_MS)
        before = len(await text.inner_text())
        await expect(text).to_contain_text("workshop will gladly check the level of the fluid")
        assert len(await text.inner_text()) > before
        await window.button("Stop").click()
        await expect(window.answers.first).to_have_attribute("data-status", "cancelled", timeout=3_000)
        await expect(window.answers.first).to_contain_text("Stopped.")
        await window.button("Try again").click()
        await expect(window.answers).to_have_count(1)
        await expect(window.answers.first).to_have_attribute("data-status", "writing", timeout=SOON_MS)
        await window.button("Stop").click()
        assert window.page.problems == []  # type: ignore[attr-defined]


async def test_a_reload_in_the_middle_of_an_answer(slow: Served) -> None:
    async with open_site(slow.http, token=slow.token("reload")) as window:
        await window.open()
        await window.say(ROOF)
        await expect(window.answers.first.locator(".text")).to_contain_text("the engine", timeout=SOON_MS)
        await window.page.reload()
        await expect(window.answers.first).to_have_attribute("data-status", "writing", timeout=SOON_MS)
        await expect(window.asked).to_have_text([ROOF])
        await expect(window.whole()).to_be_visible(timeout=SOON_MS)
        assert await window.answers.count() == 1


async def test_the_server_is_killed_and_restarted_in_the_middle_of_an_answer(
    ingested: Path, tmp_path: Path, provider: Control
) -> None:
    data = duplicate(ingested, tmp_path / "data")
    async with Proxy(0) as proxy:
        with serving(data, **modelled(provider)) as first:
            proxy.target = first.port
            address = f"http://127.0.0.1:{proxy.port}"
            async with open_site(address, token=first.token("restart")) as window:
                await window.open()
                await window.say(ROOF)
                await expect(window.answers.first.locator(".text")).to_contain_text("the engine", timeout=SOON_MS)
                first.process.kill()
                await asyncio.to_thread(first.process.wait)
                await expect(window.banner).to_contain_text("The connection was lost", timeout=SOON_MS)
                with serving(data, **modelled(provider)) as second:
                    proxy.target = second.port
                    await expect(window.whole()).to_be_visible(timeout=60_000)
                    await expect(window.banner).to_be_hidden()
                    assert await window.answers.count() == 1
                    shown = await window.whole().locator(".text").inner_text()
                    [session] = json.loads(second.get("/api/v1/sessions", second.token("restart"))[1])["sessions"]
                    path = f"/api/v1/sessions/{session['session_id']}/messages"
                    told = json.loads(second.get(path, second.token("restart"))[1])["messages"]
                    assert [one["text"].strip() for one in told] == [ROOF, shown.strip()]


async def test_offline_and_back(server: Served) -> None:
    async with open_site(server.http, token=server.token("offline")) as window:
        await window.open()
        await window.ask(ROOF)
        await window.page.context.set_offline(True)
        await expect(window.banner).to_contain_text("You are offline")
        await window.say("What is the boot volume of the Wren?")
        await expect(window.questions.last).to_have_attribute("data-status", "queued")
        await expect(window.questions.last).to_contain_text("Will be sent when you are connected")
        await window.page.context.set_offline(False)
        await expect(window.answers).to_have_count(2, timeout=SOON_MS)
        await expect(window.whole(1)).to_be_visible(timeout=SOON_MS)
        await expect(window.banner).to_be_hidden()


async def test_what_was_written_offline_survives_a_reload(server: Served) -> None:
    """The connection alone is gone: a page without network could not be loaded again."""
    async with (
        Proxy(server.port) as proxy,
        open_site(f"http://127.0.0.1:{proxy.port}", token=server.token("kept")) as window,
    ):
        there, proxy.target = proxy.target, 9
        await window.open()
        await window.say(ROOF)
        await expect(window.questions.last).to_have_attribute("data-status", "queued")
        await window.page.route("**/widget.js", lambda route: route.continue_(url=f"{server.http}/widget.js"))
        await window.page.reload()
        await expect(window.asked).to_have_text([ROOF])
        proxy.target = there
        await expect(window.whole()).to_contain_text("100 kg", timeout=SOON_MS)
        assert await window.questions.count() == 1


async def test_a_booking_is_chosen_and_confirmed(server: Served) -> None:
    async with open_site(server.http, token=server.token("booking"), context=PHONE) as window:
        await window.open()
        await window.ask(BOOKING)
        choices = window.panel.get_by_role("group", name="Please choose").get_by_role("button")
        await expect(choices).to_have_count(3)
        chosen = await choices.nth(1).inner_text()
        await choices.nth(1).click()
        card = window.panel.get_by_role("group", name="Please decide")
        await expect(card).to_contain_text(f"Shall I book {chosen}", timeout=SOON_MS)
        await card.get_by_role("button", name="Yes").click()
        booked = window.whole()
        await expect(booked).to_contain_text("Booked:", timeout=SOON_MS)
        await expect(card).to_contain_text("Answered")
        await expect(card.get_by_role("button")).to_have_count(0)
        async with window.page.expect_download() as downloading:
            await booked.get_by_role("button", name="Add to calendar").click()
        path = await (await downloading.value).path()
        assert b"BEGIN:VCALENDAR" in Path(path).read_bytes()
        appointments = json.loads(server.get("/api/v1/appointments", server.token("booking"))[1])["appointments"]
        assert len(appointments) == 1
        assert await window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_thumbs_are_kept_and_a_reason_is_told(server: Served) -> None:
    sent: list[dict[str, object]] = []
    async with open_site(server.http, token=server.token("thumbs")) as window:
        window.page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(json.loads(text))))
        await window.open()
        answer = await window.ask(ROOF)
        await answer.get_by_role("button", name="Not helpful").click()
        reason = answer.get_by_label("What was wrong? (optional)")
        await expect(reason).to_be_focused()
        await reason.fill("Which year?")
        await answer.get_by_role("button", name="Send feedback").click()
        await expect(answer.get_by_role("status")).to_have_text("Thank you for your feedback.")
        told = [(one["rating"], one.get("reason")) for one in sent if one["type"] == "feedback"]
        assert told == [("down", None), ("down", "Which year?")]
        await window.page.reload()
        await expect(window.whole().get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")
        await expect(window.panel.locator(".banner[role=alert]")).to_have_count(0)


async def test_a_question_is_asked_otherwise(server: Served) -> None:
    async with open_site(server.http, token=server.token("edit")) as window:
        await window.open()
        await window.ask("What is the boot volume of the Wren?")
        await window.button("Edit").click()
        editor = window.panel.get_by_label("Your message, edited")
        await expect(editor).to_be_focused()
        await editor.fill(ROOF)
        await editor.press("Enter")
        await expect(window.asked).to_have_text([ROOF], timeout=SOON_MS)
        await expect(window.whole()).to_contain_text("100 kg", timeout=SOON_MS)
        await window.page.reload()
        await expect(window.asked).to_have_text([ROOF], timeout=SOON_MS)


async def test_who_reads_above_is_left_there(slow: Served) -> None:
    async with open_site(
        slow.http, token=slow.token("scroll"), context={"viewport": {"width": 900, "height": 460}}
    ) as window:
        await window.open()
        await window.say(ROOF)
        await expect(window.answers.first.locator(".text")).to_contain_text("of the model that you", timeout=SOON_MS)
        await window.page.wait_for_timeout(1_500)
        assert await window.log.evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight") < 60
        await window.log.evaluate("log => { log.scrollTop = 0; }")
        below = window.button("New text below")
        await expect(below).to_be_visible()
        await window.page.wait_for_timeout(300)
        assert await window.log.evaluate("log => log.scrollTop") == 0
        await below.click()
        await expect(below).to_be_hidden()


async def test_an_answer_that_comes_while_it_is_closed_is_counted(slow: Served) -> None:
    async with open_site(slow.http, token=slow.token("unread")) as window:
        await window.page.evaluate(
            """() => {
                window.heard = [];
                for (const name of ['message', 'unread', 'open', 'close'])
                    Pitcrew.on(name, (event) => heard.push([name, event?.from ?? event?.count ?? null]));
            }"""
        )
        await window.page.evaluate(f"Pitcrew.send({ROOF!r})")
        await expect(window.answers.first.locator(".text")).to_contain_text("the engine", timeout=SOON_MS)
        await window.page.keyboard.press("Escape")
        await expect(window.panel).to_be_hidden()
        await expect(window.launcher).to_be_focused()
        await expect(window.launcher).to_have_accessible_name("Open the chat, 1 new message", timeout=SOON_MS)
        await window.page.evaluate("Pitcrew.toggle()")
        await expect(window.whole()).to_be_visible()
        await window.page.evaluate("Pitcrew.close()")
        await expect(window.launcher).to_have_accessible_name("Open the chat")
        heard_of = await window.page.evaluate("heard")
        assert [one for one in heard_of if one[0] == "message"] == [["message", "customer"], ["message", "assistant"]]
        assert ["unread", 1] in heard_of
        assert [name for name, _ in heard_of if name in {"open", "close"}] == ["open", "close", "open", "close"]


async def test_who_identifies_as_somebody_else_sees_nothing_of_the_first(server: Served) -> None:
    async with open_site(server.http, token=server.token("first")) as window:
        await window.open()
        await window.ask(ROOF)
        await window.page.evaluate("token => Pitcrew.identify({ token })", server.token("second"))
        await expect(window.questions).to_have_count(0)
        await window.ask("What is the boot volume of the Wren?")
        await window.page.reload()
        await expect(window.launcher).to_be_visible()
        assert json.loads(server.get("/api/v1/sessions", server.token("second"))[1])["sessions"][0]["messages"] == 2


async def test_by_tickets(server: Served) -> None:
    async with open_page() as page:
        with site(server.http, ticket_url="/ticket") as address:
            given = []

            async def give(route) -> None:  # type: ignore[no-untyped-def]
                given.append(json.loads(server.request("POST", "/api/v1/ticket", server.token("tickets"), b"")[1]))
                await route.fulfill(json=given[-1])

            await page.route(f"{address}/ticket", give)
            await page.goto(address)
            window = ChatWindow(page)
            await window.open()
            await expect(await window.ask(ROOF)).to_contain_text("100 kg")
            assert len(given) == 1


async def test_by_keyboard_alone(server: Served) -> None:
    async with open_site(server.http, token=server.token("keys")) as window:
        page = window.page
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await expect(window.launcher).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(window.box).to_be_focused()
        await page.keyboard.type(ROOF)
        await page.keyboard.press("Enter")
        await expect(window.whole()).to_be_visible(timeout=SOON_MS)
        await expect(window.box).to_be_focused()
        seen: list[str] = []
        name = """() => {
            let at = document.activeElement;
            while (at?.shadowRoot) at = at.shadowRoot.activeElement;
            return at?.getAttribute('aria-label') ?? at?.textContent ?? at?.tagName ?? '';
        }"""
        for _ in range(40):
            await page.keyboard.press("Tab")
            seen.append(await page.evaluate(name))
            if seen[-1] == "Your message":
                break
        assert seen[-1] == "Your message"
        assert {"Close the chat", "New conversation", "Conversation", "Helpful", "Not helpful", "Copy", "Edit"} <= set(
            seen
        )
        assert any(one.startswith("Source 1:") for one in seen)
        assert "What we sell" not in seen
        await page.keyboard.press("Shift+Tab")
        assert await page.evaluate(name) != "Your message"
        await page.keyboard.press("Escape")
        await expect(window.launcher).to_be_focused()


@pytest.mark.parametrize("context", [{}, PHONE, {"color_scheme": "dark"}], ids=["light", "phone", "dark"])
async def test_nothing_keeps_people_from_using_it(server: Served, axe: str, context: dict[str, object]) -> None:
    user = f"axe-{time.time_ns()}"
    async with open_site(server.http, token=server.token(user), context=context) as window:
        await window.open()
        await window.ask(ROOF)
        await window.whole().locator(".sources summary").click()
        await window.ask(BOOKING)
        await window.panel.get_by_role("group", name="Please choose").get_by_role("button").first.click()
        await expect(window.panel.get_by_role("group", name="Please decide")).to_be_visible(timeout=SOON_MS)
        await window.page.wait_for_timeout(400)
        await window.page.evaluate(axe)
        found = await window.page.evaluate("axe.run(document.querySelector('pitcrew-widget'))")
        bad = [
            (one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"])
            for one in found["violations"]
            if one["impact"] in SERIOUS
        ]
        assert bad == []
        assert len(found["passes"]) > 15


async def test_german_and_from_the_right(server: Served) -> None:
    async with open_site(server.http, language="de", token=server.token("german")) as window:
        await expect(window.launcher).to_have_accessible_name("Chat öffnen")
        await window.open()
        await expect(window.panel).to_contain_text("Wobei kann ich Ihnen helfen?")
    async with open_site(server.http, language="ar", token=server.token("arabic")) as window:
        await window.open()
        await expect(window.page.locator("pitcrew-widget .root")).to_have_attribute("dir", "rtl")
        close = await window.button("Close the chat").bounding_box()
        panel = await window.panel.bounding_box()
        assert close
        assert panel
        assert close["x"] < panel["x"] + panel["width"] / 2


async def test_a_phone_is_filled_and_less_motion_is_respected(server: Served) -> None:
    context = {**PHONE, "reduced_motion": "reduce"}
    async with open_site(server.http, token=server.token("phone"), context=context) as window:
        await window.open()
        assert await window.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
        assert await window.panel.evaluate("panel => getComputedStyle(panel).animationName") == "none"
        await expect(window.launcher).to_be_hidden()
        await window.button("Close the chat").click()
        await expect(window.launcher).to_be_focused()


async def test_the_page_chooses_colours_and_words(server: Served) -> None:
    line = {
        "title": "Skelby",
        "accent": "rgb(0, 90, 60)",
        "theme": "dark",
        "greeting": "Moin!",
        "side": "start",
        "suggestions": f"{ROOF}|Hi",
    }
    async with open_site(server.http, token=server.token("themed"), **line) as window:
        assert await window.launcher.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(0, 90, 60)"
        box = await window.launcher.bounding_box()
        assert box
        assert box["x"] < 100
        await window.open()
        await expect(window.panel).to_contain_text("Moin!")
        await window.button(ROOF).click()
        await expect(window.whole()).to_be_visible(timeout=SOON_MS)
        assert await window.panel.evaluate("panel => getComputedStyle(panel).colorScheme") == "dark"
