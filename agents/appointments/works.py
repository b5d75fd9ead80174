"""What is to be done to a vehicle, as a workshop calls it, in a customer's words. Pure."""

import re

from agents.appointments.intents import plain
from agents.vehicles.range import trouble_codes

MOST_CHARS = 120
_MOST = 3
_TYRES = (
    r"(?:winter |summer |new |the |my ){0,4}(?:tyres?|tires?|wheels?) (?:change|changed|swap|swapped|fitted)"
    r"|(?:change|swap|fit|put) (?:on )?(?:the |my |new )?(?:winter |summer )?(?:tyres|tires|wheels)"
    r"|(?:seasonal|winter|summer|new) (?:tyres|tires|wheels)"
)
_WORKS = tuple(
    (re.compile(rf"\b(?:{pattern})\b"), label)
    for pattern, label in (
        (_TYRES, "tyre change"),
        (r"oil (?:and filter )?(?:change|service)|(?:change|renew) the oil", "oil change"),
        (r"brake fluid", "brake fluid change"),
        (r"brakes?(?: pads?| discs?)?(?! fluid)", "brake check"),
        (r"air ?con(?:ditioning)?|climate control", "air conditioning check"),
        (r"(?:timing belt|cam ?belt)", "timing belt change"),
        (r"wind(?:screen|shield)", "windscreen repair"),
        (r"recall|service campaign", "recall work"),
        (r"software(?: update)?", "software update"),
        (r"(?:12[- ]?volt |12v |hybrid |high[- ]voltage )?battery(?: check| test)?", "battery check"),
        (r"bodywork|paintwork|dents?|scratch(?:es)?", "bodywork"),
        (r"mot|roadworthiness", "roadworthiness test"),
        (r"inspection|check-?up", "inspection"),
        (r"servic(?:e|ed|ing)(?! (?:light|lamp|indicator|book|record|campaign|centre|center|manual))", "service"),
    )
)
_FAULT = re.compile(
    r"\b(?:noises?|rattl\w+|squeak\w*|squeal\w*|grind\w*|vibrat\w+|judder\w*|leak\w*|smells?|smoke"
    r"|(?:warning|engine|service) (?:light|lamp)|limp mode|wont (?:start|charge)|overheat\w*|stall\w*|broken|fault)\b"
)
_TOO = re.compile(r"\bservic\w+ (?:and|plus|with)\b|\b(?:and|plus|with) (?:a |the |its )?servic")


def works(text: str) -> str:
    """What is to be done, such as "service and tyre change"; "" where nothing is named."""
    said = plain(text)
    named = [label for pattern, label in _WORKS if pattern.search(said)]
    if len(named) > 1 and "service" in named and not _TOO.search(said):
        named.remove("service")  # of the service only the brakes were spoken of: "a service appointment for my brakes"
    named += [f"fault code {code}" for code in trouble_codes(text[:MOST_CHARS])]
    if not named and (fault := _FAULT.search(said)):
        named = [f"fault to look at ({fault.group()})"]
    return " and ".join(dict.fromkeys(named[:_MOST]))
