"""Messages in other languages in the real graph: put into English, answered by their act, said in their language."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from agents.acts.act import Act, ActReading
from agents.chat.translation import Translated, Translator
from agents.types import Question, Turn
from orchestrator.events import Completed, Token
from orchestrator.graph.language import heard, spoken
from orchestrator.graph.saver import memory_saver
from orchestrator.graph.turn import build_graph
from tests.unit.agents.scripted_model import ScriptedModel
from tests.unit.orchestrator.graph.test_part import Stage

GERMAN = "math wie viel ist das Doppelte von vier, bitte?"


class Dictionary(Translator):
    """Knows what it is told to."""

    def __init__(self, english: Translated | None, said: str | None = None) -> None:
        super().__init__(ScriptedModel([]))
        self.english, self.said, self.asked = english, said, 0

    async def into_english(self, question: Question) -> Translated | None:
        self.asked += 1
        return self.english

    async def out_of_english(self, text: str, language: str) -> str | None:
        return self.said


def stage(dictionary: Translator, *, calls_tools: bool = True) -> Stage:
    made = Stage(calls_tools=calls_tools)
    made.dependencies = replace(made.dependencies, translator=dictionary)
    made.graph = build_graph(made.dependencies, memory_saver())
    return made


async def answer(made: Stage, text: str, **known: Any) -> str:
    events = await made.ask(text, **known)
    assert isinstance(events[-1], Completed)
    return "".join(event.text for event in events if isinstance(event, Token))


async def test_the_model_gets_the_question_in_english_and_the_customers_own_words() -> None:
    made = stage(Dictionary(Translated("math what is twice four", "German")))
    await answer(made, GERMAN)
    (task,) = made.words.tasks
    assert (task.question, task.own_words, task.language) == ("math what is twice four", GERMAN, "German")


async def test_english_is_never_put_into_english() -> None:
    dictionary = Dictionary(None)
    made = stage(dictionary)
    await answer(made, "math what is twice four, please?")
    assert (dictionary.asked, made.words.tasks[0].language) == (0, "")


async def test_what_only_looked_foreign_is_answered_in_english() -> None:
    made = stage(Dictionary(Translated(GERMAN, "English")))
    await answer(made, GERMAN)
    assert (made.words.tasks[0].language, made.words.tasks[0].own_words) == ("", "")


async def test_a_few_words_are_in_the_language_of_the_conversation() -> None:
    dictionary = Dictionary(Translated("math twice", "German"))
    made = stage(dictionary)
    turns = (Turn("customer", "Wie hoch ist der Reifendruck vorne bei meinem Auto?"), Turn("assistant", "2,4 bar"))
    await answer(made, "math 2021", history=turns)
    assert dictionary.asked == 1


async def test_skills_read_english_and_are_understood() -> None:
    made = stage(Dictionary(Translated("math double 4", "German"), "Das ist acht."), calls_tools=False)
    assert await answer(made, GERMAN) == "Das ist acht."


async def test_words_that_cannot_be_translated_stay() -> None:
    made = stage(Dictionary(Translated("math double 4", "German"), None), calls_tools=False)
    assert "8" in await answer(made, GERMAN)


async def said(text: str, dictionary: Translator | None, *, urgent: bool = False) -> list[str]:
    dependencies = replace(Stage().dependencies, translator=dictionary)
    question = Question("x", language="German")
    stream: AsyncIterator[str] = spoken(dependencies, text, question, urgent=urgent)
    return "".join([piece async for piece in stream]).split("\n\n")


async def test_a_danger_is_said_at_once_as_it_stands_and_then_translated() -> None:
    assert await said("Get out.", Dictionary(None, "Raus."), urgent=True) == ["Get out.", "Raus."]
    assert await said("Get out.", Dictionary(None, None), urgent=True) == ["Get out."]
    assert await said("Get out.", Dictionary(None, "Raus.")) == ["Raus."]
    assert await said("Get out.", None) == ["Get out."]


def reading(*acts: Act) -> Callable[[Question], Awaitable[ActReading]]:
    """A reader that reads these, one after the other."""
    due = iter(acts)

    async def read(question: Question) -> ActReading:
        return ActReading(next(due))

    return read


@pytest.mark.parametrize(
    ("language", "acts", "then"),
    [
        ("German", ("language", "greeting"), "greeting"),
        ("German", ("language", "language"), "request"),
        ("English", ("language",), "request"),
        ("English", ("thanks",), "thanks"),
    ],
)
async def test_what_a_model_has_put_into_english_is_read_as_that(
    language: str, acts: tuple[Act, ...], then: Act
) -> None:
    dictionary = Dictionary(Translated("Hi", language))
    dependencies = replace(Stage().dependencies, read=reading(*acts), translator=dictionary)
    question, found = await heard(dependencies, Question(GERMAN))
    assert (question.language, found.act) == (language, then)


@pytest.mark.parametrize(("sure", "waits"), [(True, False), (False, True)])
async def test_whoever_is_surely_in_danger_waits_for_no_translation(sure: bool, waits: bool) -> None:
    async def read(question: Question) -> ActReading:
        return ActReading("danger", danger="fire", sure=sure)

    dictionary = Dictionary(Translated("Fire", "German"))
    question, found = await heard(
        replace(Stage().dependencies, read=read, translator=dictionary), Question("Hilfe, hier brennt es im Motorraum!")
    )
    assert (found.danger, bool(dictionary.asked), question.foreign) == ("fire", waits, True)


async def test_without_a_model_nothing_is_asked() -> None:
    question = Question(GERMAN)
    assert await heard(Stage().dependencies, question) == (question, ActReading())
