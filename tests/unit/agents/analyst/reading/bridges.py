"""A table of bridges with names as people give them, for tests of how a question is read: years as numbers, units in
brackets, a year in a name, two heights, a country and a water that sound alike."""

from datetime import date

from agents.analyst import wording
from agents.analyst.reading.candidates import Reading
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.naming import Profile
from agents.analyst.reading.plan import Source
from agents.dataset import Column, Schema, Table
from tests.unit.agents.analyst.reading.certain import read

BRIDGES = Source("bridges", "bridges")
COLUMNS = (
    Column("Bridge", "text", "VARCHAR", False), Column("Country", "text", "VARCHAR"),
    Column("Water", "text", "VARCHAR"), Column("Kind", "text", "VARCHAR"), Column("Yr Built", "integer", "BIGINT"),
    Column("deck_ht_m", "number", "DOUBLE"), Column("arch_ht_m", "number", "DOUBLE"),
    Column("wt_t", "number", "DOUBLE"), Column("Crossings 2021", "integer", "BIGINT"),
    Column("Crossings 2022", "integer", "BIGINT"), Column("age_yrs", "number", "DOUBLE"),
    Column("Days closed", "integer", "BIGINT"),
    Column("Sand (t)", "number", "DOUBLE"), Column("Toll (EUR/t)", "number", "DOUBLE"),
    Column("Inspected", "date", "DATE"), Column("Paints", "text", "VARCHAR"), Column("Welder", "text", "VARCHAR"),
)  # fmt: skip
VALUES = {
    "Bridge": tuple(f"Bro {chr(65 + at // 26)}{chr(65 + at % 26)}" for at in range(120)),
    "Country": ("Norway", "Portugal", "Germany"), "Water": ("Norwegian Sea", "Rhine", "Douro"),
    "Kind": ("Arch", "Swing", "Viaduct"), "Paints": ("Ochre", "Ochre, Teal", "Teal", "Umber"),
    "Welder": ("Nord Verk", "Porto Metal"),
}  # fmt: skip
FIGURES = {
    "Yr Built": (1721, 2009), "deck_ht_m": (3, 90), "arch_ht_m": (3, 140), "wt_t": (10, 9000), "age_yrs": (1, 300),
    "Crossings 2021": (200, 90000), "Crossings 2022": (300, 95000), "Days closed": (0, 200), "Sand (t)": (1, 400),
    "Toll (EUR/t)": (1, 9),
}  # fmt: skip


def _profile(name: str) -> Profile:
    if name == "Inspected":
        return Profile(90, 20, first=date(2019, 1, 3), last=date(2023, 12, 30))
    low, high = FIGURES.get(name, (None, None))
    return Profile(
        len(VALUES.get(name, ())) or 100, 9 if name in ("Yr Built", "wt_t", "Toll (EUR/t)") else 0, low, high
    )


LEXICON = Lexicon(
    Schema("bridges", "", (Table("bridges", "bridges", COLUMNS, (), (), 120, "Bridges, one row per bridge."),)),
    {(BRIDGES, name): texts for name, texts in VALUES.items()},
    {(BRIDGES, column.name): _profile(column.name) for column in COLUMNS},
)


def told(text: str) -> str:
    """A question as it was read, in words; "" where it is not."""
    reading = read(text, lexicon=LEXICON)
    return wording.reading(reading.plan) if isinstance(reading, Reading) else ""
