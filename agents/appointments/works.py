"""What is to be done to a vehicle, as a workshop calls it, in a customer's words. Pure."""

from agents.appointments.picks import plain
from agents.language.codes import trouble_codes
from agents.language.lexicon import lexicon
from agents.language.phrases import Phrases
from agents.language.reading import reading
from agents.language.spelling import Spelling
from agents.language.words import vocabulary

MOST_CHARS = 120
MOST_WORDS = 15
"""Of a text that says in the customer's words what is to be done."""
_MOST = 3
_LEXICON = lexicon(__file__)
_WORKS = _LEXICON["works"]
_NAMED = Phrases(_WORKS | _LEXICON["spoken_of"])
_FAULT = Phrases(_LEXICON["faults"])
_TOO = vocabulary("and plus with")
_VISIT = vocabulary("appointment appointments book booked booking bookings reschedule slot slots")
_SPELLING = Spelling(["service serviced servicing inspection battery recall brakes windscreen software"] * 2)


_REPAIR = vocabulary("repair repairs repaired")
"""What is named only where nothing else is."""


def works(text: str) -> str:
    """What is to be done, such as "service and tyre change"; "" where nothing is named."""
    said = _SPELLING.correct(plain(text))
    found = _NAMED.labels(said)
    named = [label for label in _WORKS if label in found]
    if len(named) > 1 and "service" in named and _TOO.isdisjoint(reading(said).words):
        named.remove("service")  # of the service only the brakes were spoken of: "a service appointment for my brakes"
    named += [f"fault code {code}" for code in trouble_codes(text[:MOST_CHARS])]
    if not named and (fault := _FAULT.first(said)):
        named = [f"fault to look at ({said[fault.start : fault.end]})"]
    if not named and not _REPAIR.isdisjoint(reading(said).words):
        named = ["repair"]
    return " and ".join(dict.fromkeys(named[:_MOST]))


def names_visit(text: str) -> bool:
    """Whether the text speaks of a visit to the workshop by one of the words for it."""
    return not _VISIT.isdisjoint(reading(text).words)
