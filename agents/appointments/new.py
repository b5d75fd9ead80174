"""A new appointment: what is needed for it is taken from the message, and asked for one thing at a time."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from agents.appointments.dealers.workshops import Workshop
from agents.appointments.dialogue import Desk
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


async def book(desk: Desk) -> Handled:
    """Go on with a new appointment as far as the message allows."""
    if not desk.known.rows:
        return Handled(NO_APPOINTMENT_STORE, "declined")
    if (pick := desk.picked()) is not None:
        return await desk.propose(pick)
    if (question := desk.unsettled()) is not None:
        return question
    _take(desk)
    if desk.heard.wish.unclear:
        return desk.ask("when", desk.heard.wish.unclear)
    if (question := _missing(desk)) is not None:
        return question
    if desk.before.offers and desk.heard.nothing and refuses(desk.heard.text):
        return desk.ask("when", "Which other day or time would suit you? I can also look at another dealer.")
    return await desk.find(desk.turned(desk.plan.wish, desk.offered()))


def _take(desk: Desk) -> None:
    """What the message tells goes into the plan."""
    heard, plan, findings = desk.heard, desk.plan, desk.context.case.findings
    work = heard.work or plan.work or _found_out(findings)
    if desk.before.asked == "work" and not work and heard.intent is None:
        work = " ".join(_UNUSUAL.sub(" ", heard.text).split())
    desk.plan = replace(
        plan,
        intent="book",
        work=work[:MOST_CHARS].rstrip(" .,!"),
        vehicle=_vehicle(desk),
        urgent=plan.urgent or heard.urgent or bool(findings.get("danger")),
        wish=plan.wish if heard.wish.unclear else heard.wish.over(plan.wish),
        asked="",
        offers=(),
    )
    _take_dealer(desk)


def _take_dealer(desk: Desk) -> None:
    heard, plan, before = desk.heard, desk.plan, desk.before
    keys = tuple(row.key for row in heard.dealers)
    if before.asked == "dealer":
        if not keys and (at := _counted(desk)) is not None:
            keys = (before.among[at],)
        keys = tuple(key for key in keys if key in before.among) or keys
    if heard.other_dealer and not keys:
        meant = desk.context.resources.vehicles.mentioned(plan.vehicle)
        keys = tuple(row.key for row in desk.known.serving(meant) if row.key != plan.dealer)
    usual = desk.known.named(desk.context.case.facts.get("dealer", "")) if not (keys or plan.dealer) else ()
    if len(usual) == 1:
        keys = (usual[0].key,)
    if keys:
        desk.plan = replace(plan, dealer=keys[0] if len(keys) == 1 else "", among=keys if len(keys) > 1 else ())


def _counted(desk: Desk) -> int | None:
    at = counted(desk.heard.text, len(desk.before.among))
    return 0 if at is None and desk.before.among and indifferent(desk.heard.text) else at


def _vehicle(desk: Desk) -> str:
    heard, plan, case, vehicles = desk.heard, desk.plan, desk.context.case, desk.context.resources.vehicles
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


def _missing(desk: Desk) -> Handled | None:
    """The question for the first thing that is needed and not known."""
    plan, vehicles = desk.plan, desk.context.resources.vehicles
    meant = vehicles.mentioned(plan.vehicle)
    dealer = desk.known.get(plan.dealer)
    models = list(dict.fromkeys(item.model for item in vehicles.mentioned(desk.heard.text)))
    if len(models) > 1:
        desk.plan = replace(plan, vehicle="")
        question = f"One vehicle at a time, please. Which one first: the {' or the '.join(models)}?"
        return desk.ask("vehicle", question, plan.among)
    if not plan.vehicle:
        return desk.ask("vehicle", "Which vehicle is it for? The model is enough; the model year helps.", plan.among)
    if dealer is not None and not all(map(dealer.serves, meant)):
        return _unserved(desk, dealer, meant)
    if dealer is None:
        among = [row for row in desk.known.serving(meant) if row.key in plan.among] or list(desk.known.serving(meant))
        if len(among) != 1:
            near = nearest(desk.heard.text) and not desk.heard.dealers
            question = "Which of these towns is nearest to you?" if near else "Which dealer would you like?"
            return _which(desk, question, among)
        desk.plan = replace(plan, dealer=among[0].key, among=())
    if not desk.plan.work:
        return desk.ask("work", "What is to be done? A service, a tyre change, or a fault to look at: a few words do.")
    return None


def _unserved(desk: Desk, dealer: Workshop, meant: Sequence[Vehicle]) -> Handled:
    """The dealer does not work on that vehicle, or on some variants of it only."""
    some = [item.name for item in meant if dealer.serves(item)]
    if some and desk.before.asked != "vehicle":
        return desk.ask("vehicle", f"{dealer.name} works on the {' and the '.join(some)} only. Which one is yours?")
    refusal = f"I am sorry: {dealer.name} does not work on the {desk.plan.vehicle}."
    desk.plan = replace(desk.plan, dealer="")
    serving = desk.known.serving(meant)
    if not serving:
        return Handled(f"{refusal} No other dealer here does. Please call {dealer.telephone}.", "to_person")
    return _which(desk, f"{refusal} These dealers do; which one would you like?", serving)


def _which(desk: Desk, question: str, among: Sequence[Workshop]) -> Handled:
    if not among:
        return Handled(f"I am sorry: no dealer here works on the {desk.plan.vehicle}.", "declined")
    lines = listed([f"{row.name}, {row.town}" for row in among])
    return desk.ask("dealer", f"{question}\n\n{lines}", [row.key for row in among])
