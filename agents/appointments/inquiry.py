"""What a message tells of an appointment: dealer, days and times, work, vehicle, a pick among offers. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from agents.appointments.booking_plan import Offer, Plan
from agents.appointments.dealers.places import Mention
from agents.appointments.dealers.workshops import Workshop, Workshops
from agents.appointments.intents import BY_ACT, LONGEST, Intent, asks_about, intent, plain, stops
from agents.appointments.picks import agrees, counted, indifferent, other_one, refuses
from agents.appointments.works import works
from agents.diagnosis.danger import danger
from agents.language.dates.windows import read, without
from agents.language.dates.wish import Wish
from agents.language.words import FUNCTION_WORDS, vocabulary, words
from agents.vehicles.range import Vehicles, note, years

_OTHER_VEHICLE = re.compile(r"\b(?:my |the |our )?(?:other|second) (?:car|vehicle|van|pick-?up)\b")
_OTHER_DEALER = re.compile(
    r"\b(?:(?:an)?other|different) (?:dealer|garage|workshop|dealership|place|branch|town)\b|\belsewhere\b"
)
_SAME_DEALER = re.compile(
    r"\bsame (?:dealer|garage|workshop|dealership|place|branch|town)\b|\bthere (?:too|again|as well)\b"
)
_DENIED = re.compile(r"\b(?:not|instead of|rather than|but not)(?: at| in| to)?\s*$")
_LATER = re.compile(r"\b(?:later|after that)\b(?! one\b| of the)")
_EARLIER = re.compile(r"\b(?:earlier|sooner)\b(?! one\b| of the)")
_ABOUT_BOOKING = vocabulary(
    """
    book booking booked appointment appointments slot slots free available availability take prefer works work
    suits suit suitable fine best better instead rather dealer dealers garage workshop anywhere anytime earlier
    later sooner first second third fourth last latter former number option make change move come bring day days
    date dates time times week possible another different nearest closest near next try choose pick go with car
    vehicle see fit sorry thanks cheers please great perfect lovely sounds okay mind matter doesnt dont cant
    today tomorrow either neither none original elsewhere place call reschedule cancel stay keep model year
    half hour hours minutes weeks middle whichever sure alright nope yep yeah new sometime maybe perhaps schedule only
    thats wifes husbands partners sons daughters mums dads moms
    hang hold wait course after all oh hm hmm right actually still go ahead else same
    """
)
"""What may be said beside a pick or a change and adds nothing to it."""
_WONDERS = re.compile(r"^(?:what|which|who|how|why|when|where)\b")
_BACK = 2
"""Days back from the one wished that a weekday may mean."""
_HOUR = re.compile(r"\W*(\d{1,2})\W*$")
_NEAREST = re.compile(r"\b(?:nearest|closest)\b")
_QUESTION = re.compile(r"\?|^(?:what|which|who|how|why|when|where|does|do|did|is|are|was|will|should|tell|explain)\b")


@dataclass(frozen=True, slots=True)
class Heard:
    """`dealers`: those named, several where a place has several. `vehicle` as it is called, "" if none was named.
    `rest`: the words that nothing of this explains. `turn`: earlier or later than what was offered."""

    text: str
    intent: Intent | None
    stops: bool
    asks: bool
    dealers: tuple[Workshop, ...]
    vehicle: str
    other_vehicle: bool
    other_dealer: bool
    wish: Wish
    work: str
    urgent: bool
    turn: Literal["", "earlier", "later"]
    rest: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether it tells nothing of an appointment."""
        told = self.dealers or self.vehicle or self.wish or self.work or self.turn
        return not (told or self.other_vehicle or self.other_dealer)


def hear(
    text: str,
    now: datetime,
    plan: Plan,
    known: Workshops,
    vehicles: Vehicles,
    facts: Mapping[str, str],
    act: str = "request",
) -> Heard:
    """What the text tells, in the light of what is planned. `act` is what the whole message does."""
    text = text[:LONGEST]
    if plan.offers and (hour := _HOUR.match(text)) and int(hour[1]) > len(plan.offers):
        text = f"at {hour[1]}"
    about, since = _spoken_of(plan, now)
    text, mentions = _wanted(text, known)
    dealers = tuple(dict.fromkeys(found for mention in mentions for found in mention.found))
    meant = vehicles.mentions(text)
    spans = sorted(
        [(item.start, item.end) for item in mentions] + [(item.start, item.end) for item in meant], reverse=True
    )
    bare = text
    for start, end in spans:
        bare = f"{bare[:start]} {bare[end:]}"
    said = plain(bare)
    vehicle = _vehicle(text, vehicles, facts) or _variant(said, plan, vehicles)
    return Heard(
        text=text,
        intent=intent(text) or BY_ACT.get(act),
        stops=stops(text),
        asks=asks_about(text),
        dealers=dealers,
        vehicle=vehicle,
        other_vehicle=bool(_OTHER_VEHICLE.search(said)),
        other_dealer=bool(_OTHER_DEALER.search(said)),
        wish=read(bare, now, about, since),
        work=works(bare),
        urgent=danger(text) is not None,
        turn="later" if _LATER.search(said) else "earlier" if _EARLIER.search(said) else "",
        rest=tuple(word for word in words(without(bare, now, about)) if _unexplained(word, plan.vehicle, vehicle)),
    )


