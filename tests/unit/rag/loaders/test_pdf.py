import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.loaders.pdf import LOADER
from rag.loaders.pdf.blocks import put
from rag.loaders.pdf.grids import lines_and_tables, ruled
from rag.loaders.pdf.rules import Rule
from rag.loaders.pdf.running import without_running
from rag.loaders.pdf.words import Word
from rag.text.builder import Draft
from rag.types import Content
from tests.documents import drawn, pdf_of

GUIDE = Path(__file__).parents[4] / "knowledge_base" / "handbook" / "accident-and-breakdown-guide.pdf"
PROSE = "The level is checked when the engine is cold and the car is level"
WORD = re.compile(r"[^\W_]+")


def read(*pages: bytes) -> Content:
    return LOADER.read(pdf_of(pages), "Name").content


def lines(content: Content) -> list[str]:
    return [line for line in content.text.split("\n") if line]


def prose(top: float, *texts: str, left: float = 72) -> list[tuple[float, float, float, str]]:
    return [(left, top - 12 * n, 10, text) for n, text in enumerate(texts)]


def table(top: float, *rows: tuple[str, ...]) -> list[tuple[float, float, float, str]]:
    return [(72 + 150 * n, top - 20 * row, 10, cell) for row, cells in enumerate(rows) for n, cell in enumerate(cells)]


def test_the_guide_has_its_headings_steps_and_tables() -> None:
    content = LOADER.read(GUIDE.read_bytes(), "Name").content
    assert content.title == "Accident and breakdown guide"
    assert [(h.level, h.title) for h in content.headings][:4] == [
        (1, "Accident and breakdown guide"),
        (2, "1 After an accident"),
        (3, "1.1 Securing the scene"),
        (3, "1.2 What eCall does"),
    ]
    assert len(content.headings) == 29
    assert [page.number for page in content.pages] == [1, 2, 3, 4, 5, 7]
    signs, towing, depths = content.tables
    assert signs.header == ("Sign", "May I drive on?", "First measure")
    assert [content.text[start:end] for start, end in signs.rows][:2] == [
        "| Red oil lamp (Heron, Osprey, Plover) | No | Engine off at once, check the level |",
        "| Red temperature lamp | No | Let it cool for 30 minutes |",
    ]
    assert towing.header == ("Vehicle", "Rope or bar", "Front wheels lifted", "Flatbed")
    assert [content.text[start:end] for start, end in towing.rows][4:6] == [
        "| Osprey 2.2D manual | in 2H and neutral, up to 50 km at 50 km/h | no | yes |",
        "| Osprey 2.2D automatic | never | no | yes |",
    ]
    assert [len(rows.rows) for rows in (signs, towing, depths)] == [9, 7, 3]
    steps = [line for line in lines(content) if re.match(r"\d\. ", line)]
    assert len(steps) == 26
    assert steps[5] == "6. Call 112, or press the SOS button for two seconds if eCall has not been triggered by itself."


def test_headings_are_larger_or_bolder_and_numbers_tell_their_level() -> None:
    page = drawn(
        (200, 740, 20, "Manual"),
        (72, 700, 14, "1 Oil"),
        (72, 680, -10, "1.1 Level"),
        *prose(660, PROSE, PROSE),
        (72, 620, -10, "Warnings"),
        *prose(600, PROSE, PROSE),
    )
    content = read(page)
    assert [(h.level, h.title) for h in content.headings] == [
        (1, "Manual"),
        (2, "1 Oil"),
        (3, "1.1 Level"),
        (3, "Warnings"),
    ]
    assert lines(content)[3] == f"{PROSE} {PROSE}"


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        drawn((72, 770, 8, "Owner manual"), *prose(700, f"Page of {word} words."), (300, 30, 8, f"{n} / 4"))
        for n, word in enumerate(("many", "few", "some", "no"), start=1)
    ]
    assert lines(read(*pages)) == [f"Page of {word} words." for word in ("many", "few", "some", "no")]


def test_items_are_whole_also_over_a_page() -> None:
    first = drawn(*prose(700, "1", "2"), *prose(700, f"{PROSE},", left=90), *prose(688, f"{PROSE} and", left=90))
    second = drawn(*prose(700, "it goes on here.", left=90), (72, 680, 10, "\\267 Dot"), (72, 660, 10, "- Dash"))
    assert lines(read(first.replace(b"1) Tj", b"1.) Tj").replace(b"2) Tj", b"2.) Tj"), second))[-2:] == [
        "- Dot",
        "- Dash",
    ]
    hung = drawn((72, 700, 10, "1"), (90, 700, 10, PROSE), (90, 688, 10, "and goes on,"), (72, 676, 10, "2"),
                 (90, 676, 10, "Close the"))  # fmt: skip
    assert lines(read(hung, second)) == [f"1. {PROSE} and goes on,", "2. Close the it goes on here.", "- Dot", "- Dash"]


