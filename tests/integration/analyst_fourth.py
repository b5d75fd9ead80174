"""More tables and questions, see `analyst_tables`."""

from datetime import date, timedelta
from functools import cache
from random import Random
from statistics import fmean, median
from tests.integration.analyst_tables import *
import tests.integration.analyst_tables as first


@cache
def flights():
    make = Random(11)
    air = {"Nordic Air": "NO", "Iberwings": "ES", "SkyBlue": "US", "Alpine Express": "CH"}
    ports = ["Oslo", "Madrid", "Boston", "Geneva", "Lisbon"]
    rows = []
    for n in range(300):
        line = make.choice(list(air))
        a, b = make.sample(ports, 2)
        rows.append(
            {
                "flight_id": f"F{n:04}",
                "airline": line,
                "carrier_country": air[line],
                "origin": a,
                "destination": b,
                "departure_date": date(2023, 1, 1) + timedelta(days=make.randrange(365)),
                "distance_miles": make.randrange(180, 5200),
                "duration_min": make.randrange(40, 700),
                "delay_minutes": None if make.random() < 0.06 else max(0, int(make.gauss(12, 30))),
                "cancelled": make.choice([0, 0, 0, 0, 1]),
                "passengers": make.randrange(20, 320),
                "ticket_price_usd": round(make.uniform(35, 1400), 2),
                "aircraft": make.choice(["A320", "B737", "E190"]),
            }
        )
    return tuple(rows)


@cache
def houses():
    make = Random(12)
    rows = []
    for n in range(150):
        rows.append(
            {
                "address": f"{n + 1} {make.choice(['Oak', 'Elm', 'Mill', 'High'])} Street",
                "neighbourhood": make.choice(["Riverside", "Old Quarter", "Northgate", "Hillside"]),
                "type": make.choice(["flat", "terraced", "detached"]),
                "bedrooms": make.randrange(1, 6),
                "bathrooms": make.randrange(1, 4),
                "sqft": make.randrange(350, 4200),
                "asking_price": make.randrange(90, 990) * 1000,
                "sold_price": None if make.random() < 0.3 else make.randrange(90, 990) * 1000,
                "built": make.randrange(1890, 2022),
                "garden": make.choice(["Yes", "No"]),
                "garage": make.choice(["Yes", "No"]),
                "listed_on": date(2022, 1, 1) + timedelta(days=make.randrange(500)),
                "energy_rating": make.choice("ABCDE"),
            }
        )
    return tuple(rows)


@cache
def olympics():
    make = Random(13)
    rows = []
    for n in range(220):
        rows.append(
            {
                "Athlete": f"{make.choice('Anna Bela Carl Dina Emil Fay Gus Hana'.split())} {make.choice('Kim Lopez Meyer Nagy Olsen Petit Quist Rossi Sato Tran'.split())} {n}",
                "Nation": make.choice(["Hungary", "Japan", "France", "Norway", "Kenya"]),
                "Sport": make.choice(["Rowing", "Judo", "Fencing", "Swimming"]),
                "Gender": make.choice(["Male", "Female"]),
                "Age": make.randrange(16, 41),
                "Height": make.choice([None, make.randrange(150, 208), make.randrange(150, 208)]),
                "Gold": make.choice([0, 0, 0, 1, 2]),
                "Silver": make.choice([0, 0, 1]),
                "Bronze": make.choice([0, 0, 1]),
                "Year": make.choice([2008, 2012, 2016, 2020]),
            }
        )
    return tuple(rows)


@cache
def tickets():
    make = Random(14)
    rows = []
    for n in range(260):
        opened = date(2024, 1, 1) + timedelta(days=make.randrange(300))
        done = make.random() < 0.8
        rows.append(
            {
                "ticket": 5000 + n,
                "created": opened,
                "closed": opened + timedelta(days=make.randrange(0, 30)) if done else None,
                "priority": make.choice(["low", "medium", "high", "urgent"]),
                "status": "closed" if done else make.choice(["open", "waiting"]),
                "team": make.choice(["Network", "Desktop", "Accounts"]),
                "agent": make.choice(["Priya", "Marco", "Linh", "Otto"]),
                "channel": make.choice(["email", "phone", "chat"]),
                "response_hours": round(make.uniform(0.1, 72), 1),
                "satisfaction": make.choice([None, 1, 2, 3, 4, 5, 5]),
                "reopened": make.choice(["true", "false", "false"]),
            }
        )
    return tuple(rows)


