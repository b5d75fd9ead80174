"""Tables of other fields than the bundled one, as people keep them: made up, with what files of theirs look like; and
questions about them with answers that are worked out in plain Python from the figures before they were written down."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from statistics import correlation, fmean, median, stdev
from typing import Any

Row = dict[str, Any]
Written = Callable[[Any], str]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


@cache
def trails() -> tuple[Row, ...]:
    make = Random(1)
    names = "Goat Ladder,Mill Loop,Saint Brendan Way,Heron Walk,Old Quarry Track,Blue Lake Circuit,Ridge of Wolves,Long Meadow,Fox Steps,Lighthouse Path,Pine Cathedral,Black Gorge,Shepherd Round,Salt Road,Amber Cliffs,Tower Hill,Copper Mine Trail,Summer Pasture,Three Bridges,Ghost Village".split(
        ","
    )
    return tuple(
        {
            "Trail": name, "Region": make.choice(["North Fells", "East Fells", "Coast"]),
            "Difficulty": make.choice(["easy", "moderate", "hard"]), "Length (km)": round(make.uniform(2, 28), 1),
            "Ascent (m)": make.randrange(40, 1800), "Loop": make.choice(["Yes", "No"]),
            "Opened": date(1985, 1, 1) + timedelta(days=make.randrange(14000)),
            "Visitors per year": make.choice([None, make.randrange(900, 90_000), make.randrange(900, 90_000)]),
            "Rating": round(make.uniform(2.5, 5), 1),
        }
        for name in names
    )  # fmt: skip


@cache
def films() -> tuple[Row, ...]:
    make = Random(2)
    first = "Silent Crimson Lost Last Golden Broken Winter Electric Paper Hollow".split()
    last = "River Letters Kingdom Horizon Garden Machine Witness Orchestra Harbour Ladder".split()
    directors = ["Ana Brandt", "Kofi Mensah", "Lucia Ferro", "Tom Hale", "Mei Tanaka"]
    rows = []
    for at, title in enumerate(f"{one} {other}" for one in first for other in last[:6]):
        rows.append({
            "title": title, "director": make.choice(directors), "year": make.randrange(1978, 2022),
            "genre": make.choice(["Drama", "Comedy", "Thriller", "Documentary", "Animation"]),
            "runtime_min": make.randrange(71, 190), "language": make.choice(["English", "French", "Japanese", "Spanish"]),
            "score": None if at % 17 == 3 else round(make.uniform(3.1, 9.4), 1), "votes": make.randrange(120, 900_000),
            "gross": make.randrange(20_000, 400_000_000), "budget": make.choice([None, make.randrange(1, 120) * 1_000_000]),
        })  # fmt: skip
    return tuple(rows)


@cache
def patients() -> tuple[Row, ...]:
    make = Random(3)
    rows = []
    for number in range(1, 161):
        admitted = date(2022, 1, 1) + timedelta(days=make.randrange(700))
        rows.append({
            "patient_no": number, "sex": make.choice("FM"), "age": make.randrange(18, 94),
            "weight_kg": None if make.random() < 0.1 else round(make.uniform(46, 118), 1),
            "height_cm": make.randrange(149, 199), "smoker": make.choice(["yes", "no", "no"]),
            "blood_type": make.choice(["A+", "A-", "B+", "0+", "0-", "AB+"]),
            "systolic": None if make.random() < 0.05 else make.randrange(95, 185), "cholesterol": make.randrange(120, 310),
            "ward": make.choice(["Cardiology", "Surgery", "Maternity", "General Medicine"]),
            "admitted": admitted, "discharged": None if make.random() < 0.08 else admitted + timedelta(days=make.randrange(1, 22)),
            "insured": make.choice([0, 1, 1]),
        })  # fmt: skip
    return tuple(rows)


@cache
def nations() -> tuple[Row, ...]:
    make = Random(4)
    places = {
        "Norway": "Europe",
        "Germany": "Europe",
        "Italy": "Europe",
        "Japan": "Asia",
        "India": "Asia",
        "Kenya": "Africa",
        "Egypt": "Africa",
        "Brazil": "Americas",
        "Chile": "Americas",
        "Canada": "Americas",
    }
    rows = []
    for name, continent in places.items():
        people, wealth, life = make.randrange(3, 400) * 1_000_000, make.uniform(900, 20_000), make.uniform(45, 68)
        for year in range(1980, 2021, 5):
            people, wealth, life = (
                int(people * make.uniform(1.0, 1.12)),
                wealth * make.uniform(0.95, 1.3),
                life + make.uniform(-0.4, 2.4),
            )
            rows.append(
                {
                    "country": name,
                    "continent": continent,
                    "year": year,
                    "population": people,
                    "gdpPerCapita": round(wealth, 2),
                    "lifeExp": round(life, 2),
                }
            )
    return tuple(rows)


@cache
def sales() -> tuple[Row, ...]:
    make = Random(5)
    prices = {
        "Espresso": 2.2,
        "Flat White": 3.4,
        "Green Tea": 2.8,
        "Carrot Cake": 4.5,
        "Almond Croissant": 3.1,
        "Sandwich": 6.9,
    }
    kinds = {
        "Espresso": "Coffee",
        "Flat White": "Coffee",
        "Green Tea": "Tea",
        "Carrot Cake": "Bakery",
        "Almond Croissant": "Bakery",
        "Sandwich": "Food",
    }
    rows = []
    for number in range(1, 401):
        item = make.choice(list(prices))
        count = make.randrange(1, 5)
        rows.append({
            "order_id": 10_000 + number, "sold_on": date(2023, 1, 2) + timedelta(days=make.randrange(360)),
            "product": item, "category": kinds[item], "quantity": count, "unit price": prices[item],
            "total": round(count * prices[item], 2), "payment": make.choice(["card", "cash", "voucher"]),
            "store": make.choice(["Harbour Street", "Station", "Old Town"]), "loyalty_member": make.choice(["Y", "N"]),
            "discount": make.choice([0, 0, 5, 10]),
        })  # fmt: skip
    return tuple(rows)


@cache
def weather() -> tuple[Row, ...]:
    make = Random(6)
    return tuple(
        {
            "date": date(2021, 1, 1) + timedelta(days=at // 2), "station": ["Airport", "Hilltop"][at % 2],
            "temp_max_c": round(make.gauss(14, 8), 1), "temp_min_c": round(make.gauss(6, 6), 1),
            "rain_mm": None if make.random() < 0.04 else round(max(0.0, make.gauss(1, 4)), 1),
            "wind_kmh": make.randrange(0, 88), "condition": make.choice(["sunny", "cloudy", "rain", "fog"]),
        }
        for at in range(2 * 500)
    )  # fmt: skip


@cache
def staff() -> tuple[Row, ...]:
    make = Random(7)
    names = [
        f"{one} {other}"
        for one in ("Ida", "Paul", "Nora", "Sven", "Olga", "Hugo", "Lena", "Finn", "Rosa")
        for other in ("Berg", "Vogel", "Moreau", "Silva", "Novak")
    ]
    return tuple(
        {
            "employee": name, "department": make.choice(["Sales", "IT", "Legal", "Human Resources", "Logistics"]),
            "job_title": make.choice(["Analyst", "Manager", "Assistant", "Engineer"]), "salary": make.randrange(28, 120) * 1000,
            "hired": date(2004, 1, 1) + timedelta(days=make.randrange(7000)), "city": make.choice(["Lyon", "Ghent", "Porto"]),
            "remote": make.choice([True, False]), "sick_days": make.choice([None, make.randrange(0, 30), make.randrange(0, 30)]),
            "performance": make.choice(["low", "medium", "high"]),
        }
        for name in names
    )  # fmt: skip


@cache
def cars() -> tuple[Row, ...]:
    make = Random(8)
    makes = {
        "Audi": "Germany",
        "BMW": "Germany",
        "Fiat": "Italy",
        "Toyota": "Japan",
        "Volvo": "Sweden",
        "Renault": "France",
    }
    return tuple(
        {
            "make": brand, "model": f"{brand[0]}{make.randrange(100, 999)}", "origin": makes[brand],
            "doors": make.choice(["3-door", "5-door"]), "cylinders": make.choice([3, 4, 6, 8]),
            "hp": make.randrange(60, 420), "mpg": round(make.uniform(14, 62), 1), "price_eur": make.randrange(9_000, 99_000),
            "fuel": make.choice(["petrol", "diesel", "hybrid"]), "model_year": make.randrange(2008, 2024),
            "automatic": make.choice(["TRUE", "FALSE"]), "weight_kg": make.randrange(850, 2400),
        }
        for brand in [make.choice(list(makes)) for _ in range(120)]
    )  # fmt: skip


TABLES: Mapping[str, tuple[Callable[[], tuple[Row, ...]], Mapping[str, Written], str]] = {
    "trails": (trails, {"Opened": lambda day: day.strftime("%d/%m/%Y"), "Visitors per year": lambda n: "N/A" if n is None else f"{n:,}"}, "Hiking trails of the park."),
    "films": (films, {"gross": lambda n: f"${n:,}", "budget": lambda n: "-" if n is None else f"${n:,}", "score": lambda n: "NA" if n is None else str(n)}, "Films and what people thought of them."),
    "patients": (patients, {"admitted": lambda day: day.strftime("%m/%d/%Y"), "discharged": lambda day: "" if day is None else day.strftime("%m/%d/%Y"), "weight_kg": lambda n: "?" if n is None else str(n)}, "Patients of the hospital."),
    "nations": (nations, {}, "Countries every five years."),
    "sales": (sales, {"sold_on": lambda day: day.strftime("%B %d, %Y"), "unit price": lambda n: f"€{n:.2f}", "total": lambda n: f"€{n:.2f}", "discount": lambda n: f"{n}%"}, "Sales of a small chain of coffee shops."),
    "weather": (weather, {"rain_mm": lambda n: "NA" if n is None else str(n)}, "Daily weather measurements."),
    "staff": (staff, {"salary": lambda n: f"{n:,} EUR", "hired": lambda day: day.strftime("%d-%b-%y"), "sick_days": lambda n: "n/a" if n is None else str(n)}, "Employees."),
    "cars": (cars, {}, "Used cars for sale."),
}  # fmt: skip


def write(folder: Path) -> dict[str, Path]:
    """The tables as CSV files, by name."""
    paths = {}
    for name, (rows, written, _) in TABLES.items():
        paths[name] = folder / f"{name}.csv"
        with paths[name].open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(rows()[0])
            writer.writerows([written.get(column, _cell)(value) for column, value in row.items()] for row in rows())
    return paths


def of(rows: Iterable[Row], column: str, **where: Any) -> list[Any]:
    """The values of a column that are there, of rows with these values."""
    return [row[column] for row in some(rows, **where) if row[column] is not None]


def some(rows: Iterable[Row], **where: Any) -> list[Row]:
    return [row for row in rows if all(row[column] == value for column, value in where.items())]


def grouped(rows: Iterable[Row], by: str, column: str, work: Callable[[Sequence[Any]], float]) -> dict[str, float]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row[column] is not None:
            found[str(row[by])].append(row[column])
    return {name: work(values) for name, values in found.items()}


def counted(rows: Iterable[Row], by: str) -> dict[str, int]:
    return dict(Counter(str(row[by]) for row in rows))


def best(figures: Mapping[str, float], number: int = 1, *, lowest: bool = False) -> list[list[Any]]:
    return [
        [name, figure]
        for name, figure in sorted(figures.items(), key=lambda item: item[1] if lowest else -item[1])[:number]
    ]


def least(figures: Mapping[str, float]) -> dict[str, list[str]]:
    return {"names": [name for name, figure in figures.items() if figure == min(figures.values())]}


def names(rows: Iterable[Row], column: str) -> dict[str, list[str]]:
    return {"names": [str(row[column]) for row in rows]}


def figure(value: float) -> dict[str, float]:
    return {"figure": value}


def share(rows: Sequence[Row], met: Callable[[Row], bool]) -> dict[str, float]:
    return {"figure": 100 * sum(map(met, rows)) / len(rows)}


def top(rows: Iterable[Row], column: str, *, lowest: bool = False) -> Row:
    known = [row for row in rows if row[column] is not None]
    return (min if lowest else max)(known, key=lambda row: row[column])


Question = tuple[str, str, Callable[[], Any]]
FIRST: tuple[Question, ...] = (
    ("trails", "how many trails are there?", lambda: figure(20)),
    ("trails", "what's the longest trail?", lambda: names([top(trails(), "Length (km)")], "Trail")),
    (
        "trails",
        "average length of the hard ones",
        lambda: figure(fmean(of(trails(), "Length (km)", Difficulty="hard"))),
    ),
    (
        "trails",
        "how many loops are in the North Fells",
        lambda: figure(len(some(trails(), Loop="Yes", Region="North Fells"))),
    ),
    (
        "trails",
        "which trails opened after 2010?",
        lambda: names([row for row in trails() if row["Opened"].year > 2010], "Trail"),
    ),
    ("trails", "total ascent per region", lambda: {"groups": grouped(trails(), "Region", "Ascent (m)", sum)}),
    (
        "trails",
        "how many trails have no visitor numbers",
        lambda: figure(sum(row["Visitors per year"] is None for row in trails())),
    ),
    (
        "trails",
        "list every moderate trail on the coast",
        lambda: names(some(trails(), Difficulty="moderate", Region="Coast"), "Trail"),
    ),
    ("trails", "What percentage of trails are easy?", lambda: share(trails(), lambda row: row["Difficulty"] == "easy")),
    (
        "trails",
        "top 3 trails by rating",
        lambda: {
            "among": None,
            "any": [{"names": [row["Trail"] for row in sorted(trails(), key=lambda row: -row["Rating"])[:3]]}],
        },
    ),
    ("films", "How many movies did Kofi Mensah direct?", lambda: figure(len(some(films(), director="Kofi Mensah")))),
    ("films", "what is the highest grossing film", lambda: names([top(films(), "gross")], "title")),
    (
        "films",
        "average score by genre, to two decimals",
        lambda: {
            "groups": {name: round(value, 2) for name, value in grouped(films(), "genre", "score", fmean).items()}
        },
    ),
    (
        "films",
        "how many films are longer than 2 hours",
        lambda: figure(sum(row["runtime_min"] > 120 for row in films())),
    ),
    (
        "films",
        "number of comedies from the 1990s",
        lambda: figure(sum(row["genre"] == "Comedy" and 1990 <= row["year"] <= 1999 for row in films())),
    ),
    (
        "films",
        "which director has the best average score",
        lambda: {"ranking": best(grouped(films(), "director", "score", fmean))},
    ),
    ("films", "median budget ignoring missing values", lambda: figure(median(of(films(), "budget")))),
    (
        "films",
        "is there a correlation between votes and gross?",
        lambda: figure(correlation([row["votes"] for row in films()], [row["gross"] for row in films()])),
    ),
    ("films", "how many languages are there", lambda: figure(4)),
    ("films", "who directed Golden Garden?", lambda: names(some(films(), title="Golden Garden"), "director")),
    ("patients", "How many women are there?", lambda: figure(len(some(patients(), sex="F")))),
    ("patients", "mean age of smokers", lambda: figure(fmean(of(patients(), "age", smoker="yes")))),
    ("patients", "what share of patients smoke", lambda: share(patients(), lambda row: row["smoker"] == "yes")),
    (
        "patients",
        "how many patients have a missing weight",
        lambda: figure(sum(row["weight_kg"] is None for row in patients())),
    ),
    ("patients", "average cholesterol by ward", lambda: {"groups": grouped(patients(), "ward", "cholesterol", fmean)}),
    (
        "patients",
        "how many patients are over 65 and not insured",
        lambda: figure(sum(row["age"] > 65 and not row["insured"] for row in patients())),
    ),
    (
        "patients",
        "oldest patient in cardiology",
        lambda: {
            "any": [
                names([top(some(patients(), ward="Cardiology"), "age")], "patient_no"),
                figure(top(some(patients(), ward="Cardiology"), "age")["age"]),
            ]
        },
    ),
    ("patients", "what is the standard deviation of systolic", lambda: figure(stdev(of(patients(), "systolic")))),
    (
        "patients",
        "how much heavier are men than women on average?",
        lambda: figure(fmean(of(patients(), "weight_kg", sex="M")) - fmean(of(patients(), "weight_kg", sex="F"))),
    ),
    (
        "patients",
        "admissions per month in 2023",
        lambda: {
            "groups": dict(
                Counter(row["admitted"].strftime("%Y-%m") for row in patients() if row["admitted"].year == 2023)
            )
        },
    ),
    (
        "nations",
        "what was the population of Japan in 2000?",
        lambda: figure(some(nations(), country="Japan", year=2000)[0]["population"]),
    ),
    ("nations", "how many countries are in Europe", lambda: figure(3)),
    (
        "nations",
        "which country had the highest life expectancy in 2010",
        lambda: {"ranking": [[row["country"], row["lifeExp"]] for row in [top(some(nations(), year=2010), "lifeExp")]]},
    ),
    (
        "nations",
        "average GDP per capita by continent in 2020",
        lambda: {"groups": grouped(some(nations(), year=2020), "continent", "gdpPerCapita", fmean)},
    ),
    (
        "nations",
        "by how much did the population of Kenya grow between 1980 and 2020?",
        lambda: figure(
            some(nations(), country="Kenya", year=2020)[0]["population"]
            - some(nations(), country="Kenya", year=1980)[0]["population"]
        ),
    ),
    ("nations", "list the African countries", lambda: {"names": ["Kenya", "Egypt"]}),
    (
        "nations",
        "total population of Asia in 1990",
        lambda: figure(sum(of(nations(), "population", continent="Asia", year=1990))),
    ),
    ("nations", "lowest life expectancy ever recorded", lambda: figure(min(of(nations(), "lifeExp")))),
    (
        "nations",
        "how did life expectancy in Brazil develop over the years",
        lambda: {"series": of(nations(), "lifeExp", country="Brazil")},
    ),
    (
        "nations",
        "top 5 countries by gdp per capita in 2015",
        lambda: {"ranking": best({row["country"]: row["gdpPerCapita"] for row in some(nations(), year=2015)}, 5)},
    ),
)
SECOND: tuple[Question, ...] = (
    ("sales", "what's our total revenue?", lambda: figure(sum(of(sales(), "total")))),
    (
        "sales",
        "how many croissants did we sell",
        lambda: {
            "any": [
                figure(sum(of(sales(), "quantity", product="Almond Croissant"))),
                figure(len(some(sales(), product="Almond Croissant"))),
            ]
        },
    ),
    ("sales", "revenue by store", lambda: {"groups": grouped(sales(), "store", "total", sum)}),
    (
        "sales",
        "Which product sells best?",
        lambda: {
            "any": [
                {"ranking": best(grouped(sales(), "product", "quantity", sum))},
                {"ranking": best(counted(sales(), "product"))},
                {"ranking": best(grouped(sales(), "product", "total", sum))},
            ]
        },
    ),
    ("sales", "share of orders paid by card", lambda: share(sales(), lambda row: row["payment"] == "card")),
    (
        "sales",
        "average order value for loyalty members vs non-members",
        lambda: {"groups": grouped(sales(), "loyalty_member", "total", fmean)},
    ),
    ("sales", "how many sales on sundays", lambda: figure(sum(row["sold_on"].weekday() == 6 for row in sales()))),
    (
        "sales",
        "sales per weekday",
        lambda: {
            "any": [
                {"groups": dict(Counter(row["sold_on"].strftime("%A") for row in sales()))},
                {
                    "groups": grouped(
                        [{**row, "day": row["sold_on"].strftime("%A")} for row in sales()], "day", "total", sum
                    )
                },
            ]
        },
    ),
    (
        "sales",
        "in which month did we earn the most",
        lambda: {
            "ranking": best(
                grouped([{**row, "month": row["sold_on"].strftime("%Y-%m")} for row in sales()], "month", "total", sum)
            )
        },
    ),
    ("sales", "what are the different categories", lambda: {"names": ["Coffee", "Tea", "Bakery", "Food"]}),
    ("sales", "how many orders got a discount of 10 percent", lambda: figure(len(some(sales(), discount=10)))),
    (
        "sales",
        "total quantity of tea sold at the station in the first quarter of 2023",
        lambda: figure(
            sum(
                row["quantity"]
                for row in sales()
                if row["category"] == "Tea"
                and row["store"] == "Station"
                and row["sold_on"].month <= 3
                and row["sold_on"].year == 2023
            )
        ),
    ),
    ("weather", "what was the hottest day?", lambda: {"date": top(weather(), "temp_max_c")["date"].isoformat()}),
    (
        "weather",
        "average maximum temperature per station",
        lambda: {"groups": grouped(weather(), "station", "temp_max_c", fmean)},
    ),
    (
        "weather",
        "how many foggy days were there at the airport",
        lambda: figure(len(some(weather(), station="Airport", condition="fog"))),
    ),
    (
        "weather",
        "total rainfall in 2021",
        lambda: figure(sum(row["rain_mm"] or 0 for row in weather() if row["date"].year == 2021)),
    ),
    (
        "weather",
        "how often was the wind above 60 km/h?",
        lambda: figure(sum(row["wind_kmh"] > 60 for row in weather())),
    ),
    (
        "weather",
        "correlation of max temp and wind",
        lambda: figure(correlation([row["temp_max_c"] for row in weather()], [row["wind_kmh"] for row in weather()])),
    ),
    ("weather", "from when to when does the data go", lambda: {"date": "2021-01-01"}),
    ("weather", "most common weather condition", lambda: {"ranking": best(counted(weather(), "condition"))}),
    (
        "weather",
        "what's the difference between the average wind at Hilltop and at the Airport",
        lambda: figure(
            abs(
                fmean(of(weather(), "wind_kmh", station="Hilltop"))
                - fmean(of(weather(), "wind_kmh", station="Airport"))
            )
        ),
    ),
    (
        "weather",
        "how many rain measurements are missing",
        lambda: figure(sum(row["rain_mm"] is None for row in weather())),
    ),
    ("staff", "who earns the most?", lambda: names([top(staff(), "salary")], "employee")),
    ("staff", "how many people work in HR", lambda: None),
    (
        "staff",
        "how many people work in human resources",
        lambda: figure(len(some(staff(), department="Human Resources"))),
    ),
    (
        "staff",
        "average salary of engineers by department",
        lambda: {"groups": grouped(some(staff(), job_title="Engineer"), "department", "salary", fmean)},
    ),
    ("staff", "what percentage of employees work remotely", lambda: share(staff(), lambda row: row["remote"])),
    (
        "staff",
        "list everyone hired before 2008",
        lambda: names([row for row in staff() if row["hired"].year < 2008], "employee"),
    ),
    (
        "staff",
        "how many managers earn less than 50,000",
        lambda: figure(sum(row["job_title"] == "Manager" and row["salary"] < 50_000 for row in staff())),
    ),
    ("staff", "median sick days per city", lambda: {"groups": grouped(staff(), "city", "sick_days", median)}),
    ("staff", "What's the salary of Nora Silva?", lambda: figure(some(staff(), employee="Nora Silva")[0]["salary"])),
    (
        "staff",
        "departments with more than 9 employees",
        lambda: {"names": [name for name, number in counted(staff(), "department").items() if number > 9]},
    ),
    ("cars", "how many German cars are there", lambda: figure(len(some(cars(), origin="Germany")))),
    ("cars", "average price of 3-door cars", lambda: figure(fmean(of(cars(), "price_eur", doors="3-door")))),
    (
        "cars",
        "cheapest diesel",
        lambda: {
            "any": [
                names([top(some(cars(), fuel="diesel"), "price_eur", lowest=True)], "model"),
                figure(top(some(cars(), fuel="diesel"), "price_eur", lowest=True)["price_eur"]),
            ]
        },
    ),
    ("cars", "how many cars have 6 or more cylinders", lambda: figure(sum(row["cylinders"] >= 6 for row in cars()))),
    ("cars", "which brand is the most common", lambda: {"ranking": best(counted(cars(), "make"))}),
    ("cars", "mean horsepower of automatics", lambda: figure(fmean(of(cars(), "hp", automatic="TRUE")))),
    (
        "cars",
        "compare Audi and BMW by average mpg",
        lambda: {
            "groups": {
                name: value for name, value in grouped(cars(), "make", "mpg", fmean).items() if name in ("Audi", "BMW")
            }
        },
    ),
    (
        "cars",
        "number of hybrid cars newer than 2015 under 30000 euros",
        lambda: figure(
            sum(row["fuel"] == "hybrid" and row["model_year"] > 2015 and row["price_eur"] < 30_000 for row in cars())
        ),
    ),
    ("cars", "average number of cars per make", lambda: figure(120 / len(counted(cars(), "make")))),
    ("cars", "how much does a Volvo cost on average", lambda: figure(fmean(of(cars(), "price_eur", make="Volvo")))),
)
THIRD: tuple[Question, ...] = (
    ("trails", "Give me the number of rows", lambda: figure(20)),
    ("trails", "what is the mean and the median ascent?", lambda: figure(median(of(trails(), "Ascent (m)")))),
    (
        "trails",
        "second longest trail",
        lambda: names([sorted(trails(), key=lambda row: -row["Length (km)"])[1]], "Trail"),
    ),
    (
        "trails",
        "how many routes are between 5 and 15 km long",
        lambda: figure(sum(5 <= row["Length (km)"] <= 15 for row in trails())),
    ),
    ("trails", "which region has the fewest trails?", lambda: least(counted(trails(), "Region"))),
    ("trails", "oldest trail", lambda: names([top(trails(), "Opened", lowest=True)], "Trail")),
    (
        "trails",
        "how many trails are neither easy nor hard?",
        lambda: figure(len(some(trails(), Difficulty="moderate"))),
    ),
    ("trails", "difficulty of the Salt Road", lambda: names(some(trails(), Trail="Salt Road"), "Difficulty")),
    (
        "films",
        "How many films are in French or Japanese?",
        lambda: figure(sum(row["language"] in ("French", "Japanese") for row in films())),
    ),
    ("films", "list the titles of all documentaries", lambda: names(some(films(), genre="Documentary"), "title")),
    (
        "films",
        "what is the shortest animation",
        lambda: names([top(some(films(), genre="Animation"), "runtime_min", lowest=True)], "title"),
    ),
    (
        "films",
        "share of films per genre",
        lambda: {"groups": {name: 100 * number / len(films()) for name, number in counted(films(), "genre").items()}},
    ),
    (
        "films",
        "average runtime of films directed by Mei Tanaka after 2000",
        lambda: figure(
            fmean(row["runtime_min"] for row in films() if row["director"] == "Mei Tanaka" and row["year"] > 2000)
        ),
    ),
    (
        "films",
        "films with a score of at least 8",
        lambda: {
            "any": [
                names([row for row in films() if (row["score"] or 0) >= 8], "title"),
                figure(sum((row["score"] or 0) >= 8 for row in films())),
            ]
        },
    ),
    ("films", "how many films have no score?", lambda: figure(sum(row["score"] is None for row in films()))),
    ("films", "What year did Paper Machine come out?", lambda: figure(some(films(), title="Paper Machine")[0]["year"])),
    (
        "films",
        "In which year were the most films released?",
        lambda: {
            "any": [
                {"ranking": [[str(row[0]), row[1]]]}
                for row in [Counter(row["year"] for row in films()).most_common(1)[0]]
            ]
            + [
                {
                    "names": [
                        name
                        for name, number in counted(films(), "year").items()
                        if number == max(counted(films(), "year").values())
                    ]
                }
            ]
        },
    ),
    ("films", "How many different directors are in the list?", lambda: figure(5)),
    (
        "films",
        "titles containing the word Lost",
        lambda: {"any": [names([row for row in films() if "Lost" in row["title"]], "title"), figure(6)]},
    ),
    (
        "patients",
        "average weight and height by sex",
        lambda: {
            "groups": {
                sex: (fmean(of(patients(), "weight_kg", sex=sex)), fmean(of(patients(), "height_cm", sex=sex)))
                for sex in "FM"
            }
        },
    ),
    (
        "patients",
        "how many patients haven't been discharged yet",
        lambda: figure(sum(row["discharged"] is None for row in patients())),
    ),
    (
        "patients",
        "How long do patients stay on average?",
        lambda: {
            "any": [
                None,
                figure(fmean((row["discharged"] - row["admitted"]).days for row in patients() if row["discharged"])),
            ]
        },
    ),
    (
        "patients",
        "average number of days between admission and discharge",
        lambda: figure(fmean((row["discharged"] - row["admitted"]).days for row in patients() if row["discharged"])),
    ),
    (
        "patients",
        "which ward has the most uninsured patients",
        lambda: {"ranking": best(counted(some(patients(), insured=0), "ward"))},
    ),
    (
        "patients",
        "how many non-smokers over 50 are in surgery",
        lambda: figure(
            sum(row["smoker"] == "no" and row["age"] > 50 and row["ward"] == "Surgery" for row in patients())
        ),
    ),
    (
        "patients",
        "maximum cholesterol among women under 40",
        lambda: figure(max(row["cholesterol"] for row in patients() if row["sex"] == "F" and row["age"] < 40)),
    ),
    ("patients", "most frequent blood type", lambda: {"ranking": best(counted(patients(), "blood_type"))}),
    (
        "nations",
        "what's the average life expectancy across all countries in 2000, rounded to one decimal",
        lambda: figure(round(fmean(of(nations(), "lifeExp", year=2000)), 1)),
    ),
    (
        "nations",
        "which continent has the largest total population in 2020",
        lambda: {"ranking": best(grouped(some(nations(), year=2020), "continent", "population", sum))},
    ),
    (
        "nations",
        "what years does the data cover",
        lambda: {"any": [{"figure": 2020}, {"names": [str(year) for year in range(1980, 2021, 5)]}]},
    ),
    (
        "nations",
        "how many countries had a life expectancy above 60 in 1995?",
        lambda: figure(sum(row["year"] == 1995 and row["lifeExp"] > 60 for row in nations())),
    ),
    (
        "nations",
        "GDP per capita of Chile and Brazil in 2005",
        lambda: {
            "groups": {
                name: some(nations(), country=name, year=2005)[0]["gdpPerCapita"] for name in ("Chile", "Brazil")
            }
        },
    ),
    (
        "nations",
        "by what percentage did the population of India rise from 1990 to 2010",
        lambda: figure(
            100
            * (
                some(nations(), country="India", year=2010)[0]["population"]
                / some(nations(), country="India", year=1990)[0]["population"]
                - 1
            )
        ),
    ),
    ("nations", "Italian gdp per capita over time", lambda: {"series": of(nations(), "gdpPerCapita", country="Italy")}),
    (
        "sales",
        "Average total per order by payment method",
        lambda: {"groups": grouped(sales(), "payment", "total", fmean)},
    ),
    ("sales", "What was the biggest single sale?", lambda: {"any": [figure(max(of(sales(), "total")))]}),
    (
        "sales",
        "which store had the lowest revenue in June 2023",
        lambda: {
            "ranking": best(
                grouped(
                    [row for row in sales() if row["sold_on"].month == 6 and row["sold_on"].year == 2023],
                    "store",
                    "total",
                    sum,
                ),
                lowest=True,
            )
        },
    ),
    (
        "sales",
        "monthly revenue",
        lambda: {
            "groups": grouped(
                [{**row, "month": row["sold_on"].strftime("%Y-%m")} for row in sales()], "month", "total", sum
            )
        },
    ),
    (
        "sales",
        "what percent of revenue comes from coffee?",
        lambda: figure(100 * sum(of(sales(), "total", category="Coffee")) / sum(of(sales(), "total"))),
    ),
    (
        "sales",
        "how many flat whites were sold on weekends",
        lambda: {
            "any": [
                figure(
                    len([row for row in sales() if row["product"] == "Flat White" and row["sold_on"].weekday() > 4])
                ),
                figure(
                    sum(
                        row["quantity"]
                        for row in sales()
                        if row["product"] == "Flat White" and row["sold_on"].weekday() > 4
                    )
                ),
            ]
        },
    ),
    ("sales", "when was the last sale", lambda: {"date": max(of(sales(), "sold_on")).isoformat()}),
    (
        "weather",
        "how many days did it rain more than 10 mm",
        lambda: {
            "any": [
                figure(sum((row["rain_mm"] or 0) > 10 for row in weather())),
                figure(len({row["date"] for row in weather() if (row["rain_mm"] or 0) > 10})),
            ]
        },
    ),
    (
        "weather",
        "coldest temperature at the Hilltop station",
        lambda: figure(min(of(weather(), "temp_min_c", station="Hilltop"))),
    ),
    (
        "weather",
        "average rainfall by month in 2021",
        lambda: {
            "groups": grouped(
                [{**row, "month": row["date"].strftime("%Y-%m")} for row in weather() if row["date"].year == 2021],
                "month",
                "rain_mm",
                fmean,
            )
        },
    ),
    (
        "weather",
        "windiest day in 2022",
        lambda: {
            "names": [
                row["date"].isoformat()
                for row in weather()
                if row["date"].year == 2022
                and row["wind_kmh"]
                == top([row for row in weather() if row["date"].year == 2022], "wind_kmh")["wind_kmh"]
            ]
        },
    ),
    (
        "weather",
        "what's the range of wind speeds",
        lambda: {"any": [figure(max(of(weather(), "wind_kmh")) - min(of(weather(), "wind_kmh")))]},
    ),
    ("staff", "top 5 earners", lambda: names(sorted(staff(), key=lambda row: -row["salary"])[:5], "employee")),
    ("staff", "who was hired most recently", lambda: names([top(staff(), "hired")], "employee")),
    ("staff", "how many employees are there in each city", lambda: {"groups": counted(staff(), "city")}),
    ("staff", "total payroll", lambda: {"any": [None, figure(sum(of(staff(), "salary")))]}),
    (
        "staff",
        "which job title has the highest median salary",
        lambda: {"ranking": best(grouped(staff(), "job_title", "salary", median))},
    ),
    (
        "staff",
        "average number of sick days in IT vs Legal",
        lambda: {
            "groups": {
                name: value
                for name, value in grouped(staff(), "department", "sick_days", fmean).items()
                if name in ("IT", "Legal")
            }
        },
    ),
    (
        "staff",
        "which employees in Porto are not remote",
        lambda: names(some(staff(), city="Porto", remote=False), "employee"),
    ),
    ("staff", "number of low performers", lambda: figure(len(some(staff(), performance="low")))),
    ("cars", "what is the average price per fuel type and transmission", lambda: None),
    (
        "cars",
        "is the average mpg of Toyota higher than that of Fiat",
        lambda: {
            "groups": {
                name: value
                for name, value in grouped(cars(), "make", "mpg", fmean).items()
                if name in ("Toyota", "Fiat")
            }
        },
    ),
    ("cars", "most powerful car", lambda: names([top(cars(), "hp")], "model")),
    ("cars", "How many cars weigh more than 2 tonnes?", lambda: figure(sum(row["weight_kg"] > 2000 for row in cars()))),
    (
        "cars",
        "how many petrol cars per country of origin",
        lambda: {"groups": counted(some(cars(), fuel="petrol"), "origin")},
    ),
    ("cars", "share of manual cars", lambda: None),
    (
        "cars",
        "five cheapest hybrids",
        lambda: names(sorted(some(cars(), fuel="hybrid"), key=lambda row: row["price_eur"])[:5], "model"),
    ),
    (
        "cars",
        "standard deviation of price for each fuel",
        lambda: {"groups": grouped(cars(), "fuel", "price_eur", stdev)},
    ),
)
