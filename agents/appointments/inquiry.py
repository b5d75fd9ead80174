"""What a message tells of an appointment: dealer, days and times, work, vehicle, a pick among offers. Pure but for the
embedding of the text, which blocks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from agents.appointments.booking_plan import Offer, Plan
from agents.appointments.dealers.places import Mention
from agents.appointments.dealers.workshops import Unbookable, Workshop, Workshops
from agents.appointments.picks import counted, other_one
from agents.appointments.purposes import BY_ACT, LONGEST, TOWN, VEHICLE, Intent, read
from agents.appointments.works import MOST_WORDS, names_visit, works
from agents.language.dates import windows
from agents.language.dates.wish import Wish
from agents.language.reading import reading
from agents.language.words import vocabulary, words
from agents.learning.choice import Choices
from agents.vehicles.range import Vehicles, note, years

_OTHER = vocabulary("other another different second")
_VEHICLES = vocabulary("car vehicle van pickup pick-up")
_DEALERS = vocabulary("dealer partner garage workshop dealership place branch town location")
_CARS = vocabulary("courtesy loan loaner replacement rental")
_OWNERS = vocabulary("my our his her a this your their")
_ENGINES = vocabulary("engine motor full")
_DENIALS = vocabulary("not instead rather")
_BEFORE_A_PLACE = vocabulary("at in to of than")
_PLAIN = 0.9
"""The probability from which a message is about an appointment that it does not call one."""
_FEW = 4
"""Words of a message that is nothing but a pick."""
_WEEK = 6
_BACK = 2
"""Days back from the one wished that a weekday may mean."""


@dataclass(frozen=True, slots=True)
class Heard:
    """`reply`: see `Purpose.reply`. `dealers`: those named, several where a place has several; `unbookable`: those
    named that can only be called. `vehicle` as it is called, "" if none was named. `car`: whether a courtesy car is
    wished. `turn`: earlier or later than what was offered, and `shift` by how much; negative is earlier."""

    text: str
    act: str
    intent: Intent | None
    reply: str
    question: bool
    dealers: tuple[Workshop, ...]
    unbookable: tuple[Unbookable, ...]
    vehicle: str
    other_vehicle: bool
    other_dealer: bool
    same_dealer: bool
    nearest: bool
    wish: Wish
    work: str
    car: bool
    urgent: bool
    turn: Literal["", "earlier", "later"]
    shift: timedelta | None

    @property
    def nothing(self) -> bool:
        """Whether it tells nothing of an appointment."""
        told = self.dealers or self.vehicle or self.wish or self.work or self.turn or self.shift or self.car
        return not (told or self.unbookable or self.other_vehicle or self.other_dealer)


def hear(
    text: str,
    now: datetime,
    plan: Plan,
    known: Workshops,
    vehicles: Vehicles,
    facts: Mapping[str, str],
    act: str = "request",
    choices: Choices | None = None,
) -> Heard:
    """What the text tells, in the light of what is planned. `act` is what the whole message does."""
    text = text[:LONGEST]
    about, since = _spoken_of(plan, now)
    text, mentions = _wanted(text, known, "dealer" in plan.asked)
    dealers = tuple(dict.fromkeys(found for mention in mentions for found in mention.found))
    apart = known.unbookable(text)
    unbookable = tuple(dict.fromkeys(found for mention in apart for found in mention.found))
    places = [*((item.start, item.end) for item in mentions), *((item.start, item.end) for item in apart)]
    bare = _replaced(text, [*places, *((item.start, item.end) for item in vehicles.mentions(text))], "")
    above = {"above": len(plan.offers)} if plan.offers or plan.hold or "when" in plan.asked else {}
    said, wish, work = reading(bare).words, windows.read(bare, now, about, since, **above), works(bare)
    vehicle = _vehicle(text, vehicles, facts) or _variant(said, plan, vehicles)
    shift = windows.shifted(text)
    purpose = read(vehicles.generic(_replaced(text, places, TOWN), VEHICLE), choices or {})
    day = wish.soonest or not all(window.any_day for window in wish.windows)
    intent = purpose.intent(sum(map(bool, (day, dealers or unbookable, work)))) or BY_ACT.get(act)
    reply = purpose.reply(any((wish, dealers, unbookable, work, vehicle, _turn(said), shift)))
    if plan.intent == "book" and intent in ("move", "cancel") and not names_visit(text):
        # What is being arranged is meant, not what is booked.
        intent, reply = None, "detail" if intent == "move" else "stop"
    elif intent not in (None, "book") and not (names_visit(text) or work or plan.appointment or act in BY_ACT):
        intent = intent if purpose.wants[intent] >= _PLAIN else None
    return Heard(
        text=text,
        act=act,
        intent=intent,
        reply=reply,
        question=purpose.question,
        dealers=dealers,
        unbookable=unbookable,
        vehicle=vehicle,
        other_vehicle=_follows(said, _OTHER, _VEHICLES),
        other_dealer=_follows(said, _OTHER, _DEALERS) or "elsewhere" in said or _follows(said, {"somewhere"}, {"else"}),
        same_dealer=_follows(said, {"same", "usual"}, _DEALERS) or _follows(said, {"there"}, {"again", "too"}),
        nearest=not {"nearest", "closest", "nearer", "closer"}.isdisjoint(said),
        wish=wish,
        work=work,
        car=_follows(said, _CARS, _VEHICLES) or _follows(said, _VEHICLES, {"for", "while"}),
        urgent=act == "danger",
        turn=_turn(said),
        shift=shift,
    )


def _replaced(text: str, spans: Sequence[tuple[int, int]], word: str) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {word} {text[end:]}" if not word else f"{text[:start]}{word}{text[end:]}"
    return text


def _follows(said: Sequence[str], before: Collection[str], after: Collection[str]) -> bool:
    """Whether one word stands right before another."""
    return any(one in before and other in after for one, other in pairwise(said))


def _turn(said: Sequence[str]) -> Literal["", "earlier", "later"]:
    """Whether what comes before or after what was offered is wished."""
    for word, following in pairwise([*said, ""]):
        if word in ("earlier", "sooner", "later") and following not in ("one", "of"):
            return "later" if word == "later" else "earlier"
    return ""


def _wanted(text: str, known: Workshops, asked: bool) -> tuple[str, tuple[Mention[Workshop], ...]]:
    """The text without the dealers that it says it does not want, "not Ashby", and where it names the others."""
    for match in reversed(known.mentions(text)):
        before = words(text[: match.start])[-2:]
        if before[-1:] == ["not"] or _follows(before, _DENIALS, _BEFORE_A_PLACE):
            text = f"{text[: match.start]} {text[match.end :]}"
    return text, known.mentions(text, asked=asked)


def _spoken_of(plan: Plan, now: datetime) -> tuple[date | None, date | None]:
    """The day that is being spoken of, and from which one on a weekday is meant: from early in the week of what was
    wished, or what was offered where nothing was. After a Sunday "the Monday" is the next day."""
    offers = [plan.chosen] if plan.chosen else list(plan.offers)
    days = [(window.first, window.last) for window in plan.wish.windows if window.first]
    single = next((first for first, last in days if len(days) == 1 and first == last), None)
    about = plan.chosen.starts_at.date() if plan.chosen else single or (offers[-1].starts_at.date() if offers else None)
    if not offers and not days:
        return about, None
    since = offers[0].starts_at.date() if offers else now.date()
    if days:
        first, last = min(days, key=lambda pair: pair[0])
        whole = last is not None and last - first >= timedelta(days=_WEEK)
        since = first if whole else first - timedelta(days=min(first.weekday(), _BACK))
    return about, max(since, now.date() + timedelta(days=1))


def _vehicle(text: str, vehicles: Vehicles, facts: Mapping[str, str]) -> str:
    said = reading(text).words
    mentioned = vehicles.mentioned(text) or vehicles.mentioned(_definite(said))
    models = {vehicle.model for vehicle in mentioned}
    if len(models) != 1:
        return ""
    model = models.pop()
    if len(mentioned) > 1:
        of_one = tuple(item for item in mentioned if (set(words(item.powertrain)) - _ENGINES) & set(said))
        mentioned = of_one if len(of_one) == 1 else mentioned
    if facts.get("model") == model and (len(mentioned) > 1 or facts.get("variant") == mentioned[0].variant):
        return note(facts, vehicles)
    year = [item for item in years(text) if item in {year for vehicle in mentioned for year in vehicle.years}]
    return ", ".join([mentioned[0].name if len(mentioned) == 1 else model, *year[:1]])


def _definite(said: Sequence[str]) -> str:
    """The words with "the" for whose vehicle it is, as vehicles are called."""
    return " ".join("the" if word in _OWNERS else word for word in said)


def _variant(said: Sequence[str], plan: Plan, vehicles: Vehicles) -> str:
    """The variant of a model known already, where it was asked for: "the hybrid"."""
    if plan.asked != "vehicle":
        return ""
    told, meant = set(said), vehicles.mentioned(plan.vehicle)
    by_variant = [item.name for item in meant if (set(words(item.variant)) - set(words(item.model))) & told]
    by_engine = [item.name for item in meant if set(words(item.powertrain)) & told]
    return next((found[0] for found in (by_variant, by_engine) if len(found) == 1), "")


def picked(heard: Heard, offers: Sequence[Offer], chosen: Offer | None, zones: Mapping[str, str]) -> Offer | None:
    """The one offer that the customer means; None where it is none, or not clear which. `zones`: by dealer."""
    others = [offer for offer in offers if offer != chosen]
    if chosen is not None and other_one(heard.text):
        return others[0] if len(others) == 1 else None
    if chosen is not None and heard.nothing and heard.reply == "agree":
        return chosen
    if not offers:
        return None
    if (at := counted(heard.text, len(offers))) is not None:
        return offers[at]
    if chosen is not None:
        return None
    if heard.nothing and (heard.reply == "any" or (len(offers) == 1 and heard.reply == "agree")):
        return offers[0]
    dealers = {dealer.key for dealer in heard.dealers}
    one = "one" in words(heard.text)
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


def takes_up(plan: Plan, heard: Heard) -> bool:
    """Whether the message goes on with what the plan has left open, and is no question of its own."""
    if plan.paused:
        named = bool(heard.wish or heard.dealers) or names_visit(heard.text)
        again = heard.intent == "book" or (heard.reply in ("detail", "agree") and named)
        return again and heard.act != "person"
    if not plan.open or (heard.act == "person" and heard.reply != "stop"):
        return False
    if heard.reply == "stop":
        return True
    among = len(plan.among or plan.offers)
    picks = counted(heard.text, among) is not None or other_one(heard.text)
    if among and picks and (heard.reply != "other" or len(words(heard.text)) <= _FEW):
        return True
    if "work" in plan.asked and heard.nothing and not heard.question:
        return heard.reply == "detail" and heard.act == "request" and 0 < len(words(heard.text)) <= MOST_WORDS
    if heard.reply == "other":
        return False
    if not heard.nothing or (heard.nearest and "dealer" in plan.asked):
        return True
    answered = bool(among or plan.hold)  # a yes where nothing is offered is to nothing
    return heard.reply in ("agree", "any", "refuse") and (
        answered or (heard.reply != "agree" and bool(plan.wish.windows))
    )
