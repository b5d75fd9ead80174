"""Words that are forms of others: people of countries, codes, and what descriptions say of columns."""

import pytest

from agents.analyst.reading.likeness import countries, defined, is_code, state_code


@pytest.mark.parametrize(
    ("word", "code"),
    [("german", "GER"), ("british", "GBR"), ("irish", "IRL"), ("kenyan", "KEN"), ("dutch", "NED"), ("germany", "DE")],
)
def test_codes_of_countries(word: str, code: str) -> None:
    assert is_code(code, countries(word))


@pytest.mark.parametrize(("word", "code"), [("german", "FRA"), ("table", "TAB"), ("german", "Ger"), ("german", "GERM")])
def test_other_words_and_codes(word: str, code: str) -> None:
    assert not is_code(code, countries(word))


def test_states() -> None:
    assert state_code("california") == "CA"
    assert state_code("bavaria") == ""


def test_what_a_description_says_a_column_is() -> None:
    text = "One row per hive. Varroa is mites per 100 bees, and swarmed is 1 if the hive left."
    assert "mites" in defined(text, {"varroa"})
    assert defined(text, {"hive"}) == []
