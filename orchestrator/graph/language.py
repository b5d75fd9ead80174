"""Messages in other languages than English, and fixed words for those who write them: only where there is a model."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from agents.acts.act import Reading
from agents.acts.language import detect
from agents.extractive.pieces import pieces
from agents.types import Question
from orchestrator.graph.state import Dependencies

_FEW = 4
"""Words of a message that may say too little to tell its language; it is then that of the message before."""


async def in_english(dependencies: Dependencies, question: Question) -> Question:
    """The question in English, where it seems to be in another language and a model knows it."""
    if dependencies.translator is None or not await asyncio.to_thread(_foreign, question):
        return question
    translated = await dependencies.translator.into_english(question)
    if translated is None:
        return question
    return replace(question, text=translated.text, own_words=question.text, language=translated.language)


def _foreign(question: Question) -> bool:
    before = next((turn.text for turn in reversed(question.history) if turn.role == "customer"), "")
    return detect(question.text) != "en" or (len(question.text.split()) <= _FEW and detect(before) != "en")


async def read(dependencies: Dependencies, question: Question) -> Reading:
    """What a message does. One that was put into English is read as that; one that was found to be English, and still
    looks like another language, is a request."""
    reading = await dependencies.read(question)
    return Reading() if question.language and reading.act == "language" else reading


async def spoken(
    dependencies: Dependencies, text: str, question: Question, *, urgent: bool = False
) -> AsyncIterator[str]:
    """Fixed words, piece by piece, in the customer's language where a model can say them. `urgent` ones are said as
    they stand before anything else, so that they wait for no model and depend on none."""
    translator = dependencies.translator
    abroad = question.foreign and translator is not None and bool(text.strip())
    if urgent or not abroad:
        async for piece in pieces(text):
            yield piece
    if abroad and translator is not None:
        said = await translator.out_of_english(text, question.language)
        if urgent and said is None:
            return
        async for piece in pieces(f"\n\n{said}" if urgent else said or text):
            yield piece
