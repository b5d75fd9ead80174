"""What the questions about the bundled figures are to be answered with, worked out from the CSV files in plain Python:
no SQL, no database, nothing of the analyst's own code.

An answer is a number; a mapping from what a group is called (its keys joined by " / ") to its figure; or a list, of
such pairs or of ids, in its order. None stands for a question that nobody can answer from these figures.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from statistics import fmean, median
from typing import Any

from tests.bundled import ROOT

Row = dict[str, str]
Rows = list[Row]
Answer = float | Mapping[str, Any] | list[Any] | None

FOLDER = ROOT / "datasets" / "operations"
SEVERITIES = ("low", "medium", "high", "critical")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@lru_cache
def table(name: str) -> Rows:
    with Path(FOLDER, f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache
def by_key(name: str, key: str) -> dict[str, Row]:
    return {row[key]: row for row in table(name)}


def vehicle(row: Row) -> Row:
    return by_key("vehicles", "vehicle_id")[row["vehicle_id"]]


def model(row: Row) -> Row:
    return by_key("models", "model_id")[row["model_id"] if "model_id" in row else vehicle(row)["model_id"]]


def dealer(row: Row) -> str:
    return by_key("dealers", "dealer_id")[row["dealer_id"]]["name"] if row["dealer_id"] else ""


def part(row: Row) -> Row:
    return by_key("parts", "part_id")[row["part_id"]]


def order(row: Row) -> Row:
    return by_key("service_orders", "order_id")[row["order_id"]]


def supplier(row: Row) -> str:
    return by_key("suppliers", "supplier_id")[row["supplier_id"]]["name"]


def where(name: str, **wanted: str) -> Rows:
    """The rows whose columns begin with these texts."""
    return [row for row in table(name) if all(row[column].startswith(text) for column, text in wanted.items())]


def counts(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, int]:
    return dict(Counter(map(key, rows)))


def gathered(rows: Iterable[Row], key: Callable[[Row], str], column: str) -> dict[str, list[float]]:
    """The figures of a column in groups; rows without one are left out, groups without any are not."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[key(row)] += [float(row[column])] if row[column] else []
    return dict(found)


def means(rows: Iterable[Row], key: Callable[[Row], str], column: str) -> dict[str, float | None]:
    return {name: fmean(some) if some else None for name, some in gathered(rows, key, column).items()}


def totals(rows: Iterable[Row], key: Callable[[Row], str], column: str) -> dict[str, float]:
    return {name: sum(some) for name, some in gathered(rows, key, column).items()}


def figures(rows: Iterable[Row], column: str) -> list[float]:
    return [float(row[column]) for row in rows if row[column]]


def best(groups: Mapping[str, Any], most: int = 1, least: bool = False) -> list[tuple[str, Any]]:
    return sorted(((name, value) for name, value in groups.items() if name), key=lambda one: one[1], reverse=not least)[
        :most
    ]


def month(column: str) -> Callable[[Row], str]:
    return lambda row: row[column][:7]


def quarter(column: str) -> Callable[[Row], str]:
    return lambda row: f"{row[column][:4]}-Q{(int(row[column][5:7]) + 2) // 3}"


def weekday(row: Row) -> str:
    return WEEKDAYS[date.fromisoformat(row["reported_on"]).weekday()]


def worst_incidents() -> list[str]:
    """The most severe first, then those of the longest downtime, then the lowest number."""

    def rank(row: Row) -> tuple[float, ...]:
        return -SEVERITIES.index(row["severity"]), -float(row["downtime_hours"] or -1), int(row["incident_id"])

    return [row["incident_id"] for row in sorted(table("incidents"), key=rank)[:10]]


def incidents(**wanted: str) -> Rows:
    return where("incidents", **wanted)


def orders(**wanted: str) -> Rows:
    return where("service_orders", **wanted)


def severity(row: Row) -> str:
    return row["severity"]


def region(row: Row) -> str:
    return by_key("dealers", "dealer_id")[row["dealer_id"]]["region"] if row["dealer_id"] else ""


