"""A new appointment: what is needed for it is taken from the message, and asked for one thing at a time."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from agents.appointments.dealers.skill import LOOK_UP_DEALER
from agents.appointments.dealers.workshops import Unbookable, Workshop
from agents.appointments.dialogue import ASK_WORK, Dialogue
from agents.appointments.picks import counted
from agents.appointments.wording import listed
from agents.appointments.works import MOST_CHARS
from agents.skill import Handled
from agents.types import Turn
from agents.vehicles.range import Vehicle, Vehicles, note

NO_APPOINTMENT_STORE = "No service partner takes appointments through me. Please call one, or our customer service."
_USUAL = frozenset(" .,:;!?()'/&+-")
_QUESTIONS = {
    "vehicle": "Which product is it for? The model is enough; the model year helps.",
    "work": ASK_WORK,
    "dealer": "Which service partner would you like?",
}
UNSAID = "work to be agreed on site"
_FOUND = ("work", "fault", "cause", "summary")
"""Names under which another specialist may pass on what is to be done."""


async def book(dialogue: Dialogue) -> Handled:
    """Go on with a new appointment as far as the message allows."""
    towns = {row.town for row in dialogue.heard.dealers}
    if (apart := dialogue.heard.unbookable) and towns <= {row.town for row in apart}:
        return await _elsewhere(dialogue, apart[0])
    if not dialogue.known.rows:
        return Handled(NO_APPOINTMENT_STORE, "declined")
    if (pick := dialogue.picked()) is not None:
        dialogue.plan = replace(dialogue.plan, work=dialogue.heard.work or dialogue.plan.work)
        return await dialogue.propose(pick)
    if (question := dialogue.unsettled()) is not None:
        return question
    _take(dialogue)
    if dialogue.heard.wish.unclear:
        return dialogue.ask("when", dialogue.heard.wish.unclear)
    if (question := _missing(dialogue)) is not None:
        return question
    if dialogue.before.offers and dialogue.heard.nothing and dialogue.heard.reply == "refuse":
        return dialogue.ask(
            "when", "Which other day or time would suit you? I can also look at another service partner."
        )
    return await dialogue.find(dialogue.turned(dialogue.plan.wish, dialogue.offered()))


async def _elsewhere(dialogue: Dialogue, dealer: Unbookable) -> Handled:
    """That the dealer named can only be called, and who else takes appointments."""
    found = await dialogue.context.call(LOOK_UP_DEALER, {"dealer": dealer.name})
    call = f"please call {dealer.telephone}" if dealer.telephone else "please ask our customer service"
    said = f"{dealer.address} takes no appointments through me: {call} [{found.first_number}]."
    _take(dialogue)
    serving = dialogue.known.serving(dialogue.context.resources.vehicles.mentioned(dialogue.plan.vehicle))
    if not serving:
        return Handled(said, "to_person", found.citations)
    dialogue.plan = replace(dialogue.plan, dealer="")
    asked = _which(dialogue, f"{said} If you would rather go elsewhere, which of these would you like?", serving)
    return dataclasses.replace(asked, citations=found.citations)


def _take(dialogue: Dialogue) -> None:
    """What the message tells goes into the plan."""
    heard, plan, findings = dialogue.heard, dialogue.plan, dialogue.context.case.findings
    work = heard.work or plan.work or _found_out(findings)
    if "work" in dialogue.before.asked and not work and heard.nothing and heard.reply == "detail":
        work = " ".join("".join(sign if sign.isalnum() or sign in _USUAL else " " for sign in heard.text).split())
    elif dialogue.before.asked == "work":
        work = work or UNSAID  # nothing is asked twice
    dialogue.plan = replace(
        plan,
        intent="book",
        work=work[:MOST_CHARS].rstrip(" .,!"),
        vehicle=_vehicle(dialogue),
        car=plan.car or heard.car,
        urgent=plan.urgent or heard.urgent or bool(findings.get("danger")),
        wish=plan.wish if heard.wish.unclear else heard.wish.over(plan.wish),
        asked="",
        offers=(),
    )
    _take_dealer(dialogue)


def _take_dealer(dialogue: Dialogue) -> None:
    heard, plan, before = dialogue.heard, dialogue.plan, dialogue.before
    keys = tuple(row.key for row in heard.dealers)
    if "dealer" in before.asked:
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
    return 0 if at is None and dialogue.before.among and dialogue.heard.reply == "any" else at


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
    return known or ("" if vehicles.rows and "vehicle" not in dialogue.before.asked else "vehicle")


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
    """The one question for all that is needed and not known."""
    plan, vehicles = dialogue.plan, dialogue.context.resources.vehicles
    meant = vehicles.mentioned(plan.vehicle)
    dealer = dialogue.known.get(plan.dealer)
    models = list(dict.fromkeys(item.model for item in vehicles.mentioned(dialogue.heard.text)))
    if len(models) > 1:
        dialogue.plan = replace(plan, vehicle="")
        question = f"One product at a time, please. Which one first: the {' or the '.join(models)}?"
        return dialogue.ask("vehicle", question, plan.among)
    if dealer is not None and plan.vehicle and not all(map(dealer.serves, meant)):
        return _unserved(dialogue, dealer, meant)
    serving = dialogue.known.serving(meant)
    among = [row for row in serving if row.key in plan.among] or list(serving)
    if dealer is None and len(among) == 1:
        dialogue.plan = plan = replace(plan, dealer=among[0].key, among=())
        dealer = among[0]
    lacking = {"vehicle": not plan.vehicle, "work": not plan.work, "dealer": dealer is None}
    asked = [name for name, lacks in lacking.items() if lacks]
    if not asked or (asked == ["work"] and plan.wish):
        return None  # a day that is asked for is looked at before the work
    near = dialogue.heard.nearest and not dialogue.heard.dealers
    questions = _QUESTIONS | ({"dealer": "Which of these towns is nearest to you?"} if near else {})
    question = " ".join(questions[name] for name in asked)
    if "dealer" in asked:
        return _which(dialogue, question, among, " ".join(asked))
    return dialogue.ask(" ".join(asked), question, plan.among)


def _unserved(dialogue: Dialogue, dealer: Workshop, meant: Sequence[Vehicle]) -> Handled:
    """The dealer does not work on that vehicle, or on some variants of it only."""
    some = [item.name for item in meant if dealer.serves(item)]
    if some and dialogue.before.asked != "vehicle":
        return dialogue.ask("vehicle", f"{dealer.name} works on the {' and the '.join(some)} only. Which one is yours?")
    refusal = f"I am sorry: {dealer.name} does not work on the {dialogue.plan.vehicle}."
    dialogue.plan = replace(dialogue.plan, dealer="")
    serving = dialogue.known.serving(meant)
    if not serving:
        return Handled(f"{refusal} No other service partner does. Please call {dealer.telephone}.", "to_person")
    return _which(dialogue, f"{refusal} These service partners do; which one would you like?", serving)


def _which(dialogue: Dialogue, question: str, among: Sequence[Workshop], asked: str = "dealer") -> Handled:
    if not among:
        return Handled(f"I am sorry: no service partner works on the {dialogue.plan.vehicle}.", "declined")
    lines = listed([f"{row.name}, {row.town}" for row in among])
    return dialogue.ask(asked, f"{question}\n\n{lines}", [row.key for row in among])
