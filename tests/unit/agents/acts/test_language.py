import pytest

from agents.acts.language import detect
from agents.vehicles.range import Vehicles


@pytest.mark.parametrize("text", ["do i pay", "is that all", "so was that it", "not me", "12 34", "👍", ""])
def test_few_words_of_english_are_english(text: str) -> None:
    assert detect(text) == "en"


@pytest.mark.parametrize(
    ("text", "code"), [("wo seid ihr", "de"), ("was ist los", "de"), ("je ne sais pas", "fr"), ("a che ora", "it")]
)
def test_few_words_of_another_language_are_told(text: str, code: str) -> None:
    assert detect(text) == code


RANGE = Vehicles.parse(
    "model,variant,years,powertrain,aliases\n"
    + "".join(
        f"{name},{name},2025,,\n" for name in ("Küchenfreund Größe XL", "Macchina Veloce Caffè", "Köksfläkt Stor")
    )
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Küchenfreund Größe XL spare parts", "en"),
        ("Macchina Veloce Caffè descaling?", "en"),
        ("cleaning the Köksfläkt Stor", "en"),
        ("Macchina Veloce Caffè", "en"),
        ("Macchina Veloce Caffè reinigen", "de"),
        ("wie entkalke ich Macchina Veloce Caffè", "de"),
    ],
)
def test_names_of_products_are_words_of_no_language(text: str, code: str) -> None:
    assert detect(text, RANGE) == code
