import math
import time
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.language.terms import ANALYZER, terms
from rag.query import Sought, Vocabulary
from rag.query import seek as seek_with
from rag.terms import is_identifier, kind_of


def seek(question: str, vocabulary: Vocabulary) -> Sought:
    return seek_with(question, vocabulary, ANALYZER)


TROUBLE = [f"Code P030{n}: misfire in cylinder {n} of the Wren" for n in range(9)]
BODY = [f"Code B2203-{n}: the window of door {n} sticks" for n in range(11, 21)]
CHASSIS = ["Code C1128-1C: wheel sensor", "Key 1AU4D fits the Heron", "Order U1A4D for a lamp", "Item F03.05 is a fuse"]
PROSE = [
    "The tyre pressure of the Wren is 2.5 bar on 205/55 R16",
    "Luggage: 430 litres with two seats folded",
    "Brake fluid is changed every 2 years, in 2025 as in 2026",
    "Oil is 5W-30, part SK-4471-B, on 12 V and over 100 km",
]


class Words:
    """The vocabulary of some texts, counted plainly. `lookups` counts what was asked."""

    def __init__(self, texts: Iterable[str]) -> None:
        each = [set(terms(text)) for text in texts]
        self.total = len(each)
        self.counts = Counter(term for held in each for term in held)
        self.lookups = 0

    def chunk_count(self, term: str) -> int:
        self.lookups += 1
        return self.counts[term]

    def beginning(self, letter: str) -> Iterable[tuple[str, int]]:
        self.lookups += 1
        return [(term, held) for term, held in self.counts.items() if term.startswith(letter)]

    def alike(self, kind: tuple[str, int]) -> int:
        self.lookups += 1
        return sum(kind_of(term) == kind and is_identifier(term) for term in self.counts)


WORDS = Words([*TROUBLE, *BODY, *CHASSIS, *PROSE])


def rarity(term: str) -> float:
    """The weight of a term by the formula in the documentation, of N chunks and the n that hold it."""
    held = sum(term in terms(text) for text in (*TROUBLE, *BODY, *CHASSIS, *PROSE))
    return math.log(1 + (WORDS.total - held + 0.5) / (held + 0.5))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("P0301", "p0301"),
        ("p0301", "p0301"),
        ("P 0301", "p0301"),
        ("p-0301", "p0301"),
        ("P–0301", "p0301"),
        ("DTCP0301", "p0301"),
        ("DTC P-0301", "p0301"),
        ("dtc p 0301", "p0301"),
        ("c-1128-1c", "c11281c"),
        ("C1128 1C", "c11281c"),
        ("c 1128 1 c", "c11281c"),
        ("U 1A 4D", "u1a4d"),
        ("u1a4d", "u1a4d"),
        ("f03.05", "f0305"),
        ("F0305", "f0305"),
        ("F 03 05", "f0305"),
        ("B2203-11", "b220311"),
        ("b2203 11", "b220311"),
        ("B2203-12", "b220312"),
        ("5w-30", "5w30"),
        ("5W 30", "5w30"),
        ("sk4471b", "sk4471b"),
        ("SK 4471 B", "sk4471b"),
        ("205/55r16", "205.55r16"),
        ("205/55 R 16", "205.55r16"),
    ],
)
@pytest.mark.parametrize("form", ["{}", "What does {} mean?", "({})", "my Wren shows {}, why"])
def test_an_identifier_is_named_however_it_is_written(written: str, name: str, form: str) -> None:
    sought = seek(form.format(written), WORDS)
    assert sought.named == {name}
    assert sought.unknown == frozenset()
    assert sought.weights[name] == pytest.approx(rarity(name))


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("P0301 and P0302", {"p0301", "p0302"}),
        ("P0301/P0302", {"p0301", "p0302"}),
        ("B2203-11, b2203-12", {"b220311", "b220312"}),
        ("p 0301 p 0302", {"p0301", "p0302"}),
        ("P0301 on 5W-30", {"p0301", "5w30"}),
    ],
)
def test_several_identifiers_are_named(written: str, names: set[str]) -> None:
    assert seek(written, WORDS).named == names


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("P0399", "p0399"),
        ("p 0399", "p0399"),
        ("p-0399", "p0399"),
        ("code P0399?", "p0399"),
        ("B2203-99", "b220399"),
        ("b-2203-99", "b220399"),
        ("b 2203-99", "b220399"),
        ("p 03 99", "p0399"),
        ("DTCP0399", "p0399"),
    ],
)
def test_an_identifier_is_unknown_where_there_are_many_of_its_kind(written: str, name: str) -> None:
    sought = seek(written, WORDS)
    assert sought.unknown == {name}
    assert sought.named == frozenset()
    assert name not in sought.weights


