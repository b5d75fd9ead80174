"""Appointments that are there already: listed, moved and cancelled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from agents.appointments.actions import CALENDAR
from agents.appointments.booking_plan import Plan, noted
from agents.appointments.dialogue import Dialogue
from agents.appointments.picks import counted, other_one, plain
from agents.appointments.tools import PROPOSE_CANCELLATION
from agents.appointments.wording import listed
from agents.appointments.works import works
from agents.language.dates.windows import read
from agents.language.dates.wish import Wish, at
from agents.language.phrases import Phrases
from agents.skill import Handled

Booked = Mapping[str, Any]
_TO = Phrases(("(to|until|for|into)",))
"""After the last of them it is said what an appointment is to become."""
_IT = Phrases(("(it|that|this)", "^ (reschedule|cancel|postpone) $"))
NONE = "You have no appointments coming up. Tell me what is to be done and when, and I look for a time."


async def list_booked(dialogue: Dialogue) -> Handled:
    """The customer's appointments. What is being arranged meanwhile stays open."""
    booked = await dialogue.booked()
    only = booked[0]["appointment_id"] if len(booked) == 1 else ""
    note = noted(dialogue.before if dialogue.before.open else Plan(appointment=only), dialogue.context.case.now)
    if not booked:
        return Handled(NONE, note=note)
    if only:
        return Handled(f"Your appointment: {_told(booked[0])}\n\nTell me if you want to move or cancel it.", note=note)
    return Handled(f"Your appointments:\n\n{listed([_told(item) for item in booked])}", note=note)


def _told(booked: Booked) -> str:
    """`**Tuesday 10 March 2026 at 09:00**, service, Wren 58. Dealer, street, town, telephone.`"""
    where = booked.get("address", booked["dealer"])
    phone = f", telephone {booked['telephone']}" if booked.get("telephone") else ""
    calendar = CALENDAR.format(id=booked["appointment_id"])
    return f"**{booked['local']}**, {booked['work']}, {booked['vehicle']}. {where}{phone}. Calendar: {calendar}"


async def change(dialogue: Dialogue) -> Handled:
    """Move or cancel one of them."""
    before, moving = dialogue.before, dialogue.plan.intent == "move"
    if moving and before.intent == "move" and (pick := dialogue.picked()) is not None:
        return await dialogue.propose(pick)
    if moving and (question := dialogue.unsettled()) is not None:
        return question
    booked = await dialogue.booked()
    if not booked:
        return _none(dialogue)
    identifying, wish = _wishes(dialogue, booked) if moving else (dialogue.heard.wish, Wish())
    if wish.unclear:
        return dialogue.ask("when", wish.unclear)
    if moving:
        dialogue.plan = replace(dialogue.plan, wish=wish.over(before.wish if before.intent == "move" else Wish()))
    found = _identified(dialogue, booked, identifying)
    if len(found) != 1:
        among = found or booked
        verb = "moved" if moving else "cancelled"
        ids = [candidate["appointment_id"] for candidate in among]
        return dialogue.ask(
            "appointment", f"Which one is to be {verb}?\n\n{listed([_told(candidate) for candidate in among])}", ids
        )
    return await (_move(dialogue, found[0]) if moving else _cancel(dialogue, found[0], booked))


def _none(dialogue: Dialogue) -> Handled:
    """What may be done where there is no appointment: it was made with the dealer, perhaps."""
    dealers = dialogue.heard.dealers or tuple(filter(None, [dialogue.known.get(dialogue.plan.dealer)]))
    call = f"call {dealers[0].name} on {dealers[0].telephone}" if len(dealers) == 1 else "tell me which, or call it"
    text = (
        f"You have no appointment that I could move or cancel. If you made one with a service partner directly, {call}."
    )
    dialogue.plan = replace(dialogue.plan, asked="appointment")
    return Handled(text, note=dialogue.note())


async def _move(dialogue: Dialogue, booked: Booked) -> Handled:
    start = datetime.fromisoformat(booked["starts_at"])
    *_, cut = (None, *_TO.spans(dialogue.heard.text))
    dealers = [row.key for row in dialogue.known.named(dialogue.heard.text[cut.end if cut else 0 :])]
    kept = (
        dialogue.before.dealer
        if dialogue.before.intent == "move" and dialogue.before.appointment == booked["appointment_id"]
        else ""
    )
    dialogue.plan = replace(
        dialogue.plan,
        appointment=booked["appointment_id"],
        dealer=dealers[0] if len(dealers) == 1 else kept or booked["key"],
        work=booked["work"],
        vehicle=booked["vehicle"],
        asked="",
        offers=(),
    )
    wish = dialogue.turned(dialogue.plan.wish, dialogue.offered() or [start])
    if wish.windows and "same time" in plain(dialogue.heard.text):
        wish = wish.over(Wish((at(start),)))
    if not wish.windows and not wish.soonest and dialogue.plan.dealer != booked["key"]:
        wish = Wish((at(start),), wish.never)
    if not wish.windows and not wish.soonest:
        return dialogue.ask(
            "when", f"It is on {booked['local']} at {booked['dealer']}. To which day and time shall I move it?"
        )
    return await dialogue.find(wish)


