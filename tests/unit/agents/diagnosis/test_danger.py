"""Danger in customers' own words.

The first batch was there while the rules were made. The others were written when the rules were done, and looked at
before anything was fixed: of the second, 46 of 54 dangerous messages were recognised and one of 58 harmless ones was
taken for danger; of the third, 57 of 67 and four of 77. At first sight recall was 0.85 both times, precision 0.98 and
0.93. The misses were then fixed, so that all batches hold now.
"""

import random
import time
import tomllib
from pathlib import Path

import pytest

from agents.diagnosis.danger import danger
from agents.language.words import vocabulary

HERE = Path(__file__).parent


def batch(name: str) -> dict[str, list[str]]:
    with (HERE / name).open("rb") as file:
        return tomllib.load(file)


FIRST, SECOND, THIRD = (batch(f"dangers{name}.toml") for name in ("", "_second", "_third"))
LINES = [(kind, line) for lines in (FIRST, SECOND, THIRD) for kind in lines for line in lines[kind]]


def kind_of(text: str) -> str:
    found = danger(text)
    return found.kind if found else "harmless"


def test_the_batches_are_large_enough_to_say_something() -> None:
    assert sum(map(len, FIRST.values())) >= 150
    assert sum(map(len, SECOND.values())) >= 60
    assert len({line for _, line in LINES}) == len(LINES)


@pytest.mark.parametrize(("kind", "line"), LINES)
def test_a_message_is_recognised_for_what_it_tells(kind: str, line: str) -> None:
    assert kind_of(line) == kind


def test_danger_in_the_middle_of_a_long_message_is_found() -> None:
    about = "We bought the car in spring and like it, and I have a few questions about its colours and seats. "
    for kind, line in LINES:
        if kind != "harmless":
            assert kind_of(about * 10 + line + ". " + about * 10) == kind, line


@pytest.mark.parametrize("kind", sorted(set(FIRST) - {"harmless"}))
def test_danger_survives_capital_letters_and_typographic_signs(kind: str) -> None:
    for line in FIRST[kind]:
        assert danger(line.upper()) is not None
        assert danger(line.replace("'", "’").replace(" ", "\u00a0")) is not None


def test_the_gravest_of_two_dangers_is_named() -> None:
    assert kind_of("The brake pedal is soft. And the engine is on fire!") == "fire"


def test_what_is_denied_in_one_half_of_a_sentence_does_not_hide_the_other() -> None:
    assert kind_of("there is no smoke") == "harmless"
    assert kind_of("there is no smoke but I smell petrol") == "fuel"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\ud800\u202e",
        "🔥" * 500,
        "(((((",
        "~ <person> [a|b]",
        "a" * 100_000,
        "brake " * 20_000,
        "," * 50_000,
    ],
)
def test_any_text_is_read_without_harm(text: str) -> None:
    danger(text)


def test_time_grows_with_the_length_of_the_text_and_no_faster() -> None:
    words = sorted(
        vocabulary("brake pedal smoke from smell of petrol steering it is wheel battery orange cable and the")
    )
    chosen = random.Random(7)

    def seconds(length: int) -> float:
        text = " ".join(chosen.choice(words) for _ in range(length)) + " no"
        begun = time.perf_counter()
        danger(f"may {text}")
        return time.perf_counter() - begun

    seconds(100)
    assert seconds(20_000) < 1.0


def test_a_noise_that_a_few_brakings_end_is_no_danger() -> None:
    assert danger("yes, after a few brakings it's gone") is None
    assert danger("after a few brakings the brakes are gone") is not None
