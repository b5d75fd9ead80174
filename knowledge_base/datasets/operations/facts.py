"""What happens to the vehicles of the operations data: incidents, service orders and the parts in them."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from dimensions import LAST, SUPPLIERS, Chance, Row, read

WINTER, SUMMER = frozenset({11, 12, 1, 2, 3}), frozenset({5, 6, 7, 8})


class Trouble(NamedTuple):
    """A kind of incident: how frequent it is, on which powertrains, in which months three times as much, the systems of
    its trouble codes, how bad it tends to be (0 to 1)."""

    weight: float
    powertrains: str = ""
    season: frozenset[int] = frozenset()
    systems: str = ""
    badness: float = 0.4


INCIDENTS, PLANNED_ORDERS = 5200, 3600
TROUBLES = {
    "engine": Trouble(9, "engine hybrid", systems="engine cooling fuel", badness=0.6),
    "exhaust": Trouble(6, "engine", systems="emissions"),
    "gearbox": Trouble(4, "engine hybrid", systems="gearbox", badness=0.6),
    "battery": Trouble(7, season=WINTER, systems="electrical"),
    "high voltage": Trouble(4, "electric hybrid", WINTER, "high voltage;hybrid", 0.8),
    "charging": Trouble(7, "electric motor", WINTER, "charging", 0.3),
    "brakes": Trouble(8, systems="brakes", badness=0.7),
    "steering": Trouble(3, systems="steering", badness=0.7),
    "tyres": Trouble(6, season=WINTER, systems="tyres", badness=0.3),
    "climate": Trouble(6, season=SUMMER, systems="climate", badness=0.2),
    "software": Trouble(9, systems="network", badness=0.25),
    "body": Trouble(6, badness=0.15),
}
SEVERITIES = ("low", "medium", "high", "critical")
FAILING_SUPPLIER = "Kestrel Electronics"
USUAL = {
    "maintenance": (("engine", "brakes", "climate"), ("brakes", "climate", "battery")),
    "inspection": (("body", "brakes"), ("body", "charging")),
    "tyre change": (("tyres",), ("tyres",)),
    "recall": (("brakes", "software"), ("high voltage", "software")),
}
"""The systems whose parts planned work needs: where there is a combustion engine, and where there is none."""
OPEN = ("planned", "in progress")
PLANNED = {"maintenance": 46, "inspection": 20, "tyre change": 28, "recall": 6}


def mileage(vehicle: Row, day: date) -> int:
    """What the vehicle has on the clock at that day, and from then on as its last known mileage."""
    driven = 12 + int(vehicle["_km_a_day"] * (day - vehicle["sold_on"]).days)
    vehicle["mileage_km"] = max(driven, vehicle["mileage_km"] or 0)
    return driven


def trouble_weights(vehicle: Row, day: date) -> dict[str, float]:
    model = vehicle["_model"]
    weights = {}
    for name, trouble in TROUBLES.items():
        if trouble.powertrains and not any(kind in model["powertrain"] for kind in trouble.powertrains.split()):
            continue
        weights[name] = trouble.weight * (3 if day.month in trouble.season else 1)
    if model["model"] == "Plover":
        weights["brakes"] *= 2.5
    if model["model"] == "Osprey" and vehicle["_keeper"]["segment"] == "private":
        weights["exhaust"] *= 2
    if model["variant"] == "Heron Hybrid" and date(2026, 3, 10) <= day <= date(2026, 5, 20):
        weights["software"] *= 7
    return weights


def severity(chance: Chance, badness: float) -> str:
    return SEVERITIES[min(3, int(4 * chance.betavariate(1 + 3 * badness, 4 - 2 * badness)))]


def code_of(chance: Chance, codes: Sequence[Row], trouble: Trouble, model: Row) -> str | None:
    systems = trouble.systems.split(";") if ";" in trouble.systems else trouble.systems.split()
    systems = [trouble.systems] if trouble.systems == "high voltage" else systems
    fitting = [
        row["code"]
        for row in codes
        if row["system"] in systems and (row["applies_to"] == "all" or model["model"] in row["applies_to"])
    ]
    return chance.choice(fitting) if fitting and chance.often(0.55) else None


def incidents(chance: Chance, fleet: Sequence[Row], workshops: Sequence[Row]) -> list[Row]:
    codes = read("troubleshooting/trouble-codes.csv")
    days = []
    while len(days) < INCIDENTS:
        vehicle = chance.choice(fleet)
        day = chance.day(vehicle["sold_on"] + timedelta(days=5), LAST + timedelta(days=400))
        busy = 1.0 if day.month in WINTER else 0.72 if day.weekday() < 5 else 0.45
        if day <= LAST and chance.often(busy):
            days.append((day, vehicle["vehicle_id"]))
    found = []
    for number, (day, vehicle_id) in enumerate(sorted(days), 1):
        vehicle = fleet[vehicle_id - 1]
        category = chance.of(trouble_weights(vehicle, day))
        grade = severity(chance, TROUBLES[category].badness)
        wait = chance.about(1.5 + 3 * SEVERITIES.index(grade), 0.2)
        resolved = day + timedelta(days=round(wait))
        settled = resolved <= LAST and chance.often(0.97)
        near = [one for one in workshops if one["region"] == vehicle["_keeper"]["region"]]
        driven = mileage(vehicle, day)
        channels = {"phone": 30, "dealer": 26, "web": 14, "roadside": 26 if grade in SEVERITIES[2:] else 4}
        found.append(
            {
                "incident_id": number,
                "reported_on": day,
                "reported_at": datetime.combine(day, time(6 + int(chance.triangular(0, 16, 4)), chance.randrange(60))),
                "vehicle_id": vehicle_id,
                "dealer_id": chance.choice(near or workshops)["dealer_id"] if chance.often(0.82) else None,
                "category": category,
                "severity": grade,
                "status": chance.of({"closed": 8, "resolved": 2} if settled else {"open": 1, "in progress": 1}),
                "channel": chance.of(channels | ({"app": 34} if vehicle["_keeper"]["uses_app"] else {})),
                "trouble_code": code_of(chance, codes, TROUBLES[category], vehicle["_model"]),
                "mileage_km": driven if chance.often(0.9) else None,
                "resolved_on": resolved if settled else None,
                "downtime_hours": f"{wait * 24 * (0.1 + 0.8 * chance.random()):.1f}" if settled else None,
                "satisfaction": _rating(chance, wait) if settled and chance.often(0.46) else None,
            }
        )
    return found


def _rating(chance: Chance, wait: float) -> int:
    return max(1, min(5, round(5.2 - wait / 5 - chance.random() * 1.6)))


def orders(chance: Chance, fleet: Sequence[Row], reports: Sequence[Row], staff: Sequence[Row]) -> list[Row]:
    """Repairs after incidents that a dealer dealt with, and what is done by plan."""
    wanted: list[tuple[date, int, int, int | None, str]] = []
    for report in reports:
        if report["dealer_id"] and chance.often(0.66):
            opened = min(report["reported_on"] + timedelta(days=chance.randrange(4)), LAST)
            wanted.append((opened, report["vehicle_id"], report["dealer_id"], report["incident_id"], "repair"))
    while len(wanted) < PLANNED_ORDERS + sum(1 for one in wanted if one[3]):
        vehicle = chance.choice(fleet)
        opened = chance.day(vehicle["sold_on"] + timedelta(days=150), LAST + timedelta(days=150))
        kind = chance.of(PLANNED)
        season = kind != "tyre change" or opened.month in {3, 4, 10, 11} or chance.often(0.1)
        if opened <= LAST and opened.weekday() < 6 and season:
            wanted.append((opened, vehicle["vehicle_id"], vehicle["dealer_id"], None, kind))
    found = []
    for number, (opened, vehicle_id, dealer_id, incident_id, kind) in enumerate(sorted(wanted, key=_by_day), 1):
        done_on = opened + timedelta(days=int(chance.about(2.2 if kind == "repair" else 0.6, 0)))
        cancelled = chance.often(0.03)
        done = done_on <= LAST and not cancelled and chance.often(0.985)
        working = [one["technician_id"] for one in staff if one["dealer_id"] == dealer_id]
        vehicle = fleet[vehicle_id - 1]
        covered = kind == "recall" or (kind == "repair" and (opened - vehicle["sold_on"]).days < 730)
        found.append(
            {
                "order_id": number,
                "opened_on": opened,
                "completed_on": done_on if done else None,
                "vehicle_id": vehicle_id,
                "dealer_id": dealer_id,
                "technician_id": chance.choice(working) if done or chance.often(0.4) else None,
                "incident_id": incident_id,
                "kind": kind,
                "status": "completed" if done else "cancelled" if cancelled else chance.choice(OPEN),
                "paid_by": "warranty" if covered and chance.often(0.9) else chance.of({"customer": 9, "goodwill": 1}),
                "mileage_km": mileage(vehicle, opened) if chance.often(0.96) else None,
                "labour_hours": round(chance.about(2.6 if kind == "repair" else 1.1, 0.3), 1) if done else None,
            }
        )  # fmt: skip
    return found


def _by_day(order: tuple[date, int, int, int | None, str]) -> tuple[date, int, str]:
    return order[0], order[1], order[4]


def lines(
    chance: Chance, booked: Sequence[Row], reports: Sequence[Row], store: Sequence[Row], fleet: Sequence[Row]
) -> list[Row]:
    """The parts of orders that are done; the costs of the orders follow from them."""
    found = []
    for order in booked:
        if order["labour_hours"] is None:
            continue
        report = reports[order["incident_id"] - 1] if order["incident_id"] else None
        electric = fleet[order["vehicle_id"] - 1]["_model"]["fuel"] == "electricity"
        systems = (report["category"],) if report else USUAL[order["kind"]][electric]
        weights = {
            part["part_id"]: 1 / float(part["unit_price_eur"]) ** 0.5 * (3 if _fails(part, report) else 1)
            for part in store
            if part["category"] in systems and (part["discontinued_on"] or LAST) >= order["opened_on"]
        }
        spent = 0.0
        for line in range(1, chance.of({1: 24, 2: 34, 3: 22, 4: 8, 0: 12} if weights else {0: 1}) + 1):
            part = store[chance.of(weights) - 1]
            quantity = 4 if part["name"].endswith("tyre") else chance.of({1: 8, 2: 2})
            price = round(float(part["unit_price_eur"]) * (1 + 0.04 * (order["opened_on"].year - 2024)), 2)
            spent += quantity * price
            found.append(
                {
                    "order_id": order["order_id"],
                    "line": line,
                    "part_id": part["part_id"],
                    "quantity": quantity,
                    "unit_price_eur": f"{price:.2f}",
                }
            )
        labour = order["labour_hours"] * (96 + 4 * (order["opened_on"].year - 2024))
        order["labour_cost_eur"], order["parts_cost_eur"] = f"{labour:.2f}", f"{spent:.2f}"
        order["total_cost_eur"] = f"{float(f'{labour:.2f}') + float(f'{spent:.2f}'):.2f}"
    return found


def _fails(part: Row, report: Row | None) -> bool:
    return report is not None and SUPPLIERS[part["supplier_id"] - 1]["name"] == FAILING_SUPPLIER
