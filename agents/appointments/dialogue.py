"""One message about appointments being worked on: times found, offered and proposed by the tools, questions asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from agents.appointment_store import AppointmentStoreUnavailable, Owner
from agents.appointments.booking_plan import Offer, Plan, noted
from agents.appointments.dealers.workshops import Workshop, Workshops
from agents.appointments.inquiry import Heard, picked
from agents.appointments.picks import other_one
from agents.appointments.tools import FIND_SLOTS, LIST_APPOINTMENTS, PROPOSE_APPOINTMENT, PROPOSE_MOVE
from agents.appointments.wording import listed, moment
from agents.context import Outcome, ToolContext
from agents.language.dates.wish import Window, Wish, at
from agents.skill import Handled
from agents.toolbox.calls import AWAY, FAILED, TOO_LONG

MOST_ELSEWHERE = 2
ASK_WORK = "What is to be done? A service, a repair, or a fault to look at: a few words do."
_AND_WORK = "And what is to be done: a service, a repair, a fault to look at?"
UNREACHABLE = "The appointment system cannot be reached at the moment. Please try again in a few minutes."
_FAULTS = {AWAY, FAILED, TOO_LONG}
"""Worded for models."""


@dataclass
class Dialogue:
    """`before` is the plan as the message found it; `plan` grows with what it tells."""

    context: ToolContext
    known: Workshops
    heard: Heard
    before: Plan
    plan: Plan

    async def clear(self) -> None:
        """Give back the place that was held for what is now to be something else."""
        if self.plan.hold:
            context = self.context
            owner = Owner(context.user_id, context.conversation_id, context.run_id)
            await context.resources.appointment_store.release(owner, self.plan.hold)
            self.plan = replace(self.plan, hold="")

    def ask(self, asked: str, question: str, among: Sequence[str] = ()) -> Handled:
        """Ask the customer, perhaps to choose `among` some."""
        self.plan = replace(self.plan, asked=asked, chosen=None, offers=(), among=tuple(among))
        return Handled(question, "asked_back", note=self.note())

    def stop(self) -> Handled:
        """Leave it, and keep what is known in case that the customer comes back to it."""
        before, dealer = self.before, self.known.get(self.plan.dealer)
        if before.intent == "book":
            kept = replace(before, asked="", among=(), offers=(), chosen=None, hold="")
        else:
            kept = Plan(appointment=before.appointment)
        self.plan = kept
        call = f" {dealer.name}: {dealer.telephone}." if dealer else ""
        return Handled(f"All right, I leave it at that. Nothing was booked or changed.{call}", note=self.note())

    def refused(self, outcome: Outcome) -> Handled:
        """What a tool that did not do it says, which is a question to the customer, unless the fault is ours."""
        if outcome.error is None or outcome.error in _FAULTS:
            return Handled(UNREACHABLE, "declined", note=noted(self.before, self.context.case.now))
        return self.ask("when", outcome.error)

    def unsettled(self) -> Handled | None:
        """The question which of several times it is to be, after "yes" or "the other one"."""
        text = self.heard.text
        vague = self.heard.reply == "agree" or other_one(text)
        if not self.before.offers or not self.heard.nothing or not vague:
            return None
        self.plan = replace(self.before, chosen=None, hold="")
        rows = [(offer, self.known.get(offer.dealer)) for offer in self.before.offers]
        times = [f"{moment(_local(offer, row), self.context.case.now)}, {row.town}" for offer, row in rows if row]
        return Handled(f"Which one is it?\n\n{listed(times)}", "asked_back", note=self.note())

    def note(self) -> Mapping[str, Any]:
        return noted(self.plan, self.context.case.now)

    def picked(self) -> Offer | None:
        """The time that the customer picks among those offered before."""
        if self.heard.vehicle or self.heard.other_vehicle or self.heard.work or self.heard.intent == "list":
            return None
        zones = {row.key: row.zone for row in self.known.rows}
        return picked(self.heard, self.before.offers, self.before.chosen, zones)

    def turned(self, wish: Wish, offered: Sequence[datetime]) -> Wish:
        """The wish, or what lies before or after what was offered where that is asked for; local times."""
        if len(offered) == 1 and self.heard.shift is not None:
            return Wish((at(offered[0] + self.heard.shift),), wish.never)
        if not self.heard.turn or self.heard.wish.windows or not offered:
            return wish
        if self.heard.turn == "later":
            edge, minute = max(offered), 1
            rest = Window(edge.date(), edge.date(), earliest=edge.hour * 60 + edge.minute + minute)
            return Wish((rest, Window(first=edge.date() + timedelta(days=1))), wish.never)
        edge = min(offered)
        rest = Window(edge.date(), edge.date(), latest=max(edge.hour * 60 + edge.minute - 1, 0))
        return Wish((Window(last=edge.date() - timedelta(days=1)), rest), wish.never)

    def offered(self) -> list[datetime]:
        """The times that were spoken of, in their dealers' time zones."""
        spoken_of = [self.before.chosen] if self.before.chosen else list(self.before.offers)
        rows = [(offer, self.known.get(offer.dealer)) for offer in spoken_of]
        return [_local(offer, row) for offer, row in rows if row is not None]

    async def find(self, wish: Wish) -> Handled:
        """Propose the time if the wish names one that is free, otherwise offer some."""
        plan = self.plan
        given = {"dealer": plan.dealer, "windows": wish.windows, "never": wish.never, "work": plan.all_work}
        more = {"vehicle": plan.vehicle[:200], "safety_related": plan.urgent}
        outcome = await self.context.call(FIND_SLOTS, given | more)
        if outcome.result is None:
            return self.refused(outcome)
        value = outcome.result.value
        first = _offers(plan.dealer, value["slots"])
        if first and wish.exact and not plan.urgent:
            return await self.propose(first[0])
        return self._offer(outcome, value, first)

    async def propose(self, offer: Offer) -> Handled:
        """Have the place held and the customer asked."""
        plan = self.plan = replace(self.plan, dealer=offer.dealer)
        if plan.intent == "book" and not plan.work:
            row = self.known.get(offer.dealer)
            windows = (at(_local(offer, row)),) if row else ()
            self.plan = replace(plan, wish=Wish(windows, plan.wish.never))
            return self.ask("work", ASK_WORK)
        given: dict[str, Any] = {"dealer": offer.dealer, "starts_at": offer.starts_at}
        if plan.intent == "move":
            outcome = await self.context.call(PROPOSE_MOVE, {**given, "appointment_id": plan.appointment})
        else:
            outcome = await self.context.call(
                PROPOSE_APPOINTMENT, {**given, "work": plan.all_work, "vehicle": plan.vehicle}
            )
        if outcome.result is None:
            return self.refused(outcome)
        value = outcome.result.value
        if outcome.result.proposal is None:
            return self._offer(outcome, {**value, "slots": (), "next": value["slots"]}, ())
        local = datetime.fromisoformat(value["starts_at"])
        exact = Wish((at(local),), plan.wish.never)
        self.plan = replace(plan, chosen=offer, hold=value["hold"], wish=exact, asked="", among=())
        rule = f"{value['rule']} [{outcome.first_number}]" if value.get("rule") else ""
        return Handled(rule, "asked_back", outcome.citations, self.note(), outcome.result.proposal)

    def _offer(self, outcome: Outcome, value: Mapping[str, Any], first: Sequence[Offer]) -> Handled:
        plan, number = self.plan, outcome.first_number
        offers, lines = list(first), [slot["local"] for slot in value["slots"]]
        if offers:
            work = f" ({plan.all_work})" if plan.work else ""
            lead = f"{value['dealer']} [{number}] has these times for your {plan.vehicle}{work}:"
        else:
            following = value.get("next", ())
            offers, lines = _offers(plan.dealer, following), [slot["local"] for slot in following]
            lead = value.get("why_none") or f"I am sorry: somebody was faster, that time at {value['dealer']} is gone."
            lead += f" The next free times there [{number}]:" if offers else f" [{number}]"
            for other in list(value.get("elsewhere", ()))[:MOST_ELSEWHERE]:
                offers += _offers(other["key"], other["slots"])
                lines += [f"{slot['local']} at {other['address']}" for slot in other["slots"]]
        if "urgent" in value:
            lead = f"{value['urgent']} [{number + 1}] {value['dealer']}: {value['telephone']}.\n\n{lead}"
        if not offers:
            text = f"{lead} I find no free time. Please call {value['dealer']} on {value['telephone']}."
            self.plan = replace(plan, offers=(), asked="when", chosen=None)
            return Handled(text, "to_person", outcome.citations, self.note())
        asked = "when" if plan.work or plan.intent == "move" else "when work"
        self.plan = replace(plan, offers=tuple(offers), asked=asked, chosen=None, among=())
        last = "You can also name another day, time or place." if asked == "when" else _AND_WORK
        text = f"{lead}\n\n{listed(lines)}\n\nWhich one shall I take? {last}"
        return Handled(text, "asked_back", outcome.citations, self.note())

    async def booked(self) -> Sequence[Mapping[str, Any]]:
        """The customer's appointments that are to come, as the tool tells them. Raises AppointmentStoreUnavailable."""
        outcome = await self.context.call(LIST_APPOINTMENTS, {})
        if outcome.result is None:
            raise AppointmentStoreUnavailable
        appointments: Sequence[Mapping[str, Any]] = outcome.result.value["appointments"]
        return appointments


def _local(offer: Offer, dealer: Workshop) -> datetime:
    return offer.starts_at.astimezone(ZoneInfo(dealer.zone))


def _offers(dealer: str, slots: Iterable[Mapping[str, str]]) -> list[Offer]:
    return [Offer(dealer, datetime.fromisoformat(slot["starts_at"])) for slot in slots]