def test_a_table_without_lines_has_rows_where_the_gaps_stay_free() -> None:
    rows = [("Part", "Limit", "Torque"), ("Front disc", "22 mm", "110 Nm"), ("Pad", "2 mm", "35 Nm")]
    content = read(drawn(*prose(700, PROSE, PROSE), *table(660, *rows), *prose(560, PROSE, PROSE)))
    assert [(t.header, len(t.rows)) for t in content.tables] == [(("Part", "Limit", "Torque"), 2)]
    assert lines(content)[1:4] == [
        "| Part | Limit | Torque |",
        "| Front disc | 22 mm | 110 Nm |",
        "| Pad | 2 mm | 35 Nm |",
    ]


def test_a_table_on_the_next_page_keeps_its_header() -> None:
    rules = " ".join(
        [*(f"72 {y} 300 1 re f" for y in (610, 630, 650, 670)), *(f"{x} 610 1 61 re f" for x in (72, 215, 371))]
    )
    placed = [table(654, ("Code", "Meaning"), (f"P{n}1", "One"), (f"P{n}2", "Two")) for n in (1, 2)]
    pages = [drawn(*[(x + 5, y, size, text) for x, y, size, text in texts], extra=rules) for texts in placed]
    content = read(*pages)
    assert [t.header for t in content.tables] == [("Code", "Meaning")] * 2
    assert lines(content) == [
        "| Code | Meaning |",
        *(f"| P{n} | {w} |" for n, w in ((11, "One"), (12, "Two"), (21, "One"), (22, "Two"))),
    ]


def test_columns_are_read_one_after_the_other() -> None:
    left, right = (
        [f"Left {word} of the first column" for word in "abcde"],
        [f"right {word} of the other column too" for word in "abcde"],
    )
    across = [text for pair in zip(prose(700, *left), prose(700, *right, left=320), strict=True) for text in pair]
    down = [*prose(700, *left), *prose(700, *right, left=320)]
    expected = " ".join([*left, *right])
    for texts in (across, down):
        assert " ".join(lines(read(drawn(*texts)))) == expected


WORDS = st.lists(
    st.sampled_from(["1", "2.", "Oil", "engine", "level,", "end.", "a)", "-", "P0301"]), min_size=1, max_size=2
)
STRETCH = st.tuples(
    st.sampled_from([10, 30, 160, 310, 460]), st.integers(2, 30), st.sampled_from([-12, -8, 8, 9.5, 11]), WORDS
)
PLACES = st.lists(STRETCH, min_size=1, max_size=25, unique_by=lambda placed: (placed[0] // 50, placed[1]))


@settings(max_examples=60, deadline=None)
@given(PLACES, PLACES)
def test_no_letter_is_lost_or_doubled(
    one: list[tuple[int, int, float, list[str]]], other: list[tuple[int, int, float, list[str]]]
) -> None:
    pages = [[(x, 25.0 * y, size, " ".join(words)) for x, y, size, words in page] for page in (one, other)]
    expected = Counter("".join(WORD.findall(" ".join(text for page in pages for *_, text in page))))
    if expected:
        assert Counter("".join(WORD.findall(read(*(drawn(*page) for page in pages)).text))) == expected


@pytest.mark.parametrize(
    "stream",
    [
        b"BT /F1 0 Tf 72 700 Td (none) Tj ET " + drawn((72, 700, 10, "Words")),
        b"BT /F1 12 Tf 0 1 -1 0 300 100 Tm (turned) Tj ET " + drawn((72, 700, 10, "Words")),
        b"BT /F1 12 Tf -1 0 0 -1 300 100 Tm (over) Tj ET " + drawn((72, 700, 10, "Words"), extra="0 0 -50 -9e9 re f"),
        b"9e9 0 0 9e9 0 0 cm " + drawn((0, 0, 1, "Words")) + b" 1 1 m 5 5 l S",
        drawn(*((10 + 0.01 * n, 400, 8, "x") for n in range(20_000)), (72, 700, 10, "Words")),
    ],
)
def test_odd_drawings_are_read(stream: bytes) -> None:
    assert "Words" in read(drawn((72, 100, 10, "Words")), stream).text


@pytest.mark.parametrize("across", [1, 2, 7, 30, 100_000])
def test_time_grows_with_the_words(across: int) -> None:
    rules = [Rule(3.5 * n, 0.0, 900.0) for n in range(300)]

    def seconds(count: int) -> float:
        words = [
            Word("xx", n % across * 20.0, n % across * 20.0 + 6, -9.0 * (n // across), 8.0, False, False)
            for n in range(count)
        ]
        began = time.process_time()
        put(
            Draft(), without_running([lines_and_tables(words, []), lines_and_tables(words[:2000], ruled(rules, rules))])
        )
        return time.process_time() - began

    assert seconds(12_000) < 12 * seconds(3_000) + 0.5
