"""Which cars a piece of text is about: the variants and model years, so that evidence about other cars is left out."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from agents.language.phrases import Phrases
from agents.vehicles.names import name_words
from agents.vehicles.range import Vehicle, Vehicles, year_places
from agents.vehicles.range import years as years_named

Cars = frozenset[tuple[str, int]]
"""Pairs of a variant's name and a model year; the year is 0 where none is known."""

_DATE = Phrases(
    (
        "(january|february|march|april|may|june|july|august|september|october|november|december) (<day>|) <year>",
        "(until|since|date|dated) (<day>|) <year>",
    ),
    {
        "day": lambda token: token.word.isdecimal() and len(token.word) < 3,
        "year": lambda token: len(token.word) == _YEAR_DIGITS and token.word[:2] in ("19", "20"),
    },
)
_COMPARED = Phrases(("(than|unlike)", "compared (to|with)", "in contrast to"))
_YEAR_DIGITS = 4
_EARLY = 40  # characters within which a sentence names its subject
_ONE_CAR: Cars = frozenset({("", 0)})  # where no range is known, every text is about the same car
_FILLERS = frozenset(
    {
        "and",
        "or",
        "model",
        "models",
        "year",
        "years",
        "my",
        "the",
        "variant",
        "variants",
        "only",
        "both",
        "for",
        "of",
        "in",
    }
)
_VARIANT = frozenset({"variant", "version"})
_ALL = frozenset({"all", "every", "any"})
_IDENTITY = frozenset(
    {"model", "variant", "model year", "year", "vehicle", "vehicles", "applies to", "fits", "car", "version"}
)


