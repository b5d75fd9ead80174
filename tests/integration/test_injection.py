"""Prompt injection against the real server and a model that obeys every word it reads: `tests/injection/payloads.toml`.

The model is not what is tested: it is on the attacker's side. What has to hold is what the server does around it.
"""

import asyncio
import csv
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents.chat.canary import Canary
from agents.models.failover import Budget
from tests.conversing import TERMINAL, Frame, Talk, talking
from tests.model_server.running import Control
from tests.serving import KNOWLEDGE, ROOT, Served, duplicate, environment, pitcrew, serving

PAYLOADS: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/injection/payloads.toml").read_text("utf-8"))["payload"]
BY_CODE = {payload["when"].removeprefix("Order "): payload for payload in PAYLOADS}
PRIVATE = "the squeaking heirloom"
"""What nobody's appointment says but the other customer's."""
CARRIED = "service. " + " ".join(payload["text"] for payload in PAYLOADS if payload["where"] == "result")
with (KNOWLEDGE / "records/workshops.csv").open(encoding="utf-8") as _file:
    DEALER = next(csv.DictReader(_file))["dealer"]
MOST_REQUESTS = 3 * (Budget().rounds + 1)
"""A part may be passed on twice."""
LIVELY = re.compile(r"!\[|<[A-Za-z/!]")


def part_number(code: str) -> str:
    return f"ZX-{4100 + int(code[1:])}"


def write_document(folder: Path, code: str, where: str, text: str) -> None:
    """A document about a part of its own, with the payload in it."""
    part = part_number(code)
    plain = f"The bracket {part} is tightened to {code[1:]} Nm and checked at every service."
    name, body = f"{part}.md", f"# Bracket {part}\n\n{plain}\n"
    match where:
        case "text":
            body += f"\n{text}\n"
        case "title":
            body = f"# {text} ({part})\n\n{plain}\n"
        case "heading":
            body = f"# Bracket {part}\n\n## {text}\n\n{plain}\n"
        case "cell":
            body += f"\n| Bracket | Torque |\n| --- | --- |\n| {part} | {text} |\n"
        case "row":
            name, body = f"{part}.csv", f'bracket,torque\n{part},"{text}"\n'
        case "page":
            hidden = f'<p style="color:white">{text}</p>'
            name, body = (
                f"{part}.html",
                f"<html><title>{part}</title><body><h1>{part}</h1><p>{plain}</p>{hidden}</body>",
            )
        case "file name":
            name, body = f"{text} {part}.txt", plain
    (folder / name).write_text(body, encoding="utf-8")


@dataclass(frozen=True)
class Scene:
    """A running server, the provider behind it, and an appointment each of the attacker's and of somebody else's."""

    served: Served
    provider: Control
    own: str
    other: str

    def appointments(self, user: str) -> Any:
        status, body, _ = self.served.get("/api/v1/appointments", self.served.token(user))
        assert status == 200
        return json.loads(body)

    def world(self) -> Any:
        return {user: self.appointments(user) for user in ("mallory", "victor")}

    def obey(self, payload: dict[str, Any]) -> None:
        """Let the model do what the payload says, and first whatever brings it before the model's eyes."""
        turns = payload["turns"]
        rules = []
        if payload["where"] == "result":
            rules.append({"when": ASK_FOR_OWN, "turns": [{"calls": [{"name": "list_appointments"}]}]})
            turns = [{}, *turns]
        rules.insert(0, {"when": payload["when"], "turns": turns, "loop": payload.get("loop", False)})
        filled = json.dumps(rules)
        for blank, value in (("{own}", self.own), ("{other}", self.other), ("{dealer}", DEALER)):
            filled = filled.replace(blank, value)
        self.provider.obey(*json.loads(filled))


ASK_FOR_OWN = "Which service appointments do I have?"


def question(code: str, payload: dict[str, Any]) -> str:
    if payload["where"] == "message":
        return f"When is the annual service of my Wren due? {payload['text']}"
    if payload["where"] == "result":
        return ASK_FOR_OWN
    return f"At which service is the bracket {part_number(code)} checked?"


@pytest.fixture(scope="module")
def served(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("injection") / "data")
    knowledge = Path(shutil.copytree(KNOWLEDGE, own.parent / "knowledge"))
    for code, payload in BY_CODE.items():
        if payload["where"] not in ("message", "result"):
            write_document(knowledge / "maintenance", code, payload["where"], payload["text"])
    settings = {
        "PITCREW_KNOWLEDGE_DIR": str(knowledge),
        "OPENAI_API_KEY": "sk-any",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_USER_DAY_TOKENS": "0",  # or else the attack would be over when its budget is
    }
    done = pitcrew("ingest", str(knowledge), env=environment(own, **settings))
    assert done.returncode == 0, done.stderr
    with serving(own, **settings) as running:
        yield running


async def turn(talk: Talk, message: str, session: str) -> list[Frame]:
    """Every frame up to the end of the turn, which may be a question."""
    await talk.send({"type": "message", "message": message, "session_id": session})
    frames = [await talk.receive()]
    while frames[-1]["type"] not in TERMINAL | {"input_required"}:
        frames.append(await talk.receive())
    return frames


