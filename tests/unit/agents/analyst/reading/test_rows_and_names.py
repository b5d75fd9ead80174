"""What is said of single rows, of years, people and units, on a table that people have named."""

import pytest

from agents.analyst.reading.candidates import Reading
from tests.unit.agents.analyst.reading.bridges import LEXICON, told
from tests.unit.agents.analyst.reading.certain import certain, read

ROWS, COUNT = "the bridges themselves", "number of bridges"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # the extreme of single rows, and not of groups
        ("What kind is the heaviest bridge?", f"{ROWS}; the highest 1 by wt t"),
        ("In which country is the oldest viaduct?", f"{ROWS} where kind is Viaduct; the highest 1 by age yrs"),
        ("Which welder has the bridge with the highest toll?", f"{ROWS}; the highest 1 by toll eur t"),
        ("Which bridge has the tallest deck?", f"{ROWS}; the highest 1 by deck ht m"),
        # years that are numbers
        ("How many bridges built before 1850 are there?", f"{COUNT} where yr built is at most 1849"),
        ("bridges built after 1790, how many?", f"{COUNT} where yr built is at least 1791"),
        # a year that is part of a name
        ("total crossings in 2022", "total crossings 2022"),
        ("average crossings of 2021 by kind", "average crossings 2021 for each kind"),
        (
            "How many bridges were built between 1850 and 1930?",
            f"{COUNT} where yr built is at least 1850 and yr built is at most 1930",
        ),
        (
            "How many bridges built in 2022 had over 500 crossings?",
            f"{COUNT} where yr built is 2022 and crossings 2022 is over 500",
        ),
        # what is missing, in other words
        ("For how many bridges is there no weight on file?", f"{COUNT} where wt t is missing"),
        ("For how many bridges is the building year unknown?", f"{COUNT} where yr built is missing"),
        ("How many bridges have no inspection date?", f"{COUNT} where inspected is missing"),
        # slips
        ("how meny bridgs are there", COUNT),
        (
            "how many viaducs were inspected befor March 2022",
            f"{COUNT} where kind is Viaduct and inspected: until 28 February 2022",
        ),
        # a time belongs to the column in its unit
        ("How many bridges are forty, i.e. 40 years or older?", f"{COUNT} where age yrs is at least 40"),
        # differences of averages
        (
            "By how many tonnes does the average viaduct outweigh the average arch?",
            "average wt t: the difference of Viaduct to Arch",
        ),
        # amounts by their unit, and no prices for one of it
        ("How many tonnes of sand are on offer in Portugal?", "total sand t where country is Portugal"),
        # one of several in a text
        ("How many bridges contain Teal?", f'{COUNT} where paints contains "Teal"'),
    ],
)
def test_is_read_as_it_is_meant(text: str, wanted: str) -> None:
    assert told(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "How many Norwegian bridges are there?",  # of the country, or in the sea
        "What kind is the heaviest?",  # one bridge, or all of a kind
        "What is the average height?",  # of the deck, or of the arch
        "average deck height in feet",
        "Which country has the oldest bridges?",  # one of them, or all together
        "Which country has the heaviest?",
        "How many of the bridges with another paint are there?",
    ],
)
def test_what_can_be_meant_in_two_ways_is_not_certain(text: str) -> None:
    assert not certain(read(text, lexicon=LEXICON))


def test_people_are_of_their_country_before_a_sea() -> None:
    reading = read("How many Norwegian bridges are there?", lexicon=LEXICON)
    assert isinstance(reading, Reading)
    assert told("How many Norwegian bridges are there?") == f"{COUNT} where country is Norway"
    assert [other.said for other in reading.others] == ['if "Norwegian" is water Norwegian Sea']


@pytest.mark.parametrize(
    "text",
    [
        "How many of the viaducts have collapsed?",
        "how many bridges have ever hit a ship",
        "How many bridges were blasted?",
    ],
)
def test_what_rows_have_done_is_not_left_out(text: str) -> None:
    assert not isinstance(read(text, lexicon=LEXICON), Reading)
