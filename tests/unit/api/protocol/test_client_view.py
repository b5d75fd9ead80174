"""What a client that only appends has, and which endings are no news to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.protocol.client_view import Appended, Prompts, unix_seconds
from orchestrator.events import Accepted, Cancelled, InputRequired, Token


@given(st.lists(st.text(min_size=1, max_size=5), max_size=20), st.data())
def test_whatever_comes_twice_is_told_once(words: list[str], data: st.DataObject) -> None:
    whole, said, told = "".join(words), Appended(), ""
    upto = 0
    for word in words:
        told += said.more(Token("r", word, upto)) or ""
        upto += len(word)
        start = data.draw(st.integers(0, upto))
        assert said.more(Token("r", whole[start:upto], start)) == ""
        assert told == whole[:upto]
    assert said.rest(whole) == ""


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_rest_fills_what_was_missed(first: str, second: str) -> None:
    said = Appended()
    told = said.more(Token("r", first, 0)) or ""
    assert said.more(Token("r", "later", len(first) + 7)) == ""  # there is a gap before it
    assert told + (said.rest(first + second) or "") == first + second


@pytest.mark.parametrize("whole", ["We think", "It", ""])
def test_a_run_begun_again_that_ends_in_other_words(whole: str) -> None:
    said = Appended()
    said.more(Token("r", "It has ", 0))
    assert said.more(Token("r", "It ", 0)) == ""  # begun again
    assert said.more(Token("r", "has 85", 3)) == "85"
    assert said.rest(whole) is None
    assert said.rest("It has 85 kW.") == " kW."


def test_pieces_are_appended_once() -> None:
    said = Appended()
    assert said.more(Token("r", "Hello ", 0)) == "Hello "
    assert said.more(Token("r", "you", 6)) == "you"
    assert said.more(Token("r", "Hello you all", 0)) == " all"
    assert said.more(Token("r", "you", 6)) == ""
    assert said.rest("Hello you all.") == "."


def test_other_words_are_no_more_of_the_same() -> None:
    said = Appended()
    said.more(Token("r", "Hello you", 0))
    assert said.more(Token("r", "Hi", 0)) is None
    assert said.rest("Hi") is None
    assert said.replace(Token("r", "there", 6)) == "Hello there"
    assert said.more(Token("r", "!", 11)) == "!"


def test_what_was_missed_is_made_up_for_at_the_end() -> None:
    said = Appended()
    assert said.more(Token("r", "you", 6)) == ""
    assert said.rest("Hello you") == "Hello you"


def test_a_prompt_that_nobody_answered_has_ended_already() -> None:
    asked = InputRequired("r", "s", "q", "confirm", "Shall I?", (), {}, "2026-11-22T10:00:00Z")
    prompts = Prompts()
    assert prompts.are_news(asked)
    assert not prompts.are_news(Cancelled("r", ""))
    assert prompts.are_news(Cancelled("r", ""))


def test_a_prompt_that_was_answered_has_an_end_to_come() -> None:
    asked = InputRequired("r", "s", "q", "confirm", "Shall I?", (), {}, "2026-11-22T10:00:00Z")
    prompts = Prompts()
    prompts.are_news(asked)
    assert prompts.are_news(Accepted("m", "r", "s", "yes", "now"))
    assert prompts.are_news(Cancelled("r", ""))


def test_the_time_of_an_event() -> None:
    assert unix_seconds("1970-01-01T00:00:01.250Z") == 1.25
