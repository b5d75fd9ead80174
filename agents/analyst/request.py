"""What the words of a question ask for, before it is known which table and columns they mean."""

from dataclasses import dataclass, field

from agents.analyst.items import Beyond, Clock, Named
from agents.analyst.plan import Aggregate, Operator, Span, Unit

MOST_ASKED = 1000
"""The longest list that is asked for by its length."""
USUAL = 10
"""How many the top ones are where nobody says."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A comparison with numbers: of the column that `named` names, or else of the one with this `unit`."""

    operator: Operator
    values: tuple[float, ...]
    said: str
    named: Named | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """Values that rows are to have, or not to have; `column` is what is named beside it. `late` stands behind the verb
    of a share, and says what the share is of; `either` stands behind an "or"; `leads` stands before any table, and not
    beside it; `never` is negated by "no" or the like, so that who has several of them has to have none that is so."""

    named: Named
    negated: bool = False
    late: bool = False
    either: bool = False
    column: Named | None = None
    number: float | None = None
    leads: bool = False
    never: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison of two columns of a row; the first is not named in "for less than the list price"."""

    named: Named | None
    operator: Operator
    than: Named
    said: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """The days from one day to another: "from opened to completed"."""

    since: Named
    until: Named
    said: str


@dataclass(slots=True)
class Asked:
    """`thing` is what the longest list is of: "top 5 dealers". `end` is from where things are listed, `only` that it is
    the first one alone. `amount`: it is how much there is of a figure ("the most hours"), and not how high it is.
    `per` are the groups behind "per". `often`: it is how many times something was done. `timed` is the day that a
    time belongs to: "closed in May". `refers`: to what was asked before. `changing`: how something went on over
    time. `place` is the one in the list that is sought. `pairs` and `lapse` are of two columns. `for_groups` is a
    limit of what is worked out for each group. `told` are values and times as they come. `unknown` are the words
    that nothing was made of, `beyond` those of what nothing here works out."""

    counted: bool = False
    aggregates: list[Aggregate] = field(default_factory=list)
    distinct: bool = False
    tables: list[Named] = field(default_factory=list)
    columns: list[Named] = field(default_factory=list)
    groups: list[Named] = field(default_factory=list)
    per: list[Named] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    trend: bool = False
    values: list[Value] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    nulls: list[tuple[Named, bool]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    often: bool = False
    hours: list[Clock] = field(default_factory=list)
    place: int = 1
    pairs: list[Pair] = field(default_factory=list)
    lapse: Lapse | None = None
    for_groups: Limit | None = None
    timed: Named | None = None
    end: str = ""
    top: int | None = None
    only: bool = False
    figure: str = ""
    ranked: Named | None = None
    amount: bool = False
    thing: Named | None = None
    share: bool = False
    compare: bool = False
    changing: bool = False
    listing: bool = False
    which: bool = False
    refers: bool = False
    money: bool = False
    told: list[Named | Span] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    beyond: list[Beyond] = field(default_factory=list)
