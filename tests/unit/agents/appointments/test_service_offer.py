import pytest

from agents.appointments.service_offer import accepted, offer
from agents.types import Turn

OFFERED = (Turn("customer", "What is due?"), Turn("assistant", f"Two things. [1]\n{offer('service, brake fluid')}"))


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes please!",
        "ok, next Tuesday morning",
        "sure, in Tarnwick",
        "please do",
        "go ahead",
        "yes please book that",
    ],
)
def test_a_yes_is_for_what_was_offered(text: str) -> None:
    assert accepted(text, OFFERED) == "service, brake fluid"


@pytest.mark.parametrize(
    "text",
    ["", "no", "yes but not now", "not yet", "what does it cost?", "yes, how much is it?", "43,000 km", "yes " * 200],
)
def test_what_is_no_yes(text: str) -> None:
    assert accepted(text, OFFERED) == ""


def test_only_the_last_answer_offers() -> None:
    assert accepted("yes", ()) == ""
    assert accepted("yes", OFFERED[:1]) == ""
    assert accepted("yes", (*OFFERED, Turn("assistant", "It is raining."))) == ""
    assert accepted("yes", (Turn("customer", offer("service")),)) == ""
    assert accepted("yes", (Turn("assistant", "Shall I look for an appointment for: ?"),)) == ""
