"""A new appointment: what is needed for it is taken from the message, and asked for one thing at a time."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from agents.appointments.dealers.workshops import Workshop
from agents.appointments.dialogue import Dialogue
from agents.appointments.inquiry import nearest
from agents.appointments.picks import counted, indifferent, refuses
from agents.appointments.wording import listed
from agents.appointments.works import MOST_CHARS
from agents.skill import Handled
from agents.types import Turn
from agents.vehicles.range import Vehicle, Vehicles, note

NO_APPOINTMENT_STORE = "No dealer here takes appointments through me. Please call your dealer."
_UNUSUAL = re.compile(r"[^\w\s.,:;!?()'/&+-]|_")
_FOUND = ("work", "fault", "cause", "summary")
"""Names under which another specialist may pass on what is to be done."""


async def book(dialogue: Dialogue) -> Handled:
    """Go on with a new appointment as far as the message allows."""
    if not dialogue.known.rows:
        return Handled(NO_APPOINTMENT_STORE, "declined")
    if (pick := dialogue.picked()) is not None:
        return await dialogue.propose(pick)
    if (question := dialogue.unsettled()) is not None:
        return question
    _take(dialogue)
    if dialogue.heard.wish.unclear:
        return dialogue.ask("when", dialogue.heard.wish.unclear)
    if (question := _missing(dialogue)) is not None:
        return question
    if dialogue.before.offers and dialogue.heard.nothing and refuses(dialogue.heard.text):
        return dialogue.ask("when", "Which other day or time would suit you? I can also look at another dealer.")
    return await dialogue.find(dialogue.turned(dialogue.plan.wish, dialogue.offered()))


def _take(dialogue: Dialogue) -> None:
    """What the message tells goes into the plan."""
    heard, plan, findings = dialogue.heard, dialogue.plan, dialogue.context.case.findings
    work = heard.work or plan.work or _found_out(findings)
    if dialogue.before.asked == "work" and not work and heard.intent is None:
        work = " ".join(_UNUSUAL.sub(" ", heard.text).split())
    dialogue.plan = replace(
        plan,
        intent="book",
        work=work[:MOST_CHARS].rstrip(" .,!"),
        vehicle=_vehicle(dialogue),
        urgent=plan.urgent or heard.urgent or bool(findings.get("danger")),
        wish=plan.wish if heard.wish.unclear else heard.wish.over(plan.wish),
        asked="",
        offers=(),
    )
    _take_dealer(dialogue)


def _take_dealer(dialogue: Dialogue) -> None:
    heard, plan, before = dialogue.heard, dialogue.plan, dialogue.before
    keys = tuple(row.key for row in heard.dealers)
    if before.asked == "dealer":
        if not keys and (at := _counted(dialogue)) is not None:
            keys = (before.among[at],)
        keys = tuple(key for key in keys if key in before.among) or keys
    if heard.other_dealer and not keys:
        meant = dialogue.context.resources.vehicles.mentioned(plan.vehicle)
        keys = tuple(row.key for row in dialogue.known.serving(meant) if row.key != plan.dealer)
    usual = dialogue.known.named(dialogue.context.case.facts.get("dealer", "")) if not (keys or plan.dealer) else ()
    if len(usual) == 1:
        keys = (usual[0].key,)
    if keys:
        dialogue.plan = replace(plan, dealer=keys[0] if len(keys) == 1 else "", among=keys if len(keys) > 1 else ())


def _counted(dialogue: Dialogue) -> int | None:
    at = counted(dialogue.heard.text, len(dialogue.before.among))
    return 0 if at is None and dialogue.before.among and indifferent(dialogue.heard.text) else at


def _vehicle(dialogue: Dialogue) -> str:
    heard, plan, case, vehicles = (
        dialogue.heard,
        dialogue.plan,
        dialogue.context.case,
        dialogue.context.resources.vehicles,
    )
    known = plan.vehicle or note(case.facts, vehicles)
    if heard.vehicle:
        return heard.vehicle
    if heard.other_vehicle:
        return _other(known, case.history, vehicles)
    return known or ("" if vehicles.rows else "vehicle")


def _other(vehicle: str, history: Sequence[Turn], vehicles: Vehicles) -> str:
    """The vehicle of another model that the customer spoke of last; "" where there was none."""
    models = {item.model for item in vehicles.mentioned(vehicle)}
    for turn in reversed([turn for turn in history if turn.role == "customer"]):
        for mention in reversed(vehicles.mentions(turn.text)):
            if not models & {item.model for item in mention.vehicles}:
                return mention.vehicles[0].name if len(mention.vehicles) == 1 else mention.vehicles[0].model
    return ""


def _found_out(findings: Mapping[str, Any]) -> str:
    """What is to be done, as another specialist passed it on."""
    return next((str(findings[name]) for name in _FOUND if isinstance(findings.get(name), str) and findings[name]), "")


def _missing(dialogue: Dialogue) -> Handled | None:
    """The question for the first thing that is needed and not known."""
    plan, vehicles = dialogue.plan, dialogue.context.resources.vehicles
    meant = vehicles.mentioned(plan.vehicle)
    dealer = dialogue.known.get(plan.dealer)
    models = list(dict.fromkeys(item.model for item in vehicles.mentioned(dialogue.heard.text)))
    if len(models) > 1:
        dialogue.plan = replace(plan, vehicle="")
        question = f"One vehicle at a time, please. Which one first: the {' or the '.join(models)}?"
        return dialogue.ask("vehicle", question, plan.among)
    if not plan.vehicle:
        return dialogue.ask(
            "vehicle", "Which vehicle is it for? The model is enough; the model year helps.", plan.among
        )
    if dealer is not None and not all(map(dealer.serves, meant)):
        return _unserved(dialogue, dealer, meant)
    if dealer is None:
        among = [row for row in dialogue.known.serving(meant) if row.key in plan.among] or list(
            dialogue.known.serving(meant)
        )
        if len(among) != 1:
            near = nearest(dialogue.heard.text) and not dialogue.heard.dealers
            question = "Which of these towns is nearest to you?" if near else "Which dealer would you like?"
            return _which(dialogue, question, among)
        dialogue.plan = replace(plan, dealer=among[0].key, among=())
    if not dialogue.plan.work:
        return dialogue.ask(
            "work", "What is to be done? A service, a tyre change, or a fault to look at: a few words do."
        )
    return None


def _unserved(dialogue: Dialogue, dealer: Workshop, meant: Sequence[Vehicle]) -> Handled:
    """The dealer does not work on that vehicle, or on some variants of it only."""
    some = [item.name for item in meant if dealer.serves(item)]
    if some and dialogue.before.asked != "vehicle":
        return dialogue.ask("vehicle", f"{dealer.name} works on the {' and the '.join(some)} only. Which one is yours?")
    refusal = f"I am sorry: {dealer.name} does not work on the {dialogue.plan.vehicle}."
    dialogue.plan = replace(dialogue.plan, dealer="")
    serving = dialogue.known.serving(meant)
    if not serving:
        return Handled(f"{refusal} No other dealer here does. Please call {dealer.telephone}.", "to_person")
    return _which(dialogue, f"{refusal} These dealers do; which one would you like?", serving)


def _which(dialogue: Dialogue, question: str, among: Sequence[Workshop]) -> Handled:
    if not among:
        return Handled(f"I am sorry: no dealer here works on the {dialogue.plan.vehicle}.", "declined")
    lines = listed([f"{row.name}, {row.town}" for row in among])
    return dialogue.ask("dealer", f"{question}\n\n{lines}", [row.key for row in among])
