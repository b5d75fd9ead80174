import pytest

from orchestrator.stores.masking import MASK, masked, own_words


@pytest.mark.parametrize(
    ("said", "elsewhere", "words"),
    [
        ("What is the roof load?", "", ("What is the roof load?",)),
        ("Hello", "", ()),
        ("I am Ada Lovelace", "", ("I am Ada Lovelace", "Lovelace")),
        ("plate KX77-QQZ now", "", ("plate KX77-QQZ now", "KX77-QQZ")),
        ("write to ada@example.com.", "", ("write to ada@example.com.", "ada@example.com")),
        ("my Heron from 2026", "The HERON of model year 2026", ("my Heron from 2026",)),
        ("Zanzibar. Later it shook.", "", ("Zanzibar. Later it shook.",)),
        ("", "", ()),
    ],
)
def test_what_gives_a_text_away(said: str, elsewhere: str, words: tuple[str, ...]) -> None:
    assert own_words(said, elsewhere) == words


def test_a_mask_is_as_long_as_what_it_hides_wherever_it_stands() -> None:
    plain = {
        "response": "Dear Lovelace, LOVELACE!",
        "spans": [{"start": 5, "text": "Lovelace"}, 7, None],
        "Lovelace": 1,
    }
    clean = masked(plain, ("Lovelace",))
    assert clean["response"] == f"Dear {MASK * 8}, {MASK * 8}!"
    assert clean["spans"] == [{"start": 5, "text": MASK * 8}, 7, None]
    assert clean["Lovelace"] == 1
    assert masked(plain, ()) == plain


def test_signs_of_patterns_are_text() -> None:
    assert masked("a (b) [1] a.b", ("a.b", "(b)")) == f"a {MASK * 3} [1] {MASK * 3}"


def test_a_hostile_message_costs_no_more_than_its_length() -> None:
    said = "A1" * 4_000 + " " + "x@" * 2_000 + " " + " ".join(f"B{n}x" for n in range(1_000))
    assert masked(said[:8_000], own_words(said[:8_000], "")).count(MASK) > 7_000
