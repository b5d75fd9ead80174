"""Whether the values of a column can be added up, by the words of its name."""

from agents.analyst.tokens import stem

ADDS = frozenset(map(stem, (
    "cost amount revenue sales sale quantity qty total count units spend spent fee tax discount paid stock inventory "
    "orders visits visitors goals points medals gold silver bronze deaths births cases passengers streams downloads "
    "rain rainfall precipitation production exports imports emissions energy tickets sold profit income budget donations "
    "donation payment payments calls clicks views votes wins losses assists runs home shots guests nights attendance "
    "tonnes litres liters kwh tip earnings gross box office turnover expense expenses subscribers copies items pieces "
    "enrolled enrolment enrollment injuries injured killed accidents crimes fatalities hours worked"
).split()))  # fmt: skip
"""Stems of words in a column's name that say that adding its values up makes sense."""
NEVER_ADDS = frozenset(map(stem, (
    "price rate rating score percent percentage ratio average mean median temperature temp age height speed per unit "
    "mileage odometer index density power grade year percap share length width depth weight mass"
).split()))  # fmt: skip
"""Stems of words that say that only their average does."""
FIGURES = ADDS | NEVER_ADDS
