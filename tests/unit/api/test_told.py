"""What a client that only appends has, and which endings are no news to it."""

from api.told import Appended, Prompts, unix_seconds
from orchestrator.events import Accepted, Cancelled, InputRequired, Token


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