def _wanted(text: str, known: Workshops) -> tuple[str, tuple[Mention[Workshop], ...]]:
    """The text without the dealers that it says it does not want, "not Ashby", and where it names the others."""
    found = known.mentions(text)
    for match in reversed(found):
        if denial := _DENIED.search(text[: match.start].casefold()):
            text = f"{text[: denial.start()]} {text[match.end :]}"
    return text, known.mentions(text)


def _spoken_of(plan: Plan, now: datetime) -> tuple[date | None, date | None]:
    """The day that is being spoken of, and from which one on a weekday is meant: from early in the week of what was
    wished, or what was offered where nothing was. After a Sunday "the Monday" is the next day."""
    offers = [plan.chosen] if plan.chosen else list(plan.offers)
    about = offers[-1].starts_at.date() if offers else None
    firsts = [window.first for window in plan.wish.windows if window.first]
    if not offers and not firsts:
        return None, None
    since = min(firsts) - timedelta(days=min(min(firsts).weekday(), _BACK)) if firsts else offers[0].starts_at.date()
    return about, max(since, now.date() + timedelta(days=1))


def _vehicle(text: str, vehicles: Vehicles, facts: Mapping[str, str]) -> str:
    mentioned = vehicles.mentioned(text)
    models = {vehicle.model for vehicle in mentioned}
    if len(models) != 1:
        return ""
    model = models.pop()
    if facts.get("model") == model and (len(mentioned) > 1 or facts.get("variant") == mentioned[0].variant):
        return note(facts, vehicles)
    year = [item for item in years(text) if item in {year for vehicle in mentioned for year in vehicle.years}]
    return ", ".join([mentioned[0].name if len(mentioned) == 1 else model, *year[:1]])


def _variant(said: str, plan: Plan, vehicles: Vehicles) -> str:
    """The variant of a model known already, where it was asked for: "the hybrid"."""
    if plan.asked != "vehicle":
        return ""
    told, meant = set(words(said)), vehicles.mentioned(plan.vehicle)
    by_variant = [item.name for item in meant if (set(words(item.variant)) - set(words(item.model))) & told]
    by_engine = [item.name for item in meant if set(words(item.powertrain)) & told]
    return next((found[0] for found in (by_variant, by_engine) if len(found) == 1), "")


def _unexplained(word: str, *vehicles: str) -> bool:
    plain_word = word.replace("'", "")
    return plain_word not in _ABOUT_BOOKING and word not in FUNCTION_WORDS and word not in words(" ".join(vehicles))


def picked(heard: Heard, offers: Sequence[Offer], chosen: Offer | None, zones: Mapping[str, str]) -> Offer | None:
    """The one offer that the customer means; None where it is none, or not clear which. `zones`: by dealer."""
    others = [offer for offer in offers if offer != chosen]
    said = plain(heard.text)
    if chosen is not None and other_one(heard.text):
        return others[0] if len(others) == 1 else None
    if not offers:
        return None
    if (at := counted(heard.text, len(offers))) is not None:
        return offers[at]
    if chosen is not None:
        return None
    if (len(offers) == 1 and agrees(heard.text)) or (heard.nothing and indifferent(heard.text)):
        return offers[0]
    dealers = {dealer.key for dealer in heard.dealers}
    one = re.search(r"\bone\b", said) is not None
    wide = any(a.first != a.last or (a.any_day and a.earliest != a.latest and not one) for a in heard.wish.windows)
    several = len(heard.wish.windows) > 1
    if not (heard.wish.windows or dealers) or heard.turn or heard.wish.never or wide or several:
        return None
    fitting = [
        offer
        for offer in offers
        if (not dealers or offer.dealer in dealers)
        and heard.wish.holds(offer.starts_at.astimezone(ZoneInfo(zones.get(offer.dealer, "UTC"))))
    ]
    return fitting[0] if len(fitting) == 1 and len(offers) > 1 - bool(heard.wish.windows) else None


def same_dealer(text: str) -> bool:
    """Whether the dealer that was spoken of is meant."""
    return bool(_SAME_DEALER.search(plain(text)))


def nearest(text: str) -> bool:
    """Whether the nearest dealer is meant, whichever that is."""
    return bool(_NEAREST.search(plain(text)))


def takes_up(plan: Plan, heard: Heard) -> bool:
    """Whether the message goes on with what the plan has left open, and is no question of its own."""
    if not plan.open or heard.asks:
        return False
    if heard.stops:
        return True
    said = plain(heard.text)
    if plan.asked == "work" and _WONDERS.search(said):
        return False
    if plan.asked == "work" and heard.nothing:
        return not _QUESTION.search(heard.text.casefold().strip()) and 0 < len(words(said)) <= 15
    most = 0 if _QUESTION.search(heard.text.casefold().strip()) else 1
    if len(heard.rest) > most + (2 if plan.asked == "work" else 0):
        return False
    if not heard.nothing:
        return True
    if plan.asked == "dealer" and nearest(heard.text):
        return True
    if plan.asked in ("dealer", "appointment"):
        chooses = counted(heard.text, len(plan.among)) is not None or other_one(heard.text)
        return chooses or (plan.asked == "dealer" and indifferent(heard.text))
    chooses = counted(heard.text, len(plan.offers)) is not None or agrees(heard.text) or refuses(heard.text)
    return bool(plan.offers or plan.hold) and (chooses or bool(other_one(heard.text)) or indifferent(heard.text))
