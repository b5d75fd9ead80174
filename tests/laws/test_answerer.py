"""What every implementation of agents.answerer.Answerer owes. Add another to ANSWERERS: a name and how to build it."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path

import pytest

from agents.answerer import Answerer
from agents.chat.answerer import ChatModelAnswerer
from agents.chat.verbatim import VerbatimAnswerer
from agents.extractive.answerer import ExtractiveAnswerer
from agents.models.openai_compatible import OpenAICompatible
from agents.models.providers import PROVIDERS, Model
from agents.types import Answered, Task
from rag.types import Document
from tests.model_server.running import running_model_server
from tests.unit.agents.manual import VEHICLES, WordEmbedder, documents, passages


@asynccontextmanager
async def extractive() -> AsyncIterator[Answerer]:
    yield ExtractiveAnswerer(WordEmbedder(), VEHICLES)


@asynccontextmanager
async def verbatim() -> AsyncIterator[Answerer]:
    yield VerbatimAnswerer(ExtractiveAnswerer(WordEmbedder(), VEHICLES).compose)


@asynccontextmanager
async def chat_model() -> AsyncIterator[Answerer]:
    """Over a real socket, with a model that answers from the prompt it is sent."""
    with running_model_server() as server:
        model = Model(PROVIDERS["openai"], "scripted", server.base_url, "any key")
        answerer = ChatModelAnswerer([OpenAICompatible(model)])
        yield answerer
        await answerer.aclose()


ANSWERERS: dict[str, Callable[[], AbstractAsyncContextManager[Answerer]]] = {
    "extractive": extractive,
    "verbatim": verbatim,
    "chat_model": chat_model,
}
QUESTIONS = (
    "What is the maximum power of the Teal 60?",
    "What is the maximum power?",
    "How do I charge the 12-volt battery?",
    "How often must brake fluid be changed?",
)
ABSENT = ("What is the paint code of the Rook?", "How many loudspeakers are there?")


@pytest.fixture(params=ANSWERERS)
async def answerer(request: pytest.FixtureRequest) -> AsyncIterator[Answerer]:
    async with ANSWERERS[request.param]() as built:
        yield built


@pytest.fixture
def manual(tmp_path: Path) -> dict[str, Document]:
    return documents(tmp_path)


async def listen(answerer: Answerer, task: Task) -> tuple[str, Answered]:
    """The whole text and the end, which must be one and must come last."""
    *deltas, end = [piece async for piece in answerer.answer(task)]
    assert isinstance(end, Answered)
    assert all(isinstance(delta, str) and delta for delta in deltas)
    return "".join(delta for delta in deltas if isinstance(delta, str)), end


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("first_number", [1, 5])
async def test_markers_are_of_passages_given_and_each_has_its_citation(
    answerer: Answerer, manual: dict[str, Document], question: str, first_number: int
) -> None:
    given = passages(manual)
    text, end = await listen(answerer, Task(question, "", given, first_number=first_number))
    assert not end.declined
    numbers = [citation.number for citation in end.citations]
    assert {int(mark) for mark in re.findall(r"\[(\d+)\]", text)} == set(numbers) != set()
    assert numbers == sorted(set(numbers))
    for citation in end.citations:
        assert citation.passage == given[citation.number - first_number]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_evidence_is_a_stretch_of_the_document_inside_the_passage(
    answerer: Answerer, manual: dict[str, Document], question: str
) -> None:
    _, end = await listen(answerer, Task(question, "", passages(manual)))
    for citation in end.citations:
        chunk = citation.passage.chunk
        assert chunk.start <= citation.start < citation.end <= chunk.end
        assert manual[chunk.document_id].content.text[citation.start : citation.end].strip()


@pytest.mark.parametrize("question", ABSENT)
async def test_what_the_passages_do_not_hold_is_declined_in_words(
    answerer: Answerer, manual: dict[str, Document], question: str
) -> None:
    text, end = await listen(answerer, Task(question, "", passages(manual)))
    assert end.declined
    assert text.strip()
    assert {int(mark) for mark in re.findall(r"\[(\d+)\]", text)} == {citation.number for citation in end.citations}


async def test_without_passages_it_declines(answerer: Answerer) -> None:
    text, end = await listen(answerer, Task("What is the maximum power?", "", ()))
    assert end.declined
    assert text.strip()


async def test_it_can_be_closed_early_and_used_again(answerer: Answerer, manual: dict[str, Document]) -> None:
    task = Task(QUESTIONS[0], "", passages(manual))
    stream = answerer.answer(task)
    async with aclosing(stream):  # type: ignore[type-var]
        assert isinstance(await anext(stream), str)
    text, end = await listen(answerer, task)
    assert text
    assert not end.declined


def test_it_has_a_name(answerer: Answerer) -> None:
    assert answerer.name
