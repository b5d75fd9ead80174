from api.transport.place import Place
from orchestrator.commands import Read
from orchestrator.events import Accepted, Envelope, Failed, Resumed, Token

ACCEPTED = Accepted("m", "r", "s", "Hello?", "2026-01-01T00:00:00.000Z")
FAILED = Failed("r", "INTERNAL", "sorry", "ref")


def passed(*envelopes: Envelope, kept: bool = True) -> Place:
    place = Place(kept)
    for envelope in envelopes:
        place.passed(envelope)
    return place


def test_what_was_sent_is_read_once_the_client_shows_itself() -> None:
    place = passed(Envelope("c", ACCEPTED, 4), Envelope("c", Token("r", "Hi", 0)), Envelope("c", FAILED, 5))
    assert place.take() == [Read("s", 5, "c")]
    assert place.take() == []


def test_a_session_that_was_followed_again_is_known_by_that() -> None:
    assert passed(Envelope("c", Resumed("s", 0, 9)), Envelope("c", FAILED, 9)).take() == [Read("s", 9, "c")]


def test_previews_are_no_place() -> None:
    assert passed(Envelope("c", Token("r", "Hi", 0))).take() == []


def test_a_wire_that_keeps_no_place_marks_nothing() -> None:
    assert passed(Envelope("c", ACCEPTED, 4), kept=False).take() == []