@pytest.mark.parametrize("written", ["C1129-1C", "U1A4E", "X9999", "SK-4472-B", "U0100", "HRX-9000"])
def test_an_identifier_is_not_unknown_where_there_are_few_of_its_kind(written: str) -> None:
    sought = seek(written, WORDS)
    assert (sought.named, sought.unknown) == (frozenset(), frozenset())


def test_of_what_is_not_known_as_a_whole_the_known_part_is_named() -> None:
    assert seek("F03.06", WORDS).named == {"f03"}


@pytest.mark.parametrize("size", ["205/60 R16", "205/60R16", "195/55 R16"])
def test_a_part_of_a_tyre_size_is_not_named(size: str) -> None:
    sought = seek(f"{size} tyres", WORDS)
    assert sought.named == frozenset()
    assert "r16" in sought.weights


def test_a_known_and_an_unknown_identifier_are_told_apart() -> None:
    sought = seek("P0301 or P0399", WORDS)
    assert (sought.named, sought.unknown) == ({"p0301"}, {"p0399"})


@pytest.mark.parametrize("text", ["P0301 20 times", "p 0301 20 times", "P0301 12 km ago"])
def test_a_number_behind_an_identifier_is_no_part_of_it(text: str) -> None:
    many = Words([*TROUBLE, *(f"P03{a}{b}" for a in "123" for b in range(1000, 1010)), *PROSE])
    sought = seek(text, many)
    assert (sought.named, sought.unknown) == ({"p0301"}, frozenset())


@pytest.mark.parametrize("text", ["my 2011 car", "a 2011 car", "my car of 2011", "is it my 2011?"])
def test_a_common_word_before_a_number_makes_no_identifier(text: str) -> None:
    assert seek(text, Words([f"{word}{year}" for word in ("MY", "A") for year in range(2015, 2027)])).unknown == set()


@pytest.mark.parametrize(
    "text",
    [
        "12 V",
        "12V",
        "a 12-volt socket",
        "100 km",
        "100km",
        "2025",
        "in 2025",
        "2025-26",
        "model year 2025/26",
        "205 litres",
        "two seats",
        "2.5 bar",
        "1,498 cc",
        "15 000 km",
        "4-wheel drive",
        "at 20 °C",
        "24/7",
        "10:30",
        "+49 89 1234567",
        "the 3rd time",
    ],
)
def test_ordinary_numbers_are_no_identifiers(text: str) -> None:
    sought = seek(text, WORDS)
    assert (sought.named, sought.unknown) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("text", "term"), [("two years", "2"), ("the second cylinder", "2"), ("first door", "1"), ("eleven", "11")]
)
def test_counted_words_are_sought_as_figures(text: str, term: str) -> None:
    assert term in seek(text, Words([f"number {n}" for n in range(13)])).weights


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lugage", {"luggag"}),
        ("tyer presure", {"tyre", "pressur"}),
        ("brakefluid", {"brake", "fluid"}),
        ("luggage", {"luggag"}),
        ("bitcoin", set()),
        ("wremlin", set()),
        ("lamps fuses", {"lamp", "fuse"}),
    ],
)
def test_unknown_words_stand_for_their_likeliest_spelling(text: str, found: set[str]) -> None:
    assert set(seek(text, WORDS).weights) == found


