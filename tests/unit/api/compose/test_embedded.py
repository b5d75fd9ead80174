"""Conversations that last as long as the process."""

from agents.types import AS_USUAL, Turn
from api.compose.embedded import MOST_TURNS, Talk, Talks
from orchestrator.run import Desk, Memory


def test_a_conversation_remembers_what_was_said_and_learnt() -> None:
    talk = Talk()
    desk = Desk(memory=Memory({"model": "Heron"}, {"booking": {"step": 1}, "old": None}))
    talk.remember("How strong?", "110 kW.", "specs", desk)
    question = talk.question("And its weight?", AS_USUAL)
    assert question.history == (Turn("customer", "How strong?"), Turn("assistant", "110 kW.", "specs"))
    assert (question.facts, question.notes) == ({"model": "Heron"}, {"booking": {"step": 1}})
    talk.remember("And its weight?", "1455 kg.", "specs", Desk(memory=Memory(None, {"booking": None})))
    assert (talk.facts, talk.notes) == ({"model": "Heron"}, {})
    for _ in range(MOST_TURNS):
        talk.remember("Q", "A", None, Desk())
    assert len(talk.turns) == MOST_TURNS


def test_the_longest_unused_conversation_is_forgotten_first() -> None:
    talks = Talks(most=2)
    first = talks.named("one")
    talks.named("two")
    assert talks.named("one") is first
    talks.named("three")
    assert talks.named("one") is first
    second = talks.named("two")
    assert second.turns == []
