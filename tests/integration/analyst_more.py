"""More questions about the bundled figures, with their answers worked out in plain Python; see `analyst_answers`."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from statistics import correlation, fmean, median

from tests.integration.analyst_answers import (
    Answer,
    best,
    by_key,
    counts,
    dealer,
    figures,
    gathered,
    incidents,
    means,
    model,
    month,
    orders,
    quarter,
    share,
    supplier,
    table,
    totals,
    vehicle,
    where,
)


def segment(row: dict[str, str]) -> str:
    return by_key("customers", "customer_id")[vehicle(row)["customer_id"]]["segment"]


def most_used_part() -> Answer:
    """In the most order lines; parts of one name are told apart by their number."""
    ((part_id, lines),) = best(counts(table("order_parts"), lambda row: row["part_id"]))
    return [(part_id, lines)]


@lru_cache(maxsize=32)
def referring(things: str, rows: str, **wanted: str) -> dict[str, int]:
    """How many rows refer to each of the things by their key, 0 where there are none."""
    key = next(iter(table(things)[0]))
    number = counts([one for one in where(rows, **wanted) if one[key]], lambda row: row[key])
    return {one[key]: number.get(one[key], 0) for one in table(things)}


def nothing() -> Answer:
    return None


MORE: dict[str, Callable[[], Answer]] = {
    "how many vehicles had critical incidents": lambda: len(
        {row["vehicle_id"] for row in incidents(severity="critical")}
    ),
    "most common category of incidents": lambda: best(counts(table("incidents"), lambda row: row["category"])),
    "number of incidents excluding app and web": lambda: sum(
        row["channel"] not in ("app", "web") for row in table("incidents")
    ),
    "percentage of critical incidents by dealer": lambda: {
        name: share(sum(row["severity"] == "critical" for row in table("incidents") if dealer(row) == name), number)
        for name, number in counts(table("incidents"), dealer).items()
    },
    "highest total cost by dealer": lambda: {
        name: max(some) for name, some in gathered(table("service_orders"), dealer, "total_cost_eur").items()
    },
    "compare warranty and goodwill service orders by total cost": lambda: {
        name: total
        for name, total in totals(table("service_orders"), lambda row: row["paid_by"], "total_cost_eur").items()
        if name in ("warranty", "goodwill")
    },
    "incidents by customer segment": lambda: counts(table("incidents"), segment),
    "total parts cost for repairs paid by warranty in Q1 2026": lambda: sum(
        figures(
            [row for row in orders(kind="repair", paid_by="warranty") if quarter("opened_on")(row) == "2026-Q1"],
            "parts_cost_eur",
        )
    ),
    "what is the median price of vehicles by model": lambda: {
        name: median(some)
        for name, some in gathered(table("vehicles"), lambda row: model(row)["model"], "price_eur").items()
    },
    "average unit price by supplier": lambda: means(table("parts"), supplier, "unit_price_eur"),
    "top 5 suppliers by total quantity": lambda: best(
        totals(table("order_parts"), lambda row: supplier(by_key("parts", "part_id")[row["part_id"]]), "quantity"),
        5,
    ),
    "how many private customers use the app": lambda: len(where("customers", segment="private", uses_app="true")),
    "average downtime excluding low severity": lambda: fmean(
        figures([row for row in table("incidents") if row["severity"] != "low"], "downtime_hours")
    ),
    "number of inspections per month since January 2026": lambda: counts(
        orders(kind="inspection", opened_on="2026"), month("opened_on")
    ),
    "technicians hired before 2015": lambda: sum(row["hired_on"] < "2015" for row in table("technicians")),
    "incidents this month vs last month": lambda: {
        "October 2026": len(incidents(reported_on="2026-10")),
        "September 2026": len(incidents(reported_on="2026-09")),
    },
    "incidents that took longer than 100 hours": lambda: sum(
        hours > 100 for hours in figures(table("incidents"), "downtime_hours")
    ),
    "how many high voltage incidents per dealer": lambda: counts(incidents(category="high voltage"), dealer),
    "most expensive repairs in 2026": lambda: [
        row["order_id"]
        for row in sorted(
            orders(kind="repair", opened_on="2026"),
            key=lambda row: (-float(row["total_cost_eur"] or -1), int(row["order_id"])),
        )[:10]
    ],
    "total cost of service orders by model year": lambda: totals(
        table("service_orders"), lambda row: model(row)["model_year"], "total_cost_eur"
    ),
    "parts between 100 and 200 euros": lambda: sum(
        100 <= price <= 200 for price in figures(table("parts"), "unit_price_eur")
    ),
    "how many parts cost more than 500 euros": lambda: sum(
        float(row["unit_price_eur"]) > 500 for row in table("parts")
    ),
    "lowest rated dealer": nothing,
    "busiest dealer": nothing,
    "how many incidents were there in the first week of October 2026": nothing,
    "how many dealers do not repair high voltage": nothing,
    "which part is used most": most_used_part,
    "vehicles without incidents": lambda: sum(not number for number in referring("vehicles", "incidents").values()),
    "how many cars came in for repair more than three times": lambda: sum(
        number > 3 for number in referring("vehicles", "service_orders", kind="repair").values()
    ),
    "how many customers bought more than one car": lambda: sum(
        number > 1 for number in referring("customers", "vehicles").values()
    ),
    "incidents without a service order": lambda: sum(
        not number for number in referring("incidents", "service_orders").values()
    ),
    "service orders per bay for each dealer": lambda: {
        name: number / next(int(one["bays"]) for one in table("dealers") if one["name"] == name)
        for name, number in counts(table("service_orders"), dealer).items()
    },
    "dealer with the second most incidents": lambda: [
        sorted(counts([one for one in table("incidents") if dealer(one)], dealer).items(), key=lambda one: -one[1])[1]
    ],
    "which categories of parts have an average unit price above 300": lambda: {
        name: mean
        for name, mean in means(table("parts"), lambda row: row["category"], "unit_price_eur").items()
        if mean and mean > 300
    },
    "how many orders where parts cost more than labour": lambda: sum(
        float(row["parts_cost_eur"] or "nan") > float(row["labour_cost_eur"] or "nan")
        for row in table("service_orders")
    ),
    "average days from opened to completed": lambda: fmean(
        (date.fromisoformat(row["completed_on"]) - date.fromisoformat(row["opened_on"])).days
        for row in table("service_orders")
        if row["completed_on"]
    ),
    "how many phone incidents came in before 9 in the morning": lambda: sum(
        int(row["reported_at"][11:13]) < 9 for row in incidents(channel="phone")
    ),
    "incidents on cars with over 50 000 km on the clock": lambda: sum(
        int(row["mileage_km"] or 0) > 50_000 for row in table("incidents")
    ),
    "average mileage of cars with more than two incidents": lambda: fmean(
        int(row["mileage_km"])
        for row in table("vehicles")
        if row["mileage_km"] and referring("vehicles", "incidents")[row["vehicle_id"]] > 2
    ),
    "how many incidents will we have in december": nothing,
    "phone number of the Tarnwick dealer": nothing,
    "average number of incidents per month": nothing,
    "which parts are out of stock": nothing,
    "how much did we spend on parts in 2025": nothing,
    "ratio of critical to low incidents": nothing,
    "incidents not closed and critical": lambda: sum(
        row["status"] != "closed" and row["severity"] == "critical" for row in table("incidents")
    ),
    "correlation between mileage and downtime": lambda: correlation(
        *zip(
            *(
                (float(row["mileage_km"]), float(row["downtime_hours"]))
                for row in table("incidents")
                if row["mileage_km"] and row["downtime_hours"]
            ),
            strict=True,
        )
    ),
    "predict incidents for 2027": nothing,
}