first.TABLES = {
    **first.TABLES,
    "flights": (
        flights,
        {
            "departure_date": lambda d: d.strftime("%d.%m.%Y"),
            "ticket_price_usd": lambda v: f"${v:,.2f}",
            "delay_minutes": lambda v: "NA" if v is None else str(v),
        },
        "Flights of four airlines.",
    ),
    "houses": (
        houses,
        {
            "asking_price": lambda v: f"£{v:,}",
            "sold_price": lambda v: "" if v is None else f"£{v:,}",
            "listed_on": lambda d: d.strftime("%-d %B %Y"),
        },
        "Homes on the market.",
    ),
    "olympics": (olympics, {"Height": lambda v: "N/A" if v is None else str(v)}, "Athletes at the games."),
    "tickets": (
        tickets,
        {
            "satisfaction": lambda v: "-" if v is None else str(v),
            "created": lambda d: d.strftime("%m/%d/%y"),
            "closed": lambda d: "" if d is None else d.strftime("%m/%d/%y"),
        },
        "Support tickets.",
    ),
}
TABLES = first.TABLES
write = first.write
F, H, O, K = flights, houses, olympics, tickets
FOURTH = (
    ("flights", "How many flights were cancelled?", lambda: figure(len(some(F(), cancelled=1)))),
    ("flights", "average delay per airline", lambda: {"groups": grouped(F(), "airline", "delay_minutes", fmean)}),
    (
        "flights",
        "which airline has the worst average delay",
        lambda: {"ranking": best(grouped(F(), "airline", "delay_minutes", fmean))},
    ),
    (
        "flights",
        "how many flights left Oslo in July 2023",
        lambda: figure(sum(r["origin"] == "Oslo" and r["departure_date"].month == 7 for r in F())),
    ),
    ("flights", "what's the longest flight by distance", lambda: names([top(F(), "distance_miles")], "flight_id")),
    (
        "flights",
        "percentage of flights delayed by more than 30 minutes",
        lambda: share(F(), lambda r: (r["delay_minutes"] or 0) > 30),
    ),
    (
        "flights",
        "total number of passengers flown by SkyBlue",
        lambda: figure(sum(of(F(), "passengers", airline="SkyBlue"))),
    ),
    (
        "flights",
        "cheapest ticket from Madrid to Lisbon",
        lambda: {
            "any": [
                figure(min(of(F(), "ticket_price_usd", origin="Madrid", destination="Lisbon"))),
                names(
                    [top(some(F(), origin="Madrid", destination="Lisbon"), "ticket_price_usd", lowest=True)],
                    "flight_id",
                ),
            ]
        },
    ),
    ("flights", "number of flights per aircraft type", lambda: {"groups": counted(F(), "aircraft")}),
    ("flights", "flights by Norwegian carriers", lambda: {"any": [None, figure(len(some(F(), carrier_country="NO")))]}),
    (
        "flights",
        "busiest month",
        lambda: {
            "any": [
                None,
                {"ranking": best(counted([{**r, "m": r["departure_date"].strftime("%Y-%m")} for r in F()], "m"))},
            ]
        },
    ),
    (
        "flights",
        "what is the average ticket price for flights under 500 miles?",
        lambda: figure(fmean(r["ticket_price_usd"] for r in F() if r["distance_miles"] < 500)),
    ),
    (
        "flights",
        "how many destinations are served from Geneva",
        lambda: figure(len({r["destination"] for r in F() if r["origin"] == "Geneva"})),
    ),
    (
        "flights",
        "cancellation rate by airline",
        lambda: {
            "groups": {
                n: 100 * fmean(v)
                for n, v in {
                    a: [r["cancelled"] for r in F() if r["airline"] == a] for a in {r["airline"] for r in F()}
                }.items()
            }
        },
    ),
    (
        "flights",
        "how many flights have no recorded delay",
        lambda: figure(sum(r["delay_minutes"] is None for r in F())),
    ),
    ("houses", "how many homes have a garden but no garage", lambda: figure(len(some(H(), garden="Yes", garage="No")))),
    ("houses", "Average asking price of 3-bedroom houses", lambda: figure(fmean(of(H(), "asking_price", bedrooms=3)))),
    (
        "houses",
        "median price sold in Riverside",
        lambda: figure(median(of(H(), "sold_price", neighbourhood="Riverside"))),
    ),
    (
        "houses",
        "what's the oldest house",
        lambda: {"names": [r["address"] for r in H() if r["built"] == min(of(H(), "built"))]},
    ),
    ("houses", "How many properties were built before 1950?", lambda: figure(sum(r["built"] < 1950 for r in H()))),
    (
        "houses",
        "which neighbourhood is the most expensive on average?",
        lambda: {
            "any": [
                {"ranking": best(grouped(H(), "neighbourhood", "asking_price", fmean))},
                {"ranking": best(grouped(H(), "neighbourhood", "sold_price", fmean))},
            ]
        },
    ),
    ("houses", "how many have not sold yet", lambda: figure(sum(r["sold_price"] is None for r in H()))),
    ("houses", "largest flat", lambda: names([top(some(H(), type="flat"), "sqft")], "address")),
    (
        "houses",
        "number of listings per month in 2022",
        lambda: {
            "groups": counted(
                [{**r, "m": r["listed_on"].strftime("%Y-%m")} for r in H() if r["listed_on"].year == 2022], "m"
            )
        },
    ),
    (
        "houses",
        "correlation between square footage and asking price",
        lambda: figure(correlation(of(H(), "sqft"), of(H(), "asking_price"))),
    ),
    (
        "houses",
        "detached houses with at least 4 bedrooms and 2 or more bathrooms",
        lambda: {
            "any": [figure(sum(r["type"] == "detached" and r["bedrooms"] >= 4 and r["bathrooms"] >= 2 for r in H()))]
        },
    ),
    (
        "houses",
        "what is the address of the cheapest home in Northgate",
        lambda: names([top(some(H(), neighbourhood="Northgate"), "asking_price", lowest=True)], "address"),
    ),
    ("houses", "share of homes with energy rating A", lambda: share(H(), lambda r: r["energy_rating"] == "A")),
    ("houses", "average size by type", lambda: {"groups": grouped(H(), "type", "sqft", fmean)}),
    (
        "houses",
        "how much more expensive are detached homes than flats on average",
        lambda: figure(fmean(of(H(), "asking_price", type="detached")) - fmean(of(H(), "asking_price", type="flat"))),
    ),
    ("olympics", "how many gold medals did Hungary win?", lambda: figure(sum(of(O(), "Gold", Nation="Hungary")))),
    (
        "olympics",
        "which country won the most gold medals",
        lambda: {"ranking": best(grouped(O(), "Nation", "Gold", sum))},
    ),
    ("olympics", "average age of female judokas", lambda: figure(fmean(of(O(), "Age", Gender="Female", Sport="Judo")))),
    ("olympics", "how tall is the tallest swimmer", lambda: figure(max(of(O(), "Height", Sport="Swimming")))),
    (
        "olympics",
        "number of athletes per sport and gender",
        lambda: {
            "groups": {
                f"{s} / {g}": len(some(O(), Sport=s, Gender=g))
                for s in ["Rowing", "Judo", "Fencing", "Swimming"]
                for g in ["Male", "Female"]
            }
        },
    ),
    (
        "olympics",
        "how many athletes were under 20 in 2016?",
        lambda: figure(sum(r["Age"] < 20 and r["Year"] == 2016 for r in O())),
    ),
    (
        "olympics",
        "total bronze by nation in 2012",
        lambda: {"groups": grouped(some(O(), Year=2012), "Nation", "Bronze", sum)},
    ),
    ("olympics", "list the sports", lambda: {"names": ["Rowing", "Judo", "Fencing", "Swimming"]}),
    ("olympics", "what fraction of the athletes are men", lambda: share(O(), lambda r: r["Gender"] == "Male")),
    (
        "olympics",
        "how many Japanese athletes have no height recorded",
        lambda: figure(sum(r["Nation"] == "Japan" and r["Height"] is None for r in O())),
    ),
    (
        "olympics",
        "difference in average height between male and female rowers",
        lambda: figure(
            abs(
                fmean(of(O(), "Height", Sport="Rowing", Gender="Male"))
                - fmean(of(O(), "Height", Sport="Rowing", Gender="Female"))
            )
        ),
    ),
    (
        "olympics",
        "how did the number of athletes change from 2008 to 2020",
        lambda: {
            "any": [
                {"groups": {"2008": len(some(O(), Year=2008)), "2020": len(some(O(), Year=2020))}},
                figure(len(some(O(), Year=2020)) - len(some(O(), Year=2008))),
            ]
        },
    ),
    (
        "tickets",
        "how many tickets are still open?",
        lambda: {"any": [figure(len(some(K(), status="open"))), figure(sum(r["closed"] is None for r in K()))]},
    ),
    ("tickets", "which agent handled the most tickets", lambda: {"names": ["Otto", "Priya"]}),
    (
        "tickets",
        "average satisfaction per agent, one decimal",
        lambda: {"groups": {n: round(v, 1) for n, v in grouped(K(), "agent", "satisfaction", fmean).items()}},
    ),
    (
        "tickets",
        "how many urgent tickets came in by phone in March 2024",
        lambda: figure(
            sum(r["priority"] == "urgent" and r["channel"] == "phone" and r["created"].month == 3 for r in K())
        ),
    ),
    ("tickets", "what percent of tickets were reopened", lambda: share(K(), lambda r: r["reopened"] == "true")),
    (
        "tickets",
        "tickets by priority and team",
        lambda: {
            "groups": {
                f"{p} / {t}": len(some(K(), priority=p, team=t))
                for p in ["low", "medium", "high", "urgent"]
                for t in ["Network", "Desktop", "Accounts"]
            }
        },
    ),
    (
        "tickets",
        "median response time for the network team",
        lambda: figure(median(of(K(), "response_hours", team="Network"))),
    ),
    (
        "tickets",
        "tickets that took longer than 2 days to get a response",
        lambda: {"any": [figure(sum(r["response_hours"] > 48 for r in K()))]},
    ),
    (
        "tickets",
        "how many tickets did Priya close",
        lambda: {
            "any": [
                figure(len(some(K(), agent="Priya", status="closed"))),
                figure(sum(r["agent"] == "Priya" and r["closed"] is not None for r in K())),
            ]
        },
    ),
    ("tickets", "slowest response by channel", lambda: {"groups": grouped(K(), "channel", "response_hours", max)}),
    (
        "tickets",
        "on which weekday do we get the most tickets",
        lambda: {"ranking": best(counted([{**r, "d": r["created"].strftime("%A")} for r in K()], "d"))},
    ),
    (
        "tickets",
        "average time to close in days",
        lambda: {"any": [None, figure(fmean((r["closed"] - r["created"]).days for r in K() if r["closed"]))]},
    ),
    (
        "tickets",
        "share of each channel",
        lambda: {"groups": {n: 100 * v / len(K()) for n, v in counted(K(), "channel").items()}},
    ),
    (
        "tickets",
        "who has the lowest average satisfaction score?",
        lambda: {"ranking": best(grouped(K(), "agent", "satisfaction", fmean), lowest=True)},
    ),
    ("tickets", "number of tickets without a rating", lambda: figure(sum(r["satisfaction"] is None for r in K()))),
    ("tickets", "how many tickets came from Berlin", lambda: None),
)
