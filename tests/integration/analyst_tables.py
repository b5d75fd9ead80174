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
    names = "Goat Ladder,Mill Loop,Saint Brendan Way,Heron Walk,Old Quarry Track,Blue Lake Circuit,Ridge of Wolves,Long Meadow,Fox Steps,Lighthouse Path,Pine Cathedral,Black Gorge,Shepherd Round,Salt Road,Amber Cliffs,Tower Hill,Copper Mine Trail,Summer Pasture,Three Bridges,Ghost Village".split(",")
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
    places = {"Norway": "Europe", "Germany": "Europe", "Italy": "Europe", "Japan": "Asia", "India": "Asia", "Kenya": "Africa", "Egypt": "Africa", "Brazil": "Americas", "Chile": "Americas", "Canada": "Americas"}
    rows = []
    for name, continent in places.items():
        people, wealth, life = make.randrange(3, 400) * 1_000_000, make.uniform(900, 20_000), make.uniform(45, 68)
        for year in range(1980, 2021, 5):
            people, wealth, life = int(people * make.uniform(1.0, 1.12)), wealth * make.uniform(0.95, 1.3), life + make.uniform(-0.4, 2.4)
            rows.append({"country": name, "continent": continent, "year": year, "population": people, "gdpPerCapita": round(wealth, 2), "lifeExp": round(life, 2)})
    return tuple(rows)