def share(some: int, of: int) -> float:
    return 100 * some / of


def in_summer(row: Row) -> bool:
    return row["reported_on"][5:7] in ("06", "07", "08")


def spread(rows: Rows) -> dict[str, tuple[float, float, float]]:
    return {name: (min(s), fmean(s), max(s)) for name, s in gathered(rows, severity, "downtime_hours").items()}


def ids(rows: Iterable[Row], column: str, most: int) -> list[str]:
    return [row[column] for row in list(rows)[:most]]


ANSWERS: dict[str, Callable[[], Answer]] = {
    "q01": lambda: len(incidents(reported_on="2025")),
    "q02": lambda: len(table("vehicles")),
    "q03": worst_incidents,
    "q04": worst_incidents,
    "q05": lambda: fmean(figures(table("incidents"), "downtime_hours")),
    "q06": lambda: means(table("incidents"), lambda row: row["category"], "downtime_hours"),
    "q07": lambda: counts(table("incidents"), severity),
    "q08": lambda: best(counts(table("incidents"), dealer)),
    "q09": lambda: best(counts(table("incidents"), lambda row: model(row)["model"]), 3),
    "q10": lambda: counts(incidents(severity="critical", reported_on="2026"), month("reported_on")),
    "q11": lambda: sum(figures(table("service_orders"), "total_cost_eur")),
    "q12": lambda: totals(table("service_orders"), dealer, "labour_cost_eur"),
    "q13": lambda: means(orders(kind="repair"), lambda row: model(row)["model"], "total_cost_eur"),
    "q14": lambda: len(orders(paid_by="warranty")),
    "q15": lambda: share(len(incidents(severity="critical")), len(table("incidents"))),
    "q16": lambda: {
        name: share(count, len(table("incidents")))
        for name, count in counts(table("incidents"), lambda row: row["channel"]).items()
    },
    "q17": lambda: {
        name: count
        for name, count in counts(table("incidents"), lambda row: model(row)["model"]).items()
        if name in ("Wren", "Plover")
    },
    "q18": lambda: counts(table("incidents"), month("reported_on")),
    "q19": lambda: counts(table("service_orders"), quarter("opened_on")),
    "q20": lambda: len({row["part_id"] for row in table("order_parts")}),
    "q21": lambda: len(incidents(status="open")),
    "q22": lambda: totals(table("order_parts"), lambda row: part(row)["category"], "quantity"),
    "q23": lambda: best(counts(table("vehicles"), lambda row: model(row)["variant"]), 5),
    "q24": lambda: sum(cost > 1000 for cost in figures(table("service_orders"), "total_cost_eur")),
    "q25": lambda: sum(hours >= 48 for hours in figures(table("incidents"), "downtime_hours")),
    "q26": lambda: max(figures(table("incidents"), "downtime_hours")),
    "q27": lambda: {
        name: median(some)
        for name, some in gathered(table("service_orders"), lambda row: row["kind"], "labour_hours").items()
    },
    "q28": lambda: means(table("incidents"), dealer, "satisfaction"),
    "q29": lambda: best(means(table("incidents"), lambda row: model(row)["model"], "satisfaction"), least=True),
    "q30": lambda: len(incidents(channel="phone")),
    "q31": lambda: counts(filter(in_summer, table("incidents")), severity),
    "q32": lambda: counts(table("incidents"), weekday),
    "q33": lambda: sum(
        row["reported_on"][:7] in ("2026-01", "2026-02", "2026-03") for row in incidents(category="battery")
    ),
    "q34": lambda: sum("2025-03-01" <= row["reported_on"] <= "2025-06-30" for row in table("incidents")),
    "q35": lambda: counts([row for row in table("incidents") if row["reported_on"] >= "2026-07-01"], severity),
    "q36": lambda: means(table("vehicles"), lambda row: row["colour"], "price_eur"),
    "q37": lambda: len(where("vehicles", sold_on="2025", extended_warranty="true")),
    "q38": lambda: share(len(where("vehicles", extended_warranty="true")), len(table("vehicles"))),
    "q39": lambda: ids(
        sorted(table("service_orders"), key=lambda row: -float(row["total_cost_eur"] or -1)), "order_id", 5
    ),
    "q40": lambda: ids(sorted(table("parts"), key=lambda row: float(row["unit_price_eur"])), "part_id", 5),
    "q41": lambda: len(where("customers", uses_app="true")),
    "q42": lambda: counts(where("customers", segment="fleet"), lambda row: row["region"]),
    "q43": lambda: counts(table("technicians"), dealer),
    "q44": lambda: len(where("technicians", grade="master")),
    "q45": lambda: counts(table("parts"), supplier),
    "q46": lambda: best(counts(table("parts"), supplier)),
    "q47": lambda: means(table("models"), lambda row: row["fuel"], "list_price_eur"),
    "q48": lambda: totals(table("parts"), lambda row: row["category"], "stock"),
    "q49": lambda: sum(bool(row["discontinued_on"]) for row in table("parts")),
    "q50": lambda: best(counts(table("incidents"), lambda row: model(row)["fuel"])),
    "q51": lambda: {year: len(incidents(reported_on=year)) for year in ("2024", "2025")},
    "q52": lambda: {year: len(orders(opened_on=year)) for year in ("2025", "2026")},
    "q53": lambda: means(table("incidents"), severity, "mileage_km"),
    "q54": lambda: len(incidents(reported_on="2025-03-14")),
    "q55": lambda: counts(table("incidents"), lambda row: f"{model(row)['fuel']} / {row['severity']}"),
    "q56": lambda: counts(orders(kind="recall", opened_on="2026"), month("opened_on")),
    "q57": lambda: totals(orders(opened_on="2025"), dealer, "parts_cost_eur"),
    "q58": lambda: sum(figures(orders(paid_by="goodwill"), "labour_cost_eur")),
    "q59": lambda: fmean(figures(incidents(severity="critical", reported_on="2026"), "downtime_hours")),
    "q60": lambda: len(incidents(channel="app")) + len(incidents(channel="web")),
    "q61": lambda: sum(not row["trouble_code"] for row in table("incidents")),
    "q62": lambda: best(counts(table("incidents"), lambda row: row["trouble_code"]), 3),
    "q63": lambda: counts(table("vehicles"), lambda row: f"{model(row)['model']} / {model(row)['model_year']}"),
    "q64": lambda: sum(model(row)["model_year"] == "2025" for row in table("incidents")),
    "q65": lambda: share(len(orders(opened_on="2025", paid_by="warranty")), len(orders(opened_on="2025"))),
    "q66": lambda: best(means(table("incidents"), dealer, "satisfaction"), 3, least=True),
    "q67": lambda: spread(table("incidents")),
    "q68": lambda: {name: n for name, n in counts(table("incidents"), dealer).items() if name and n > 600},
    "q69": lambda: sum(row["severity"] != "low" for row in table("incidents")),
    "q70": lambda: len(where("customers", region="Coast")),
    "q71": lambda: best(counts(incidents(reported_on="2025"), month("reported_on"))),
    "q72": lambda: best(counts(table("incidents"), weekday), least=True),
    "q73": lambda: sum(
        figures(
            [
                r
                for r in table("order_parts")
                if part(r)["category"] == "brakes" and order(r)["opened_on"][:4] == "2025"
            ],
            "quantity",
        )
    ),
    "q74": lambda: counts(
        table("service_orders"),
        lambda row: (
            by_key("technicians", "technician_id")[row["technician_id"]]["grade"] if row["technician_id"] else ""
        ),
    ),
    "q75": lambda: sum(hours > 5 for hours in figures(table("service_orders"), "labour_hours")),
    "q76": lambda: None,
    "q77": lambda: len(incidents(severity="critical", reported_on="2025")),
    "q78": lambda: means(table("incidents"), lambda row: model(row)["model"], "downtime_hours"),
    "q79": lambda: counts(incidents(reported_on="2026"), region),
    "q80": lambda: counts(table("incidents"), month("reported_on")),
}
