"""Whether a message is surely a question about figures of the datasets."""

import asyncio
from datetime import UTC, datetime

from agents.analyst.reading.candidates import Reading, read_question
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.lexicons import lexicon_of
from agents.analyst.reading.sentence import sentence
from agents.context import Resources
from agents.dataset import ALL, DatasetUnavailable, DatasetUnknown, Reader
from agents.language.words import vocabulary

_WORKING_OUT = vocabulary(
    "count average sum median deviation variance range correlation share rate minimum maximum most "
    "least common rare top bottom by trend unit compare difference change"
)
_OWN = vocabulary("my mine")


async def claims(text: str, reader: Reader, resources: Resources) -> bool:
    """It has a reading in which every word surely has its place, asks for something to be counted or worked out, and is
    not about a single vehicle's data."""
    if resources.datasets is None:
        return False
    try:
        lexicon = await lexicon_of(resources.datasets.seen_by(reader), ALL)
    except (DatasetUnknown, DatasetUnavailable):
        return False
    return await asyncio.to_thread(_is_analysis, text, lexicon)


def _is_analysis(text: str, lexicon: Lexicon) -> bool:
    reading = read_question(text, lexicon, ALL, datetime.now(UTC))
    if not isinstance(reading, Reading) or not (reading.plan.measures or reading.plan.part):
        return False
    if reading.unused or reading.doubts:
        return False
    marks = sentence(text, lexicon, datetime.now(UTC)).marks
    return any(mark.cue in _WORKING_OUT for mark in marks) and not any(mark.plain in _OWN for mark in marks)
