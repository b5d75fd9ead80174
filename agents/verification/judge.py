"""Decides whether passages bear out what an answer claims.

They do when each of its figures and identifiers stands in a passage, said of the same cars and of the same thing, when
enough of its telling words stand there, and when nothing there says the opposite. Pure.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agents.language.figures import Quantity, quantities
from agents.language.negation import contradicts, denies, has_negation, opposed
from agents.language.reading import reading
from agents.language.tokens import letters, split_clauses, tokens
from agents.language.words import vocabulary
from agents.types import Task
from agents.vehicles.applicability import Cars, Fitment
from agents.verification.claims import Marker
from agents.verification.grounds import Detail, Ground, Grounds, overlap, parts, telling, words
from rag.terms import STOP_WORDS, stem
from rag.types import Passage

WORDS = 0.5
"""The least share of a statement's telling words that must stand in its passages."""
WORDS_BESIDE_FIGURES = 0.34
"""The same where its figures or identifiers do."""
TOGETHER = 0.3
"""The least share that must stand together, in one statement with what is around it."""
RELATED = 0.25
"""The least share that must stand around a figure or an identifier."""
PART = 0.25
"""The least share of each longer part of a sentence."""
_LONGER = 3
_FEW = 2
_BREATH = 5
_PREDICATES = frozenset(map(stem, ("possible", "required", "needed", "necessary", "recommended")))
_TELLING_MEASURES = frozenset(map(stem, ("power", "torque", "pressure", "speed", "consumption")))
_ABOUT = 0.7
"""Share of what is said of any model that must be said of the claim's."""
_REFUTES = 0.75
"""The least share of a claim's words that must be said of another model to refute it."""
_ENGLISH = 0.2
"""Share of function words from which a text counts as English; below it, only figures can be compared."""

_PRONOUNS = vocabulary("It They This That These Those")


@dataclass(frozen=True, slots=True)
class Assertion:
    """A claim or a part of one, as it is compared. `explicit` are the cars that it names, all where it names none;
    `cars` those of them that the customer asks about, if any; `named` tells whether it names any."""

    text: str
    stems: frozenset[str]
    figures: tuple[Quantity, ...]
    identifiers: frozenset[str]
    names: frozenset[str]
    explicit: Cars
    cars: Cars
    named: bool

    @property
    def hard(self) -> bool:
        """Whether it holds a figure or an identifier."""
        return bool(self.figures or self.identifiers)

    def share(self, count: float) -> float:
        """The share of what tells, if `count` stems of it are there; where little does, the cars that it names do."""
        named = self.named and len(self.stems) <= _FEW
        return (count + named) / (len(self.stems) + named)


