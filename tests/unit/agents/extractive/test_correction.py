import pytest

from agents.extractive.correction import corrected
from agents.passages.statements import statements
from agents.vehicles.applicability import Fitment
from rag.types import Passage
from tests.unit.agents.manual import VEHICLES, chunk

TEXT = "Tyre pressure depends on the weather. Brake fluid of a diesel has its warranty; the luggage volume does not."
STATED = statements((Passage(chunk(TEXT), 0.5),), Fitment(VEHICLES))
LANGUAGE = frozenset({"leather", "pressing", "bake", "much", "does"})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tyre presure", "tyre pressure"),
        ("warenty", "warranty"),
        ("lugage volum", "luggage volume"),
        ("how mutch brakefluid", "how much brake fluid"),
    ],
)
def test_slips_and_compounds_are_put_right(written: str, meant: str) -> None:
    assert corrected(written, STATED, LANGUAGE) == meant


@pytest.mark.parametrize("written", ["leather", "pressing", "bake", "pumpernickel", "P0301", "tyres", "ABS"])
def test_words_of_the_language_codes_and_strange_words_stay(written: str) -> None:
    assert corrected(written, STATED, LANGUAGE) == written


def test_without_a_vocabulary_only_the_statements_words_are_known() -> None:
    assert corrected("bake", STATED) == "brake"
