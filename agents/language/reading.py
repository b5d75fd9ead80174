"""What a text says, read once: words, sentences and clauses, figures, amounts, distances, codes, what it denies.

A reading is made of the text alone, travels with the question (`Question.reading`, `Case.reading`), and is the same
value for whoever asks for the same text. Each part is read when it is first looked at, and kept.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from agents.language import figures, mileages, negation, synonyms, terms, units, words
from agents.language.codes import trouble_codes
from agents.language.tokens import Token, split_clauses, tokens

_KEPT = 256
"""Readings that are kept: a message, those before it and the passages that may answer it are looked at many times."""


@dataclass(frozen=True)
class Reading:
    """`text` and, each read when it is first wanted, what it says. Immutable; safe to share."""

    text: str

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Words, numbers and marks with their places."""
        return tokens(self.text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """See `agents.language.words.words`."""
        return tuple(words.words(self.text))

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The words that say what it is about."""
        return tuple(word for word in self.words if word not in words.FUNCTION_WORDS)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """See `agents.language.words.sentences`."""
        return tuple(words.sentences(self.text))

    @cached_property
    def clauses(self) -> tuple[str, ...]:
        """See `agents.language.tokens.split_clauses`."""
        return tuple(split_clauses(self.text))

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The search terms, see `agents.language.terms`."""
        return tuple(terms.terms(self.text))

    @cached_property
    def quantities(self) -> tuple[figures.Quantity, ...]:
        """The figures, to be compared."""
        return figures.quantities(self.text)

    @cached_property
    def amounts(self) -> tuple[units.Amount, ...]:
        """The figures with their units, to be converted."""
        return units.amounts(self.text)

    @cached_property
    def mileages(self) -> tuple[mileages.Mileage, ...]:
        """The distances, bare numbers as kilometres."""
        return mileages.mileages(self.text)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The trouble codes that are written as one word."""
        return trouble_codes(self.text)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Codes, sizes and order numbers."""
        return figures.identifiers(self.text)

    @cached_property
    def negations(self) -> tuple[frozenset[str], ...]:
        """For each negator the stems that it negates."""
        return tuple(negation.negations(self.text))

    @cached_property
    def denies(self) -> bool:
        """Whether it says of anything that it is not."""
        return negation.denies(self.text)

    @cached_property
    def expected(self) -> str | None:
        """The kind of value that answers it, see `agents.language.synonyms.expected`."""
        return synonyms.expected(self.text)


@lru_cache(maxsize=_KEPT)
def reading(text: str) -> Reading:
    """The reading of a text; the same value as long as it is remembered."""
    return Reading(text)
