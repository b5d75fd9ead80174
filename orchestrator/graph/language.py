"""Messages in other languages than English, and fixed words for those who write them: only where there is a model."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from agents.acts.act import ActReading
from agents.acts.language import detect
from agents.extractive.pieces import pieces
from agents.types import Question
from agents.vehicles.range import Vehicles
from orchestrator.graph.state import Dependencies

_FEW = 4
"""Words of a message that may say too little to tell its language; it is then that of the message before."""


async def heard(dependencies: Dependencies, question: Question) -> tuple[Question, ActReading]:
    """The question, in English where it seems to be in another language and a model knows it, and what it does. Whoever
    is surely in danger waits for no translation."""
    reading = await dependencies.read(question)
    translator = dependencies.translator
    vehicles = dependencies.resources.vehicles if dependencies.resources else None
    if translator is None or not await asyncio.to_thread(_foreign, question, vehicles):
        return question, reading
    if reading.danger and reading.sure:
        return replace(question, own_words=question.text, language=_language(question.text, vehicles)), reading
    translated = await translator.into_english(question)
    if translated is None:
        return question, reading
    english = replace(question, text=translated.text, own_words=question.text, language=translated.language)
    reading = await dependencies.read(english) if english.foreign else reading
    # Whatever still looks like another language is none: a model has put it into English, or knows that it is.
    return english, ActReading() if reading.act == "language" else reading


def _language(text: str, vehicles: Vehicles | None) -> str:
    """The code of a text's language; "" for English, and where it cannot be told."""
    code = detect(text, vehicles)
    return "" if code == "en" else code


def _foreign(question: Question, vehicles: Vehicles | None) -> bool:
    before = next((turn.text for turn in reversed(question.history) if turn.role == "customer"), "")
    few = len(question.text.split()) <= _FEW
    return bool(_language(question.text, vehicles) or (few and _language(before, vehicles)))


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
