"""What people are told of tables is Markdown of ours; what others wrote of them is text in it."""

import re

import pytest

from agents.datasets.identifiers import code, prose
from agents.explorer import wording
from tests.unit.agents.explorer.names import NAMES, TYPES

HOSTILE = "![x](https://evil.example/p.png) <img src=x> [click](javascript:alert(1)) `rm` **loud** ~~no~~ | a\n# b _c_"
COLUMN = {
    "name": "a", "type": "<b>INT</b>[]", "nullable": True, "key": "", "refers_to": None, "description": HOSTILE,
}  # fmt: skip
TABLE = {
    "name": "t", "dataset": "d", "type": "TABLE", "rows": 1, "description": HOSTILE, "columns": [COLUMN],
    "columns_left_out": 0, "primary_key": [], "unique_together": [], "referred_to_by": [],
}  # fmt: skip
_UNESCAPED = re.compile(r"(?<!\\)[<>\[\]~]|(?<!\\)\*")


@pytest.mark.parametrize(
    "said",
    [
        wording.listed([TABLE]),
        wording.described(TABLE),
        wording.particular(TABLE, "column", ["a"]),
        wording.stored([{**COLUMN, "table": "t", "column": "a", "dataset": "d"}], "something"),
    ],
    ids=["listed", "described", "particular", "stored"],
)
def test_descriptions_are_no_markup(said: str) -> None:
    assert "evil.example" in said
    assert not _UNESCAPED.search(said), said
    assert "\n# b" not in said
    assert "\\`rm\\`" in said


def test_a_description_reads_as_it_was_written() -> None:
    plain = "The dealer's home_dealer_id (5 %), #2; see e.g. §3!"
    assert prose(plain) == plain
    assert prose("a_ _b __c__") == "a\\_ \\_b \\_\\_c\\_\\_"


@pytest.mark.parametrize("name", [*NAMES, *TYPES, "``", "a``b<img>", "`", "```"])
def test_nothing_gets_out_of_a_name(name: str) -> None:
    said = code(name)
    fence = re.match("`+", said)
    assert fence is not None
    assert said.endswith(fence[0])
    inside = said[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inside)
    assert "\n" not in said
    assert "|" not in said
