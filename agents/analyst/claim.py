"""Whether a message is surely a question about figures of the datasets."""

import asyncio
from datetime import UTC, datetime

from agents.analyst.interpretation import LONGEST, Reading, read_question
from agents.analyst.items import itemised
from agents.analyst.lexicon import Lexicon
from agents.analyst.lexicons import library
from agents.analyst.reader import read
from agents.context import Resources
from agents.dataset import ALL, DatasetUnavailable, DatasetUnknown


async def claims(text: str, resources: Resources) -> bool:
    """It has a reading, and asks for something to be counted or worked out, and not for a single vehicle's data."""
    if resources.datasets is None:
        return False
    try:
        lexicon = await library(resources.datasets).lexicon(ALL)
    except (DatasetUnknown, DatasetUnavailable):
        return False
    return await asyncio.to_thread(_is_analysis, text, lexicon)


def _is_analysis(text: str, lexicon: Lexicon) -> bool:
    now = datetime.now(UTC)
    asked = read(itemised(text[:LONGEST], lexicon, now))
    works_out = (
        asked.counted or asked.aggregates or asked.groups or asked.end or asked.trend or asked.share or asked.units
    )
    return bool(works_out) and isinstance(read_question(text, lexicon, ALL, now), Reading)
