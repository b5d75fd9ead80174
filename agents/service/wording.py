"""How a service plan is told: what is overdue first, then what is due soon, then what comes next."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from agents.appointments.service_offer import offer
from agents.language.mileages import KM_PER_MILE

_HEADS = (("overdue", "Overdue"), ("due soon", "Due soon"), ("later", "Next"))
_VERDICTS = (
    ("overdue", "It is overdue."),
    ("due soon", "It is due soon."),
    ("look up", "That depends on when it was last done, which the service record shows."),
    ("later", "It is not due yet."),
)
_COUNTED = "Counted as if everything had been done on schedule until the last service."
_MOST_WORK = 6
_MOST_BESIDE = 2

Row = Mapping[str, Any]
"""An item as the tool `plan_service` gives it."""
Marker = Callable[[int], str]
"""The citation of the item of that number."""


def plan(value: Mapping[str, Any], marker: Marker, counted_from: str, lacks: Sequence[str]) -> str:
    """The plan in words: what is due, what comes next, and what only the service record can tell. `counted_from` says
    when the last service was, `lacks` what nobody could say."""
    rows, miles = list(enumerate(value["items"])), value["unit"] == "miles"
    at = f" at {_km(value['mileage_km'], miles)}" if value["mileage_km"] is not None else ""
    lines = [f"{value['vehicle']}{at}{', ' + counted_from if counted_from else ''}:"]
    if not any(row["state"] in ("overdue", "due soon") for _, row in rows):
        lines[0] += " nothing is due right now, as far as can be told."
    along = [f"{_lower(row['item'])} {marker(n)}".rstrip() for n, row in rows if _goes_along(row)]
    for state, head in _HEADS:
        own = [(n, row) for n, row in rows if row["state"] == state and not _goes_along(row)]
        shown, rest = _parted(state, own)
        lines += [f"- {head}: {_told(n, row, marker, miles, along)}." for n, row in shown]
        lines += [f"- Then: {'; '.join(_told(n, row, marker, miles, ()) for n, row in rest)}."] if rest else []
    checked = [f"{_lower(row['item'])} ({row['every']}) {marker(n)}" for n, row in rows if row["state"] == "look up"]
    lines += [f"- To check in the service record: {'; '.join(checked)}."] if checked else []
    work = due_work(value)
    return "\n".join([*lines, *filter(None, [_honest(lacks)]), *([offer(work)] if work else [])])


def _parted(state: str, rows: list[tuple[int, Row]]) -> tuple[list[tuple[int, Row]], list[tuple[int, Row]]]:
    """What is told in a line of its own: all that is due, and of what comes later the service, else the next thing;
    and the next few things beside."""
    if state != "later":
        return rows, []
    shown = [row for row in rows if row[1]["is_the_service"]] or rows[:1]
    return shown, [row for row in rows if row not in shown][:_MOST_BESIDE]


def _told(n: int, row: Row, marker: Marker, miles: bool, along: Sequence[str]) -> str:
    beside = f", with {', '.join(along)}" if row["is_the_service"] and along and row["state"] != "later" else ""
    line = _line(row, miles)
    if not row["is_the_service"] and "; " in line:
        when = line.partition("; ")[2]
        line = f"{row['item']} {when.removeprefix('due ')}" if when.startswith("due ") else f"{row['item']}, {when}"
    return f"{_lower(line).rstrip('.')} {marker(n)}".rstrip() + beside


def single(value: Mapping[str, Any], marker: Marker, lacks: Sequence[str]) -> str:
    """The answer about one item."""
    miles = value["unit"] == "miles"
    said = [f"{_line(row, miles)} {marker(n)}".rstrip() for n, row in enumerate(value["items"])]
    states = {row["state"] for row in value["items"]}
    verdict = next((word for state, word in _VERDICTS if state in states), "")
    work = due_work(value)
    return " ".join(filter(None, (verdict, *said, _unknown(lacks), offer(work) if work else "")))


def prices(value: Mapping[str, Any], marker: Marker) -> str:
    """What jobs cost, a sentence for each job."""
    said: dict[str, list[str]] = {}
    for n, row in enumerate(value["prices"]):
        said.setdefault(row["job"], []).append(f"{row['price']} ({row['applies_to']}) {marker(n)}".rstrip())
    return " ".join(f"{job}: {'; '.join(costs)}." for job, costs in said.items())


def due_work(value: Mapping[str, Any]) -> str:
    """What there is to book, in words; "" for nothing."""
    rows = [row for row in value["items"] if row["state"] in ("overdue", "due soon")]
    rows.sort(key=lambda row: not row["is_the_service"])
    served = any(row["is_the_service"] for row in rows)
    names = dict.fromkeys(_lower(row["item"]) for row in rows if not (served and row["with_service"]))
    return ", ".join(list(names)[:_MOST_WORK])


def when_and_where(work: str) -> str:
    """What is asked where an appointment is wanted and neither day nor dealer was named."""
    return f'Gladly. Please tell me the day and the place, for example: "Book {work} for next Tuesday morning".'


def schedule(value: Mapping[str, Any], marker: Marker) -> str:
    """What the schedule says, a sentence for each group of vehicles that share one."""
    said, number = [], 0
    for item in value["schedules"]:
        items = []
        for row in item["items"]:
            items.append(f"{_lower(row['item'])} {_each(row['every'])} {marker(number)}".rstrip())
            number += 1
        said.append(f"{item['vehicle']}: {'; '.join(items)}.")
    return " ".join(said)


def day(of: date, exact: bool = True) -> str:
    """`12 May 2026`, or `May 2026`."""
    return f"{of.day} {of:%B %Y}" if exact else f"{of:%B %Y}"


def _goes_along(row: Row) -> bool:
    """Whether it is told beside the service that it is part of."""
    return bool(row["with_service"]) and row["state"] != "look up"


def _line(row: Row, miles: bool) -> str:
    when = " or ".join(filter(None, (_distance(row, miles), _date(row))))
    past = row["state"] == "overdue"
    behind = min(row["km_left"] or 0, row["days_left"] or 0) < 0
    verb = "it was due" if past else "it came up" if behind else "due"
    both = ", whichever comes first" if row["due_at_km"] is not None and row["due_on"] and not past else ""
    other = "" if past or behind else _other_limit(row)
    told = f"; {verb} {when}{both or other}" if when else ""
    return f"{row['item']}: {_each(row['every'])}{told}."


def _other_limit(row: Row) -> str:
    """That the interval has another limit, of which nobody knows when it is reached."""
    if row["due_at_km"] is None and " km" in row["every"]:
        return ", or earlier by distance"
    timed = any(word in row["every"] for word in ("month", "year"))
    return ", or earlier by time" if not row["due_on"] and timed else ""


def _distance(row: Row, miles: bool) -> str:
    at, left = row["due_at_km"], row["km_left"]
    if at is None or (row["state"] == "overdue" and left is not None and left >= 0):
        return ""
    away = "" if left is None else f"{_km(abs(left), miles)} {'to go' if left >= 0 else 'ago'}"
    inside = "; ".join(filter(None, (_km(at, miles) if miles else "", away)))
    return f"at {at:,} km ({inside})" if inside else f"at {at:,} km"


def _date(row: Row) -> str:
    if not row["due_on"] or (row["state"] == "overdue" and row["days_left"] >= 0):
        return ""
    return f"on {day(date.fromisoformat(row['due_on']))}"


def _km(amount: int, miles: bool) -> str:
    return f"{round(amount / KM_PER_MILE):,} miles" if miles else f"{amount:,} km"


def _each(every: str) -> str:
    """An interval after a name: "every 2 years", "from 120,000 km at every service"."""
    first = every.split()[0].casefold()
    return every if not first[0].isdigit() or ", then" in every else f"every {every}"


def _unknown(lacks: Sequence[str]) -> str:
    return f"Without {' and '.join(lacks)} I cannot say it more exactly." if lacks else ""


def _honest(lacks: Sequence[str]) -> str:
    return " ".join(filter(None, (_unknown(lacks), _COUNTED)))


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
