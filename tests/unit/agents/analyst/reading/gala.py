"""A table of swims, for tests of units that choose columns, few distances, superlatives of time, and what is said in
passing."""

from datetime import date

from agents.analyst import wording
from agents.analyst.reading.candidates import Reading
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.naming import Profile
from agents.analyst.reading.plan import Source
from agents.dataset import Column, Schema, Table
from tests.unit.agents.analyst.reading.certain import read

SWIMS = Source("gala", "gala_swims")
COLUMNS = (
    Column("Swimmer", "text", "VARCHAR"), Column("Club", "text", "VARCHAR"), Column("Stroke", "text", "VARCHAR"),
    Column("Pool", "text", "VARCHAR"), Column("dist_m", "integer", "BIGINT"), Column("Time (s)", "number", "DOUBLE"),
    Column("lanes", "integer", "BIGINT"), Column("Entry (GBP)", "number", "DOUBLE"),
    Column("daily_visitors", "integer", "BIGINT"), Column("No. of judges", "integer", "BIGINT"),
    Column("Yr opened", "integer", "BIGINT"), Column("Swum on", "date", "DATE"), Column("Final?", "text", "VARCHAR"),
)  # fmt: skip
VALUES = {
    "Swimmer": tuple(f"Ada {chr(65 + at)}arsh" for at in range(20)), "Club": ("Otter Club", "City"),
    "Stroke": ("Butterfly", "Medley"), "Pool": ("Old Butterfly Swims", "Lido Butterfly Swims", "North Medley Swims"),
    "Final?": ("Yes", "No"),
}  # fmt: skip
FIGURES = {
    "dist_m": (50, 400), "Time (s)": (22, 500), "lanes": (1, 8), "Entry (GBP)": (2, 30), "daily_visitors": (5, 900),
    "No. of judges": (1, 9), "Yr opened": (1890, 2020),
}  # fmt: skip
FEW = {"dist_m": (50.0, 100.0, 400.0), "lanes": (4.0, 6.0, 8.0)}


def _profile(name: str) -> Profile:
    if name == "Swum on":
        return Profile(90, 0, first=date(2022, 1, 3), last=date(2024, 12, 30))
    low, high = FIGURES.get(name, (None, None))
    return Profile(len(VALUES.get(name, FEW.get(name, ()))) or 100, 9, low, high, figures=FEW.get(name, ()))


LEXICON = Lexicon(
    Schema("gala", "", (Table("gala", "gala_swims", COLUMNS, (), (), 300, "One row per swim."),)),
    {(SWIMS, name): texts for name, texts in VALUES.items()},
    {(SWIMS, column.name): _profile(column.name) for column in COLUMNS},
)


def told(text: str) -> str:
    """A question as it was read, in words; why not where it is not."""
    reading = read(text, lexicon=LEXICON)
    return wording.reading(reading.plan) if isinstance(reading, Reading) else reading.reason
