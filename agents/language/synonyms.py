"""What everyday words of a question stand for: words of like meaning, and the kind of value that is expected.

General English of cars and their workshop, not of one maker's documents. Stems are compared, see `rag.terms`.
"""

import re
from functools import lru_cache

from agents.language.terms import terms

_ALIKE = """
power output horsepower
boot trunk luggage
bonnet hood
tyre tire
wheel rim
petrol gas gasoline fuel
diesel fuel
capacity volume size
size big large
weight heavy weigh mass
kerb unladen empty
price cost fee expensive
service maintenance serviced inspection
change replace replacement renew swap exchange rotate
repair fix mend
interval often every
range far distance
speed fast
consumption thirsty economy
tow towing trailer caravan pull
trailer towing towed
warranty guarantee
warranty cover covered
open opening
address street
telephone phone
phone smartphone iphone mobile
appointment booking book slot
appointment visit
book order reserve
cancel cancellation
move reschedule postpone moving
courtesy replacement loan loaner rental
battery accumulator
motor engine
lamp light headlight headlamp bulb
windscreen windshield
gearbox transmission
gear speed
oil lubricant
display screen touchscreen
key fob
seat seats
child infant baby
isofix anchorage
noise sound rattle
soft spongy mushy
squeal squeak
warning lamp light symbol
start starting
flat discharged empty dead
charge charging recharge plug charger wallbox
rapid fast dc
leak leaking drip
shake vibrate vibration shudder judder wobble
cold winter frost freezing
puncture punctured flat
lift raise
mirroring carplay
pair pairing connect
wading ford
dealer dealership workshop garage
breakdown roadside assistance
colour color paint
length long
width wide
height high tall
stop halt
owner sell
12v 12-volt
minimum least
maximum most permitted
sign signs show
delete erase reset
release unlock stuck
refill top fill
"""

_UNITS = {
    "power": (r"kW|hp|bhp|PS|W|watts?", "power powerful strong horsepower output kilowatt kilowatts bhp hp"),
    "torque": (r"Nm|lb-?ft", "torque tighten tightening"),
    "pressure": (r"bar|psi|kPa", "pressure pressures psi inflate inflated"),
    "weight": (r"kg|tonnes?|t|lbs?", "weight weigh weighs heavy payload load tow towing pull kerb nose"),
    "length": (
        r"mm|cm|m|metres?|inch(?:es)?|km",
        "long wide high tall length width height wheelbase deep depth clearance dimensions diameter",
    ),
    "volume": (r"litres?|l|ml|m³|cubic", "litres litre boot trunk volume"),
    "size": (r"litres?|l|m³|mm|cm|m|inch(?:es)?|kWh|Ah", "size big large capacity"),
    "speed": (r"km/h|mph", "speed"),
    "pace": (r"km/h|mph|s|seconds?", "fast quick"),
    "acceleration": (r"s|seconds?", "acceleration accelerate"),
    "distance": (r"km|miles?", "range far mileage"),
    "consumption": (r"l/100 km|kWh/100 km|mpg|litres (?:per|of)|g/km", "consumption thirsty mpg"),
    "age": (r"years?", "old age"),
    "money": (r"EUR|euros?|€|£", "cost costs price prices fee expensive euros pay"),
    "energy": (r"kWh|Ah", "kwh"),
    "temperature": (r"°C|degrees", "temperature"),
    "electric current": (r"A|amps?", "fuse ampere amp amps"),
}
_CUES = {cue: quantity for quantity, (_, cues) in _UNITS.items() for cue in cues.split()}
_NUMBER = r"(?:(?<!\d)\d[\d.,]{0,30}+|\b(?:one|two|three|four|five|six|seven|eight|ten|twelve))"
_TIME = rf"{_NUMBER}\s*+(?:-\s*+)?(?:years?|months?|weeks?|days?|hours?|minutes?|min|h|seconds?)\b"
_INTERVAL = re.compile(rf"{_TIME}|{_NUMBER}\s*+(?:km|miles)\b|\bevery \w+\b|\bonce (?:a|per)\b|annual", re.IGNORECASE)
_CLOCK = r"\d{1,2}[:.]\d{2}|\b(?:mon|tues|wednes|thurs|fri|satur|sun)(?:day)?\b"
_MOMENT = re.compile(rf"{_TIME}|{_CLOCK}|\b20\d\d\b|\bwhen\b|\bas soon as\b|\buntil\b", re.IGNORECASE)
_DURATION = re.compile(rf"{_TIME}|\d h\b", re.IGNORECASE)
_ANY_NUMBER = re.compile(rf"{_NUMBER}", re.IGNORECASE)
_SHAPES = {
    "interval": _INTERVAL,
    "moment": _MOMENT,
    "duration": _DURATION,
    "number": _ANY_NUMBER,
    "name": re.compile(r"(?<=[a-z,:] )[A-Z]\w+|\d"),
    "telephone": re.compile(r"\d{3,5}[ -]\d{3}"),
    "mail": re.compile(r"\S@\S"),
} | {name: re.compile(rf"{_NUMBER}\s*+(?:[-–]\s*+)?(?:{units})(?![\w/])") for name, (units, _) in _UNITS.items()}

