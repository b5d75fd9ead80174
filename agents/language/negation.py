"""Whether two texts about one thing say the opposite: one negates what the other states, or names a counterpart."""

from collections.abc import Collection, Iterator
from functools import lru_cache

from agents.language.tokens import Token, letters, spoken, tokens
from agents.language.words import sentences, vocabulary
from rag.terms import STOP_WORDS, stem

_MARKS = frozenset(".;:!?,")
_NEGATORS = vocabulary(
    """not no never cannot cant neither nor none hardly dont doesnt didnt wont isnt arent wasnt werent hasnt havent
    hadnt couldnt wouldnt shouldnt aint"""
)
_REACH = 2
"""Telling words behind a negator that it negates."""
_HEDGES = frozenset(
    map(
        stem,
        vocabulary(
            """without nothing nobody before until unless only except avoid instead rather lack lacking missing fail
            fails free prohibited forbidden exclude excluded excludes excluding prevent prevents stop stops unable
            impossible invalid dangerous refrain too below under maximum minimum most least limit limited within less
            fewer otherwise lapse lapses refuse reject rejected absent unsuitable unapproved wait keep leave stay away
            deactivated disabled off exempt incompatible void beyond outside first ahead"""
        ),
    )
)
"""Words that negate in a way of their own: beside one of them nothing is sure."""
_COUNTS = vocabulary("two three four five six seven eight nine ten")
_COUNTERPARTS = """
front/rear left/right maximum/minimum before/after open/close increase/decrease raise/lower
clockwise/anticlockwise clockwise/counterclockwise manual/automatic petrol/diesel summer/winter positive/negative
hot/cold warm/cold above/below more/less higher/lower inside/outside included/excluded permitted/prohibited
allowed/forbidden standard/optional standard/option major/minor braked/unbraked loosen/tighten fill/drain
driver/passenger upper/lower dry/wet longer/shorter earlier/later sooner/later fast/slow always/never
connect/disconnect locked/unlocked lock/unlock activate/deactivate enable/disable activated/deactivated push/pull
empty/full safe/dangerous yes/no
"""
_SAME = {"back": "rear", "top": "upper", "bottom": "lower"}
"""Words that customers use for one of a pair."""


@lru_cache(maxsize=1)
def _counterparts() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for pair in _COUNTERPARTS.split():
        one, other = map(stem, pair.split("/"))
        found[one] = found.get(one, frozenset()) | {other}
        found[other] = found.get(other, frozenset()) | {one}
    return found


def swapped(text: str, word: str) -> str:
    """The text with the word in the place of its counterpart, "rear" for "front"; "" where there is none."""
    others = _counterparts().get(stem(_SAME.get(word, word)), frozenset())
    places = [token for token in tokens(text) if stem(_SAME.get(token.word, token.word)) in others]
    return f"{text[: places[0].start]}{_SAME.get(word, word)}{text[places[0].end :]}" if places else ""


def is_negator(word: str) -> bool:
    """Whether a word in lower case turns what follows into its opposite."""
    return word.replace("’", "'").replace("'", "") in _NEGATORS or word.replace("’", "'").endswith("n't")


def negations(text: str) -> list[frozenset[str]]:
    """For each negator of a text the stems that it negates: the first telling words behind it in its clause."""
    found: list[set[str]] = []
    left = 0
    for token, denies_it in _negating(text):
        if denies_it:
            found.append(set())
            left = _REACH
        elif token.word in _MARKS or token.word in {"but", "and"}:
            left = 0
        elif left and token.kind != "mark" and token.word not in STOP_WORDS:
            found[-1].add(stem(token.word))
            left -= 1
    return [frozenset(stems) for stems in found]


def denies(text: str) -> bool:
    """Whether a text says of anything that it is not, or must not be."""
    return any(negator for _, negator in _negating(text))


def _negating(text: str) -> Iterator[tuple[Token, bool]]:
    """Each token, and whether it negates; the "no" of "no-claims" does not."""
    read = tokens(text)
    for at, token in enumerate(read):
        compound = token.word == "no" and text[token.end : token.end + 1] == "-" and at + 1 < len(read)
        yield token, token.kind == "word" and not compound and is_negator(text[token.start : token.end].casefold())


def has_negation(text: str) -> bool:
    """Whether a text negates anything, plainly or by words such as `only` and `until`."""
    return denies(text) or bool(_hedges(text))


def _hedges(text: str) -> frozenset[str]:
    return frozenset(map(stem, spoken(text))) & _HEDGES


def contradicts(claim: str, evidence: str, about: Collection[str]) -> bool:
    """Whether one of the two negates a stem of `about` that both have and the other, in the clause that has it, negates
    nothing that the first does not."""
    shared = _stems(claim) & _stems(evidence) & frozenset(about)
    return _negates(claim, evidence, shared) or _negates(evidence, claim, shared)


def _negates(text: str, other: str, shared: Collection[str]) -> bool:
    mine, its = _denials(text), _denials(other)
    denied = frozenset[str]().union(*_unpaired(mine, its)) & frozenset(shared)
    if not denied:
        return False
    clauses = [clause for clause in _clauses(other) if denied & _stems(clause)] or [other]
    left = _unpaired(_denials(" ; ".join(clauses)), mine)
    return not left and not any(_hedges(clause) - _hedges(text) for clause in clauses)


def _clauses(text: str) -> list[str]:
    return sentences(text, ".;:!?,")


def _denials(text: str) -> list[tuple[frozenset[str], frozenset[str]]]:
    """What each negator negates, with all stems of its clause."""
    return [(stems, _stems(clause)) for clause in _clauses(text) for stems in negations(clause)]


def _unpaired(
    mine: list[tuple[frozenset[str], frozenset[str]]], its: list[tuple[frozenset[str], frozenset[str]]]
) -> list[frozenset[str]]:
    """What is negated on one side only: a negation of the other side in a clause about the same is its pair."""
    return [stems for stems, clause in mine if not any(clause & other for _, other in its)]


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in spoken(text) if word not in STOP_WORDS)


def opposed(claim: str, evidence: str) -> bool:
    """Whether the claim has the counterpart of one of the evidence's words, and neither has both; or counts the same
    thing otherwise (`two short flashes`, `three short flashes`)."""
    counted, other = _counted(claim), _counted(evidence)
    if any(other.get(thing, numbers).isdisjoint(numbers) for thing, numbers in counted.items()):
        return True
    return _opposed(_paired(claim), _paired(evidence))


def _counted(text: str) -> dict[str, frozenset[str]]:
    """The two words behind each small number in words, and the numbers they are counted by."""
    found: dict[str, frozenset[str]] = {}
    for number, one, other in zip(read := tokens(text), read[1:], read[2:], strict=False):
        if number.word in _COUNTS and one.kind == other.kind == "word":
            thing = f"{one.word} {other.word}"
            found[thing] = found.get(thing, frozenset()) | {number.word}
    return found


def _paired(text: str) -> frozenset[str]:
    """The stems of a text that have a counterpart."""
    return frozenset(map(stem, letters(text))) & _counterparts().keys()


def _opposed(claim: frozenset[str], evidence: frozenset[str]) -> bool:
    pairs = _counterparts()
    for word in claim:
        others = pairs[word]
        if word not in evidence and others & evidence and not others & claim:
            return True
    return False
