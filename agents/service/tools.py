"""The maker's service schedule as tools: what it says for a vehicle, and what of it is due."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field

from agents.context import ToolContext
from agents.language.mileages import KM_PER_MILE
from agents.service import prices
from agents.service.due import Due, Use, due
from agents.service.intervals import spoken
from agents.service.schedules import Entry, Plan, Schedules, parse, regular
from agents.tool import Arguments, Result, Tool, ToolFailed
from agents.vehicles.applicability import Cars

MOST_KM = 2_000_000
"""More than a car lives for; a figure above it is a slip."""
FIRST_REGISTRATION = "first registration"
_FIRST_CAR = date(1886, 1, 29)
_BEFORE_MODEL_YEAR = 2
_MOST_LATER = 3
_MOST_PLANS = 6
_MOST_PRICES = 12


class ServiceSchedule(Arguments):
    model: str | None = Field(None, description="The vehicle's model, as the maker calls it.", max_length=80)
    variant: str | None = Field(None, description="Its variant.", max_length=80)
    model_year: int | None = Field(None, description="Its model year.", ge=1886, le=9998)
    item: str | None = Field(None, description="Only this item, such as brake fluid, or service.", max_length=80)


class PlanService(ServiceSchedule):
    mileage: float | None = Field(
        None, description="What the odometer shows now; None only if unknown.", ge=0, allow_inf_nan=False
    )
    last_service_mileage: float | None = Field(
        None, description="What the odometer showed at the last service.", ge=0, allow_inf_nan=False
    )
    unit: Literal["km", "miles"] = Field("km", description="The unit of both mileages.")
    last_service_date: date | None = Field(None, description="The day of the last service, YYYY-MM-DD.")
    never_serviced: bool = Field(False, description="The car has had no service yet.")
    first_registered: date | None = Field(None, description="The day of the first registration, YYYY-MM-DD.")
    item_changed_date: date | None = Field(None, description="The day on which the item itself was last done.")
    item_changed_mileage: float | None = Field(
        None, description="What the odometer showed when the item was last done.", ge=0, allow_inf_nan=False
    )
    item_never_changed: bool = Field(False, description="The item has never been done on this car.")
    severe_use: bool = Field(False, description="The car is used in the way that the schedule calls severe.")


class PriceLookup(Arguments):
    job: str = Field(description="The job, in the words of the price list or everyday ones.", max_length=120)
    vehicle: str = Field("", description="The vehicle, if it is known; otherwise empty.", max_length=200)


async def look_up_prices(given: PriceLookup, context: ToolContext) -> Result:
    """See `agents.tool.Tool`."""
    known = await context.resources.reference.derived(prices.parse)
    cars = known.fitment.candidates(given.vehicle, context.case.facts)
    jobs = (given.job,) if given.job in known.jobs else known.about(given.job)
    found = [price for job in jobs for price in known.of(job, cars)][:_MOST_PRICES]
    if not found:
        raise ToolFailed("No list of prices has this job for this vehicle. Say so.")
    told = [{"job": row.job, "applies_to": known.fitment.name(row.cars & cars), "price": row.amount} for row in found]
    return Result({"prices": told}, tuple(row.evidence for row in found))


async def look_up(given: ServiceSchedule, context: ToolContext) -> Result:
    """See `agents.tool.Tool`."""
    schedules = await context.resources.reference.derived(parse)
    plans = _plans(given, schedules)[:_MOST_PLANS]
    told = [
        {
            "vehicle": plan.name,
            "items": [{"item": entry.item, "every": entry.said} for entry in plan.entries],
        }
        for plan in plans
    ]
    return Result({"schedules": told}, tuple(entry.evidence for plan in plans for entry in plan.entries))


async def plan(given: PlanService, context: ToolContext) -> Result:
    """See `agents.tool.Tool`."""
    today = context.case.now.date()
    schedules = await context.resources.reference.derived(parse)
    plans = _plans(given, schedules)
    if len(plans) > 1:
        names = ", ".join(plan.name for plan in plans[:_MOST_PLANS])
        raise ToolFailed(f"Their schedules differ: ask which variant and model year it is. There are: {names}.")
    use = _use(given, plans[0].cars, today)
    whole = due(schedules.of(*min(plans[0].cars)), use, today)
    told = [element for element in whole if element.entry in plans[0].entries] if given.item else _told(whole)
    value = {
        "vehicle": schedules.fitment.name(_cars(given, schedules)),
        "today": today.isoformat(),
        "mileage_km": use.mileage_km,
        "unit": given.unit,
        "due_soon_means": "within 2,000 km or 30 days",
        "counted": "as if the schedule had been kept until the last service; the service record shows what was done",
        "items": [_row(element, use) for element in told],
    }
    return Result(value, tuple(element.entry.evidence for element in told))


def _plans(given: ServiceSchedule, schedules: Schedules) -> tuple[Plan, ...]:
    """The schedules that the arguments leave possible. Raises ToolFailed where there is none."""
    cars = _cars(given, schedules)
    if not cars:
        raise ToolFailed(f"There is no such vehicle. There are: {_every_car(schedules)}.")
    whole = schedules.plans(cars)
    if not whole:
        raise ToolFailed("The documents hold no service schedule for this vehicle. Say so.")
    chosen = schedules.plans(cars, given.item) if given.item else whole
    if regular(given.item or "") and not any(entry.service for plan in whole for entry in plan.entries):
        chosen = whole  # the service is all that is to be done
    if not chosen:
        items = dict.fromkeys(entry.item for plan in whole for entry in plan.entries)
        raise ToolFailed(f"The schedule has no such item. It has: {', '.join(items)}.")
    return chosen


def _cars(given: ServiceSchedule, schedules: Schedules) -> Cars:
    """The cars that the arguments name; none where one of them names nothing."""
    fitment = schedules.fitment
    cars = fitment.mentioned(given.model) if given.model else fitment.everything
    if given.variant:
        marked = fitment.labelled(given.variant, cars) or fitment.mentioned(given.variant)
        cars = cars & marked
    return frozenset(car for car in cars if given.model_year in (None, car[1]) or not car[1])


def _every_car(schedules: Schedules) -> str:
    years: dict[str, list[str]] = {}
    for variant, year in schedules.fitment.in_order:
        years.setdefault(variant, []).append(str(year))
    return ", ".join(f"{variant} ({', '.join(made)})" for variant, made in years.items())


def _use(given: PlanService, cars: Cars, today: date) -> Use:
    """The arguments as kilometres. Raises ToolFailed for what cannot be."""
    factor = KM_PER_MILE if given.unit == "miles" else 1.0
    own = given.item is not None and (
        given.item_never_changed or given.item_changed_date is not None or given.item_changed_mileage is not None
    )
    last, on = given.last_service_mileage, given.last_service_date
    never = given.never_serviced
    if own:
        last, on, never = given.item_changed_mileage, given.item_changed_date, given.item_never_changed
    now = None if given.mileage is None else round(given.mileage * factor)
    then = None if last is None else round(last * factor)
    if max(now or 0, then or 0) > MOST_KM:
        raise ToolFailed(f"No car has driven more than {MOST_KM:,} km: please check the mileage.")
    if now is not None and then is not None and then > now:
        raise ToolFailed("The mileage at the last service would be higher than the one now: please check both.")
    _check_days(on, given.first_registered, min((year for _, year in cars), default=0), today)
    when = (None, None) if never else (on, then)
    return Use(now, *when, never, given.first_registered, given.severe_use, own)


def _check_days(served: date | None, registered: date | None, oldest: int, today: date) -> None:
    for what, day in (("last service", served), (FIRST_REGISTRATION, registered)):
        if day is not None and day > today:
            raise ToolFailed(f"The {what} would lie in the future ({day.isoformat()}): please check the date.")
        if day is not None and (day < _FIRST_CAR or (oldest and day.year < oldest - _BEFORE_MODEL_YEAR)):
            raise ToolFailed(
                f"The {what} would lie before the vehicle was built ({day.isoformat()}): please check the date."
            )
    if served and registered and served < registered:
        raise ToolFailed("The last service would lie before the first registration: please check both dates.")


def _told(found: Sequence[Due]) -> list[Due]:
    """All that is due, and what comes next."""
    later = [match for match in found if match.state == "later" and not match.with_service]
    next_ones = later[:_MOST_LATER]
    service_too = any(match.entry.service for match in found if match.state != "later" or match in next_ones)
    return [
        match for match in found if match.state != "later" or match in next_ones or (service_too and match.with_service)
    ]


def _row(due: Due, use: Use) -> dict[str, Any]:
    return {
        "item": due.entry.item,
        "state": due.state,
        "every": _every(due.entry, use.severe),
        "due_at_km": due.at_km,
        "due_on": due.on.isoformat() if due.on else None,
        "km_left": due.km_left,
        "days_left": due.days_left,
        "with_service": due.with_service,
        "is_the_service": due.entry.service,
    }


def _every(entry: Entry, severe: bool = False) -> str:
    return spoken(entry.when.severe) if severe and entry.when.severe else entry.said


SERVICE_SCHEDULE = Tool(
    "service_schedule",
    "Look up what the maker's service schedule says for a vehicle: each item and how often it is done.",
    ServiceSchedule,
    look_up,
)
PLAN_SERVICE = Tool(
    "plan_service",
    "Work out what of the service schedule is due on the customer's vehicle, by mileage and by date, whichever comes "
    "first: each item with its interval, when it is due, and whether it is overdue, due soon or later. Needs the "
    "mileage and, to be exact, when the last service was: ask the customer for what is missing, one thing at a time.",
    PlanService,
    plan,
)
LOOK_UP_PRICE = Tool(
    "look_up_price",
    "What a service or a single job costs, as the lists of prices say it, by vehicle.",
    PriceLookup,
    look_up_prices,
)
