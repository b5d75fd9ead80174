"""What is to be done to a vehicle, as a workshop calls it, in a customer's words. Pure."""

import re

from agents.appointments.picks import plain
from agents.language.spelling import Spelling
from agents.language.words import vocabulary, words
from agents.vehicles.range import trouble_codes

MOST_CHARS = 120
MOST_WORDS = 15
"""Of a text that says in the customer's words what is to be done."""
_MOST = 3
_WORKS = {
    "tyre change": r"(?:ty|ti)res?(?! pressure)|wheels? (?:change|changed|swap|swapped|fitted|on|off)"
    r"|(?:change|swap|fit|put)(?: on)?(?: the| my)? wheels|(?:seasonal|winter|summer|new) wheels",
    "brake fluid change": r"brake fluid",
    "oil change": r"oil(?! (?:level|leak|pressure|light|lamp|smell))",
    "brake check": r"brakes?(?: pads?| discs?)?(?! fluid)|pads",
    "air conditioning check": r"air ?con(?:ditioning)?|climate control|ac recharge",
    "timing belt change": r"(?:timing|cam) ?belt",
    "windscreen repair": r"wind(?:screen|shield)",
    "wiper change": r"wipers?(?: blades?)?",
    "recall work": r"recall|service campaign",
    "software update": r"software(?: update)?",
    "battery check": r"battery(?: check| test)?(?! (?:one|model))",
    "bodywork": r"bodywork|paintwork|dents?|scratch(?:es)?",
    "wheel alignment": r"(?:wheel )?alignment|tracking done",
    "roadworthiness test": r"mot|roadworthiness|nct",
    "inspection": r"inspection|check-?(?: ?up| over)|(?:yearly|annual|health) check",
    "service": r"servic(?:e|ed|ing)(?! (?:light|lamp|indicator|book|record|campaign|centre|center|manual))"
    r"|(?:yearly|annual) thing|whatever is due",
}
_PATTERN = re.compile("|".join(rf"(?P<w{at}>\b(?:{pattern})\b)" for at, pattern in enumerate(_WORKS.values())))
_FAULT = re.compile(
    r"\b(?:noises?|rattl\w+|squeak\w*|squeal\w*|grind\w*|vibrat\w+|judder\w*|leak\w*|smells?|smoke"
    r"|(?:warning|engine|service) (?:light|lamp)|limp mode|wont (?:start|charge)|overheat\w*|stall\w*|broken|fault)\b"
)
_TOO = vocabulary("and plus with")
_VISIT = vocabulary("appointment appointments book booked booking bookings reschedule slot slots")
_SPELLING = Spelling(["service serviced servicing inspection battery recall brakes windscreen software"] * 2)


def works(text: str) -> str:
    """What is to be done, such as "service and tyre change"; "" where nothing is named."""
    said = _SPELLING.correct(plain(text))
    labels = list(_WORKS)
    found = {labels[int(match.lastgroup[1:])] for match in _PATTERN.finditer(said) if match.lastgroup}
    named = [label for label in labels if label in found]
    if len(named) > 1 and "service" in named and _TOO.isdisjoint(words(said)):
        named.remove("service")  # of the service only the brakes were spoken of: "a service appointment for my brakes"
    named += [f"fault code {code}" for code in trouble_codes(text[:MOST_CHARS])]
    if not named and (fault := _FAULT.search(said)):
        named = [f"fault to look at ({fault.group()})"]
    return " and ".join(dict.fromkeys(named[:_MOST]))


def names_visit(text: str) -> bool:
    """Whether the text speaks of a visit to the workshop by one of the words for it."""
    return not _VISIT.isdisjoint(words(text))
