import pytest

from agents.language.terms import ANALYZER, identifiers, terms
from rag.analyzer import SearchTerm

wanted = ANALYZER.search_terms


@pytest.mark.parametrize(
    ("spellings", "term"),
    [
        (("P0301", "p0301", "P 0301", "P-0301", "p–0301"), "p0301"),
        (("U0100", "u 0100"), "u0100"),
        (("P0D5E", "p0d5e"), "p0d5e"),
        (("205/55 R16", "205/55R16", "205 / 55 r16", "205/55-R16"), "205.55r16"),
        (("2.2D", "2.2d", "2.2 d"), "2.2d"),
        (("SK-4471-B", "sk-4471-b"), "sk4471b"),
        (("5W-30", "5w-30"), "5w30"),
        (("brakes", "brake", "Brakes'", "BRAKE’S"), "brake"),
        (("1,498", "1498"), "1498"),
        (("10.4", "10,4"), "10.4"),
    ],
)
def test_spellings_of_one_thing_are_one_term(spellings: tuple[str, ...], term: str) -> None:
    for spelling in spellings:
        assert terms(f"see {spelling} now")[1] == term, spelling


def test_what_is_put_together_is_also_found_by_its_parts() -> None:
    assert terms("205/55 R16") == ["205.55r16", "205", "55", "r16"]
    assert terms("a 12-volt socket") == ["a", "12volt", "12", "volt", "socket"]


def test_accents_and_compatible_characters_do_not_matter() -> None:
    assert terms("Café ﬁlter") == ["cafe", "filter"]


def test_terms_hold_only_letters_digits_and_dots() -> None:
    for term in terms('"AND" (x OR y*) NEAR/3 ^col: -z; DROP TABLE words; a.b_c £5 100% 12.5,3 "'):
        assert term.replace(".", "").isalnum()


def test_a_question_is_stripped_of_its_common_words() -> None:
    assert [want.term for want in wanted("What's the tyre pressure for my Heron?")] == ["tyre", "pressur", "heron"]
    assert [want.term for want in wanted("what is it")] == ["what", "is", "it"]
    assert wanted("?!") == ()


def test_letters_and_digits_are_also_tried_together_and_apart() -> None:
    assert SearchTerm("sk4471", guess=True) in wanted("part sk 4471")
    assert SearchTerm("wren42", otherwise=("wren", "42")) in wanted("wren42 range")
    assert SearchTerm("sk4471", otherwise=("sk", "4471")) in wanted("part SK-4471")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("code P0301 or p 0302", {"p0301", "p0302"}),
        ("tyres 205/55 R16", {"205.55r16"}),
        ("oil 5W-30, part SK-4471-B, sm10432", {"5w30", "sk4471b", "sm10432"}),
        ("coolant C-40", {"c40"}),
        (
            "a 12-volt socket, 4-wheel drive, in 2025-26, 16-inch wheels, an Osprey 2.2D, 100-km trip, CO2-emissions",
            set(),
        ),
    ],
)
def test_only_what_people_look_up_is_an_identifier(text: str, named: set[str]) -> None:
    assert identifiers(text) == named