async def _cancel(dialogue: Dialogue, item: Booked, booked: Sequence[Booked]) -> Handled:
    outcome = await dialogue.context.call(PROPOSE_CANCELLATION, {"appointment_id": item["appointment_id"]})
    if outcome.result is None:
        return dialogue.refused(outcome)
    rule = outcome.result.value["rule"]
    text = f"{rule} [{outcome.first_number}]" if rule else ""
    ids = tuple(other["appointment_id"] for other in booked)
    dialogue.plan = replace(dialogue.plan, appointment=item["appointment_id"], asked="appointment", among=ids)
    return Handled(text, "asked_back", outcome.citations, dialogue.note(), outcome.result.proposal)


def _wishes(dialogue: Dialogue, booked: Sequence[Booked]) -> tuple[Wish, Wish]:
    """Which appointment is meant and to when it is to be moved: "my Tuesday appointment to Friday"."""
    heard, now = dialogue.heard, dialogue.context.case.now
    spoken_of = [item for item in booked if len(booked) == 1 or item["appointment_id"] == dialogue.plan.appointment]
    about = datetime.fromisoformat(spoken_of[0]["starts_at"]).date() if spoken_of else None
    if dialogue.before.intent == "move" and heard.intent is None:
        return (heard.wish, Wish()) if dialogue.before.asked == "appointment" else (Wish(), heard.wish)
    after = read(heard.text, now, about) if about else heard.wish
    if after.windows and after != heard.wish:
        return Wish(), after  # counted from the day of the appointment: "the Tuesday after"
    *_, cut = (None, *_TO.spans(heard.text))
    if cut is not None and (to := read(heard.text[cut.end :], now, about)):
        return read(heard.text[: cut.start], now), to
    named = _meant(heard.wish)
    if named.windows and any(_fits(item, named) for item in booked):
        return named, Wish()
    return Wish(), read(heard.text, now, about) if about else heard.wish


def _meant(wish: Wish) -> Wish:
    """What does not suit taken for what is meant: "I can't make my appointment on Tuesday"."""
    return wish if wish.windows else Wish(wish.never)


def _identified(dialogue: Dialogue, booked: Sequence[Booked], wish: Wish) -> Sequence[Booked]:
    """The appointments that may be meant."""
    heard, before = dialogue.heard, dialogue.before
    among = [item for item in booked if item["appointment_id"] in before.among] if before.asked == "appointment" else []
    if among and (at := counted(heard.text, len(before.among))) is not None:
        return [candidate for candidate in among if candidate["appointment_id"] == before.among[at]]
    if among and other_one(heard.text):
        return [candidate for candidate in among if candidate["appointment_id"] != before.appointment]
    found = [candidate for candidate in among or booked if _fits(candidate, wish) and _named(dialogue, candidate)]
    spoken_of = [item for item in booked if item["appointment_id"] == dialogue.plan.appointment]
    if len(found) != 1 and spoken_of and (not among or dialogue.plan.intent == "move") and heard.text in _IT:
        return spoken_of
    return found


def _fits(booked: Booked, wish: Wish) -> bool:
    return not wish.windows or Wish(wish.windows).holds(datetime.fromisoformat(booked["starts_at"]))


def _named(dialogue: Dialogue, booked: Booked) -> bool:
    """Whether what is said of dealer, work and vehicle is true of it; a move's dealer may be the new one."""
    heard = dialogue.heard
    cancels = dialogue.plan.intent == "cancel"
    dealer = not (cancels and heard.dealers) or booked["key"] in {row.key for row in heard.dealers}
    vehicles = dialogue.context.resources.vehicles
    models = {vehicle.model for vehicle in vehicles.mentioned(heard.vehicle)}
    vehicle = not models or bool(models & {vehicle.model for vehicle in vehicles.mentioned(booked["vehicle"])})
    work = (
        not heard.work or heard.work in booked["work"] or works(booked["work"]) == heard.work or heard.work == "service"
    )
    return dealer and vehicle and work
