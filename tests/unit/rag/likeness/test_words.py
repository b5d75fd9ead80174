import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.likeness.words import WordLikeness

TEXTS = ("how big is the boot", "how big is the tank", "is the boot lid powered", "")


def test_the_text_itself_is_as_like_as_can_be() -> None:
    for at, text in enumerate(TEXTS[:3]):
        shared = WordLikeness.of(TEXTS).shared(text.upper() + "?")
        assert shared[at] == pytest.approx(1.0, abs=2e-3)
        assert shared.argmax() == at


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    shared = WordLikeness.of(TEXTS).shared("the tank")
    assert shared[1] > shared[0] > 0.0


def test_words_of_no_text_make_it_less_like() -> None:
    likeness = WordLikeness.of(TEXTS)
    assert likeness.shared("boot gearbox")[0] < likeness.shared("boot")[0]
    assert not likeness.shared("gearbox").any()


@pytest.mark.parametrize("texts", [(), ("",), TEXTS])
@pytest.mark.parametrize("asked", ["", "?!", "boot", "\ud83d broken", "9" * 3000])
def test_any_text_can_be_asked_of_any_texts(texts: tuple[str, ...], asked: str) -> None:
    shared = WordLikeness.of(texts).shared(asked)
    assert shared.shape == (len(texts),)
    assert ((shared >= 0) & (shared <= 1.001)).all()


@given(st.lists(st.text("ab c", max_size=12), max_size=8), st.text("ab c", max_size=12))
def test_arrays_hold_all_of_it(texts: list[str], asked: str) -> None:
    likeness = WordLikeness.of(texts)
    assert np.array_equal(WordLikeness.kept(likeness.arrays()).shared(asked), likeness.shared(asked))
