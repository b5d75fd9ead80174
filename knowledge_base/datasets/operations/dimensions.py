"""Who and what the operations data is about: the tables that its facts refer to."""

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
KNOWLEDGE = HERE.parent.parent
FIRST, LAST = date(2024, 1, 1), date(2026, 10, 31)
VEHICLES, CUSTOMERS = 3200, 2150
Row = dict[str, Any]
MADE_UP = tomllib.loads((HERE / "generate.toml").read_text(encoding="utf-8"))
REGIONS, PRICES, SHARES = MADE_UP["regions"], MADE_UP["prices"], MADE_UP["shares"]
COLOURS, PARTS, SUPPLIERS = MADE_UP["colours"], MADE_UP["parts"], MADE_UP["suppliers"]


class Chance(Random):
    """Random choices as the tables need them."""

    def of(self, weights: Mapping[Any, float]) -> Any:
        return self.choices(tuple(weights), tuple(weights.values()))[0]

    def often(self, share: float) -> bool:
        return self.random() < share

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=int(self.random() * ((last - first).days + 1)))

    def about(self, middle: float, least: float) -> float:
        """Most values below, a few far above the middle."""
        return max(least, middle * self.lognormvariate(0, 0.45))


def read(path: str) -> list[Row]:
    with (KNOWLEDGE / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def dates() -> Iterable[Row]:
    for at in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=at)
        yield {
            "date": day,
            "year": day.year,
            "quarter": (day.month + 2) // 3,
            "month": day.month,
            "month_name": day.strftime("%B"),
            "week": day.isocalendar().week,
            "weekday": day.strftime("%A"),
            "is_weekend": day.weekday() > 4,
            "season": ("winter", "spring", "summer", "autumn")[day.month % 12 // 3],
        }


def models() -> list[Row]:
    power = {(row["variant"], row["model_year"]): row["power_kw"] for row in read("specs/engines-and-performance.csv")}
    found = []
    for vehicle in read("vehicles.csv"):
        for year in vehicle["years"].split(";"):
            found.append(
                {
                    "model_id": len(found) + 1,
                    "model": vehicle["model"],
                    "variant": vehicle["variant"],
                    "model_year": int(year),
                    "powertrain": vehicle["powertrain"],
                    "fuel": vehicle["fuel"],
                    "power_kw": power.get((vehicle["variant"], year)),
                    "list_price_eur": f"{PRICES[vehicle['variant']] + 600 * (int(year) - 2025):.2f}",
                }
            )
    return found


def dealers() -> list[Row]:
    return [
        {
            "dealer_id": number,
            "name": row["dealer"],
            "town": row["town"],
            "region": REGIONS[row["town"]],
            "country": row["country"],
            "bays": 2 * int(row["places_per_slot"]),
            "high_voltage": row["town"] != "Dunmoor",
        }
        for number, row in enumerate(read("records/workshops.csv"), 1)
    ]


def technicians(chance: Chance, workshops: Sequence[Row]) -> list[Row]:
    places = [dealer for dealer in workshops for _ in range(dealer["bays"] + 2)]
    return [
        {
            "technician_id": number,
            "dealer_id": dealer["dealer_id"],
            "grade": chance.of({"apprentice": 2, "technician": 5, "master": 2}),
            "hired_on": chance.day(date(2009, 1, 1), date(2023, 12, 31)),
            "high_voltage": dealer["high_voltage"] and chance.often(0.5),
        }
        for number, dealer in enumerate(places, 1)
    ]


def customers(chance: Chance) -> list[Row]:
    return [
        {
            "customer_id": number,
            "segment": chance.of({"private": 78, "business": 17, "fleet": 5}),
            "region": chance.of({"Coast": 45, "Inland": 27, "Uplands": 12, "Vale": 16}),
            "since": chance.day(date(2015, 1, 1), date(2024, 6, 30)),
            "uses_app": chance.often(0.62),
        }
        for number in range(1, CUSTOMERS + 1)
    ]


def vehicles(chance: Chance, range_: Sequence[Row], keepers: Sequence[Row], sellers: Sequence[Row]) -> list[Row]:
    found = []
    few = [keeper for keeper in keepers if keeper["segment"] == "fleet"]
    for number in range(1, VEHICLES + 1):
        sold_on = chance.day(FIRST + timedelta(days=60), LAST)
        newest = chance.often(0.93 if sold_on >= date(2025, 9, 1) else 0.0)
        variant = chance.of(SHARES)
        model = next(one for one in range_ if one["variant"] == variant and (one["model_year"] == 2026) == newest)
        keeper = chance.choice(few if chance.often(0.15) else keepers)
        near = [one for one in sellers if one["region"] == keeper["region"]]
        dealer = chance.choice(near if chance.often(0.85) else sellers)
        found.append(
            {
                "vehicle_id": number,
                "vin": f"SKY{variant[0]}{model['model_year'] % 100}{chance.choice('QHB')}{40_000 + 7 * number:010d}",
                "model_id": model["model_id"],
                "customer_id": keeper["customer_id"],
                "dealer_id": dealer["dealer_id"],
                "sold_on": sold_on,
                "colour": chance.choice([name for name, fits in COLOURS.items() if model["model"] in fits]),
                "price_eur": f"{float(model['list_price_eur']) * (0.94 + 0.2 * chance.random()):.2f}",
                "mileage_km": None,
                "extended_warranty": chance.often(0.24),
                "_model": model,
                "_keeper": keeper,
                "_km_a_day": chance.about({"private": 32, "business": 58, "fleet": 74}[keeper["segment"]], 4),
            }
        )
    return found


def parts(chance: Chance) -> list[Row]:
    found = []
    for category, listed in PARTS.items():
        for name, price in listed.items():
            for edition in "AB":
                found.append(
                    {
                        "part_id": len(found) + 1,
                        "part_number": f"{category[0].upper()}{10_000 + 37 * len(found)}-{edition}",
                        "name": name,
                        "category": category,
                        "supplier_id": chance.randrange(len(SUPPLIERS)) + 1,
                        "unit_price_eur": f"{price * (1 if edition == 'A' else 1.15):.2f}",
                        "stock": int(chance.about(60, 0)),
                        "discontinued_on": chance.day(date(2025, 1, 1), LAST) if chance.often(0.08) else None,
                    }
                )
    return found
