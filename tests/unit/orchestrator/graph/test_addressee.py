"""Whose question a short reply answers."""

import pytest

from agents.types import Question, Turn
from orchestrator.graph.addressee import find_asker


def reply(text: str, said: str, agent: str | None = "maintenance") -> str | None:
    return find_asker(Question(text, (Turn("customer", "x"), Turn("assistant", said, agent))))


@pytest.mark.parametrize(
    "text", ["the 18th at 9 then", "ok, Tarnwick", "about 31,000 km, never serviced", "yes", "\x00"]
)
def test_a_short_statement_after_a_question_belongs_to_who_asked(text: str) -> None:
    assert reply(text, "It is closed. Which day suits you? [3]") == "maintenance"


@pytest.mark.parametrize("text", ["How heavy is it?", "tell me a joke", "what's the weather", "word " * 13, "ok?"])
def test_what_asks_for_itself_does_not(text: str) -> None:
    assert reply(text, "Which day suits you?") is None


@pytest.mark.parametrize("said", ["It is 440 Nm.", "", "?!", "Which one? Tell me."])
def test_nothing_was_asked(said: str) -> None:
    assert reply("the second", said) is None


def test_the_router_and_an_empty_conversation_ask_nobody() -> None:
    assert reply("yes", "What would you like to know?", None) is None
    assert find_asker(Question("yes")) is None
    assert find_asker(Question("yes", (Turn("customer", "Really?"),))) is None