class Judge:
    """Compares claims of one answer with its numbered passages. What the customer has said in `task` may be
    said back, and what tools told (`tool_texts`) said on."""

    def __init__(
        self,
        answer: str,
        passages: Mapping[int, Passage],
        fitment: Fitment,
        task: Task | None = None,
        tool_texts: Sequence[str] = (),
    ) -> None:
        question, facts = (task.question, task.facts) if task else ("", {})
        self._fitment = fitment
        self.grounds = Grounds(passages, fitment)
        self._cars = fitment.candidates(question, facts)
        free = " ".join((question, *facts.values(), *tool_texts))
        self._free_figures = quantities(free)
        self._said = words(free)
        self._english = _is_english(answer)
        self._read: dict[str, Assertion] = {}

    def read(self, text: str) -> Assertion:
        """A claim, or a part of one, as it is compared."""
        if text not in self._read:
            self._read[text] = self._compared(text)
        return self._read[text]

    def _compared(self, text: str) -> Assertion:
        bare = self._fitment.question(text)
        names = _names(bare) if self._english else frozenset[str]()
        explicit = self._fitment.narrowed(text, self._fitment.everything)
        cars = explicit & self._cars or explicit
        named = bool(self._fitment.mentioned(text))
        return Assertion(
            text, telling(bare), reading(bare).quantities, reading(bare).identifiers, names, explicit, cars, named
        )

    # --- whole statements ------------------------------------------------------------------------------------------

    def holds(self, assertion: Assertion, numbers: Collection[int]) -> bool:
        """Whether the passages `numbers`, which a claim cites, bear it out; or else others, unless those contradict it:
        one alone, or all together."""
        cited = frozenset(numbers) & self.grounds.passages.keys()
        if cited and self._borne_out(assertion, cited):
            return True
        if cited and self._english and self._refuted(assertion, cited):
            return False
        alone = any(self._borne_out(assertion, {number}) for number in self._likest(assertion))
        return alone or self._borne_out(assertion, self.grounds.passages.keys())

    def _refuted(self, assertion: Assertion, scope: Collection[int]) -> bool:
        """Whether the passages say the opposite of a claim, or say it of other models where no figure tells."""
        other = (
            assertion.named
            and not assertion.hard
            and self._of_others(assertion, scope) >= _REFUTES * len(assertion.stems) > 0
        )
        return other or (self._words_hold(assertion, scope) and self._contradicted(assertion, scope))

    def supporter(self, assertion: Assertion, marker: Marker) -> int | None:
        """The passage that supports what a marker stands behind: the marker's own where it does, another or none."""
        piece = self.read(marker.after)
        own = {marker.number}
        if self._borne_out(assertion, own) or self._borne_out(piece, own) or self._contributes(piece, assertion, own):
            return marker.number
        near = self._likest(assertion)
        for number in near:
            if self._borne_out(assertion, {number}):
                return number
        return next((number for number in near if self._contributes(piece, assertion, {number})), None)

    def _contributes(self, piece: Assertion, assertion: Assertion, scope: Collection[int]) -> bool:
        """Whether a passage bears out a part of a claim that draws on several."""
        piece = piece if piece.stems or piece.figures or piece.identifiers else assertion
        if piece.hard:
            hard = [self._figure_holds(figure, piece, scope) for figure in piece.figures]
            hard += [self._identifier_holds(identifier, piece, scope) for identifier in piece.identifiers]
            return any(hard)
        return self._words_hold(piece, scope) and self._agrees(piece, scope)

    def _likest(self, assertion: Assertion) -> list[int]:
        """The passages by how much of a claim one of their statements holds."""
        best: dict[int, int] = {}
        everywhere = self.grounds.passages.keys()
        for number, _, count in self.grounds.likeness(assertion.stems, everywhere):
            best[number] = max(best.get(number, 0), count)
        for figure in assertion.figures:
            for number, _, _ in self.grounds.with_figure(figure, everywhere):
                best.setdefault(number, 0)
        return sorted(best, key=lambda number: -best[number])

    # --- what has to stand in the passages -------------------------------------------------------------------------

    def _borne_out(self, assertion: Assertion, scope: Collection[int]) -> bool:
        if not (assertion.stems or assertion.hard) or self.grounds.quoted(assertion.text, scope):
            return True
        return (
            self._figures_hold(assertion, scope)
            and all(self._identifier_holds(identifier, assertion, scope) for identifier in assertion.identifiers)
            and (not assertion.names or assertion.names <= self.grounds.words | self._said)
            and (not self._english or (self._words_hold(assertion, scope) and self._agrees(assertion, scope)))
        )

    def _figures_hold(self, assertion: Assertion, scope: Collection[int]) -> bool:
        """Whether each figure does; the customer's own may be said back beside one that does, and so may
        what tools told."""
        if any(not self._together(quantity, other, scope) for quantity, other in pairwise(assertion.figures)):
            return False
        missing = [figure for figure in assertion.figures if not self._figure_holds(figure, assertion, scope)]
        free = all(any(figure.same(other) for other in self._free_figures) for figure in missing)
        return not missing or (free and len(missing) < len(assertion.figures))

    def _together(self, quantity: Quantity, other: Quantity, scope: Collection[int]) -> bool:
        """Whether two figures said in one breath (`120,000 km or 8 years`) stand in one statement, or in none that has
        its own figure of the second kind."""
        if (
            other.start - quantity.end > _BREATH
            or quantity.measure == other.measure
            or not (quantity.measure and other.measure)
        ):
            return True
        holding = [ground for _, ground, _ in self.grounds.with_figure(quantity, scope)]
        figure_lists = [[figure for detail in ground.details for figure in detail.figures] for ground in holding]
        kindred = [figures for figures in figure_lists if any(figure.measure == other.measure for figure in figures)]
        return not kindred or any(any(map(other.same, figures)) for figures in kindred)

    def _figure_holds(self, figure: Quantity, assertion: Assertion, scope: Collection[int]) -> bool:
        clause = self._clause(assertion, lambda piece: any(map(figure.same, piece.figures)))

        def rivals(detail: Detail) -> bool:
            return any(other.measure == figure.measure for other in detail.figures) and not any(
                map(figure.same, detail.figures)
            )

        return any(
            self._speaks_of(ground, detail, clause, assertion, len(scope) > 1, stem(figure.measure))
            and not self._outbid(
                clause,
                [ground] if ground.statement.span.kind == "sentence" else self.grounds.beside(number, ground),
                detail,
                rivals,
            )
            for number, ground, detail in self.grounds.with_figure(figure, scope)
        )

    def _identifier_holds(self, identifier: str, assertion: Assertion, scope: Collection[int]) -> bool:
        clause = self._clause(assertion, lambda piece: identifier in piece.identifiers)
        shape = _shape(identifier)

        def rivals(detail: Detail) -> bool:
            return identifier not in detail.identifiers and shape in map(_shape, detail.identifiers)

        return any(
            self._speaks_of(ground, detail, clause, assertion, len(scope) > 1)
            and not self._outbid(clause, self.grounds.beside(number, ground), detail, rivals)
            for number, ground, detail in self.grounds.with_identifier(identifier, scope)
        )

    def _clause(self, assertion: Assertion, holds: Callable[[Assertion], bool]) -> Assertion:
        """The part of a claim in which a figure or identifier stands."""
        for text in parts(assertion.text):
            if holds(piece := self.read(text)):
                unnamed = piece.explicit == self._fitment.everything
                return replace(
                    piece, cars=assertion.cars if unnamed else piece.explicit & assertion.explicit or piece.explicit
                )
        return assertion

    def _speaks_of(
        self,
        ground: Ground,
        detail: Detail,
        clause: Assertion,
        assertion: Assertion,
        together: bool,
        measure: str = "",
    ) -> bool:
        """Whether a statement is about the cars and the thing that a claim is about, and does not deny it. `together`:
        it is one of several passages'. What a figure measures may be the thing."""
        if not clause.cars & detail.cars:
            return False
        least = WORDS if together else RELATED
        spoken = clause if together and clause.stems else assertion
        common = overlap(spoken.stems, ground.around)
        related = (
            not (self._english and spoken.stems)
            or (common >= min(1 + together, len(spoken.stems)) and spoken.share(common) >= least)
            or (measure in _TELLING_MEASURES and measure in ground.around)
        )
        denied = detail.denies and not has_negation(assertion.text)
        return related and not denied and not opposed(clause.text, detail.text)

    def _outbid(
        self, clause: Assertion, beside: Sequence[Ground], detail: Detail, rivals: Callable[[Detail], bool]
    ) -> bool:
        """Whether another value of the same kind, beside the one that was found, is what a clause speaks of: in the
        same statement, or in one of the same paragraph or table."""
        for rival in (rival for other in beside for rival in other.details[:-1]):
            mine, its = detail.stems - rival.stems, rival.stems - detail.stems
            competes = rival is not detail and rival.cars & clause.cars and rivals(rival)
            if competes and _fits(clause.stems, its) > _fits(clause.stems, mine):
                return True
        return False

    def _words_hold(self, assertion: Assertion, scope: Collection[int]) -> bool:
        if not assertion.stems:
            return True
        there = self.grounds.stems(scope)
        together = max((count for _, _, count in self.grounds.likeness(assertion.stems, scope)), default=0)
        least = WORDS_BESIDE_FIGURES if assertion.hard else WORDS
        longer = [
            stems for stems in map(telling, parts(self._fitment.question(assertion.text))) if len(stems) >= _LONGER
        ]
        return (
            assertion.share(overlap(assertion.stems, there)) >= least
            and assertion.share(together) >= TOGETHER
            and all(overlap(stems, there) / len(stems) >= PART for stems in longer)
        )

    def _agrees(self, assertion: Assertion, scope: Collection[int]) -> bool:
        """Whether a claim is about the cars that the passages say such a thing of, and not contradicted."""
        return self._of_others(assertion, scope) == 0 and not self._contradicted(assertion, scope)

    def _of_others(self, assertion: Assertion, scope: Collection[int]) -> int:
        """How many of a claim's stems the passages hold together of other models than it names, 0 where they say about
        as much of those. The years are left to the figures."""
        if not assertion.named:
            return 0
        models = {name for name, _ in assertion.cars}
        about = [
            (overlap(assertion.stems, detail.stems), not models.isdisjoint(name for name, _ in detail.cars))
            for _, ground, _ in self.grounds.likeness(assertion.stems, scope)
            for detail in ground.details
        ]
        most = max((count for count, _ in about), default=0)
        return most if max((count for count, fits in about if fits), default=0) < _ABOUT * most else 0

    def _contradicted(self, assertion: Assertion, scope: Collection[int]) -> bool:
        """Whether the passages say the opposite of any of a claim's clauses."""
        clauses = [replace(self.read(text), cars=assertion.cars) for text in split_clauses(assertion.text, (), ",;:")]
        whole = len(clauses) == 1 or any(len(clause.stems) < _FEW for clause in clauses)
        return any(self._denied(clause, scope) for clause in ([assertion] if whole else clauses))

    def _denied(self, assertion: Assertion, scope: Collection[int]) -> bool:
        """Whether all that the passages state about the same thing and the same cars says the opposite, or a statement
        beside it denies what it leaves open."""
        shared = [
            (overlap(assertion.stems, ground.own), number, ground)
            for number, ground, _ in self.grounds.likeness(assertion.stems, scope)
            if ground.statement.cars & assertion.cars
        ]
        most = max((count for count, _, _ in shared), default=0)
        near = [(number, ground) for count, number, ground in shared if count == most]
        shortest = min((len(ground.own) for _, ground in near), default=0)
        nearest = [(number, ground) for number, ground in near if len(ground.own) <= shortest + 1]
        return most > 0 and all(self._opposes(assertion, number, ground) for number, ground in nearest)

    def _opposes(self, assertion: Assertion, number: int, ground: Ground) -> bool:
        near, text = ground.statement.near, ground.statement.text
        stated = f"{near}. {text}" if denies(near) else text
        if contradicts(assertion.text, stated, assertion.stems | _PREDICATES) or opposed(assertion.text, stated):
            return True
        left_open = assertion.stems - ground.own
        return any(
            contradicts(assertion.text, other.statement.text, left_open)
            for other in self.grounds.beside(number, ground)
            if other is not ground and other.statement.text.split(" ", 1)[0] in _PRONOUNS
        )


def _names(text: str) -> frozenset[str]:
    """The stems of the words with a capital inside of a sentence, which may be names."""
    found = set()
    for before, token in pairwise(tokens(text)):
        name = text[token.start : token.end]
        inside = token.apart and (before.kind != "mark" or before.word == ",")
        if inside and len(name) > 2 and name[0].isupper() and name[1:].islower() and name.isalpha():
            found.add(stem(token.word))
    return frozenset(found)


def _is_english(text: str) -> bool:
    words = letters(text)
    return len(words) < 8 or sum(word in STOP_WORDS for word in words) >= _ENGLISH * len(words)


def _fits(stems: Collection[str], own: Collection[str]) -> float:
    """The share of what a value has of its own that a clause speaks of, in steps: a little more is no more."""
    return round(2 * overlap(own, stems) / len(own)) / 2 if own else 0.0


def _shape(identifier: str) -> str:
    """Two identifiers of one shape are of one kind: `p0301` and `p0299`, `0w20` and `5w30`."""
    return "".join("0" if sign.isdecimal() else "a" if sign.isalpha() else sign for sign in identifier)
