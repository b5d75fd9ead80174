"""Each character of a run's text is told once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.spoken import Diverged, Spoken
from orchestrator.events import Token


def token(text: str, offset: int) -> Token:
    return Token("run", text, offset)


@given(st.lists(st.text(min_size=1, max_size=5), max_size=20), st.data())
def test_whatever_comes_twice_is_told_once(words: list[str], data: st.DataObject) -> None:
    whole, spoken, told = "".join(words), Spoken(), ""
    upto = 0
    for word in words:
        told += spoken.more(token(word, upto))
        upto += len(word)
        start = data.draw(st.integers(0, upto))
        assert spoken.more(token(whole[start:upto], start)) == ""
        assert told == whole[:upto]
    assert spoken.rest(whole) == ""


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_rest_fills_what_was_missed(first: str, second: str) -> None:
    spoken = Spoken()
    told = spoken.more(token(first, 0))
    assert spoken.more(token("later", len(first) + 7)) == ""  # there is a gap before it
    assert told + spoken.rest(first + second) == first + second


def test_a_run_begun_again_goes_on_where_it_was() -> None:
    spoken = Spoken()
    assert spoken.more(token("It has ", 0)) == "It has "
    spoken.restart()
    assert spoken.more(token("It ", 0)) == ""
    assert spoken.more(token("has 85", 3)) == "85"
    assert spoken.rest("It has 85 kW.") == " kW."


@pytest.mark.parametrize("whole", ["We think", "It", ""])
def test_a_run_begun_again_that_says_something_else(whole: str) -> None:
    spoken = Spoken()
    spoken.more(token("It has ", 0))
    spoken.restart()
    with pytest.raises(Diverged):
        spoken.rest(whole)


def test_begun_again_before_a_word_was_said() -> None:
    spoken = Spoken()
    spoken.restart()
    assert spoken.more(token("We ", 0)) == "We "
    assert spoken.rest("We think") == "think"
