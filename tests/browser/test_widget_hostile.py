"""What a model, a document, staff or a customer may say in the widget: nothing of it runs, nothing is fetched."""

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.chat_window import SOON_MS, ChatWindow, open_site
from tests.browser.console_window import open_console
from tests.browser.hostile import watch
from tests.browser.payloads import PAYLOADS
from tests.model_server.running import Control
from tests.serving import Served, duplicate, environment, pitcrew, serving

ROOF = "What is the roof load of the Plover?"
FOREIGN = (
    "script, iframe, object, embed, img, video, audio, source, math, svg:not(.icon), style, link, meta, base, "
    "template, marquee, input, select, button:not([type]), x-pitcrew, pitcrew-widget, "
    "[style], [srcset], [action], [formaction]"
)
"""Selects what no text may become."""
HANDLERS = """root => [...root.querySelectorAll('*')].flatMap((one) => [...one.attributes])
    .filter(({ name, value }) => name.startsWith('on') || /^\\s*(javascript|data|vbscript):/i.test(value))
    .map(({ name }) => name)"""


async def harmless(window: ChatWindow, strange: list[str]) -> None:
    """Nothing of it ran, nothing left for elsewhere, and nothing but text became of it."""
    page = window.page
    await page.mouse.move(200, 200)
    await page.wait_for_timeout(200)
    assert await page.evaluate("window.ran") is None
    assert strange == []
    shown = window.panel.locator(".log")
    assert await shown.locator(FOREIGN).evaluate_all("all => all.map((one) => one.outerHTML)") == []
    assert await shown.evaluate(HANDLERS) == []
    for link in await shown.locator("a").all():
        assert (await link.get_attribute("href") or "").startswith(("https://", "http://", "mailto:"))
        assert await link.get_attribute("rel") == "noopener noreferrer nofollow"


async def test_a_model_says_them(modelled: Served, provider: Control) -> None:
    async with open_site(modelled.http, token=modelled.token("said")) as window:
        strange = await watch(window.page, modelled)
        await window.open()
        for start in range(0, len(PAYLOADS), 10):
            provider.script(always={"kind": "says", "payload": "Said:\n\n" + "\n\n".join(PAYLOADS[start : start + 10])})
            answer = await window.ask(ROOF)
            await expect(answer).to_contain_text("Said:")
            await harmless(window, strange)
        await expect(window.panel).to_contain_text("svg/onload=window.ran=1>")


async def test_a_model_says_one_after_the_other_as_they_stand(modelled: Served, provider: Control) -> None:
    """One alone is read otherwise than many in one text."""
    async with open_site(modelled.http, token=modelled.token("alone")) as window:
        strange = await watch(window.page, modelled)
        await window.open()
        for payload in PAYLOADS[::3]:
            provider.script(always={"kind": "says", "payload": payload})
            await window.say(ROOF)
            await expect(window.panel.locator(".answer[aria-busy=true]")).to_have_count(0, timeout=SOON_MS)
            await harmless(window, strange)


async def test_a_customer_says_them_by_a_hostile_name(server: Served) -> None:
    token = server.token("hostile", name=PAYLOADS[2], email="x@example.com")
    async with open_site(server.http, token=token, title=PAYLOADS[2], greeting=PAYLOADS[5]) as window:
        strange = await watch(window.page, server)
        await window.open()
        await window.ask("\n".join(PAYLOADS))
        await expect(window.asked.first).to_contain_text("<body onload=window.ran=1>")
        await expect(window.panel).to_have_accessible_name(PAYLOADS[2])
        await harmless(window, strange)


