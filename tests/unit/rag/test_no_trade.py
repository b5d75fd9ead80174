"""`rag` knows documents of any trade: what belongs to vehicles is data, handed to it from outside."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
_TRADE = """
    adblue brake brakes car cars dealer dealers diesel dtc fuel garage gearbox mileage misfire motor oil tyre tyres tire
    tires trouble vehicle vehicles wheel wheels workshop workshops
"""


def names() -> frozenset[str]:
    """What the maker calls its vehicles."""
    with (ROOT / "knowledge_base/vehicles.csv").open(encoding="utf-8", newline="") as lines:
        return frozenset(row["model"].casefold() for row in csv.DictReader(lines))


def test_no_word_of_the_trade_is_in_rag() -> None:
    forbidden = frozenset(_TRADE.split()) | names()
    found = {
        f"{path.relative_to(ROOT)}:{number}: {word}"
        for path in (ROOT / "rag").rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for word in re.findall(r"[^\W\d_]+", line.casefold())
        if word in forbidden
    }
    assert found == set()