class Fitment:
    """Reads texts for the cars that they are about."""

    def __init__(self, vehicles: Vehicles) -> None:
        self._vehicles = vehicles
        self._model = {vehicle.name: vehicle.model for vehicle in vehicles.rows}
        self._models = {model.casefold(): model for model in self._model.values()}
        self._marks = _marks(self._model)
        self._words = {word for variant in self._model for word in _words(variant)} | set(self._models)
        self.everything = _cars(vehicles.rows) or _ONE_CAR
        self.in_order = tuple(car for vehicle in vehicles.rows for car in sorted(_cars([vehicle]))) or tuple(_ONE_CAR)
        self._years = {year for _, year in self.everything}
        self._narrowing = lru_cache(maxsize=20_000)(self._narrow)  # the same sentences come up again and again
        self._mentioning = lru_cache(maxsize=4_000)(lambda text: _cars(vehicles.mentioned(text)))

    def candidates(self, question: str, facts: Mapping[str, str]) -> Cars:
        """The cars that the customer may mean: those the question names, within what is known about the customer; all
        when neither says anything."""
        by_facts = _cars(self._vehicles.candidates(facts)) or self.everything
        by_facts = _in_years(by_facts, self._years_in(facts.get("year", ""))) or by_facts
        named = _cars(self._vehicles.mentioned(question))
        years = self._years_in(question)
        for cars in (named & by_facts, named, by_facts):
            if chosen := _in_years(cars, years):
                return chosen
        return named or by_facts

    def question(self, text: str) -> str:
        """What a question asks, without the names and years that say of which car."""
        text = self._vehicles.generic(text)
        for start, end in reversed(year_places(text)):
            if int(text[start:end]) in self._years:
                text = f"{text[:start]} {text[end:]}"
        return text

    def mentioned(self, text: str) -> Cars:
        """All the cars that a text names; none when it names none."""
        return self._mentioning(text)

    def named_first(self, text: str) -> int:
        """Where the name of a vehicle ends that a text begins with; 0 where it begins otherwise."""
        mentions = self._vehicles.mentions(text)
        return mentions[0].end if mentions and not text[: mentions[0].start].strip() else 0

    def narrowed(self, text: str, within: Cars) -> Cars:
        """What is left of `within` when `text` speaks; a text that names cars outside replaces it."""
        return self._narrowing(text, within)

    def _narrow(self, text: str, within: Cars) -> Cars:
        """A name late in a sentence about other cars is taken for a comparison with them."""
        mentions = self._vehicles.mentions(_COMPARED.split(text, 1)[0])
        named = _cars(vehicle for mention in mentions for vehicle in mention.vehicles)
        if within != self.everything and not named & within and mentions and mentions[0].start > _EARLY:
            named = frozenset()
        cars = (within & named or named) if named else within
        return _in_years(cars, self._years_in(_DATE.without(text, ""))) or cars

    def labelled(self, text: str, within: Cars, column: str | None = None) -> Cars | None:
        """The cars that a label such as `Wren 42, 2025` or `Automatic 2026` stands for; None when it is no such
        label. A cell of nothing but a number is one only in a `column` that is named for it."""
        words = [word for word in _words(text) if word not in _FILLERS]
        named_so = column is not None and column.casefold() in _IDENTITY
        if not words or not all(self._is_mark(word) for word in words):
            return None
        if not named_so and not any(word[0].isalpha() or self._is_year(word) for word in words):
            return None
        return self._marked(text, within, column)

    def _is_mark(self, word: str) -> bool:
        return word in self._words or word in _ALL or self._is_year(word)

    def _is_year(self, word: str) -> bool:
        return word.isdecimal() and len(word) <= _YEAR_DIGITS and int(word) in self._years

    def _marked(self, label: str, within: Cars, column: str | None) -> Cars:
        named, rest = self._named_whole(label, column)
        chosen = set(_words(rest))
        models = {self._models[word] for word in chosen if word in self._models}
        variants = named | {variant for word in chosen for variant in self._marks.get(word, ())}
        if models:
            narrowed = {self._model[variant] for variant in variants}
            variants = named | {
                variant
                for variant, model in self._model.items()
                if model in models and (variant in variants or model not in narrowed)
            }
        cars = frozenset(car for car in self.everything if car[0] in variants) if variants else within
        cars = cars & within or cars
        return _in_years(cars, {int(word) for word in chosen if self._is_year(word)}) or cars

    def _named_whole(self, label: str, column: str | None) -> tuple[set[str], str]:
        """The variants whose whole names are in a label, and the rest of it: the words of one may all be in the name of
        another, as `Wren` and `Wren 58` are. A name that is its model's too is the variant's in the column of them."""
        if (column or "").casefold() in _VARIANT and self._model.get(label.strip()) == label.strip():
            return {label.strip()}, ""
        named: set[str] = set()
        for mention in reversed(self._vehicles.mentions(label)):
            if len(mention.vehicles) == 1:
                named.add(mention.vehicles[0].name)
                label = f"{label[: mention.start]} {label[mention.end :]}"
        return named, label

    def _years_in(self, text: str) -> set[int]:
        return set(map(int, years_named(text))) & self._years

    def models(self, cars: Cars) -> tuple[str, ...]:
        """The models among `cars`, in the catalogue's order."""
        present = {self._model.get(variant, variant) for variant, _ in cars}
        return tuple(dict.fromkeys(model for model in self._model.values() if model in present))

    def name(self, cars: Cars) -> str:
        """What people call these cars: `Wren 58 (2026)`, `Heron`, `All models`."""
        if cars == self.everything:
            return "All models"
        return ", ".join(part for model in self.models(cars) for part in self._model_names(model, cars))

    def _model_names(self, model: str, cars: Cars) -> list[str]:
        whole = frozenset(car for car in self.everything if self._model[car[0]] == model)
        own: dict[str, tuple[int, ...]] = {}
        for variant in dict.fromkeys(variant for variant, _ in self.in_order if self._model.get(variant) == model):
            if years := tuple(sorted(year for other, year in cars if other == variant)):
                own[variant] = years
        if cars >= whole:
            return [model]
        if len(own) == len({variant for variant, _ in whole}) and len(set(own.values())) == 1:
            own = {model: next(iter(own.values()))}
        all_years = {year for _, year in whole}
        return [
            name if set(years) == all_years else f"{name} ({', '.join(map(str, years))})" for name, years in own.items()
        ]


@lru_cache(maxsize=8)
def fitment_of(vehicles: Vehicles) -> Fitment:
    """The range's own: what one feature has had read of a text, the others need not read again."""
    return Fitment(vehicles)


def _words(text: str) -> list[str]:
    return list(name_words(text))


def _cars(vehicles: Iterable[Vehicle]) -> Cars:
    return frozenset((vehicle.name, int(year)) for vehicle in vehicles for year in vehicle.years or ("0",))


def _in_years(cars: Cars, years: set[int]) -> Cars:
    """Those of `cars` built in `years`; all of them when no year is given."""
    return frozenset(car for car in cars if car[1] in years) if years else cars


def _marks(models: Mapping[str, str]) -> dict[str, set[str]]:
    """The words that tell a variant from the others of its model, and the variants that bear them."""
    marks: dict[str, set[str]] = {}
    for variant, model in models.items():
        others = [set(_words(other)) for other, of in models.items() if of == model and other != variant]
        for word in _words(variant):
            if others and not any(word in other for other in others):
                marks.setdefault(word, set()).add(variant)
    return marks
