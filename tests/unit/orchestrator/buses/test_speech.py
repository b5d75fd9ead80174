"""What is being said, as another process reads it."""

from orchestrator.buses.speech import summed
from orchestrator.events import Cancelled, Envelope, Token


def said(text: str, offset: int, place: int, run_id: str = "run") -> Envelope:
    return Envelope("a", Token(run_id, text, offset), place=place)


def test_a_word_behind_the_end_of_its_run_is_nothing() -> None:
    ended = [said("It", 0, 1), Envelope("a", Cancelled("run", "It", []), 3), said(" is", 2, 2)]
    assert summed(ended) is None
    live = summed([*ended, said("Next", 0, 1, "other")])
    assert live is not None
    assert (live.run_id, live.text) == ("other", "Next")