_FORMS = (
    (
        "telephone",
        r"\b(?:tele)?phone number|\bhotline\b|\b(?:assistance|emergency|service|care) number\b"
        r"|\bnumber .{0,300}\bcall\b",
    ),
    ("mail", r"\be-?mail(?: address)?\b"),
    (
        "interval",
        r"\bhow (?:often|frequently|regularly)\b|\bintervals?\b|\bwhen (?:do|does|should|must|is|are) .{0,300}"
        r"\b(?:changed?|replaced?|due|serviced?|renewed|checked|needed)\b",
    ),
    (
        "duration",
        r"\bhow long (?:does|do|is|are|will|would|can|may|must)\b.{0,300}\b(?:take|takes|last|lasts|valid|covered|"
        r"charg\w*|warranty|guarantee\w*|wait|keep|need)\b|\bhow (?:quickly|soon)\b"
        r"|\bhow long (?:until|before|(?:do|can|may|must|should|would|will) (?:i|we|you|it)\b)"
        r"|\bhow many (?:hours|minutes|days|months|years)\b",
    ),
    ("moment", r"^\W*(?:when|what time|from when|until when)\b|\bopening (?:hours|times)\b|\bwhat time\b|\bopen on\b"),
    (
        "steps",
        r"\bhow (?:do|can|should|would|does|to|must)\b(?! (?:much|many|long|often|far))"
        r"|\bwhat (?:do|should|must|can) (?:i|we) do\b|"
        r"\bsteps?\b|\bprocedure\b|\binstructions?\b|\bshow me\b",
    ),
)
_FORM_PATTERNS = tuple((form, re.compile(pattern, re.IGNORECASE)) for form, pattern in _FORMS)
_WHICH = re.compile(
    r"^\W*which\b|\b(?:what|which) (?:\w+ ){0,3}(?:type|kind|sort|grade|brand|oil|fluid|spec\w*)\b", re.IGNORECASE
)
_UNMEASURED = re.compile(
    r"\b(?:where|why)\b|\bwhat (?:is|are|does|do)\b.{0,300}\bmean(?:t|ing)?\b|\bmeaning of\b", re.IGNORECASE
)
_DEGREE = re.compile(r"\bhow (?!do|does|can|should|to|is|are|must|would)(\w+)", re.IGNORECASE)
_MANY = re.compile(r"\bhow (?:much|many|big|large)\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[str]]:
    alike: dict[str, frozenset[str]] = {}
    for line in _ALIKE.strip().splitlines():
        stems = frozenset(terms(line))
        for stem in stems:
            alike[stem] = alike.get(stem, frozenset()) | stems
    return alike


@lru_cache(maxsize=1)
def words() -> frozenset[str]:
    """The words of this lexicon, which are no misspellings."""
    return frozenset(_ALIKE.split()) | frozenset(_CUES)


def alike(stem: str) -> frozenset[str]:
    """The stems that may stand for `stem` in an answer, itself left out."""
    return _groups().get(stem, frozenset()) - {stem}


def form(question: str) -> str:
    """How the question is to be answered: `telephone`, `mail`, `interval`, `duration`, `moment`, `steps`, `plain`."""
    return next((name for name, pattern in _FORM_PATTERNS if pattern.search(question)), "plain")


def expected(question: str) -> str | None:
    """The kind of value that answers the question: a quantity's name (`power`, `pressure`, …), `interval`, `moment`,
    `duration`, `telephone`, `mail`, `name` or `number`; None where any text may answer."""
    kind = form(question)
    if kind in {"interval", "moment", "duration", "telephone", "mail"}:
        return kind
    words = re.findall(r"[a-z0-9-]+", question.casefold())
    if kind == "plain" and not _UNMEASURED.search(question):
        cued = [_CUES[word] for word in words if word in _CUES]
        if cued:
            return "money" if "money" in cued else cued[0]
    if _WHICH.search(question):
        return "name"
    return "number" if _MANY.search(question) else None


def has_value(kind: str, text: str) -> bool:
    """Whether `text` holds a value of the kind that `expected` names."""
    return _SHAPES[kind].search(text) is not None


@lru_cache(maxsize=64)
def cue_stems(kind: str) -> frozenset[str]:
    """The stems of the words that name a quantity: a heading with one of them says what bare numbers measure."""
    return frozenset(terms(_UNITS[kind][1])) if kind in _UNITS else frozenset()


def degrees(question: str) -> frozenset[str]:
    """The words after `how` that ask for a measure (`how far`): an answer gives the measure and not the word."""
    return frozenset(word.casefold() for word in _DEGREE.findall(question))


def unit_answers(word: str, text: str) -> bool:
    """Whether a value in `text` has the unit of the quantity that `word` names."""
    return word in _CUES and has_value(_CUES[word], text)
