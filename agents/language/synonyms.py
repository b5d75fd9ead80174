"""What everyday words of a question stand for: words of like meaning, and the kind of value that is expected.

General English of cars and their workshop, not of one maker's documents. Stems are compared, see `rag.terms`.
"""

from functools import lru_cache
from itertools import pairwise

from agents.language.numbers import is_part
from agents.language.phrases import Phrases, Test
from agents.language.terms import terms
from agents.language.tokens import Token, tokens
from agents.language.words import vocabulary
from agents.language.words import words as plain_words

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
    "power": ("kW hp bhp PS W watt watts", "power powerful strong horsepower output kilowatt kilowatts bhp hp"),
    "torque": ("Nm lb-ft lbft", "torque tighten tightening"),
    "pressure": ("bar psi kPa", "pressure pressures psi inflate inflated"),
    "weight": ("kg tonne tonnes t lb lbs", "weight weigh weighs heavy payload load tow towing pull kerb nose"),
    "length": (
        "mm cm m metre metres inch inches km",
        "long wide high tall length width height wheelbase deep depth clearance dimensions diameter",
    ),
    "volume": ("litre litres l ml m³ cubic", "litres litre boot trunk volume"),
    "size": ("litre litres l m³ mm cm m inch inches kWh Ah", "size big large capacity"),
    "speed": ("km/h mph", "speed"),
    "pace": ("km/h mph s second seconds", "fast quick"),
    "acceleration": ("s second seconds", "acceleration accelerate"),
    "distance": ("km mile miles", "range far mileage"),
    "consumption": ("l/100_km kWh/100_km mpg litres_per litres_of g/km", "consumption thirsty mpg"),
    "age": ("year years", "old age"),
    "money": ("EUR euro euros € £", "cost costs price prices fee expensive euros pay"),
    "energy": ("kWh Ah", "kwh"),
    "temperature": ("°C degrees", "temperature"),
    "electric current": ("A amp amps", "fuse ampere amp amps"),
}
"""How the units of each quantity are written, and the words that ask for it."""
_CUES = {cue: quantity for quantity, (_, cues) in _UNITS.items() for cue in cues.split()}
_COUNTS = vocabulary("one two three four five six seven eight ten twelve")
_CLASSES: dict[str, Test] = {
    "count": lambda token: token.kind == "number" or token.word in _COUNTS,
    "year": lambda token: len(token.word) == 4 and token.word.startswith("20") and token.word.isdecimal(),
    "clock": lambda token: token.kind == "number" and len(token.word.replace(".", ":").split(":")) == 2
    and len(token.word.replace(".", ":").split(":")[1]) == 2,
}  # fmt: skip
_TIME = "<count> (year|years|month|months|week|weeks|day|days|hour|hours|minute|minutes|min|h|second|seconds)"
_SHAPES = {
    "interval": Phrases((_TIME, "<count> (km|miles)", "every <any>", "once (a|per)", "annual*"), _CLASSES),
    "moment": Phrases(
        (
            *(_TIME, "<clock>", "<year>", "when", "as soon as", "until"),
            "(mon|tues|wednes|thurs|fri|satur|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
        ),
        _CLASSES,
    ),
    "duration": Phrases((_TIME,), _CLASSES),
    "number": Phrases(("<count>",), _CLASSES),
}
_LONGEST_UNIT = 24
"""Characters behind a number among which its unit stands."""

