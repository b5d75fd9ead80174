"""One table as people keep it, of the landings of a small harbour, for tests of how a question is read."""

from datetime import date

from agents.analyst import wording
from agents.analyst.reading.candidates import Reading, Unread
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.naming import Profile
from agents.analyst.reading.plan import Source
from agents.dataset import Column, Schema, Table
from tests.unit.agents.analyst.reading.certain import read

LANDINGS = Source("harbour", "landings")
ABOUT = "Every landing at our harbour, one row per landing. Ice is kilos of ice used on board; grade U means unknown."
COLUMNS = (
    Column("Ref No", "text", "VARCHAR", False), Column("boat", "text", "VARCHAR"), Column("Skipper", "text", "VARCHAR"),
    Column("landed_on", "date", "DATE"), Column("sold_on", "date", "DATE"), Column("species", "text", "VARCHAR"),
    Column("Catch (kg)", "number", "DOUBLE"), Column("price/kg", "number", "DOUBLE"), Column("ice", "number", "DOUBLE"),
    Column("crew", "integer", "INTEGER"), Column("flag", "text", "VARCHAR"), Column("inspected", "boolean", "BOOLEAN"),
    Column("grade", "text", "VARCHAR"),
)  # fmt: skip
VALUES = {
    "Ref No": tuple(f"L{number:03}" for number in range(200)), "boat": ("Sea Otter", "Blue Gull", "Marigold"),
    "Skipper": ("J. Roe", "Ana Lind"), "species": ("cod", "haddock", "squid"), "flag": ("GBR", "IRL", "ESP"),
    "grade": ("A", "B", "U"),
}  # fmt: skip
FIGURES = {"Catch (kg)": (10, 2400), "price/kg": (1, 19), "ice": (0, 900), "crew": (2, 7)}


def _profile(name: str) -> Profile:
    if name.endswith("_on"):
        return Profile(150, 20 if name == "sold_on" else 0, first=date(2022, 1, 3), last=date(2023, 12, 30))
    low, high = FIGURES.get(name, (None, None))
    distinct = {"crew": 6, "inspected": 2}.get(name, len(VALUES.get(name, ())) or 150)
    return Profile(distinct, 12 if name in ("ice", "Skipper") else 0, low, high)


LEXICON = Lexicon(
    Schema("harbour", "", (Table("harbour", "landings", COLUMNS, (), (), 200, ABOUT),)),
    {(LANDINGS, name): texts for name, texts in VALUES.items()},
    {(LANDINGS, column.name): _profile(column.name) for column in COLUMNS},
)


def told(text: str) -> str:
    """A question as it was read, in words; "" where it is not."""
    reading = read(text, lexicon=LEXICON)
    return wording.reading(reading.plan) if isinstance(reading, Reading) else ""


def why_not(text: str) -> Unread:
    """Why a question has no reading."""
    reading = read(text, lexicon=LEXICON)
    assert isinstance(reading, Unread), reading
    return reading
