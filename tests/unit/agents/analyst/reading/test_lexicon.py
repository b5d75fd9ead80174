"""What words may name in a dataset: by their forms, synonyms, abbreviations and parts."""

from collections.abc import Sequence

import pytest

from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.naming import Profile
from agents.analyst.reading.plan import Source
from agents.analyst.reading.tokens import tokens
from agents.dataset import Column, Kind, Schema, Table

COLUMNS: Sequence[tuple[str, Kind]] = (
    ("car_name", "text"), ("mpg", "number"), ("lifeExp", "number"), ("pclass", "integer"), ("survived", "integer"),
    ("smoker", "text"), ("price_eur", "number"), ("origin", "text"), ("sex", "text"), ("day", "text"),
)  # fmt: skip
SOURCE = Source("d", "things")
LEXICON = Lexicon(
    Schema("d", "Things that people own.", (
        Table("d", "things", tuple(Column(name, kind, kind.upper()) for name, kind in COLUMNS), rows=100),
    )),
    {
        (SOURCE, "smoker"): ("yes", "no"), (SOURCE, "origin"): ("Germany", "Japan", "IE"), (SOURCE, "sex"): ("F", "M"),
        (SOURCE, "car_name"): ("Ford Gran Torino", "Ford Pinto"), (SOURCE, "day"): ("Sat", "Sun"),
    },
    {(SOURCE, "survived"): Profile(2, 0, 0, 1), (SOURCE, "pclass"): Profile(3, 0, 1, 3)},
)  # fmt: skip


def named(text: str) -> tuple[str, str]:
    """The column and the value that a phrase most likely names."""
    row = tokens(text)
    length, found = LEXICON.longest(row, 0)
    assert length == len(row) or not found, text
    found = found or LEXICON.likened(row[0])
    return (found[0].column, found[0].value) if found else ("", "")


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("miles per gallon", "mpg", ""),
        ("life expectancy", "lifeExp", ""),
        ("class", "pclass", ""),
        ("cost", "price_eur", ""),
        ("prices", "price_eur", ""),
        ("women", "sex", "F"),
        ("Sundays", "day", "Sun"),
        ("pinto", "car_name", "Ford Pinto"),
        ("German", "origin", "Germany"),
        ("Ireland", "origin", "IE"),
        ("survivors", "survived", ""),
        ("the", "", ""),
        ("zebra", "", ""),
    ],
)
def test_phrases(text: str, column: str, value: str) -> None:
    assert named(text) == (column, value)


def test_a_part_of_several_values_names_them_all() -> None:
    _, found = LEXICON.longest(tokens("ford"), 0)
    assert {item.value for item in found} == {"Ford Gran Torino", "Ford Pinto"}


def test_yes_and_no_in_any_form() -> None:
    assert LEXICON.flag(SOURCE, "smoker") == ("yes", "no")
    assert LEXICON.flag(SOURCE, "survived") == (1, 0)
    assert LEXICON.flag(SOURCE, "pclass") is None


def test_rows_go_by_the_nouns_of_the_description() -> None:
    assert LEXICON.longest(tokens("people"), 0)[1][0].kind == "table"
    assert LEXICON.longest(tokens("things"), 0)[1][0].kind == "table"
