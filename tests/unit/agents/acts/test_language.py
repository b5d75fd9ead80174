import pytest

from agents.acts.language import detect


@pytest.mark.parametrize("text", ["do i pay", "is that all", "so was that it", "not me", "12 34", "👍", ""])
def test_few_words_of_english_are_english(text: str) -> None:
    assert detect(text) == "en"


@pytest.mark.parametrize(
    ("text", "code"), [("wo seid ihr", "de"), ("was ist los", "de"), ("je ne sais pas", "fr"), ("a che ora", "it")]
)
def test_few_words_of_another_language_are_told(text: str, code: str) -> None:
    assert detect(text) == code