@cache
def sales() -> tuple[Row, ...]:
    make = Random(5)
    prices = {"Espresso": 2.2, "Flat White": 3.4, "Green Tea": 2.8, "Carrot Cake": 4.5, "Almond Croissant": 3.1, "Sandwich": 6.9}
    kinds = {"Espresso": "Coffee", "Flat White": "Coffee", "Green Tea": "Tea", "Carrot Cake": "Bakery", "Almond Croissant": "Bakery", "Sandwich": "Food"}
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
    names = [f"{one} {other}" for one in ("Ida", "Paul", "Nora", "Sven", "Olga", "Hugo", "Lena", "Finn", "Rosa") for other in ("Berg", "Vogel", "Moreau", "Silva", "Novak")]
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
    makes = {"Audi": "Germany", "BMW": "Germany", "Fiat": "Italy", "Toyota": "Japan", "Volvo": "Sweden", "Renault": "France"}
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
    return [[name, figure] for name, figure in sorted(figures.items(), key=lambda item: item[1] if lowest else -item[1])[:number]]


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
    ("trails", "average length of the hard ones", lambda: figure(fmean(of(trails(), "Length (km)", Difficulty="hard")))),
    ("trails", "how many loops are in the North Fells", lambda: figure(len(some(trails(), Loop="Yes", Region="North Fells")))),
    ("trails", "which trails opened after 2010?", lambda: names([row for row in trails() if row["Opened"].year > 2010], "Trail")),
    ("trails", "total ascent per region", lambda: {"groups": grouped(trails(), "Region", "Ascent (m)", sum)}),
    ("trails", "how many trails have no visitor numbers", lambda: figure(sum(row["Visitors per year"] is None for row in trails()))),
    ("trails", "list every moderate trail on the coast", lambda: names(some(trails(), Difficulty="moderate", Region="Coast"), "Trail")),
    ("trails", "What percentage of trails are easy?", lambda: share(trails(), lambda row: row["Difficulty"] == "easy")),
    ("trails", "top 3 trails by rating", lambda: {"among": None, "any": [{"names": [row["Trail"] for row in sorted(trails(), key=lambda row: -row["Rating"])[:3]]}]}),
    ("films", "How many movies did Kofi Mensah direct?", lambda: figure(len(some(films(), director="Kofi Mensah")))),
    ("films", "what is the highest grossing film", lambda: names([top(films(), "gross")], "title")),
    ("films", "average score by genre, to two decimals", lambda: {"groups": {name: round(value, 2) for name, value in grouped(films(), "genre", "score", fmean).items()}}),
    ("films", "how many films are longer than 2 hours", lambda: figure(sum(row["runtime_min"] > 120 for row in films()))),
    ("films", "number of comedies from the 1990s", lambda: figure(sum(row["genre"] == "Comedy" and 1990 <= row["year"] <= 1999 for row in films()))),
    ("films", "which director has the best average score", lambda: {"ranking": best(grouped(films(), "director", "score", fmean))}),
    ("films", "median budget ignoring missing values", lambda: figure(median(of(films(), "budget")))),
    ("films", "is there a correlation between votes and gross?", lambda: figure(correlation([row["votes"] for row in films()], [row["gross"] for row in films()]))),
    ("films", "how many languages are there", lambda: figure(4)),
    ("films", "who directed Golden Garden?", lambda: names(some(films(), title="Golden Garden"), "director")),
    ("patients", "How many women are there?", lambda: figure(len(some(patients(), sex="F")))),
    ("patients", "mean age of smokers", lambda: figure(fmean(of(patients(), "age", smoker="yes")))),
    ("patients", "what share of patients smoke", lambda: share(patients(), lambda row: row["smoker"] == "yes")),
    ("patients", "how many patients have a missing weight", lambda: figure(sum(row["weight_kg"] is None for row in patients()))),
    ("patients", "average cholesterol by ward", lambda: {"groups": grouped(patients(), "ward", "cholesterol", fmean)}),
    ("patients", "how many patients are over 65 and not insured", lambda: figure(sum(row["age"] > 65 and not row["insured"] for row in patients()))),
    ("patients", "oldest patient in cardiology", lambda: {"any": [names([top(some(patients(), ward="Cardiology"), "age")], "patient_no"), figure(top(some(patients(), ward="Cardiology"), "age")["age"])]}),
    ("patients", "what is the standard deviation of systolic", lambda: figure(stdev(of(patients(), "systolic")))),
    ("patients", "how much heavier are men than women on average?", lambda: figure(fmean(of(patients(), "weight_kg", sex="M")) - fmean(of(patients(), "weight_kg", sex="F")))),
    ("patients", "admissions per month in 2023", lambda: {"groups": dict(Counter(row["admitted"].strftime("%Y-%m") for row in patients() if row["admitted"].year == 2023))}),
    ("nations", "what was the population of Japan in 2000?", lambda: figure(some(nations(), country="Japan", year=2000)[0]["population"])),
    ("nations", "how many countries are in Europe", lambda: figure(3)),
    ("nations", "which country had the highest life expectancy in 2010", lambda: {"ranking": [[row["country"], row["lifeExp"]] for row in [top(some(nations(), year=2010), "lifeExp")]]}),
    ("nations", "average GDP per capita by continent in 2020", lambda: {"groups": grouped(some(nations(), year=2020), "continent", "gdpPerCapita", fmean)}),
    ("nations", "by how much did the population of Kenya grow between 1980 and 2020?", lambda: figure(some(nations(), country="Kenya", year=2020)[0]["population"] - some(nations(), country="Kenya", year=1980)[0]["population"])),
    ("nations", "list the African countries", lambda: {"names": ["Kenya", "Egypt"]}),
    ("nations", "total population of Asia in 1990", lambda: figure(sum(of(nations(), "population", continent="Asia", year=1990)))),
    ("nations", "lowest life expectancy ever recorded", lambda: figure(min(of(nations(), "lifeExp")))),
    ("nations", "how did life expectancy in Brazil develop over the years", lambda: {"series": of(nations(), "lifeExp", country="Brazil")}),
    ("nations", "top 5 countries by gdp per capita in 2015", lambda: {"ranking": best({row["country"]: row["gdpPerCapita"] for row in some(nations(), year=2015)}, 5)}),
)
SECOND: tuple[Question, ...] = (
    ("sales", "what's our total revenue?", lambda: figure(sum(of(sales(), "total")))),
    ("sales", "how many croissants did we sell", lambda: {"any": [figure(sum(of(sales(), "quantity", product="Almond Croissant"))), figure(len(some(sales(), product="Almond Croissant")))]}),
    ("sales", "revenue by store", lambda: {"groups": grouped(sales(), "store", "total", sum)}),
    ("sales", "Which product sells best?", lambda: {"any": [{"ranking": best(grouped(sales(), "product", "quantity", sum))}, {"ranking": best(counted(sales(), "product"))}, {"ranking": best(grouped(sales(), "product", "total", sum))}]}),
    ("sales", "share of orders paid by card", lambda: share(sales(), lambda row: row["payment"] == "card")),
    ("sales", "average order value for loyalty members vs non-members", lambda: {"groups": grouped(sales(), "loyalty_member", "total", fmean)}),
    ("sales", "how many sales on sundays", lambda: figure(sum(row["sold_on"].weekday() == 6 for row in sales()))),
    ("sales", "sales per weekday", lambda: {"any": [{"groups": dict(Counter(row["sold_on"].strftime("%A") for row in sales()))}, {"groups": grouped([{**row, "day": row["sold_on"].strftime("%A")} for row in sales()], "day", "total", sum)}]}),
    ("sales", "in which month did we earn the most", lambda: {"ranking": best(grouped([{**row, "month": row["sold_on"].strftime("%Y-%m")} for row in sales()], "month", "total", sum))}),
    ("sales", "what are the different categories", lambda: {"names": ["Coffee", "Tea", "Bakery", "Food"]}),
    ("sales", "how many orders got a discount of 10 percent", lambda: figure(len(some(sales(), discount=10)))),
    ("sales", "total quantity of tea sold at the station in the first quarter of 2023", lambda: figure(sum(row["quantity"] for row in sales() if row["category"] == "Tea" and row["store"] == "Station" and row["sold_on"].month <= 3 and row["sold_on"].year == 2023))),
    ("weather", "what was the hottest day?", lambda: {"date": top(weather(), "temp_max_c")["date"].isoformat()}),
    ("weather", "average maximum temperature per station", lambda: {"groups": grouped(weather(), "station", "temp_max_c", fmean)}),
    ("weather", "how many foggy days were there at the airport", lambda: figure(len(some(weather(), station="Airport", condition="fog")))),
    ("weather", "total rainfall in 2021", lambda: figure(sum(row["rain_mm"] or 0 for row in weather() if row["date"].year == 2021))),
    ("weather", "how often was the wind above 60 km/h?", lambda: figure(sum(row["wind_kmh"] > 60 for row in weather()))),
    ("weather", "correlation of max temp and wind", lambda: figure(correlation([row["temp_max_c"] for row in weather()], [row["wind_kmh"] for row in weather()]))),
    ("weather", "from when to when does the data go", lambda: {"date": "2021-01-01"}),
    ("weather", "most common weather condition", lambda: {"ranking": best(counted(weather(), "condition"))}),
    ("weather", "what's the difference between the average wind at Hilltop and at the Airport", lambda: figure(abs(fmean(of(weather(), "wind_kmh", station="Hilltop")) - fmean(of(weather(), "wind_kmh", station="Airport"))))),
    ("weather", "how many rain measurements are missing", lambda: figure(sum(row["rain_mm"] is None for row in weather()))),
    ("staff", "who earns the most?", lambda: names([top(staff(), "salary")], "employee")),
    ("staff", "how many people work in HR", lambda: None),
    ("staff", "how many people work in human resources", lambda: figure(len(some(staff(), department="Human Resources")))),
    ("staff", "average salary of engineers by department", lambda: {"groups": grouped(some(staff(), job_title="Engineer"), "department", "salary", fmean)}),
    ("staff", "what percentage of employees work remotely", lambda: share(staff(), lambda row: row["remote"])),
    ("staff", "list everyone hired before 2008", lambda: names([row for row in staff() if row["hired"].year < 2008], "employee")),
    ("staff", "how many managers earn less than 50,000", lambda: figure(sum(row["job_title"] == "Manager" and row["salary"] < 50_000 for row in staff()))),
    ("staff", "median sick days per city", lambda: {"groups": grouped(staff(), "city", "sick_days", median)}),
    ("staff", "What's the salary of Nora Silva?", lambda: figure(some(staff(), employee="Nora Silva")[0]["salary"])),
    ("staff", "departments with more than 9 employees", lambda: {"names": [name for name, number in counted(staff(), "department").items() if number > 9]}),
    ("cars", "how many German cars are there", lambda: figure(len(some(cars(), origin="Germany")))),
    ("cars", "average price of 3-door cars", lambda: figure(fmean(of(cars(), "price_eur", doors="3-door")))),
    ("cars", "cheapest diesel", lambda: {"any": [names([top(some(cars(), fuel="diesel"), "price_eur", lowest=True)], "model"), figure(top(some(cars(), fuel="diesel"), "price_eur", lowest=True)["price_eur"])]}),
    ("cars", "how many cars have 6 or more cylinders", lambda: figure(sum(row["cylinders"] >= 6 for row in cars()))),
    ("cars", "which brand is the most common", lambda: {"ranking": best(counted(cars(), "make"))}),
    ("cars", "mean horsepower of automatics", lambda: figure(fmean(of(cars(), "hp", automatic="TRUE")))),
    ("cars", "compare Audi and BMW by average mpg", lambda: {"groups": {name: value for name, value in grouped(cars(), "make", "mpg", fmean).items() if name in ("Audi", "BMW")}}),
    ("cars", "number of hybrid cars newer than 2015 under 30000 euros", lambda: figure(sum(row["fuel"] == "hybrid" and row["model_year"] > 2015 and row["price_eur"] < 30_000 for row in cars()))),
    ("cars", "average number of cars per make", lambda: figure(120 / len(counted(cars(), "make")))),
    ("cars", "how much does a Volvo cost on average", lambda: figure(fmean(of(cars(), "price_eur", make="Volvo")))),
)
