"""Another language than English, with a model: a scripted one translates, and answers what it is really sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import talking, text_of
from tests.model_server.running import Control
from tests.serving import Served, duplicate, serving

WASH = "Darf ich mit dem Wren durch die Waschanlage fahren?"
HELLO = "Guten Tag, wie geht es Ihnen denn heute so?"
FIRE = "Hilfe, aus dem Motorraum kommt dichter schwarzer Rauch und es brennt!"


@pytest.fixture(scope="module")
def served(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("german") / "data")
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": "openai:scripted"}
    with serving(own, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(provider: Control) -> None:
    provider.reset()


def says(payload: Any) -> dict[str, Any]:
    return {"kind": "says", "payload": payload if isinstance(payload, str) else json.dumps(payload)}


async def test_german_is_answered_by_the_model_from_english_passages(served: Served, provider: Control) -> None:
    english = {"language": "German", "message": "May I take the Wren through a car wash?"}
    provider.script(says(english), says("Ja, ohne Anhängerkupplung [1]."))
    async with talking(served.chat, served.token("anja")) as talk:
        frames = await talk.ask(WASH)
    assert (frames[-1]["type"], text_of(frames)) == ("complete", "Ja, ohne Anhängerkupplung [1].")
    asked = provider.requests()[-1]["messages"][-1]["content"]
    assert "car wash" in asked.partition("Question:")[0].casefold(), "passages were found"
    assert f'In their own words: "{WASH}"' in asked
    assert "answer in German" in asked
    assert asked.endswith("Question: May I take the Wren through a car wash?")


async def test_small_talk_is_said_in_the_customers_language(served: Served, provider: Control) -> None:
    provider.script(
        says({"language": "German", "message": "Hello, how are you?"}), says({"text": "Danke, gut. Was darf es sein?"})
    )
    async with talking(served.chat, served.token("bernd")) as talk:
        frames = await talk.ask(HELLO)
    assert text_of(frames) == "Danke, gut. Was darf es sein?"
    assert provider.stats()["requests"] == 2
    assert "always well" in provider.requests()[-1]["messages"][-1]["content"]


async def test_danger_is_said_in_fixed_words_first(served: Served, provider: Control) -> None:
    english = {"language": "German", "message": "Help, thick black smoke comes from the engine bay and it is burning!"}
    provider.script(says(english), always={"kind": "status", "status": 500})
    async with talking(served.chat, served.token("clara")) as talk:
        frames = await talk.ask(FIRE)
    assert frames[-1]["type"] == "complete"
    assert "112" in text_of(frames)


async def test_without_a_translation_the_customer_learns_whom_to_call(served: Served, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 400})
    async with talking(served.chat, served.token("dirk")) as talk:
        frames = await talk.ask(WASH)
    assert frames[-1]["type"] == "complete"
    assert text_of(frames).startswith("Ich kann leider nur auf Englisch antworten")