_FORMS = Phrases(
    {
        "telephone": (
            "(tele|)phone number*", "telephone number*", "hotline", "(assistance|emergency|service|care) number",
            "number ... call",
        ),
        "mail": ("(e-mail|email) (address|)",),
        "interval": (
            "how (often|frequently|regularly)", "(interval|intervals)",
            "(when (do|does|should|must|is|are)|whens) ... (change|changed|replace|replaced|due|service|serviced)",
            "(when (do|does|should|must|is|are)|whens) ... (renewed|checked|needed)",
        ),
        "duration": (
            "how long (does|do|is|are|will|would|can|may|must) ... (take|takes|last|lasts|valid|covered|charg*|"
            "warranty|guarantee*|wait|keep|need)",
            "how (quickly|soon)", "how long (until|before|(do|can|may|must|should|would|will) (i|we|you|it))",
            "how many (hours|minutes|days|months|years)",
        ),
        "moment": (
            "^ (when|whens|what time|from when|until when)", "opening (hours|times)", "what time", "open on",
        ),
        "steps": (
            "how (do|can|should|would|does|to|must)", "what (do|should|must|can) (i|we) do", "(step|steps)",
            "procedure",
            "(instruction|instructions)", "show me",
        ),
    }
)  # fmt: skip
_ORDER = ("telephone", "mail", "interval", "duration", "moment", "steps")
_WHICH = Phrases(
    (
        "^ which",
        "(what|which) (|<word>|<word> <word>|<word> <word> <word>) (type|kind|sort|grade|brand|oil|fluid|spec*)",
    )
)
_UNMEASURED = Phrases(("(where|why)", "what (is|are|does|do) ... (mean|meant|meaning)", "meaning of"))
_DEGREE = Phrases(("how <word>",))
_NO_DEGREES = vocabulary("do does can should to is are must would")
_MANY = Phrases(("how (much|many|big|large)",))


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
    named = _FORMS.labels(question)
    return next((name for name in _ORDER if name in named), "plain")


def expected(question: str) -> str | None:
    """The kind of value that answers the question: a quantity's name (`power`, `pressure`, …), `interval`, `moment`,
    `duration`, `telephone`, `mail`, `name` or `number`; None where any text may answer."""
    kind = form(question)
    if kind in {"interval", "moment", "duration", "telephone", "mail"}:
        return kind
    if kind == "plain" and question not in _UNMEASURED:
        cued = [_CUES[word] for word in plain_words(question) if word in _CUES]
        if cued:
            return "money" if "money" in cued else cued[0]
    if question in _WHICH:
        return "name"
    return "number" if question in _MANY else None


def has_value(kind: str, text: str) -> bool:
    """Whether `text` holds a value of the kind that `expected` names."""
    if kind in _SHAPES:
        return text in _SHAPES[kind]
    if kind == "mail":
        return any("@" in word[1:-1] for word in text.split())
    read = tokens(text)
    if kind == "telephone":
        return any(
            one.kind == other.kind == "number"
            and len(one.word) >= 3
            and len(other.word) >= 3
            and other.start == one.end + 1
            for one, other in pairwise(read)
        )
    if kind == "name":
        return any(character.isdigit() for character in text) or any(
            other.kind == "word" and text[other.start].isupper() and text[one.end - 1] not in ".!?;"
            for one, other in pairwise(read)
        )
    return any(_has_unit(text[token.end : token.end + _LONGEST_UNIT], kind) for token in read if _is_count(token))


def _is_count(token: Token) -> bool:
    return _CLASSES["count"](token)


def _has_unit(behind: str, kind: str) -> bool:
    """Whether what stands behind a number begins with a unit of that quantity."""
    behind = behind.lstrip(" -–")
    return any(
        behind.startswith(unit)
        and not is_part(behind[len(unit) : len(unit) + 1] or " ")
        and behind[len(unit) :][:1] != "/"
        for unit in (written.replace("_", " ") for written in _UNITS[kind][0].split())
    )


@lru_cache(maxsize=64)
def cue_stems(kind: str) -> frozenset[str]:
    """The stems of the words that name a quantity: a heading with one of them says what bare numbers measure."""
    return frozenset(terms(_UNITS[kind][1])) if kind in _UNITS else frozenset()


def degrees(question: str) -> frozenset[str]:
    """The words after `how` that ask for a measure (`how far`): an answer gives the measure and not the word."""
    asked = (found.parts["word"].word for found in _DEGREE.spans(question))
    return frozenset(word for word in asked if word not in _NO_DEGREES)


def unit_answers(word: str, text: str) -> bool:
    """Whether a value in `text` has the unit of the quantity that `word` names."""
    return word in _CUES and has_value(_CUES[word], text)