def test_weights_are_inverse_document_frequencies_in_the_order_of_the_question() -> None:
    sought = seek("Is the tyre pressure of a Wren in bar?", WORDS)
    assert list(sought.weights) == ["tyre", "pressur", "wren", "bar"]
    assert sought.weights == pytest.approx({term: rarity(term) for term in sought.weights})
    assert sought.weights["wren"] < sought.weights["tyre"]
    assert sought.reach == pytest.approx(sum(sought.weights.values()))


def test_what_no_chunk_holds_is_reached_for_as_the_rarest() -> None:
    rarest = math.log(1 + (WORDS.total + 0.5) / 0.5)
    known = seek("tyre pressure", WORDS)
    assert seek("tyre pressure bitcoin", WORDS).reach == pytest.approx(known.reach + rarest)
    assert seek("tyre pressure bitcoin", WORDS).weights == known.weights
    assert seek("tyre pressure P0399", WORDS).reach == pytest.approx(known.reach + rarest)
    assert seek("tyre tyre pressure", WORDS) == known


@pytest.mark.parametrize("text", ["", " ", "?!", "...---...", "́̈" * 100, "\0", "🙂 🙂", "_ _ _"])
def test_where_nothing_is_asked_nothing_is_sought(text: str) -> None:
    sought = seek(text, WORDS)
    assert (sought.weights, sought.reach, sought.named, sought.unknown) == ({}, 0.0, frozenset(), frozenset())


HOSTILE = {
    "runs": "a1 ",
    "other runs": "p0 3 0 ",
    "codes": "P0399 ",
    "code pieces": "p 03 99 ",
    "punctuation": "!?-/.'\"",
    "marks": "é́",
    "digits": "1",
    "letters": "a",
    "letters and a digit": "abcdefghij1",
    "hyphens": "a-",
    "digits and hyphens": "1-",
    "dots": "1.1,",
    "blanks after a size": "205/55          ",
    "nul": "\0a",
    "quotes": "\"' ",
    "fts5": '" OR NEAR(a b) * ^ {c}: - + ',
    "ligatures": "ﷺ",
    "words": "lugagge brakke ",
    "emoji": "🙂",
    "right to left": "‮שלום ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_hostile_questions_are_read_in_linear_time(piece: str) -> None:
    def looked_up(size: int) -> int:
        WORDS.lookups = 0
        sought = seek((piece * size)[:size], WORDS)
        assert math.isfinite(sought.reach)
        assert sum(sought.weights.values()) <= sought.reach + 1e-9
        return WORDS.lookups

    started = time.process_time()
    half, whole = looked_up(1000), looked_up(2000)
    assert whole <= 2.5 * half + 100
    assert looked_up(100_000) <= whole + 100
    assert time.process_time() - started < 2.0


def test_a_word_that_nobody_writes_is_not_respelt() -> None:
    WORDS.lookups = 0
    assert seek("a" * 2000, WORDS).weights == {}
    assert WORDS.lookups < 10


@given(st.text(max_size=60) | st.text("pPbB0123 -./1aA", max_size=30))
def test_any_question_can_be_read(text: str) -> None:
    sought = seek(text, WORDS)
    assert sought.named <= sought.weights.keys()
    assert not sought.unknown & sought.weights.keys()
    assert all(WORDS.chunk_count(term) and weight > 0 for term, weight in sought.weights.items())
    assert sum(sought.weights.values()) <= sought.reach + 1e-9


@given(st.sampled_from([f"p030{n}" for n in range(9)] + [f"b2203{n}" for n in range(11, 21)]), st.data())
def test_where_separators_stand_between_letters_and_digits_does_not_matter(name: str, data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from(["", " ", "-", ".", "/"]))
    assert seek(f"code {name[0]}{separator}{name[1:]}".upper(), WORDS).named == {name}
