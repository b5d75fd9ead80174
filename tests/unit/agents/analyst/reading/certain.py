"""Whether a question is read in a way that may pass for verified."""

from datetime import UTC, datetime

from agents.analyst.reading.candidates import Reading, Unread, read_question
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.plan import Plan
from tests.unit.agents.analyst.reading.shop import LEXICON

NOW = datetime(2026, 12, 31, tzinfo=UTC)


def certain(reading: Reading | Unread) -> bool:
    """Nothing is left over, and nothing may well be otherwise."""
    return isinstance(reading, Reading) and not (reading.unused or reading.doubts or reading.others)


def read(*texts: str, lexicon: Lexicon = LEXICON) -> Reading | Unread:
    """The last of several questions of a conversation."""
    plan: Plan | None = None
    reading: Reading | Unread = Unread("")
    for text in texts:
        reading = read_question(text, lexicon, lexicon.schema.name, NOW, plan)
        plan = reading.plan if isinstance(reading, Reading) else plan
    return reading
