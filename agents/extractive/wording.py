"""Statements as an answer in English, with markers: sentences, phrases from rows, lists of steps, small tables."""

from collections.abc import Callable, Sequence

from agents.extractive.selection import Selection, Share
from agents.passages.spans import Cell, Span
from agents.passages.statements import Statement
from agents.vehicles.applicability import Cars, Fitment

Pick = Callable[[Statement], tuple[Sequence[int], frozenset[int]]]
"""The positions of the parts of a row that the question asks for, and of those that it names itself."""

_SAYS_NOTHING = frozenset({"", "value", "data", "details"})  # column names that add nothing to what stands below them

NO_ANSWER = (
    "I am sorry, I could not find that in our documents, and I would rather not guess: please ask in other words, or "
    "ask our customer service."
)


def decline(unknown: Sequence[str] = ()) -> str:
    """What is said when the documents do not hold the answer, or have no entry for codes that the question names."""
    return without_entry(unknown) or NO_ANSWER


def without_entry(unknown: Sequence[str]) -> str:
    """What is said of codes and numbers that no document has; nothing where there are none."""
    if not unknown:
        return ""
    return f"I could not find {' or '.join(unknown)} in the documents I have. Please check how it is written."


def word(selection: Selection, fitment: Fitment, pick: Pick, first_number: int, cars: Cars) -> str:
    """The answer's text. Where several models are among the `cars` asked about, an answer that depends on it asks."""
    wording = _Wording(fitment, pick, first_number, cars)
    merged = wording.merged(selection.shares)
    if len(merged) > 1:
        return wording.by_vehicle(merged, unknown=len(fitment.models(cars)) > 1)
    first = selection.shares[0]
    sentences = [wording.sentence(first.statement, merged[0][0])]
    sentences += [wording.sentence(statement, statement.cars) for statement in selection.more]
    return " ".join(sentences)


class _Wording:
    def __init__(self, fitment: Fitment, pick: Pick, first_number: int, cars: Cars) -> None:
        self._fitment = fitment
        self._pick = pick
        self._first = first_number
        self._cars = cars

    def marker(self, statement: Statement) -> str:
        passages = dict.fromkeys(span.passage for span in statement.evidence)
        return " ".join(f"[{self._first + passage}]" for passage in passages)

    def merged(self, shares: Sequence[Share]) -> list[tuple[Cars, str, list[Statement]]]:
        """The shares with those put together that say the same, in the catalogue's order of cars."""
        merged: dict[str, tuple[Cars, list[Statement]]] = {}
        for share in shares:
            value = self.value(share.statement)
            cars, statements = merged.get(value, (frozenset(), []))
            merged[value] = (cars | share.cars, [*statements, share.statement])
        order = list(self._fitment.in_order)
        groups = [(cars, value, statements) for value, (cars, statements) in merged.items()]
        return sorted(groups, key=lambda group: min((order.index(car) for car in group[0]), default=0))

    def by_vehicle(self, merged: Sequence[tuple[Cars, str, list[Statement]]], unknown: bool) -> str:
        """A table with a row for each group of cars."""
        labels = {self.subject(statements[0]) for _, _, statements in merged}
        heading = labels.pop() if len(labels) == 1 else "Answer"
        lines = [f"| Model | {_cell(heading or 'Answer')} |", "|---|---|"]
        for cars, value, statements in merged:
            markers = " ".join(dict.fromkeys(map(self.marker, statements)))
            lines.append(f"| {self._fitment.name(cars)} | {_cell(value)} {markers} |")
        lead = "That depends on the model:" if unknown else "That depends on the version:"
        end = "\n\nWhich one is yours?" if unknown else ""
        return f"{lead}\n\n" + "\n".join(lines) + end

    def sentence(self, statement: Statement, cars: Cars) -> str:
        """One statement on its own; one about some cars only says about which."""
        marker = self.marker(statement)
        span = statement.span
        of = "" if cars >= self._fitment.everything else self._fitment.name(cars)
        if span.kind == "list":
            lead = span.lead or statement.near
            items = statement.items if span.mark[:1].isdigit() else self._of_cars(statement.items)
            steps = [f"{_mark(span, number)} {step.text}" for number, step in enumerate(items, start=1)]
            return f"{lead.rstrip(':.')} {marker}:\n\n" + "\n".join(steps)
        if span.kind != "row":
            text = _ended(statement.whole)
            named = not of or self._cars <= cars or self._fitment.mentioned(statement.text)
            return f"{'' if named else f'{of}: '}{text[:-1]} {marker}{text[-1]}"
        lead = ", ".join(part for part in (of, self.subject(statement)) if part)
        phrase = f"{lead}: {self.value(statement)}" if lead else self.value(statement)
        return f"{_capital(phrase)} {marker}."

    def _of_cars(self, items: Sequence[Span]) -> Sequence[Span]:
        """The items of a list without those about other cars alone; all of them where nothing is left."""
        everything = self._fitment.everything
        return [item for item in items if self._fitment.narrowed(item.text, everything) & self._cars] or items

    def subject(self, statement: Statement) -> str:
        """What a row's values are values of."""
        if statement.span.kind != "row":
            return ""
        if statement.label:
            return statement.label
        keys = [statement.parts[position].value for position in sorted(self._pick(statement)[1])]
        parts = self._parts(statement)
        return ", ".join(keys) or (parts[0].column if len(parts) == 1 else "")

    def value(self, statement: Statement) -> str:
        """What a statement says, without what `subject` names."""
        if statement.span.kind != "row":
            return statement.whole
        parts = self._parts(statement)
        if len(parts) == 1 and self.subject(statement) == parts[0].column:
            return parts[0].value
        return ", ".join(_named(part) for part in parts)

    def _parts(self, statement: Statement) -> list[Cell]:
        return [statement.parts[position] for position in self._pick(statement)[0]]


def _mark(span: Span, number: int) -> str:
    return f"{number}." if span.mark[:1].isdigit() else "-"


def _named(part: Cell) -> str:
    """`front normal 2.4 bar`: the column's name before its value."""
    if part.column.casefold() in _SAYS_NOTHING:
        return part.value
    column = part.column[:1].lower() + part.column[1:] if part.column[1:2].islower() else part.column
    return f"{column} {part.value}".strip()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ended(text: str) -> str:
    text = text.rstrip().rstrip(":;")
    return text if text[-1:] in ".!?" else f"{text}."


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
