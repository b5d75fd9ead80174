"""The widget while a person takes over. The frames of the hand-over are put behind those of the real server."""

from typing import Any

from playwright.async_api import expect

from tests.browser.chat_window import open_site
from tests.browser.test_widget_hostile import spoken_by
from tests.serving import Served

ROOF = "What is the roof load of the Plover?"


async def test_from_the_queue_to_a_person_and_back(server: Served) -> None:
    steps: list[dict[str, Any]] = [
        {
            "state": "waiting",
            "owner": "bot",
            "notice": "A colleague will take over. Until then I go on.",
            "queue": {"place": 2},
        },
        {
            "state": "staff",
            "owner": "staff",
            "staff": {"name": "Ada"},
            "notice": "Ada has joined and answers you from now on.",
        },
        {"state": "bot", "owner": "bot", "notice": "Ada has left. The assistant answers you again."},
    ]
    seq = 100

    def change(frame: dict[str, Any]) -> list[dict[str, Any]]:
        nonlocal seq
        if frame["type"] == "complete" and steps:
            seq += 10
            about = {"session_id": frame["session_id"]}
            step = steps.pop(0)
            frames = [{**frame, "seq": seq}, {"type": "owner", **about, **step, "seq": seq + 1}]
            if step["state"] == "staff":
                said = {"message": "Good morning, **Ada** here.", "name": "Ada", "message_id": f"x{seq}"}
                frames.append({"type": "staff_message", **about, **said, "seq": seq + 2})
                frames.append({"type": "staff_typing", **about, "name": "Ada", "typing": True})
            return frames
        if "seq" in frame:
            seq += 1
            frame["seq"] = seq
        return [frame]

    async with open_site(server.http, token=server.token("people")) as window:
        await spoken_by(window.page, change)
        await window.page.reload()
        await window.open()
        header = window.panel.locator("header")
        await window.ask(ROOF)
        await expect(header).to_contain_text("Waiting for a person · Number 2 in the queue")
        await expect(window.panel).to_contain_text("A colleague will take over.")
        await expect(window.button("Talk to a person")).to_be_hidden()
        await window.ask("What is the boot volume of the Wren?")
        await expect(header.get_by_role("heading")).to_have_text("Ada")
        await expect(header).to_contain_text("You are talking to Ada")
        await expect(window.panel.locator(".staff strong")).to_have_text("Ada")
        await expect(window.panel).to_contain_text("Ada is typing …")
        await window.ask("What is the boot volume of the Heron?")
        await expect(window.panel).to_contain_text("Ada has left. The assistant answers you again.")
        await expect(header.get_by_role("heading")).to_have_text("Support")
        await expect(window.button("Talk to a person")).to_be_visible()


async def test_a_person_is_asked_for(server: Served) -> None:
    async with open_site(server.http, token=server.token("wish")) as window:
        await window.open()
        await window.ask(ROOF)
        await window.button("Talk to a person").click()
        await expect(window.panel.locator(".answer, .notice")).to_have_count(2, timeout=20_000)
        assert window.page.problems == []  # type: ignore[attr-defined]