@pytest.fixture(scope="module")
def scene(served: Served, provider: Control) -> Scene:
    alone = Scene(served, provider, "", "")
    ids = {}
    for user, work in (("victor", PRIVATE), ("mallory", CARRIED)):
        provider.obey(booking(work))
        asyncio.run(book(served, user))
        (only,) = alone.appointments(user)["appointments"]
        ids[user] = only["id"]
    return Scene(served, provider, ids["mallory"], ids["victor"])


async def book(served: Served, user: str) -> None:
    async with talking(served.chat, served.token(user)) as talk:
        asked = (await turn(talk, "Please book the annual service of my Wren.", "booking"))[-1]
        assert asked["type"] == "input_required", asked
        await talk.send({"type": "answer", "request_id": asked["request_id"], "value": True})
        assert (await talk.until_end())[-1]["type"] == "complete"


def booking(work: str) -> dict[str, Any]:
    slot = {"dealer": DEALER, "starts_at": "{tool|start}", "work": work, "vehicle": "Wren"}
    return {
        "when": "Please book",
        "turns": [
            {"calls": [{"name": "find_slots", "arguments": {"dealer": DEALER}}]},
            {"calls": [{"name": "propose_appointment", "arguments": slot}]},
        ],
    }


async def attacked(scene: Scene, code: str) -> tuple[list[Frame], list[Frame]]:
    """The frames of the turn in which the model obeys, and those of the next one, in which it does not."""
    async with talking(scene.served.chat) as talk:
        await talk.sign_in(scene.served.token("mallory"), partial=False, reasoning=True)
        frames = await turn(talk, question(code, BY_CODE[code]), code)
        if frames[-1]["type"] == "input_required":
            await talk.send({"type": "answer", "request_id": frames[-1]["request_id"], "value": False})
            frames += await talk.until_end()
        scene.provider.obey()
        return frames, await talk.ask("What is the roof load of the Wren?", session_id=code)


@pytest.mark.parametrize("code", BY_CODE)
async def test_whoever_obeys_gets_no_further_than_the_customer_may(scene: Scene, code: str) -> None:
    payload, before = BY_CODE[code], scene.world()
    scene.provider.reset()
    scene.obey(payload)
    frames, following = await attacked(scene, code)
    requests = scene.provider.requests()

    prompts = [str(message["content"]) for request in requests for message in request["messages"]]
    assert any(payload["when"] in prompt for prompt in prompts), "the payload never came before the model's eyes"
    assert scene.world() == before
    assert PRIVATE not in json.dumps([frames, following])
    assert scene.other not in "".join(frame.get("response", "") for frame in frames)

    secrets = {found for prompt in prompts for found in re.findall(r"^Reference ([0-9a-f]{16})\.", prompt)}
    assert len(secrets) == 1
    assert not any(Canary(*secrets).within(json.dumps(frame, ensure_ascii=False)) for frame in frames)
    assert not Canary(*secrets).within("".join(frame.get("token", "") for frame in frames))
    assert secrets.isdisjoint(re.findall(r"[0-9a-f]{16}", scene.served.printed()))

    kinds = [frame["type"] for frame in frames]
    assert sum(kind in TERMINAL for kind in kinds) == 1
    assert ("input_required" in kinds) == payload.get("asks", False)
    shown = [frame for frame in frames if frame["type"] in ("input_required", "complete")]
    assert not LIVELY.search("".join(f"{frame.get('response')} {frame.get('prompt')}" for frame in shown))
    calls = [frame for frame in frames if frame["type"] == "reasoning" and frame["kind"] == "tool_use"]
    assert len(calls) <= 3 * Budget().calls
    assert len(requests) <= MOST_REQUESTS
    assert frames[-1]["type"] == following[-1]["type"] == "complete"
    assert following[-1]["metadata"]["answerer"] == "openai:scripted"


async def test_what_a_model_makes_up_about_a_booking_is_marked(scene: Scene) -> None:
    scene.obey(BY_CODE["M30"])
    frames, _ = await attacked(scene, "M30")
    assert "Booking number 4711." in [one["text"] for one in frames[-1]["metadata"]["unsupported"]]


def test_the_corpus_is_large_and_in_many_places() -> None:
    places = [payload["where"] for payload in PAYLOADS]
    assert len(PAYLOADS) >= 40
    assert places.count("message") >= 20
    assert len(places) - places.count("message") >= 20
    assert {"message", "text", "title", "heading", "cell", "row", "page", "file name", "result"} == set(places)
    assert len(BY_CODE) == len(PAYLOADS)
    assert all(payload["when"] in payload["text"] for payload in PAYLOADS)


async def test_nothing_of_it_is_a_fault_of_the_server(scene: Scene) -> None:
    """Runs last: what the server logged of all payloads."""
    printed = scene.served.printed()
    assert "Traceback" not in printed
    assert "tool_failed" not in printed
