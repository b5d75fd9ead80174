"""Vehicles spoken of by what tells them apart instead of by name: "the automatic", "n the petrol", "the newer one"."""

from collections.abc import Collection
from functools import lru_cache

from agents.language.words import vocabulary, words
from agents.vehicles.range import Vehicle, Vehicles

_NEWER = vocabulary("new newer newest latest current newly")
_OLDER = vocabulary("old older oldest previous outgoing earlier")
_EVERYDAY = {"stick": "manual", "gas": "petrol", "gasoline": "petrol", "ev": "electric"}
_EMPTY = vocabulary("a an the my our your one engine motor full")


def described(spoken: Collection[str], vehicles: Vehicles, model: str = "") -> tuple[Vehicle, ...]:
    """The vehicles that each of the words fits: those of the model, where it has some and they tell them apart, or else
    of one other model; none where the words leave that open or say something else."""
    spoken = {_EVERYDAY.get(word, word) for word in spoken}
    fitting = [row for row in vehicles.rows if _descriptors(row).issuperset(spoken)] if spoken else []
    own = tuple(row for row in fitting if row.model == model)
    if own:
        return own
    return tuple(fitting) if len({row.model for row in fitting}) == 1 else ()


def model_year(spoken: Collection[str], vehicles: Vehicles) -> str:
    """The last or the first model year, where that is all that the words say; otherwise ""."""
    years = sorted({year for row in vehicles.rows for year in row.years})
    if not spoken or not years:
        return ""
    return years[-1] if _NEWER.issuperset(spoken) else years[0] if _OLDER.issuperset(spoken) else ""


@lru_cache(maxsize=256)
def _descriptors(row: Vehicle) -> frozenset[str]:
    """The words that describe one vehicle: of its drive, its variant, and of aliases that add a word to the model's
    name."""
    model = set(words(row.model))
    added = (set(words(alias)) - model for alias in row.aliases if model & set(words(alias)))
    single = {word for rest in added if len(rest) == 1 for word in rest}
    return frozenset({*words(row.powertrain), *words(row.variant), *single} - model - _EMPTY)