async def spoken_by(page: Page, change: Any) -> None:
    """Every frame of the server's passes through `change`, which gives the frames in its place."""

    async def pass_on(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def receive(message: str | bytes) -> None:
            for frame in change(json.loads(message)):
                route.send(json.dumps(frame))

        server.on_message(receive)

    await page.route_web_socket(lambda address: "/ws/chat" in address, pass_on)


async def test_as_they_stand_whatever_the_server_takes_off(server: Served) -> None:
    """The real answer with text, titles and passages in other words, as they stand (the server takes the edge off a
    model's), and frames of a person behind it."""
    said: list[dict[str, Any]] = []

    def change(frame: dict[str, Any]) -> list[dict[str, Any]]:
        if frame["type"] == "sources":
            for at, passage in enumerate(frame["passages"]):
                passage |= {
                    "title": PAYLOADS[at],
                    "section": PAYLOADS[at + 10],
                    "text": "\n".join(PAYLOADS),
                    "start": 0,
                }
        if frame["type"] == "complete":
            frame["response"] = "\n\n".join(PAYLOADS)
            for citation in frame["metadata"]["context"]["citations"]:
                citation |= {"start": 0, "end": 10}
            about = {"session_id": frame["session_id"]}
            person = {"type": "owner", **about, "owner": "staff", "state": "staff", "staff": {"name": PAYLOADS[2]}}
            said.extend(
                {
                    "type": "staff_message",
                    **about,
                    "message": text,
                    "name": PAYLOADS[3],
                    "message_id": f"x{at}",
                    "seq": 100 + at,
                }
                for at, text in enumerate(PAYLOADS)
            )
            typing = {"type": "staff_typing", **about, "name": PAYLOADS[6], "typing": True}
            return [frame, {**person, "notice": PAYLOADS[5], "seq": 99}, *said, typing]
        return [frame]

    async with open_site(server.http) as window:
        await spoken_by(window.page, change)
        await window.page.reload()
        strange = await watch(window.page, server)
        await window.open()
        await window.ask(ROOF)
        await expect(window.whole()).to_contain_text("<svg/onload=window.ran=1>")
        await window.answers.first.locator(".sources summary").click()
        await expect(window.answers.first.locator(".sources .title").first).to_have_text(PAYLOADS[0])
        await expect(window.panel.locator(".staff")).to_have_count(len(PAYLOADS))
        await expect(window.panel).to_contain_text(f"{PAYLOADS[6]} is typing")
        await harmless(window, strange)


async def test_staff_says_them(server: Served) -> None:
    """By a hostile name, at the console."""
    name = PAYLOADS[2]
    async with (
        open_site(server.http, token=server.token("hostile-staff", name="Hostile Harry")) as window,
        open_console(server, name=name) as desk,
    ):
        strange = await watch(window.page, server)
        await window.open()
        await window.ask(ROOF)
        await desk.open("Hostile Harry")
        await desk.act("take").click()
        await expect(window.panel.locator("header")).to_contain_text(f"You are talking to {name}")
        await desk.composer.press_sequentially("I w")
        await expect(window.panel).to_contain_text(f"{name} is typing")
        listed = (await desk.ask("GET", "/conversations"))["conversations"]
        [mine] = [one["conversation_id"] for one in listed if one["customer"]["name"] == "Hostile Harry"]
        for at, text in enumerate(PAYLOADS):
            reply = {"text": text, "client_message_id": f"hostile-{at}"}
            await desk.ask("POST", f"/conversations/{mine}/reply", reply)
        await expect(window.panel.locator(".staff")).to_have_count(len(PAYLOADS))
        await expect(window.panel.locator(".staff").nth(5)).to_contain_text(PAYLOADS[5])
        await harmless(window, strange)
        # Told again from the store.
        await window.page.context.unroute_all()
        known = (server.http, window.page.url)
        window.page.on("request", lambda one: None if one.url.startswith(known) else strange.append(one.url))
        await window.page.reload()
        await expect(window.panel.locator(".staff")).to_have_count(len(PAYLOADS), timeout=SOON_MS)
        await harmless(window, strange)


@pytest.fixture(scope="module")
def documented(ingested: Path, tmp_path_factory: pytest.TempPathFactory, provider: Control) -> Iterator[Served]:
    """A server that has read a document by each of these titles."""
    folder = tmp_path_factory.mktemp("titled")
    for at, payload in enumerate(PAYLOADS):
        title = escape(" ".join(payload.split()))
        code = f"Z{at + 100}"
        what = f"The warning message {code} means that the roof box is open. Close it then. {code}: {code}."
        page = f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{what} {escape(payload)}</p>"
        (folder / f"message-z{at + 100}.html").write_text(page, encoding="utf-8")
    data = duplicate(ingested, tmp_path_factory.mktemp("documented") / "data")
    done = pitcrew("ingest", str(folder), env=environment(data))
    assert done.returncode == 0, done.stderr
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": "openai:scripted"}
    with serving(data, **settings) as served:
        yield served


async def test_documents_say_them_in_titles_and_text(documented: Served, provider: Control) -> None:
    provider.script(always={"kind": "says", "payload": "The roof box is open [1] [2] [3] [4] [5] [6] [7] [8]."})
    async with open_site(documented.http, token=documented.token("titles")) as window:
        strange = await watch(window.page, documented)
        await window.open()
        titles = [" ".join(payload.split()) for payload in PAYLOADS]
        seen: set[str] = set()
        for at, title in enumerate(titles):
            if title in seen:
                continue
            answer = await window.ask(f"What does the warning message Z{at + 100} mean?")
            await answer.locator(".sources summary").click()
            seen |= {" ".join(one.split()) for one in await answer.locator(".sources .title").all_text_contents()}
            await harmless(window, strange)
            await window.page.evaluate("Pitcrew.startOver()")
            await expect(window.answers).to_have_count(0)
        assert set(titles) <= seen
